"""Style mixing: one picture's coarse styles with another's fine ones."""

from collections.abc import Sequence

import numpy as np

# The resolutions, counted from the smallest, whose styles a name stands for (Karras et al. 2019, section 3.1 and
# figure 3): 4 and 8 px, 16 and 32 px, and from 64 px up where the image is a square power of two.
STYLE_GROUPS: dict[str, tuple[int, float]] = {
    "coarse": (0, 1),  # pose, hair style, face shape
    "middle": (2, 3),  # features, eyes open or closed
    "fine": (4, float("inf")),  # colours and texture
}


def mix(ws1, ws2, cutoff: int | None = None, layers: Sequence[int] | None = None) -> np.ndarray:
    """Takes some styles of ``ws1`` from ``ws2``. Give either ``cutoff`` or ``layers``.

    Args:
      ws1: ``[..., num_ws, w_dim]``, the base.
      ws2: the donor, of a shape that broadcasts against ``ws1``.
      cutoff: styles from this index on come from ``ws2``, in [0, num_ws].
      layers: indices in [0, num_ws) of the styles that come from ``ws2``.

    Returns:
      float32, of the broadcast shape; a new array.

    Raises:
      ValueError: if both or neither are given, or one is out of range.
    """
    if (cutoff is None) == (layers is None):
        raise ValueError("mix takes either cutoff or layers")
    ws1, ws2 = np.broadcast_arrays(np.asarray(ws1, np.float32), np.asarray(ws2, np.float32))
    num_ws = ws1.shape[-2]
    if cutoff is not None:
        if not 0 <= cutoff <= num_ws:
            raise ValueError(f"cutoff must be between 0 and {num_ws}; got {cutoff}")
        layers = range(cutoff, num_ws)
    chosen = [] if layers is None else list(layers)
    outside = [layer for layer in chosen if not 0 <= layer < num_ws]
    if outside:
        raise ValueError(f"layers must be between 0 and {num_ws - 1}; got {outside[0]}")
    mixed = ws1.copy()
    mixed[..., chosen, :] = ws2[..., chosen, :]
    return mixed


def style_group(name: str, ws_resolutions: Sequence[int]) -> list[int]:
    """Indices of the styles that "coarse", "middle" or "fine" stands for.

    Coarse are those of the two smallest resolutions (4 and 8 px in a square power of two; 16 and 32 px in StyleGAN3),
    middle of the next two, fine of the others. A style belongs to the first convolution that it drives. For a
    StyleGAN2 of 64 px or more coarse is 0 to 2, middle 3 to 6 and fine 7 up, so that the official tool's
    ``--styles=0-6`` is coarse and middle; for a StyleGAN 0 to 3, 4 to 7 and 8 up, as in the paper.

    Args:
      name: a key of :data:`STYLE_GROUPS`.
      ws_resolutions: of the network, ``G.synthesis.ws_resolutions``.

    Returns:
      Indices in [0, num_ws), possibly none.
    """
    least, most = STYLE_GROUPS[name]
    ranks = {side: rank for rank, side in enumerate(sorted(set(ws_resolutions)))}
    return [index for index, side in enumerate(ws_resolutions) if least <= ranks[side] <= most]
