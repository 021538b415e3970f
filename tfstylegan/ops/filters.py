"""FIR filters for resampling. They are constants, so they are NumPy arrays; nothing differentiates them."""

from collections.abc import Sequence

import numpy as np

# Shorter filters are cheaper as one 2-D pass, longer ones as two 1-D passes.
SEPARABLE_FROM_TAPS = 8


def setup_filter(
    taps: Sequence[float] | np.ndarray | None,
    normalize: bool = True,
    flip_filter: bool = False,
    gain: float = 1.0,
    separable: bool | None = None,
) -> np.ndarray:
    """Prepares a FIR filter for :func:`tfstylegan.ops.upfirdn2d`.

    Args:
      taps: a 1-D list of taps, a 2-D array ``[rows, columns]``, or None for the identity.
      normalize: divide by the sum of all entries, so that a constant image keeps its value.
      flip_filter: reverse along every axis.
      gain: factor on image magnitude. A separable filter is applied twice and carries its square root.
      separable: keep 1-D taps as a separable filter, or make them 2-D by an outer product. None decides by
        length: 8 taps or more stay separable.

    Returns:
      float32 array ``[rows, columns]``, or ``[taps]`` for a separable filter.

    Raises:
      ValueError: if ``taps`` is empty, or neither 1-D nor 2-D, or its sum is zero with ``normalize``.
    """
    f = np.asarray([1.0] if taps is None else taps, np.float64)
    if f.ndim not in (0, 1, 2) or f.size == 0:
        raise ValueError(f"taps must be a non-empty list or 2-D array; got shape {f.shape}")
    f = np.atleast_1d(f)
    if separable is None:
        separable = f.ndim == 1 and f.size >= SEPARABLE_FROM_TAPS
    if f.ndim == 1 and not separable:
        f = np.outer(f, f)
    if normalize:
        total = f.sum()
        if total == 0:
            raise ValueError("taps sum to zero: pass normalize=False for such a filter")
        f = f / total
    if flip_filter:
        f = np.flip(f)
    return (f * gain ** (f.ndim / 2)).astype(np.float32)


def filter_size(f: np.ndarray | None) -> tuple[int, int]:
    """(height, width) of a filter prepared by :func:`setup_filter`; None is the identity, (1, 1)."""
    if f is None:
        return 1, 1
    return int(f.shape[0]), int(f.shape[-1])
