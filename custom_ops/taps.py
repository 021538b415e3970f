"""FIR filters as the fused ops take them: taps along y and along x, or a matrix."""

import functools

import numpy as np

EMPTY = np.zeros([0], np.float32)


def as_taps(f: np.ndarray | None, gain: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """``(taps along y, taps along x)`` of a filter that correlates, or ``(matrix, EMPTY)`` where it does not factor.

    Args:
      f: ``[fh, fw]``, separable ``[taps]``, or None for the identity.
      gain: factor on the whole filter.
    """
    f = np.ones([1, 1], np.float32) if f is None else np.ascontiguousarray(f, np.float32)
    return _as_taps(f.tobytes(), f.shape, float(gain))


@functools.lru_cache(maxsize=256)
def _as_taps(data: bytes, shape: tuple[int, ...], gain: float) -> tuple[np.ndarray, np.ndarray]:
    f = np.frombuffer(data, np.float32).reshape(shape)
    if f.ndim == 1:
        return (f * gain).astype(np.float32), f
    u, s, v = np.linalg.svd(f.astype(np.float64))
    if len(s) > 1 and s[1] > 1e-7 * s[0]:
        return (f * gain).astype(np.float32), EMPTY
    root = np.sqrt(s[0])
    return (u[:, 0] * root * gain).astype(np.float32), (v[0] * root).astype(np.float32)


def size_of(y: np.ndarray, x: np.ndarray) -> tuple[int, int]:
    """(height, width) of a filter from its taps."""
    return (y.shape[0], y.shape[1]) if y.ndim == 2 else (y.shape[0], x.shape[0])
