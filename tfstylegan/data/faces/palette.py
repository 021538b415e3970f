"""The colours of a drawn face: a few named palettes that go together."""

import math

Color = tuple[int, ...]  # red, green, blue, 0 to 255; a fourth number, where there is one, is the opacity


def _hex(text: str) -> Color:
    return tuple(bytes.fromhex(text))


WHITE = _hex("fffdf8")
INK = _hex("2b2438")  # lashes, pupils, the frames of glasses
GOLD = _hex("f7b731")
MOUTH = _hex("8c2f3f")
TONGUE = _hex("f07f86")

_SKIN = [_hex(text) for text in ("ffe2cf", "fbcfab", "eeb68a", "d0935f", "a2683f", "70452f")]
_HAIR = {
    "black": _hex("322d3e"),
    "brown": _hex("5b3a2c"),
    "chestnut": _hex("8f5230"),
    "ginger": _hex("d96c33"),
    "blonde": _hex("f2c766"),
    "silver": _hex("bfc3d1"),
    "pink": _hex("ef8fb0"),
    "blue": _hex("4c78cf"),
}
_EYES = {
    "brown": _hex("7a4526"),
    "amber": _hex("c98519"),
    "green": _hex("3f9a58"),
    "blue": _hex("3f8fdc"),
    "violet": _hex("8a5cc9"),
    "grey": _hex("7d8b9c"),
}
_SHIRTS = {  # the shirt, and the hat that goes with it
    "coral": (_hex("f2695c"), _hex("3a6ea5")),
    "mustard": (_hex("f4b73e"), _hex("7a4e9c")),
    "teal": (_hex("1fa59a"), _hex("f0803c")),
    "navy": (_hex("33508c"), _hex("e5524f")),
    "plum": (_hex("89509b"), _hex("f2b632")),
    "cream": (_hex("f7ecd8"), _hex("2f9e86")),
}


def mix(first: Color, second: Color, share: float) -> Color:
    """Returns the colour that lies ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def shade(color: Color, share: float = 0.25) -> Color:
    """Darkens toward a warm violet, as shadows in illustrations do; ``share`` is from 0 to 1."""
    return mix(color, (70, 25, 70), share)


def tint(color: Color, share: float = 0.25) -> Color:
    """Lightens toward a warm white; ``share`` is from 0 to 1."""
    return mix(color, (255, 250, 235), share)


def veil(color: Color, opacity: float) -> Color:
    """Returns the colour with an opacity from 0 to 1."""
    return (*color[:3], round(255 * opacity))


def skin(tone: float) -> Color:
    """Returns the colour of skin at ``tone``, 0 (light) to 1 (deep)."""
    place = tone * (len(_SKIN) - 1)
    stop = min(int(place), len(_SKIN) - 2)
    return mix(_SKIN[stop], _SKIN[stop + 1], place - stop)


def hair(name: str) -> Color:
    """Returns a colour of hair by its name."""
    return _HAIR[name]


def eyes(name: str) -> Color:
    """Returns a colour of irises by its name."""
    return _EYES[name]


def shirt(name: str) -> Color:
    """Returns a colour of shirts by its name."""
    return _SHIRTS[name][0]


def hat(shirt_name: str) -> Color:
    """Returns the colour of the hat that is worn with a shirt."""
    return _SHIRTS[shirt_name][1]


def oklch(lightness: float, chroma: float, hue: float) -> Color:
    """Returns the colour at a place of the perceptually even space OKLCH (Ottosson, 2020), clipped to sRGB.

    Args:
      lightness: 0 (black) to 1 (white).
      chroma: 0 (grey) to about 0.3.
      hue: in turns; 0 and 1 are the same.
    """
    a, b = chroma * math.cos(2 * math.pi * hue), chroma * math.sin(2 * math.pi * hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(round(255 * _gamma(min(max(value, 0.0), 1.0))) for value in linear)


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
