"""Sizes of images: a number if square, otherwise (height, width); and how they come from doubling a small one."""

from collections.abc import Sequence

Resolution = int | tuple[int, int]

LEAST = 4  # pixels of the shorter side at the smallest resolution
MOST = 15


def size_of(img_resolution: Resolution) -> tuple[int, int]:
    """(height, width) in pixels."""
    return (img_resolution, img_resolution) if isinstance(img_resolution, int) else img_resolution


def resolution_text(img_resolution: Resolution) -> str:
    """``"256x256"``, height before width."""
    return "{}x{}".format(*size_of(img_resolution))


def longer_side(img_resolution: Resolution) -> int:
    """The larger of height and width; channel counts follow it."""
    return max(size_of(img_resolution))


def doubling_sizes(img_resolution: Resolution) -> tuple[tuple[int, int], ...]:
    """(height, width) of every resolution, smallest first: 4x4, 8x8, ... for powers of two.

    The smallest is reached by halving both sides as often as they are even and the shorter one stays at 4 pixels or
    above: 192x256 comes from 6x8, 96x96 from 6x6.
    """
    height, width = size_of(img_resolution)
    sizes = [(height, width)]
    while height % 2 == width % 2 == 0 and min(height, width) // 2 >= LEAST:
        height, width = height // 2, width // 2
        sizes.append((height, width))
    return tuple(reversed(sizes))


def check_sides(config) -> tuple[int, int]:
    """Makes ``config.img_resolution`` a number if it is square and a tuple if not; returns (height, width).

    Raises:
      ValueError: if it is neither, or a side is below 4 pixels.
    """
    value = config.img_resolution
    sides = (value, value) if isinstance(value, int) else tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(sides) != 2 or not all(type(side) is int and side >= LEAST for side in sides):
        raise ValueError(
            f"{type(config).__name__}: img_resolution must be a number of pixels from {LEAST} up, or (height, width); "
            f"got {value!r}"
        )
    object.__setattr__(config, "img_resolution", sides[0] if sides[0] == sides[1] else sides)
    return sides


def check_resolution(config) -> None:
    """Normalises ``config.img_resolution`` as :func:`check_sides`, and requires that it can be doubled up to from 4 to
    15 pixels on the shorter side.

    Raises:
      ValueError: if it cannot, with the nearest sizes that can.
    """
    sides = check_sides(config)
    smallest = min(doubling_sizes(sides)[0])
    if smallest > MOST:
        step = 1 << max((min(sides) // 8).bit_length() - 1, 0)
        nearest = [multiples_of(step, sides, up) for up in (False, True)]
        raise ValueError(
            f"{type(config).__name__}: img_resolution={config.img_resolution} cannot be reached by doubling a small "
            f"image; both sides have to be divisible by the same power of two, down to {MOST} pixels or less: "
            f"{either_of(nearest)} can"
        )


def multiples_of(step: int, sides: tuple[int, int], up: bool) -> tuple[int, int]:
    """Both sides, rounded down or ``up`` to a multiple of ``step``; one step at least."""
    height, width = (max(side + (step - 1) * up, step) // step * step for side in sides)
    return height, width


def either_of(sizes: Sequence[tuple[int, int]]) -> str:
    """``"96 or (96, 128)"``: sizes as ``img_resolution`` takes them, each once."""
    texts = [str(height if height == width else (height, width)) for height, width in sizes]
    return " or ".join(dict.fromkeys(texts))


def check_channels(config) -> None:
    """Requires ``channel_base`` to leave a channel at full resolution.

    Raises:
      ValueError: if it leaves none.
    """
    base, side = config.channel_base, longer_side(config.img_resolution)
    if base < side:
        raise ValueError(
            f"{type(config).__name__}: channel_base={base} leaves no channel "
            f"at img_resolution={config.img_resolution}; use {side} or more"
        )


def block_name(size: tuple[int, int]) -> str:
    """What the part of a network that makes or takes images of (height, width) is called: b64, or b48x64."""
    height, width = size
    return f"b{height}" if height == width else f"b{height}x{width}"
