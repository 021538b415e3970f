"""Hue, saturation and value by a linear map, beyond the recorded cases of tests/test_tfa_parity.py."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_data import assert_close
from tfstylegan import ops

IMAGES = np.random.RandomState(5).rand(3, 5, 4, 3).astype(np.float32)


def test_arguments_for_every_image():
    hue, saturation, value = [0.1, -0.7, 3.0], [1.0, 0.3, 2.0], [0.5, 1.0, 1.5]
    one_by_one = [
        ops.adjust_hsv_in_yiq(IMAGES[n : n + 1], hue[n], saturation[n], value[n])[0] for n in range(len(IMAGES))
    ]
    assert_close(ops.adjust_hsv_in_yiq(IMAGES, hue, saturation, value), np.stack(one_by_one), 1e-6)
    same_value = [ops.adjust_hsv_in_yiq(IMAGES[n : n + 1], hue[n], 1.0, 0.9)[0] for n in range(len(IMAGES))]
    assert_close(ops.adjust_hsv_in_yiq(IMAGES, hue, 1.0, 0.9), np.stack(same_value), 1e-6)


def test_gray_stays_gray_under_rotations_of_the_hue():
    gray = np.repeat(IMAGES[..., :1], 3, axis=3)
    assert_close(ops.adjust_hsv_in_yiq(gray, 1.0), gray, 1e-5)
    colourless = np.asarray(ops.adjust_hsv_in_yiq(IMAGES, scale_saturation=0.0))
    luma = IMAGES @ np.array([0.299, 0.587, 0.114], np.float32)
    np.testing.assert_allclose(colourless, np.repeat(luma[..., None], 3, axis=3), atol=1e-5)


def test_derivatives_are_finite_differences():
    arguments = [tf.constant(a) for a in (0.4, 1.3, 0.8)]
    x = tf.constant(IMAGES)
    cotangent = np.random.RandomState(6).randn(*IMAGES.shape).astype(np.float32)

    def loss(images, *arguments):
        return tf.reduce_sum(ops.adjust_hsv_in_yiq(images, *arguments) * cotangent)

    with tf.GradientTape() as tape:
        tape.watch([x, *arguments])
        value = loss(x, *arguments)
    for_images, *for_arguments = tape.gradient(value, [x, *arguments])
    assert np.sum(for_images * IMAGES) == pytest.approx(float(value), rel=1e-4)  # linear in the image
    for i, gradient in enumerate(for_arguments):
        up, down = list(arguments), list(arguments)
        up[i], down[i] = up[i] + 0.01, down[i] - 0.01
        numeric = float(loss(x, *up) - loss(x, *down)) / 0.02
        # The hue's third derivative times 0.01² / 6, and rounding.
        assert float(gradient) == pytest.approx(numeric, rel=2e-3)


def test_half_precision_stays_half_precision():
    out = ops.adjust_hsv_in_yiq(tf.constant(IMAGES, tf.float16), 0.5, 1.2, 0.9)
    assert out.dtype == tf.float16
    assert_close(out, ops.adjust_hsv_in_yiq(IMAGES, 0.5, 1.2, 0.9), 3e-3)


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(ValueError, match=r"images must be \[N, H, W, 3\].*\(1, 4, 4, 1\)"):
        ops.adjust_hsv_in_yiq(np.zeros([1, 4, 4, 1], np.float32))
