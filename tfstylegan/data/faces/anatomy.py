"""What the parts of a face share: its measures, its colours, and how the head stands in the picture.

Lengths are in picture widths. The head is drawn as seen from the front, around its own centre 0, then posed.
"""

import cmath
import dataclasses
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tfstylegan.data.faces import geometry, palette
from tfstylegan.data.faces.factors import EYE_COLORS, HAIR_COLORS, HAIR_STYLES, SHIRT_COLORS
from tfstylegan.data.faces.palette import Color

CROWN, CHIN = -0.295, 0.300  # the top and the bottom of the bare head
NECK_PIVOT = 0.2j  # a tilting head turns about this point
_BULGE = 0.20  # how far the middle of the face stands out toward the viewer
_BULGE_X, _BULGE_Y = 0.20, 0.26  # where that has fallen to 1/e of it


class Shape(NamedTuple):
    """A filled outline: complex [N] points, a colour, and how far it lies before the face (or behind it)."""

    points: np.ndarray
    color: Color
    lift: float = 0.0


@dataclasses.dataclass(frozen=True)
class Pose:
    """How drawn points come to lie in the picture.

    Attributes:
      center: where the point 0 goes; the picture reaches from 0 to 1 + 1j.
      turn: the way of a point that stands one picture width before the plane of the head.
      roll: a rotation, as a complex number of length 1.
      scale: how much larger things are in the picture than as drawn.
    """

    center: complex
    turn: complex = 0.0
    roll: complex = 1.0
    scale: float = 1.0

    def project(self, shapes: Iterable[Shape]) -> list[Shape]:
        """Returns the shapes as they lie in the picture.

        The head is a dome, exp(-(x/a)^2 - (y/b)^2): when it turns, the middle of the face moves most, its
        outline hardly, and the far eye becomes narrower. This is what makes it look round.
        """
        shapes = list(shapes)
        lengths = [len(shape.points) for shape in shapes]
        points = np.concatenate([shape.points for shape in shapes])
        dome = np.exp(-((points.real / _BULGE_X) ** 2) - (points.imag / _BULGE_Y) ** 2)
        depth = _BULGE * dome + np.repeat([shape.lift for shape in shapes], lengths)
        points = points + self.turn * depth
        points = ((points - NECK_PIVOT) * self.roll + NECK_PIVOT) * self.scale + self.center
        ends = np.cumsum(lengths).tolist()
        starts = [0, *ends[:-1]]
        return [Shape(points[a:b], s.color) for a, b, s in zip(starts, ends, shapes, strict=True)]


@dataclasses.dataclass(frozen=True)
class Face:
    """One face: its factors, and the measures and colours that follow from them.

    Attributes:
      factors: a plain value for every factor, as :func:`~tfstylegan.data.faces.factors.checked` returns.
      half_width: half the width of the head.
      upper_outline: the outline of the head above the ears, a line from left to right over the crown.
      lower_outline: the rest of the outline, a line from right to left around the chin.
      eye_center: the centre of the right eye; the left one is its mirror image.
      eye_radius: half the height of an eye.
    """

    factors: dict
    half_width: float
    upper_outline: np.ndarray
    lower_outline: np.ndarray
    eye_center: complex
    eye_radius: float
    skin: Color
    skin_shade: Color
    hair: Color
    hair_style: str
    iris: Color
    shirt: Color
    hat: Color

    def __getitem__(self, name: str):
        """Returns the value of a factor."""
        return self.factors[name]

    @property
    def outline(self) -> np.ndarray:
        """The whole outline of the head."""
        return np.concatenate([self.upper_outline, self.lower_outline])


def face_of(factors: dict) -> Face:
    """Returns the face that has these factors (plain values, already checked)."""
    width = 0.205 + 0.045 * factors["face_width"]
    skin = palette.skin(factors["skin_tone"])
    shirt = SHIRT_COLORS[factors["shirt_color"]]
    upper, lower = _outline(width, factors["jaw"])
    return Face(
        factors=factors,
        half_width=width,
        upper_outline=upper,
        lower_outline=lower,
        eye_center=complex(0.055 + 0.25 * width, 0.018),
        eye_radius=0.050 + 0.020 * factors["eye_size"],
        skin=skin,
        skin_shade=palette.mix(palette.shade(skin, 0.16), (200, 70, 50), 0.12),
        hair=palette.hair(HAIR_COLORS[factors["hair_color"]]),
        hair_style=HAIR_STYLES[factors["hair_style"]],
        iris=palette.eyes(EYE_COLORS[factors["eye_color"]]),
        shirt=palette.shirt(shirt),
        hat=palette.hat(shirt),
    )


def head_pose(factors: dict) -> Pose:
    """Returns how the head stands in the picture."""
    yaw, pitch, roll = (math.radians(factors[name]) for name in ("yaw", "pitch", "roll"))
    return Pose(
        center=complex(0.5 + factors["position_x"], 0.515 + factors["position_y"]),
        turn=complex(math.sin(yaw), -math.sin(pitch)),
        roll=cmath.rect(1, roll),
        scale=1.12,
    )


def body_pose(factors: dict) -> Pose:
    """Returns how the body stands in the picture: it follows the head half the way."""
    return Pose(center=complex(0.5 + factors["position_x"] / 2, 0.49 + factors["position_y"] / 2), scale=1.06)


def _outline(width: float, jaw: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the upper outline of a head (left to right over the crown), and the rest (right to left)."""
    cheek, chin = width * (0.78 + 0.14 * jaw), width * (0.34 + 0.26 * jaw)
    left = [
        complex(-chin, CHIN - 0.012),
        complex(-cheek, 0.195),
        complex(-0.97 * width, 0.09),
        complex(-width, -0.03),
        complex(-0.965 * width, -0.13),
        complex(-0.79 * width, -0.225),
        complex(-0.44 * width, -0.28),
    ]
    controls = [*left, complex(0, CROWN), *geometry.mirrored(left), complex(0, CHIN)]
    points = geometry.closed_curve(controls)
    steps = len(points) // len(controls)
    first, last = 3 * steps, 11 * steps  # the control points at y = -0.03
    return points[first : last + 1], np.concatenate([points[last + 1 :], points[:first]])
