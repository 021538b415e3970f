"""Geometric transforms of images, beyond the recorded ones of tests/test_tfa_parity.py."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from keras import ops as kops

from tests.golden_data import assert_close
from tfstylegan import ops

# A similarity with perspective, and a shear; neither hits pixel centres.
ROWS = np.array(
    [[0.9, 0.35, -0.6, -0.3, 0.8, 1.1, 0.01, -0.02], [1.2, -0.4, 0.3, 0.1, 0.7, -0.45, 0.0, 0.0]], np.float32
)


def pictures(*shape: int) -> np.ndarray:
    return np.random.RandomState(1).randn(*shape).astype(np.float32)


def by_hand(images, rows, fill_value=0.0):
    """Bilinear, constant fill, in float64, pixel by pixel."""
    images = np.pad(images.astype(np.float64), [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=fill_value)
    out = np.empty(images[:, 1:-1, 1:-1].shape)
    for n, (a0, a1, a2, b0, b1, b2, c0, c1) in enumerate(rows.astype(np.float64)):
        for y, x in np.ndindex(out.shape[1:3]):
            k = c0 * x + c1 * y + 1
            column = np.clip((a0 * x + a1 * y + a2) / k, -1, out.shape[2] - 1e-9) + 1
            row = np.clip((b0 * x + b1 * y + b2) / k, -1, out.shape[1] - 1e-9) + 1
            j, i = int(column), int(row)
            u, v = column - j, row - i
            above = (1 - u) * images[n, i, j] + u * images[n, i, j + 1]
            below = (1 - u) * images[n, i + 1, j] + u * images[n, i + 1, j + 1]
            out[n, y, x] = (1 - v) * above + v * below
    return out


@pytest.mark.parametrize("fill_value", [0.0, -0.7])
@pytest.mark.parametrize("shape", [(2, 7, 5, 1), (2, 6, 9, 5), (1, 4, 4, 3), (2, 1, 3, 2)])
def test_every_size_and_number_of_channels(shape, fill_value):
    images = pictures(*shape)
    out = ops.projective_transform(images, ROWS[: shape[0]], fill_value=fill_value)
    assert_close(out, by_hand(images, ROWS[: shape[0]], fill_value), 1e-5)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "wrap", "nearest"])
@pytest.mark.parametrize("shape", [(2, 6, 5, 3), (2, 1, 4, 1)])
def test_the_identity_changes_nothing(shape, fill_mode, interpolation):
    images = pictures(*shape)
    out = ops.projective_transform(images, [1, 0, 0, 0, 1, 0, 0, 0], interpolation, fill_mode)
    np.testing.assert_array_equal(out, images)


@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "wrap", "nearest"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_values_are_those_of_keras_under_tensorflow(fill_mode, interpolation):
    images = pictures(3, 6, 5, 2)
    rows = np.random.RandomState(2).randn(3, 8).astype(np.float32) * [2, 1, 9, 1, 2, 9, 0.02, 0.02]
    reference = kops.image.affine_transform(images, rows, interpolation, fill_mode, 0.3)
    out = ops.projective_transform(images, rows, interpolation, fill_mode, 0.3)
    np.testing.assert_allclose(out, reference, atol=2e-5)


@pytest.mark.parametrize("fill_mode", ["constant", "reflect"])
def test_first_and_second_derivatives_with_respect_to_images(fill_mode):
    shape = (2, 4, 5, 1)
    images, cotangent = pictures(*shape), pictures(*shape)[::-1]
    basis = np.eye(20, dtype=np.float32).reshape(20, 4, 5, 1)
    # The transform of every image as a matrix A, from what it does to single pixels.
    matrices = np.stack(
        [np.reshape(ops.projective_transform(basis, row, fill_mode=fill_mode), [20, 20]).T for row in ROWS]
    ).astype(np.float64)

    @tf.function
    def derivatives(images):
        with tf.GradientTape() as second:
            second.watch(images)
            with tf.GradientTape(persistent=True) as first:
                first.watch(images)
                out = ops.projective_transform(images, ROWS, fill_mode=fill_mode)
                linear, square = tf.reduce_sum(out * cotangent), tf.reduce_sum(out * out) / 2
            gradient = first.gradient(square, images)
            penalty = tf.reduce_sum(gradient * gradient) / 2
        return first.gradient(linear, images), gradient, second.gradient(penalty, images)

    x = images.reshape(2, 20).astype(np.float64)
    squares = np.einsum("nij,nik->njk", matrices, matrices)  # AᵀA
    expected = (
        np.einsum("nij,ni->nj", matrices, cotangent.reshape(2, 20)),  # Aᵀr
        np.einsum("nij,nj->ni", squares, x),
        np.einsum("nij,njk,nk->ni", squares, squares, x),
    )
    for ours, reference in zip(derivatives(tf.constant(images)), expected, strict=True):
        assert_close(np.reshape(ours, [2, 20]), reference, 1e-5)


def test_derivatives_with_respect_to_transforms_are_finite_differences():
    images, cotangent = pictures(2, 6, 7, 2), pictures(2, 6, 7, 2)[::-1]
    # The shear, away from the lines between pixels, where the slope changes.
    rows = np.tile(np.array([1.02, 0.03, 0.2, -0.02, 0.97, 0.4, 0.001, 0.002], np.float32), [2, 1])
    variable = tf.constant(rows)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        loss = tf.reduce_sum(ops.projective_transform(images, variable) * cotangent)
    gradient = tape.gradient(loss, variable).numpy()
    step = 1e-5
    numeric = np.empty([2, 8])
    for n, i in np.ndindex(2, 8):
        shifted = rows.astype(np.float64)
        shifted[n, i] += step
        up = np.sum(by_hand(images, shifted) * cotangent)
        shifted[n, i] -= 2 * step
        numeric[n, i] = (up - np.sum(by_hand(images, shifted) * cotangent)) / (2 * step)
    assert_close(gradient, numeric, 1e-3)


@pytest.mark.parametrize(
    ("quarters", "interpolation"), [(1, "bilinear"), (1, "nearest"), (2, "bilinear"), (3, "nearest")]
)
def test_positive_angles_turn_counter_clockwise(quarters, interpolation):
    images = pictures(2, 5, 5, 3)
    out = ops.rotate(images, quarters * np.pi / 2, interpolation)
    np.testing.assert_allclose(out, np.rot90(images, quarters, axes=(1, 2)), atol=1e-5)


def test_positive_translations_go_right_and_down():
    images = pictures(1, 5, 6, 1)
    out = np.asarray(ops.translate(images, [2, 1], fill_value=9.0))
    np.testing.assert_array_equal(out[:, 1:, 2:], images[:, :-1, :-2])
    assert np.all(out[:, 0] == 9) and np.all(out[:, :, :2] == 9)


def test_a_composition_does_the_first_first():
    turn = ops.angles_to_projective_transforms([np.pi / 2, np.pi], 5, 5)
    move = ops.translations_to_projective_transforms([1, 0])
    images = pictures(2, 5, 5, 2)
    stepwise = ops.projective_transform(ops.projective_transform(images, turn), move)
    at_once = ops.projective_transform(images, ops.compose_transforms(turn, move))
    np.testing.assert_allclose(at_once, stepwise, atol=1e-5)
    other_order = ops.projective_transform(images, ops.compose_transforms(move, turn))
    assert np.abs(other_order - at_once).max() > 0.1


def test_a_horizon_and_positions_far_away_are_filled():
    # k = 1 - x / 2 is zero in column 2; the other row moves the image out of every integer's range.
    rows = np.array([[1, 0, 0, 0, 1, 0, -0.5, 0], [1, 0, 1e30, 0, 1, 0, 0, 0]], np.float32)
    for interpolation in ("bilinear", "nearest"):
        out = np.asarray(ops.projective_transform(pictures(2, 4, 5, 1), rows, interpolation, fill_value=0.25))
        assert np.all(np.isfinite(out))
        assert np.all(out[0, :, 2] == 0.25) and np.all(out[1] == 0.25)
    reflected = np.asarray(ops.projective_transform(pictures(2, 4, 5, 1), rows, "bilinear", "reflect"))
    assert np.all(np.isfinite(reflected))


def test_positions_that_are_no_numbers_give_no_numbers():
    out = ops.sample_bilinear(pictures(1, 3, 3, 1), np.full([1, 2, 2], np.nan), np.zeros([1, 2, 2]))
    assert np.all(np.isnan(out))


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_half_precision_stays_half_precision(interpolation):
    # Positions stay float32: 2049 has no neighbours in float16.
    images = np.zeros([1, 1, 2060, 1], np.float16)
    images[0, 0, 2049:] = 1
    out = ops.translate(tf.constant(images), [1.0, 0.0], interpolation)
    assert out.dtype == tf.float16
    np.testing.assert_array_equal(out[0, 0, 2045:2055, 0], [0] * 5 + [1] * 5)
    images = pictures(2, 9, 8, 3)
    halves = ops.projective_transform(images.astype(np.float16), ROWS, interpolation)
    # Four products and sums in float16, of eleven bits.
    assert_close(
        halves, ops.projective_transform(images.astype(np.float16).astype(np.float32), ROWS, interpolation), 2e-3
    )


def test_nearest_pixels_of_integers():
    images = np.arange(12, dtype=np.uint8).reshape(1, 3, 4, 1)
    out = ops.translate(images, [1, 0], "nearest", fill_value=200)
    assert out.dtype == tf.uint8
    np.testing.assert_array_equal(out[0, :, :, 0], [[200, 0, 1, 2], [200, 4, 5, 6], [200, 8, 9, 10]])


def test_halves_are_rounded_away_from_zero():
    images = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 4, 1)
    x = np.array([[[-0.5, -0.49999997, 0.49999997, 0.5, 1.5, 2.5, 3.5]]], np.float32)
    np.testing.assert_array_equal(np.ravel(ops.sample_nearest(images, x, np.zeros_like(x))), [0, 1, 1, 2, 3, 4, 0])


def test_batches_of_unknown_size():
    @tf.function(input_signature=[tf.TensorSpec([None, 6, 5, 2]), tf.TensorSpec([None, 8])])
    def function(images, rows):
        return ops.projective_transform(images, rows), ops.rotate(images, 0.3)

    for count in (1, 2):
        images = pictures(count, 6, 5, 2)
        warped, turned = function(images, ROWS[:count])
        np.testing.assert_allclose(warped, ops.projective_transform(images, ROWS[:count]), atol=1e-6)
        np.testing.assert_allclose(turned, ops.rotate(images, 0.3), atol=1e-6)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_gives_the_same():
    code = """
import sys
sys.modules["tensorflow"] = None  # importing it fails
import numpy as np
from tfstylegan import ops
images = np.random.RandomState(1).randn(2, 6, 5, 3).astype("float32")
rows = np.array([[.9, .35, -.6, -.3, .8, 1.1, .01, -.02], [1.2, -.4, .3, .1, .7, -.45, 0, 0]], "float32")
for mode in ("constant", "reflect", "wrap", "nearest"):
    for interpolation in ("bilinear", "nearest"):
        print(*np.ravel(ops.projective_transform(images, rows, interpolation, mode, 0.3)))
print(*np.ravel(ops.adjust_hsv_in_yiq(images, [0.2, 0.5], 1.5)))
print(*np.ravel(ops.cutout(images, 2, [3, 3])))
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = iter(done.stdout.splitlines())
    images = pictures(2, 6, 5, 3)
    for mode in ("constant", "reflect", "wrap", "nearest"):
        for interpolation in ("bilinear", "nearest"):
            expected = ops.projective_transform(images, ROWS, interpolation, mode, 0.3)
            np.testing.assert_allclose(np.fromstring(next(lines), sep=" "), np.ravel(expected), atol=1e-5)
    expected = ops.adjust_hsv_in_yiq(images, [0.2, 0.5], 1.5)
    np.testing.assert_allclose(np.fromstring(next(lines), sep=" "), np.ravel(expected), atol=1e-5)
    np.testing.assert_allclose(np.fromstring(next(lines), sep=" "), np.ravel(ops.cutout(images, 2, [3, 3])), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ops.projective_transform(x, ROWS, "bicubic"), "interpolation must be one of bilinear, nearest"),
        (lambda x: ops.projective_transform(x, ROWS, fill_mode="mirror"), "fill_mode must be one of constant"),
        (lambda x: ops.projective_transform(x, np.eye(3)), r"transforms must be \[N, 8\] or \[8\]; got shape \(3, 3\)"),
        (lambda x: ops.projective_transform(x[0], ROWS), r"images must be \[N, H, W, C\]; got shape \(4, 4, 1\)"),
        (lambda x: ops.rotate(x.astype(np.uint8), 0.1), "bilinear sampling is for images of floating point.*uint8"),
        (lambda x: ops.compose_transforms(), "at least one transform"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(call, words):
    with pytest.raises(ValueError, match=words):
        call(pictures(2, 4, 4, 1))
