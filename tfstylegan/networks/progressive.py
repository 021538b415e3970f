"""Progressive growing: which resolution a network works at, and how the next one fades in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tfstylegan.ops.box_resample import downsample_box


@dataclass(frozen=True)
class LevelOfDetail:
    """``lod = level + amount``: the resolution is halved ``level`` times, and ``amount`` of the way to once more.

    Karras et al. 2018, section 2 and figure 2.

    Args:
      level: known when a function is traced: nothing above that resolution is computed.
      amount: from 0, which ``level`` is reached at, to 1; a number or a scalar tensor, so that one traced function
        serves a whole transition.
    """

    level: int
    amount: Any = 0.0

    @property
    def is_blend(self) -> bool:
        """Whether the next lower resolution has any part in it."""
        return not isinstance(self.amount, (int, float)) or self.amount > 0

    def blend(self, here, lower):
        """``here`` at amount 0, ``lower`` at 1."""
        return here + (lower - here) * self.amount


def level_of_detail(lod: "float | LevelOfDetail", levels: int) -> LevelOfDetail:
    """A :class:`LevelOfDetail` from a number.

    Args:
      lod: number from 0, full resolution, to ``levels - 1``, the smallest; or a LevelOfDetail.
      levels: resolutions that the network has.

    Raises:
      ValueError: if it is outside, or a tensor.
    """
    if not isinstance(lod, LevelOfDetail):
        try:
            value = float(lod)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"lod must be a number, or for a fade that changes while a network runs, networks.LevelOfDetail(level, "
                f"amount) with a tensor for the amount; got {lod!r}"
            ) from error
        lod = LevelOfDetail(int(value), value - int(value)) if value >= 0 else LevelOfDetail(-1)
    if not 0 <= lod.level < levels or (lod.level == levels - 1 and lod.is_blend):
        raise ValueError(f"lod must be between 0 and {levels - 1}, one less than there are resolutions; got {lod}")
    return lod


def grown_features(stages: Sequence, img, lod: "float | LevelOfDetail"):
    """Activations at the smallest resolution of a progressively grown discriminator (Karras et al. 2018, figure 2).

    Args:
      stages: one for each resolution, the largest first. Each has ``fromrgb``, and all but the last ``features``, which
        halves activations.
      img: ``[N, H, W, C]``, of full size.
      lod: as :func:`level_of_detail` takes it.
    """
    detail = level_of_detail(lod, len(stages))
    img = downsample_box(img, 2**detail.level)
    active = stages[detail.level :]
    x = active[0].fromrgb(img)
    for index, stage in enumerate(active[:-1]):
        x = stage.features(x)
        if index == 0 and detail.is_blend:
            x = detail.blend(x, active[1].fromrgb(downsample_box(img)))
    return x
