"""Paths through latent space: where they pass, and how smoothly."""

import numpy as np
import pytest

from tfstylegan.latents import frame_positions, interpolate, lerp, slerp

RANDOM = np.random.RandomState(0)
KEYS = RANDOM.randn(4, 3, 6).astype(np.float32)
PATHS = ("linear", "spherical", "smooth")
LOOPS = (False, True)


def test_slerp_follows_the_great_circle():
    a, b = np.array([[3.0, 0, 0]]), np.array([[0, 0.5, 0]])
    for t in (0, 0.25, 0.5, 1):
        angle = t * np.pi / 2
        np.testing.assert_allclose(slerp(a, b, t), [[np.cos(angle), np.sin(angle), 0]], atol=1e-12)


def test_slerp_has_unit_length_and_constant_speed():
    a, b = RANDOM.randn(2, 5, 16)
    points = np.stack([slerp(a, b, t) for t in np.linspace(0, 1, 9)])
    np.testing.assert_allclose(np.linalg.norm(points, axis=-1), 1, atol=1e-12)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    np.testing.assert_allclose(steps, np.tile(steps[:1], [8, 1]), rtol=1e-9)


def test_slerp_between_equal_directions_stays_there():
    a = np.array([[1.0, 2, 2]])
    np.testing.assert_allclose(slerp(a, 5 * a, 0.3), a / 3, atol=1e-12)


def test_lerp_takes_a_step_for_each_sample():
    a, b = np.zeros([2, 3]), np.ones([2, 3])
    np.testing.assert_array_equal(lerp(a, b, np.array([[0.25], [1.0]])), [[0.25] * 3, [1] * 3])


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("path", PATHS)
def test_a_path_passes_its_keyframes(path, loop):
    found = interpolate(KEYS, range(4), path, loop)
    assert found.dtype == np.float32 and found.shape == KEYS.shape
    np.testing.assert_allclose(found, KEYS, atol=1e-6)


@pytest.mark.parametrize("path", PATHS)
def test_a_loop_closes_and_repeats(path):
    np.testing.assert_allclose(interpolate(KEYS, [4, 4.5, -0.5], path, True)[0], KEYS[0], atol=1e-6)
    again = interpolate(KEYS, [0.3, 4.3, -3.7], path, True)
    np.testing.assert_allclose(again[1:], np.stack([again[0]] * 2), atol=1e-5)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("path", PATHS)
def test_a_path_never_jumps(path, loop):
    points = interpolate(KEYS, frame_positions(4, 1000, loop), path, loop)
    if loop:
        points = np.concatenate([points, points[:1]])
    steps = np.abs(np.diff(points, axis=0)).max()
    assert steps < 0.02  # a thousandth of a segment, several units long


@pytest.mark.parametrize("loop", LOOPS)
def test_a_smooth_path_has_no_corners_and_a_linear_one_has(loop):
    def corner(path):
        h = 1e-2
        before, at, after = (interpolate(KEYS, np.array([1, 2]) + step, path, loop) for step in (-h, 0, h))
        return np.abs((after - at) / h - (at - before) / h).max()

    assert corner("smooth") < 0.2  # curvature times h
    assert corner("linear") > 1


def test_a_smooth_open_path_through_points_on_a_line_is_that_line():
    keys = np.arange(5, dtype=np.float32)[:, None] * np.array([[1, -2]], np.float32)
    np.testing.assert_allclose(interpolate(keys, [0.3, 1.7, 3.9], "smooth")[:, 0], [0.3, 1.7, 3.9], atol=1e-6)


def test_a_loop_of_two_comes_back_the_way_it_went():
    there, back = interpolate(KEYS[:2], [0.25, 1.75], "smooth", True)
    np.testing.assert_allclose(there, back, atol=1e-6)


@pytest.mark.parametrize(
    ("keyframes", "frames", "loop", "count", "last"),
    [(3, 4, True, 12, 2.75), (3, 4, False, 9, 2.0), (2, 1, True, 2, 1.0), (2, 1, False, 2, 1.0)],
)
def test_frames_are_even_and_a_loop_does_not_repeat_its_first(keyframes, frames, loop, count, last):
    positions = frame_positions(keyframes, frames, loop)
    assert len(positions) == count and positions[0] == 0 and positions[-1] == last
    np.testing.assert_allclose(np.diff(positions), 1 / frames)


@pytest.mark.parametrize(
    ("keyframes", "positions", "path", "message"),
    [
        (KEYS[:1], [0], "linear", "2 keyframes"),
        (KEYS, [3.1], "linear", "between 0 and 3"),
        (KEYS, [-0.1], "smooth", "between 0 and 3"),
        (KEYS, [0], "cubic", "linear, spherical, smooth"),
    ],
)
def test_what_makes_no_sense_is_refused(keyframes, positions, path, message):
    with pytest.raises(ValueError, match=message):
        interpolate(keyframes, positions, path)


def test_no_positions_give_no_points():
    assert interpolate(KEYS, [], "smooth").shape == (0, 3, 6)
