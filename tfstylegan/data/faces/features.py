"""The head itself: ears, face, cheeks, beard, nose, mouth, eyes and brows."""

from collections.abc import Iterator

import numpy as np

from tfstylegan.data.faces import geometry as g
from tfstylegan.data.faces import palette
from tfstylegan.data.faces.anatomy import CHIN, Face, Shape

_SIDES = (-1, 1)


def ears(face: Face) -> Iterator[Shape]:
    """The ears; they lie behind the plane of the face, so the far one hides when the head turns."""
    if face.hair_style in ("bob", "long"):  # these styles cover them
        return
    for side in _SIDES:
        center = complex(side * (face.half_width + 0.012), 0.035)
        yield Shape(g.ellipse(center, 0.040, 0.056), face.skin, -0.06)
        yield Shape(g.ellipse(center + side * 0.004, 0.020, 0.032), face.skin_shade, -0.06)


def head(face: Face) -> Iterator[Shape]:
    """The face with a soft shadow along its lower right edge, and the cheeks."""
    yield Shape(face.outline, face.skin_shade)
    lit = face.outline * 0.955 - complex(0.010, 0.010)
    yield Shape(lit, face.skin)
    for side in _SIDES:
        center = complex(side * (0.62 * face.half_width), 0.118)
        for size in (1.0, 0.85, 0.7, 0.55, 0.4):
            yield Shape(g.ellipse(center, 0.058 * size, 0.044 * size, 24), palette.veil((244, 86, 92), 0.08))


def beard(face: Face) -> Iterator[Shape]:
    """A full beard from ear to ear; the mouth is painted over it."""
    if not face["beard"]:
        return
    width, jaw = face.half_width, face.lower_outline[face.lower_outline.imag > 0.04]
    edge = 1.03 * jaw + 0.012j * (jaw.imag / CHIN)
    inner = g.symmetric(
        [
            complex(-0.93 * width, 0.06),
            complex(-0.80 * width, 0.135),
            complex(-0.56 * width, 0.150),
            complex(-0.30 * width, 0.118),
            complex(0, 0.124),
        ]
    )
    yield Shape(np.concatenate([edge, g.curve(inner)]), palette.shade(face.hair, 0.10))


def nose(face: Face) -> Iterator[Shape]:
    """A round nose with a light on it."""
    yield Shape(g.ellipse(0.098j, 0.034, 0.024, 24), face.skin_shade, 0.03)
    rosy, light = palette.mix(face.skin, (255, 130, 110), 0.22), palette.veil(palette.WHITE, 0.55)
    yield Shape(g.ellipse(complex(-0.004, 0.091), 0.028, 0.018, 24), rosy, 0.03)
    yield Shape(g.ellipse(complex(-0.010, 0.087), 0.008, 0.005, 16), light, 0.03)


def mouth(face: Face) -> Iterator[Shape]:
    """The mouth: its corners rise with a smile, its lower lip falls as it opens on teeth and tongue."""
    bend, gap = face["mouth_curve"], 0.012 + 0.068 * face["mouth_open"]
    x = np.linspace(-1, 1, 19)
    arch = 1 - x**2
    upper = (0.086 + 0.016 * max(bend, 0)) * x + 1j * (0.176 - 0.030 * bend + 0.042 * bend * arch)
    lower = upper + 1j * gap * np.sqrt(arch)
    yield Shape(g.stroke(upper, 0.020), palette.shade(face.skin_shade, 0.45))
    yield Shape(g.between(upper, lower), palette.MOUTH)
    if gap > 0.024:
        top = upper[2:-2]
        teeth = min(0.55 * (gap - 0.016), 0.026) * np.sqrt(arch[2:-2])
        yield Shape(g.between(top, top + 1j * teeth), palette.WHITE)
    if gap > 0.030:
        bottom = lower[5:-5]
        tongue = 0.7 * (gap - 0.030) * (arch[5:-5] - arch[5])
        yield Shape(g.between(bottom - 1j * tongue, bottom), palette.TONGUE)
    lip = palette.mix(face.skin_shade, (196, 60, 74), 0.6)
    yield Shape(g.stroke(lower[3:-3], 0.011 * g.taper(13, 0.5)), lip)


def eyes(face: Face) -> Iterator[Shape]:
    """White, iris and pupil, two catch-lights and a thick upper lash line."""
    for side in _SIDES:
        yield from _eye(face, complex(side * face.eye_center.real, face.eye_center.imag), side)


def _eye(face: Face, center: complex, side: int) -> Iterator[Shape]:
    height, width = face.eye_radius, 0.012 + 0.90 * face.eye_radius
    gaze = center + complex(0.021 * face["gaze_x"], 0.015 * face["gaze_y"])
    iris = 0.015 + 0.56 * face.eye_radius
    yield Shape(g.ellipse(center, width, height), palette.WHITE)
    rim = palette.shade(face.iris, 0.5)
    for radius, color in ((1.14 * iris, rim), (iris, face.iris), (0.52 * iris, palette.INK)):
        yield Shape(g.clip_to_ellipse(g.ellipse(gaze, radius, radius, 28), center, width, height), color)
    yield Shape(g.ellipse(gaze - (1 + 1j) * 0.38 * iris, 0.34 * iris, 0.34 * iris, 16), palette.WHITE)
    small, faint = 0.16 * iris, palette.veil(palette.WHITE, 0.8)
    yield Shape(g.ellipse(gaze + (1 + 1j) * 0.42 * iris, small, small, 12), faint)
    lid = g.half_ellipse(center, width, height, 17)
    yield Shape(g.stroke(lid, 0.020 * g.taper(17, 0.35)), palette.INK)
    corner = center + complex(side * width, 0)
    yield Shape(g.stroke([corner - 0.004j, corner + complex(side * 0.016, -0.018)], 0.009), palette.INK)


def brows(face: Face) -> Iterator[Shape]:
    """The brows, in a darker tone of the hair."""
    color = palette.shade(face.hair, 0.30)
    lift, tilt = face.eye_center.imag - face.eye_radius - 0.042, 0.005 + 0.017 * face["brow_tilt"]
    for side in _SIDES:
        middle = complex(side * (face.eye_center.real + 0.004), lift)
        inner, outer = middle + complex(-side * 0.052, -tilt), middle + complex(side * 0.056, tilt + 0.008)
        line = g.curve([inner, middle - 0.012j, outer])
        yield Shape(g.stroke(line, 0.024 * np.linspace(1.0, 0.45, len(line))), color)
