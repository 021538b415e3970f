"""Truncation in W."""

import numpy as np


def truncate(ws, w_avg, psi: float = 1.0, cutoff: int | None = None) -> np.ndarray:
    """Pulls styles towards their mean: ``w_avg + psi (ws - w_avg)`` (Karras et al. 2019, appendix B).

    Args:
      ws: ``[..., num_ws, w_dim]``.
      w_avg: ``[w_dim]``, the mean of w (``G.mapping.w_avg``).
      psi: 1 leaves ws as they are, 0 gives the mean; below 0 is the opposite picture, above 1 exaggerates.
      cutoff: truncate the first so many styles only; None is all.

    Returns:
      float32, shaped as ``ws``; a new array.
    """
    ws = np.array(ws, np.float32)
    if psi != 1:
        w_avg = np.asarray(w_avg, np.float32)
        head = ws[..., :cutoff, :]
        ws[..., :cutoff, :] = w_avg + np.float32(psi) * (head - w_avg)
    return ws
