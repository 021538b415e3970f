"""Hair: for each style what lies behind the head, and what lies upon it."""

from collections.abc import Iterator

import numpy as np

from tfstylegan.data.faces import geometry as g
from tfstylegan.data.faces import palette
from tfstylegan.data.faces.anatomy import Face, Shape

_HAT_EDGE = -0.17  # a hat presses down the hair above this height


def behind(face: Face) -> Iterator[Shape]:
    """The hair behind head and body."""
    style = _BEHIND.get(face.hair_style)
    if style:
        yield from _under_hat(face, style(face, palette.shade(face.hair, 0.24)))


def upon(face: Face) -> Iterator[Shape]:
    """The hair upon the head."""
    yield from _under_hat(face, _UPON[face.hair_style](face))


def _under_hat(face: Face, shapes: Iterator[Shape]) -> Iterator[Shape]:
    """Presses what stands above the edge of a hat, if there is one, down to where the hat hides it."""
    for points, color, lift in shapes:
        if face["hat"]:
            over = np.minimum(points.imag - _HAT_EDGE, 0)
            width = np.where(over < 0, face.half_width, np.inf)
            points = np.clip(points.real, -width, width) + 1j * (points.imag - 0.75 * over)
        yield Shape(points, color, lift)


def _cap(face: Face, hairline, grow: float, rise: float = 0.0) -> np.ndarray:
    """Hair from the outline of the head, ``grow`` times as large, to a hairline.

    Args:
      face: the face below.
      hairline: control points from the right temple to the left one; x in half widths of the head.
      grow: how far the hair stands out, 1 for not at all.
      rise: how much higher than that it stands on top.
    """
    outer = face.upper_outline
    outer = outer * grow - 1j * rise * np.clip(-outer.imag / 0.3, 0, 1) ** 2
    return np.concatenate([outer, _line(face, hairline)])


def _line(face: Face, places) -> np.ndarray:
    """Returns the smooth line through places (x, y), with x in half widths of the head."""
    return g.curve([complex(x * face.half_width, y) for x, y in places])


def _both_sides(places: list) -> list:
    """Continues a hairline, from the right temple to the middle, to the left temple."""
    return places + [(-x, y) for x, y in places[-2::-1]]


def _gloss(face: Face, radius: float = 0.80, top: float = -0.255) -> Shape:
    """A light upon the hair, up on the left."""
    angle = np.linspace(1.12, 1.40, 11) * np.pi
    center_y = -0.02
    line = radius * face.half_width * np.cos(angle) + 1j * (center_y + (center_y - top) * np.sin(angle))
    return Shape(g.stroke(line, 0.030 * g.taper(11, 0.2)), palette.tint(face.hair, 0.30))


def _lumps(face: Face, places, radius: float, color, lift: float = 0.0) -> Iterator[Shape]:
    """Balls of hair at places (x in half widths of the head), save those that a hat presses in."""
    for x, y in places:
        if not (face["hat"] and y < _HAT_EDGE + 0.8 * radius):
            yield Shape(g.ellipse(complex(x * face.half_width, y), radius, radius, 24), color, lift)


def _arch(first: float, last: float, count: int, radius_x: float, center_y: float, radius_y: float) -> list:
    """Places on an arch over the head, between two angles in half turns: 1 is left, 1.5 up, 2 right."""
    angles = np.linspace(first, last, count) * np.pi
    return list(zip(radius_x * np.cos(angles), center_y + radius_y * np.sin(angles), strict=True))


def _buzz(face: Face) -> Iterator[Shape]:
    hairline = _both_sides([(1.0, -0.01), (0.90, -0.06), (0.80, -0.15), (0.4, -0.185), (0, -0.19)])
    yield Shape(_cap(face, hairline, 1.015), palette.mix(face.hair, face.skin, 0.30))


def _short(face: Face) -> Iterator[Shape]:
    hairline = [(1.02, 0.02), (0.90, -0.05), (0.84, -0.11), (0.62, -0.18), (0.48, -0.115), (0.24, -0.19)]
    hairline += [(0.06, -0.112), (-0.16, -0.19), (-0.36, -0.115), (-0.58, -0.18)]
    hairline += [(-0.84, -0.11), (-0.90, -0.05), (-1.02, 0.02)]
    yield Shape(_cap(face, hairline, 1.09, 0.035), face.hair)
    yield _gloss(face, 0.86, -0.285)


def _side_part(face: Face) -> Iterator[Shape]:
    hairline = [(1.03, 0.03), (0.93, -0.03), (0.88, -0.075), (0.55, -0.105), (0.05, -0.150), (-0.38, -0.245)]
    hairline += [(-0.62, -0.19), (-0.84, -0.13), (-0.92, -0.05), (-1.03, 0.03)]
    yield Shape(_cap(face, hairline, 1.08, 0.055), face.hair)
    part = _line(face, [(-0.40, -0.245), (-0.48, -0.30), (-0.44, -0.345)])
    yield Shape(g.stroke(part, 0.012 * np.linspace(1, 0.3, len(part))), palette.shade(face.hair, 0.3))
    sweep = _line(face, [(-0.28, -0.27), (0.25, -0.245), (0.78, -0.17)])
    yield Shape(g.stroke(sweep, 0.028 * g.taper(len(sweep), 0.1)), palette.tint(face.hair, 0.30))


# fmt: off
_CURLS = (
    (-1.02, -0.07), (-0.98, -0.16), (-0.80, -0.25), (-0.50, -0.31), (-0.15, -0.335), (0.22, -0.335),
    (0.55, -0.305), (0.82, -0.25), (0.98, -0.16), (1.02, -0.07), (-0.62, -0.19), (-0.30, -0.225),
    (0.05, -0.20), (0.36, -0.225), (0.66, -0.19),
)
# fmt: on


def _curly(face: Face) -> Iterator[Shape]:
    hairline = [(1.0, 0.0), (0.8, -0.16), (0, -0.22), (-0.8, -0.16), (-1.0, 0.0)]
    yield Shape(_cap(face, hairline, 1.04), face.hair)
    yield from _lumps(face, _CURLS, 0.066, face.hair)
    for x, y in ((-0.72, -0.275), (-0.22, -0.315), (-0.40, -0.225)):
        center = complex(x * face.half_width, y)
        arc = center + 0.034 * np.exp(1j * np.pi * np.linspace(0.95, 1.6, 9))
        yield Shape(g.stroke(arc, 0.016 * g.taper(9, 0.3)), palette.tint(face.hair, 0.30))


def _afro_behind(face: Face, color) -> Iterator[Shape]:
    yield from _lumps(face, _arch(0.80, 2.20, 15, 1.20, -0.10, 0.225), 0.095, color, -0.03)


def _afro(face: Face) -> Iterator[Shape]:
    hairline = _both_sides([(1.0, 0.02), (0.93, -0.06), (0.78, -0.155), (0.4, -0.19), (0, -0.20)])
    yield Shape(_cap(face, hairline, 1.14, 0.05), face.hair)
    yield from _lumps(face, _arch(1.0, 2.0, 11, 1.10, -0.07, 0.235), 0.072, face.hair)
    yield _gloss(face, 0.98, -0.31)


def _mantle(width: float, top: float, ends: list) -> np.ndarray:
    """Hair that hangs down behind the head.

    Args:
      width: half its width beside the face.
      top: where it reaches over the crown.
      ends: its lower right corner, and the point above that.
    """
    side = [complex(width, 0), complex(0.86 * width, -0.22), complex(0.45 * width, top + 0.010)]
    right = [complex(0, ends[0].imag + 0.02), *ends, *side]
    return g.closed_curve([*right, complex(0, top - 0.006), *g.mirrored(right)[:-1]])


def _bob_behind(face: Face, color) -> Iterator[Shape]:
    width = face.half_width + 0.055
    yield Shape(_mantle(width, -0.335, [complex(0.93 * width, 0.265), complex(width + 0.012, 0.16)]), color, -0.03)


def _bob(face: Face) -> Iterator[Shape]:
    right = [(0.86, -0.02), (0.85, -0.10), (0.60, -0.118), (0.2, -0.125)]
    hairline = right + [(-x, y) for x, y in right[::-1]]
    yield Shape(_cap(face, hairline, 1.10, 0.02), face.hair)
    for side in (-1, 1):
        yield Shape(_lock(face, side, 0.225, 0.055), face.hair)
    yield _gloss(face)


def _lock(face: Face, side: int, end: float, spread: float) -> np.ndarray:
    """Hair that falls beside the face, from the temple down to ``end``."""
    width = face.half_width
    outer = [complex(width * 1.09, -0.06), complex(width + spread, 0.06), complex(width + spread, end - 0.05)]
    inner = [complex(width * 0.90, end + 0.01), complex(width * 0.92, 0.10), complex(width * 0.84, -0.06)]
    points = g.closed_curve([*outer, complex(width + spread * 0.5, end + 0.02), *inner])
    return points if side > 0 else -np.conj(points)


def _long_behind(face: Face, color) -> Iterator[Shape]:
    width = face.half_width + 0.060
    ends = [complex(width + 0.035, 0.44), complex(width + 0.03, 0.25)]
    yield Shape(_mantle(width, -0.340, ends), color, -0.03)


def _long(face: Face) -> Iterator[Shape]:
    hairline = _both_sides([(0.92, 0.02), (0.86, -0.06), (0.62, -0.15), (0.22, -0.215), (0, -0.25)])
    yield Shape(_cap(face, hairline, 1.11, 0.02), face.hair)
    for side in (-1, 1):
        yield Shape(_lock(face, side, 0.40, 0.075), face.hair)
    yield _gloss(face)


def _bun_behind(face: Face, color) -> Iterator[Shape]:
    if not face["hat"]:
        yield Shape(g.ellipse(-0.345j, 0.088, 0.076), color, -0.04)
        yield Shape(g.ellipse(complex(-0.008, -0.352), 0.077, 0.066), face.hair, -0.04)


def _bun(face: Face) -> Iterator[Shape]:
    hairline = _both_sides([(1.0, 0.03), (0.96, -0.05), (0.86, -0.14), (0.5, -0.205), (0, -0.225)])
    yield Shape(_cap(face, hairline, 1.055, 0.01), face.hair)
    for side in (-1, 1):  # a loose strand before each ear
        places = [(0.97, -0.10), (0.93, -0.02), (0.97, 0.06), (0.90, 0.125)]
        strand = _line(face, [(side * x, y) for x, y in places])
        yield Shape(g.stroke(strand, 0.030 * np.linspace(1, 0.25, len(strand))), face.hair)
    yield _gloss(face, 0.86, -0.262)


_BEHIND = {"afro": _afro_behind, "bob": _bob_behind, "long": _long_behind, "bun": _bun_behind}
_UPON = {
    "buzz": _buzz,
    "short": _short,
    "side_part": _side_part,
    "curly": _curly,
    "afro": _afro,
    "bob": _bob,
    "long": _long,
    "bun": _bun,
}
