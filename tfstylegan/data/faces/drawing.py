"""Drawing one face from its factors."""

import math
import operator
from collections.abc import Mapping

import numpy as np

from tfstylegan.data.faces import canvas, features, geometry, hair, palette, wear
from tfstylegan.data.faces.anatomy import Pose, Shape, body_pose, face_of, head_pose
from tfstylegan.data.faces.factors import checked
from tfstylegan.errors import UserError

MIN_RESOLUTION, MAX_RESOLUTION = 16, 512


def draw(factors: Mapping[str, object], resolution: int) -> np.ndarray:
    """Draws the face that has these factors.

    The same factors give the same face at every resolution. To see what one does, change it and draw again.

    Args:
      factors: a value for each of :data:`~tfstylegan.data.faces.factors.FACTORS`; categorical ones may be
        given by name.
      resolution: width and height of the picture, 16 to 512.

    Returns:
      The picture, uint8 [resolution, resolution, 3], RGB.

    Raises:
      UserError: the resolution or a factor is not one that can be drawn.
    """
    resolution = checked_resolution(resolution)
    values = checked(factors)
    face = face_of(values)
    hue = values["background_hue"]
    shapes = _halo(hue)
    for pose, parts in (
        (head_pose(values), (hair.behind,)),
        (body_pose(values), (wear.neck_and_shirt,)),
        (head_pose(values), _HEAD),
    ):
        shapes += _posed(pose, [shape for part in parts for shape in part(face)])
    return canvas.paint(_backdrop(hue), _backdrop(hue + 0.10, 0.06), shapes, resolution)


_HEAD = (  # from back to front
    features.ears,
    features.head,
    features.beard,
    features.nose,
    features.mouth,
    features.eyes,
    wear.temples,
    hair.upon,
    features.brows,
    wear.glasses,
    wear.hat,
    wear.earrings,
)


def checked_resolution(resolution: int) -> int:
    """Returns the resolution as an int, or raises UserError where no face can be drawn at it."""
    try:
        size = operator.index(resolution)
    except TypeError:
        size = 0
    if isinstance(resolution, bool) or not MIN_RESOLUTION <= size <= MAX_RESOLUTION:
        raise UserError(
            "the resolution of drawn faces must be a whole number "
            f"from {MIN_RESOLUTION} to {MAX_RESOLUTION}, but is {resolution!r}."
        )
    return size


def _posed(pose: Pose, shapes: list[Shape]) -> list[Shape]:
    return pose.project(shapes) if shapes else []


def _backdrop(hue: float, darker: float = 0.0) -> palette.Color:
    """A pastel; yellows (a hue of about 0.3) are lighter, as they look muddy otherwise."""
    sunny = math.cos(2 * math.pi * (hue - 0.28))
    return palette.oklch(0.87 + 0.04 * sunny - darker, 0.095, hue)


def _halo(hue: float) -> list[Shape]:
    """A lighter disc behind the head."""
    color = palette.veil(palette.oklch(0.95, 0.05, hue), 0.5)
    return [Shape(geometry.ellipse(0.5 + 0.5j, 0.44, 0.44, 120), color)]
