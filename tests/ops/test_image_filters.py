"""The Gaussian filter of images, beyond the recorded cases of tests/test_tfa_parity.py."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_data import assert_close
from tfstylegan import ops


def by_hand(images, rows, columns, sigma, padding):
    """In float64, from the formula."""

    def taps(count, sigma):
        offsets = np.arange(count) - count // 2
        weights = np.exp(-(offsets**2) / (2 * sigma**2))
        return weights / weights.sum()

    pads = [[0, 0], [rows // 2, rows // 2], [columns // 2, columns // 2], [0, 0]]
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(images.astype(np.float64), pads, mode=padding), (rows, columns), axis=(1, 2)
    )
    return np.einsum("nhwcij,i,j->nhwc", windows, taps(rows, sigma[0]), taps(columns, sigma[1]))


@pytest.mark.parametrize("padding", ["reflect", "symmetric", "constant"])
@pytest.mark.parametrize(
    ("shape", "size", "sigma"),
    [((1, 4, 7, 1), (7, 3), (2.0, 0.5)), ((2, 5, 5, 6), (1, 5), (1.0, 1.3)), ((1, 9, 1, 2), (3, 1), (0.8, 1.0))],
)
def test_sizes_and_numbers_of_channels(shape, size, sigma, padding):
    images = np.random.RandomState(3).randn(*shape).astype(np.float32)
    assert_close(ops.gaussian_filter2d(images, size, sigma, padding), by_hand(images, *size, sigma, padding), 1e-5)


@pytest.mark.parametrize("padding", ["reflect", "symmetric", "constant"])
def test_derivatives_of_a_linear_function(padding):
    images, v, cotangent = (np.random.RandomState(s).randn(2, 5, 6, 3).astype(np.float32) for s in range(3))
    x = tf.constant(images)
    with tf.GradientTape() as second:
        second.watch(x)
        with tf.GradientTape(persistent=True) as first:
            first.watch(x)
            out = ops.gaussian_filter2d(x, 5, 1.2, padding)
            loss, square = tf.reduce_sum(out * cotangent), tf.reduce_sum(out * out) / 2
        gradient_of_square = first.gradient(square, x)
        along = tf.reduce_sum(gradient_of_square * v)
    filtered_v = np.asarray(ops.gaussian_filter2d(v, 5, 1.2, padding), np.float64)
    # <A v, r> = <v, Aᵀ r>, and the derivative of <AᵀA x, v> is AᵀA v, whose product with x is <A v, A x>.
    assert np.sum(first.gradient(loss, x) * v) == pytest.approx(np.sum(filtered_v * cotangent), rel=1e-4)
    assert np.sum(second.gradient(along, x) * images) == pytest.approx(np.sum(filtered_v * out), rel=1e-4)


def test_borders_of_a_uniform_image_keep_their_brightness():
    images = np.full([1, 6, 5, 2], 0.7, np.float16)
    for padding in ("reflect", "symmetric"):
        out = ops.gaussian_filter2d(images, 5, 2.0, padding)
        assert out.dtype == tf.float16
        np.testing.assert_allclose(out, images, atol=2e-3)  # float16 has eleven bits


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"filter_shape": 4}, "filter_shape must be an odd number of taps.*got 4"),
        ({"filter_shape": (3, 0)}, "filter_shape"),
        ({"sigma": 0.0}, "sigma must be positive"),
        ({"padding": "REFLECT"}, "padding must be one of constant, reflect, symmetric; got 'REFLECT'"),
        ({"filter_shape": 9}, "mirrors 4 pixels, more than images of height 4 have"),
    ],
)
def test_mistakes_are_explained(arguments, words):
    with pytest.raises(ValueError, match=words):
        ops.gaussian_filter2d(np.zeros([1, 4, 6, 1], np.float32), **arguments)
