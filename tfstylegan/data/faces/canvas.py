"""From outlines to pixels: paints larger than asked for, then averages, so that edges are anti-aliased."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from tfstylegan.data.faces.anatomy import Shape
from tfstylegan.data.faces.palette import Color


def paint(top: Color, bottom: Color, shapes: Sequence[Shape], resolution: int) -> np.ndarray:
    """Paints shapes, the first one hindmost, over a background that fades from ``top`` to ``bottom``.

    Args:
      top: the background's colour at the upper edge.
      bottom: its colour at the lower edge.
      shapes: outlines in picture coordinates, 0 to 1 + 1j. What lies outside is cut off.
      resolution: width and height of the picture.

    Returns:
      uint8 [resolution, resolution, 3].
    """
    oversampling = _oversampling(resolution)
    size = resolution * oversampling
    image = _gradient(top, bottom, size)
    pen = ImageDraw.Draw(image, "RGBA")  # this mode blends colours that have an opacity
    for points, color, _ in shapes:
        pixels = np.rint(points * size - (0.5 + 0.5j))  # pixel i covers the range from i to i + 1
        pen.polygon(pixels.view(np.float64).tolist(), fill=color)
    return np.asarray(image.reduce(oversampling))


def _oversampling(resolution: int) -> int:
    """How many canvas pixels lie along a pixel: more where pixels are few, as features span only some."""
    return 8 if resolution <= 24 else 6 if resolution <= 48 else 4


def _gradient(top: Color, bottom: Color, size: int) -> Image.Image:
    ramp = np.linspace(top, bottom, size)
    rows = np.rint(ramp).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(rows[:, None], (size, size, 3))))
