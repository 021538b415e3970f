"""Paths through latent space: straight, along the sphere, or smooth through keyframes."""

import numpy as np

PATHS = ("linear", "spherical", "smooth")


def lerp(a, b, t) -> np.ndarray:
    """``a + t (b - a)``; t broadcasts against a and b, 0 gives a and 1 gives b."""
    a = np.asarray(a)
    return a + (np.asarray(b) - a) * t


def slerp(a, b, t) -> np.ndarray:
    """The point of the great circle from the direction of ``a`` to that of ``b`` (Shoemake 1985).

    This is the interpolation of z in the perceptual path length metric: a Gaussian's samples lie near a sphere,
    which a straight line would leave.

    Args:
      a, b: ``[..., D]``, of any length but zero; not pointing in opposite directions, between which no great
        circle is the shortest.
      t: broadcasts against ``[..., 1]``; 0 gives the direction of a, 1 that of b.

    Returns:
      ``[..., D]`` of unit length.
    """
    a, b = _unit(a), _unit(b)
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    omega = t * np.arccos(np.clip(cosine, -1, 1))
    return _unit(a * np.cos(omega) + _unit(b - cosine * a) * np.sin(omega))


def interpolate(keyframes, positions, path: str = "linear", loop: bool = False) -> np.ndarray:
    """Points on a path through ``keyframes``. Position 0 is the first keyframe, 1 the second, and so on.

    * "linear": straight from one to the next.
    * "spherical": directions along great circles (:func:`slerp`), lengths linear. For z.
    * "smooth": a Catmull-Rom spline, which passes every keyframe without a corner. For w.

    Args:
      keyframes: ``[K, ..., D]``, K > 1: z, w or ws.
      positions: numbers in [0, K - 1]; with ``loop`` any, modulo K. :func:`frame_positions` makes them.
      path: "linear" | "spherical" | "smooth".
      loop: close the path, from the last keyframe back to the first.

    Returns:
      float32 ``[len(positions), ..., D]``.
    """
    if path not in PATHS:
        raise ValueError(f"path must be one of {', '.join(PATHS)}; got {path!r}")
    keyframes = np.asarray(keyframes, np.float32)
    positions = np.asarray(positions, np.float64)
    count = len(keyframes)
    if count < 2:
        raise ValueError(f"a path needs 2 keyframes or more; got {count}")
    if loop:
        positions = positions % count
    elif positions.size and not 0 <= positions.min() <= positions.max() <= count - 1:
        raise ValueError(f"positions must be between 0 and {count - 1}")
    segment = np.minimum(np.floor(positions).astype(int), count - 1 if loop else count - 2)
    t = (positions - segment).astype(np.float32).reshape([-1] + [1] * (keyframes.ndim - 1))
    before, a, b, after = (_keyframe(keyframes, segment + offset, loop) for offset in (-1, 0, 1, 2))
    if path == "linear":
        return lerp(a, b, t)
    if path == "spherical":
        return slerp(a, b, t) * lerp(_length(a), _length(b), t)
    return _catmull_rom(before, a, b, after, t)


def frame_positions(keyframes: int, frames: int, loop: bool) -> np.ndarray:
    """Positions of an animation's pictures: ``frames`` from each keyframe to the next, evenly spaced.

    A loop has ``keyframes * frames`` of them and comes back to the first after the last; an open path has
    ``(keyframes - 1) * frames + 1``, the last keyframe included.
    """
    count = keyframes * frames if loop else (keyframes - 1) * frames + 1
    return np.arange(count) / frames


def _catmull_rom(before, a, b, after, t):
    """The cubic from a to b whose slope at a keyframe is half the step between its neighbours (1974)."""
    slope_a, slope_b = (b - before) * 0.5, (after - a) * 0.5
    square, cube = t * t, t * t * t
    return (
        a * (2 * cube - 3 * square + 1)
        + b * (3 * square - 2 * cube)
        + slope_a * (cube - 2 * square + t)
        + slope_b * (cube - square)
    )


def _keyframe(keyframes: np.ndarray, index: np.ndarray, loop: bool) -> np.ndarray:
    """Keyframes by index; beyond an open path's ends, its first or last step goes on."""
    count = len(keyframes)
    if loop:
        return keyframes[index % count]
    extended = np.concatenate([2 * keyframes[:1] - keyframes[1:2], keyframes, 2 * keyframes[-1:] - keyframes[-2:-1]])
    return extended[index + 1]


def _length(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(x * x, axis=-1, keepdims=True))


def _unit(x) -> np.ndarray:
    """Scaled to unit length; zero stays zero."""
    x = np.asarray(x)
    return x / np.maximum(_length(x), np.finfo(np.float32).tiny)
