"""The factors of variation of a drawn face: what they are, and which values a face has.

A face is fully described by one value for each factor in :data:`FACTORS`. Values are drawn independently of
each other, so in a large set no factor tells anything about another: what measures of disentanglement need.
"""

import dataclasses
import operator
from collections.abc import Iterable, Mapping

import numpy as np

from tfstylegan.errors import UserError

_DTYPES = {"continuous": np.float32, "categorical": np.int32, "binary": np.bool_}


@dataclasses.dataclass(frozen=True)
class Factor:
    """One way in which faces differ.

    Attributes:
      name: the key under which values are found.
      kind: "continuous" (float32, uniform over ``values``), "categorical" (int32, a position in ``values``,
        all equally likely) or "binary" (bool, True at ``rate``).
      values: (lowest, highest) of a continuous factor, the names of a categorical one, (False, True) of a
        binary one.
      description: what the eye sees.
      rate: how often a binary factor is True; None for the other kinds.
    """

    name: str
    kind: str
    values: tuple
    description: str
    rate: float | None = None

    @property
    def dtype(self) -> np.dtype:
        """The dtype of an array of this factor's values."""
        return np.dtype(_DTYPES[self.kind])


def _continuous(name, lowest, highest, description):
    return Factor(name, "continuous", (lowest, highest), description)


def _categorical(name, values, description):
    return Factor(name, "categorical", values, description)


def _binary(name, rate, description):
    return Factor(name, "binary", (False, True), description, rate)


HAIR_STYLES = ("buzz", "short", "side_part", "curly", "afro", "bob", "long", "bun")
HAIR_COLORS = ("black", "brown", "chestnut", "ginger", "blonde", "silver", "pink", "blue")
EYE_COLORS = ("brown", "amber", "green", "blue", "violet", "grey")
SHIRT_COLORS = ("coral", "mustard", "teal", "navy", "plum", "cream")

# fmt: off
FACTORS = (
    _continuous("yaw",            -20.0, 20.0,  "the head turned to the picture's left or right, degrees"),
    _continuous("pitch",          -12.0, 12.0,  "the head turned down or up, degrees"),
    _continuous("roll",            -8.0,  8.0,  "the head tilted, clockwise positive, degrees"),
    _continuous("position_x",     -0.04, 0.04,  "the head moved to the left or right, in picture widths"),
    _continuous("position_y",     -0.03, 0.03,  "the head moved up or down, in picture heights"),
    _continuous("face_width",       0.0,  1.0,  "from a narrow to a round face"),
    _continuous("jaw",              0.0,  1.0,  "from a pointed to a square jaw"),
    _continuous("skin_tone",        0.0,  1.0,  "from light to deep, a place on a ramp of colours"),
    _continuous("eye_size",         0.0,  1.0,  "from small to large eyes"),
    _continuous("gaze_x",          -1.0,  1.0,  "the eyes looking to the picture's left or right"),
    _continuous("gaze_y",          -1.0,  1.0,  "the eyes looking up or down"),
    _continuous("brow_tilt",       -1.0,  1.0,  "from stern (inner ends low) to worried brows"),
    _continuous("mouth_curve",     -0.4,  1.0,  "from a frown to a broad smile"),
    _continuous("mouth_open",       0.0,  1.0,  "from a closed to a wide open mouth"),
    _continuous("background_hue",   0.0,  1.0,  "once around the colour circle: 0 and 1 are the same hue"),
    _categorical("hair_style",  HAIR_STYLES,    "the cut of the hair"),
    _categorical("hair_color",  HAIR_COLORS,    "the colour of hair, brows and beard"),
    _categorical("eye_color",   EYE_COLORS,     "the colour of the irises"),
    _categorical("shirt_color", SHIRT_COLORS,   "the colour of the shirt; a hat takes its partner colour"),
    _binary("glasses",   0.25,                  "round glasses"),
    _binary("hat",       0.20,                  "a woollen hat with a bobble"),
    _binary("earrings",  0.25,                  "an earring in each ear"),
    _binary("beard",     0.20,                  "a full beard"),
)
# fmt: on


def sample(indices: Iterable[int] | int, seed: int = 0) -> dict[str, np.ndarray]:
    """Returns the factors of the faces at ``indices`` of the endless set named ``seed``.

    A value depends on (seed, index, factor name) alone: not on the order or the number of the indices, on the
    machine, or on the other factors in the table.

    Args:
      indices: integers >= 0, [N]; a single integer counts as [1].
      seed: any integer.

    Returns:
      A dict with an array [N] for each factor, in the order and with the dtypes of :data:`FACTORS`.

    Raises:
      UserError: an index is not an integer >= 0.
    """
    counters = _counters(indices)
    return {factor.name: _scaled(factor, _uniform(counters, seed, factor.name)) for factor in FACTORS}


def checked(values: Mapping[str, object]) -> dict[str, float | int | bool]:
    """Returns the factors of one face as plain Python values, after checking every one.

    Args:
      values: a value for each factor. A categorical one may be given by name ("afro") or by position.

    Raises:
      UserError: a factor is missing, unknown, or has a value that it cannot have.
    """
    if len(values) != len(FACTORS) or any(factor.name not in values for factor in FACTORS):
        names = {factor.name for factor in FACTORS}
        wrong = [f"{name} is missing" for name in sorted(names - set(values))]
        wrong += [f"{name} is unknown" for name in sorted(set(values) - names)]
        raise UserError(f"a face needs a value for each factor: {', '.join(wrong)}.")
    return {factor.name: _CHECKS[factor.kind](factor, values[factor.name]) for factor in FACTORS}


def _checked_continuous(factor: Factor, value) -> float:
    lowest, highest = factor.values
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not lowest <= number <= highest:
        raise UserError(f"{factor.name} must be a number from {lowest:g} to {highest:g}, but is {value!r}.")
    return number


def _checked_categorical(factor: Factor, value) -> int:
    if isinstance(value, str) and value in factor.values:
        return factor.values.index(value)
    position = _as_integer(value)
    if position is None or not 0 <= position < len(factor.values):
        choices = ", ".join(factor.values)
        raise UserError(
            f"{factor.name} must be one of {choices}, or a position from 0 to {len(factor.values) - 1}, "
            f"but is {value!r}."
        )
    return position


def _checked_binary(factor: Factor, value) -> bool:
    if isinstance(value, bool | np.bool_) or _as_integer(value) in (0, 1):
        return bool(value)
    raise UserError(f"{factor.name} must be False or True, but is {value!r}.")


_CHECKS = {
    "continuous": _checked_continuous,
    "categorical": _checked_categorical,
    "binary": _checked_binary,
}


def _as_integer(value) -> int | None:
    """Returns ``value`` as an int, or None where it is not an integer. A bool is not one."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _counters(indices) -> np.ndarray:
    """Returns indices as uint64 [N]."""
    if not isinstance(indices, np.ndarray | np.integer | int):
        indices = list(indices)
    array = np.atleast_1d(np.asarray(indices))
    if array.size == 0:
        return np.zeros(0, np.uint64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0:
        raise UserError(f"indices of faces must be a row of integers >= 0, but are {indices!r}.")
    return array.astype(np.uint64)


def _scaled(factor: Factor, uniform: np.ndarray) -> np.ndarray:
    """Turns uniform numbers in [0, 1) into values of a factor."""
    if factor.kind == "continuous":
        lowest, highest = factor.values
        values = lowest + (highest - lowest) * uniform
    elif factor.kind == "categorical":
        values = np.floor(uniform * len(factor.values))
    else:
        values = uniform < factor.rate
    return values.astype(factor.dtype)


# Random numbers are SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014),
# read at a counter: number i of a stream needs no number before it, and integers are the same everywhere.
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def _uniform(counters: np.ndarray, seed: int, name: str) -> np.ndarray:
    """Returns one float64 in [0, 1) per counter (uint64 [N]) from the stream of (seed, name)."""
    start = np.uint64(_stream(seed, name))
    bits = _mix(counters * np.uint64(_GOLDEN) + start)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _stream(seed: int, name: str) -> int:
    """Returns where the stream of (seed, name) starts: the FNV-1a hash of the name, mixed with the seed."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & _MASK
    words = np.array([key, seed & _MASK], np.uint64) + np.uint64(_GOLDEN)
    name_word, seed_word = (int(word) for word in _mix(words))
    return int(_mix(np.array([name_word ^ (seed_word * 3 & _MASK)], np.uint64))[0])


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64: a bijection of uint64 [N] in which every bit depends on every other."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
