"""Holes in images, beyond the recorded cases of tests/test_tfa_parity.py."""

import numpy as np
import pytest
import tensorflow as tf

from tfstylegan import ops


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8])
def test_one_centre_for_all_images_of_any_type(dtype):
    images = np.ones([2, 5, 6, 4], dtype)
    out = ops.cutout(images, (2, 4), [2, 3], fill_value=7)
    expected = images.copy()
    expected[:, 1:3, 1:5] = 7
    assert out.dtype == tf.as_dtype(dtype)
    np.testing.assert_array_equal(out, expected)


def test_only_what_remains_has_a_gradient():
    x = tf.ones([1, 4, 4, 1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = tf.reduce_sum(ops.cutout(x, 2, [[0, 4]], fill_value=3.0))
    expected = np.ones([4, 4])
    expected[0, 3] = 0
    np.testing.assert_array_equal(tape.gradient(out, x)[0, :, :, 0], expected)


@pytest.mark.parametrize(
    ("mask_size", "centers", "words"),
    [
        (3, [0, 0], "mask_size must be even.*got 3"),
        ((2, 0), [0, 0], "mask_size"),
        (2, [[0, 0, 0]], r"centers must be \[N, 2\]"),
    ],
)
def test_mistakes_are_explained(mask_size, centers, words):
    with pytest.raises(ValueError, match=words):
        ops.cutout(np.zeros([1, 4, 4, 1], np.float32), mask_size, centers)
