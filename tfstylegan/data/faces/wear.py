"""What the face wears: a shirt (with the neck in it), and perhaps glasses, a hat and earrings."""

from collections.abc import Iterator

import numpy as np

from tfstylegan.data.faces import geometry as g
from tfstylegan.data.faces import palette
from tfstylegan.data.faces.anatomy import Face, Shape

_LENS, _WIRE = 0.094, 0.017  # the radius of a lens and the thickness of its frame


def neck_and_shirt(face: Face) -> Iterator[Shape]:
    """Neck, shoulders and a shirt with a round collar."""
    neck = 0.088 + 0.12 * (face.half_width - 0.2)
    shoulders = g.symmetric(
        [
            complex(-0.46, 0.60),
            complex(-0.40, 0.46),
            complex(-0.29, 0.405),
            complex(-0.15, 0.375),
            complex(0, 0.37),
        ]
    )
    yield Shape(g.curve(shoulders), face.shirt)
    yield Shape(g.ellipse(0.365j, neck + 0.050, 0.072), palette.shade(face.shirt, 0.22))
    yield Shape(g.ellipse(0.355j, neck + 0.026, 0.062), face.skin)
    yield Shape(
        np.array([complex(-neck, 0.15), complex(neck, 0.15), complex(neck, 0.37), complex(-neck, 0.37)]),
        face.skin,
    )
    shadow = [complex(-neck, 0.15), complex(neck, 0.15), *g.half_ellipse(0.30j, neck, -0.05)[::-1]]
    yield Shape(np.array(shadow), face.skin_shade)


def temples(face: Face) -> Iterator[Shape]:
    """The sides of the glasses, which hair may cover."""
    if not face["glasses"]:
        return
    for side in (-1, 1):
        hinge = complex(side * (face.eye_center.real + _LENS), face.eye_center.imag - 0.012)
        ear = complex(side * (face.half_width + 0.012), hinge.imag - 0.006)
        yield Shape(g.stroke([hinge, ear], 0.9 * _WIRE), palette.INK)


def glasses(face: Face) -> Iterator[Shape]:
    """Round glasses, as far apart as the eyes are."""
    if not face["glasses"]:
        return
    lift = 0.02
    center = face.eye_center + 0.006j
    for side in (-1, 1):
        place = complex(side * center.real, center.imag)
        yield Shape(g.ellipse(place, _LENS, _LENS), palette.veil((214, 236, 255), 0.14), lift)
        yield Shape(g.ring(place, _LENS, _WIRE), palette.INK, lift)
    inner = center.real - _LENS
    bridge = g.curve([complex(-inner, 0.018), complex(0, 0.004), complex(inner, 0.018)])
    yield Shape(g.stroke(bridge, _WIRE), palette.INK, lift)


def hat(face: Face) -> Iterator[Shape]:
    """A woollen hat: dome, turned-up brim with ribs, and a bobble."""
    if not face["hat"]:
        return
    width = face.half_width + 0.028
    dark, light = palette.shade(face.hat, 0.20), palette.tint(face.hat, 0.45)
    yield Shape(g.ellipse(-0.385j, 0.058, 0.052), light)
    yield Shape(g.ellipse(complex(-0.014, -0.398), 0.034, 0.027, 24), palette.tint(face.hat, 0.7))
    dome = g.curve(
        g.symmetric(
            [
                complex(-width, -0.18),
                complex(-0.97 * width, -0.235),
                complex(-0.74 * width, -0.315),
                complex(-0.36 * width, -0.358),
                complex(0, -0.368),
            ]
        )
    )
    yield Shape(dome, face.hat)
    for place in (-0.5, 0.0, 0.5):
        rib = g.curve(
            [
                complex(place * width * 0.55, -0.345),
                complex(place * width, -0.29),
                complex(place * width * 1.1, -0.20),
            ]
        )
        yield Shape(g.stroke(rib, 0.010), dark)
    x = np.linspace(-1, 1, 21)
    middle = 0.98 * width * x + 1j * (-0.172 - 0.030 * (1 - x**2))
    yield Shape(g.stroke(middle + 0.012j, 0.094), dark)
    yield Shape(g.stroke(middle, 0.086), palette.tint(face.hat, 0.22))


def earrings(face: Face) -> Iterator[Shape]:
    """A golden drop below each ear."""
    if not face["earrings"]:
        return
    for side in (-1, 1):
        place = complex(side * (face.half_width + 0.020), 0.122)
        yield Shape(g.ellipse(place, 0.034, 0.034, 24), palette.shade(palette.GOLD, 0.30), -0.05)
        yield Shape(g.ellipse(place - (1 + 1j) * 0.002, 0.029, 0.029, 24), palette.GOLD, -0.05)
        yield Shape(g.ellipse(place - (1 + 1j) * 0.009, 0.008, 0.008, 12), palette.WHITE, -0.05)
