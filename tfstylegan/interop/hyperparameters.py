"""From the official constructors' arguments to our configs."""

import dataclasses
import math
import types
import typing
from typing import Any, TypeAlias

from tfstylegan.configs import checks
from tfstylegan.interop.limits import Refused

MAX_TAPS = 64
MAX_INTEGER = 1 << 24  # of any hyperparameter


@dataclasses.dataclass(frozen=True)
class Always:
    """In a table of options: our networks are the same function for this value of the option only."""

    value: Any


# Our field for every option; or the value that it has to have; or None if it has no bearing on the numbers.
Options: TypeAlias = dict[str, str | Always | None]


def translate(options: Any, table: Options, what: str) -> dict[str, Any]:
    """Renames options.

    Args:
      options: what the file says, a dictionary.
      table: what becomes of every option.
      what: whose options they are, for messages.

    Raises:
      Refused: if an option is not in the table, and so might change the function that is computed, or has another
        value than it has to.
    """
    if type(options) is not dict:
        raise Refused(f"its {what} has no hyperparameters")
    fields: dict[str, Any] = {}
    for name, value in options.items():
        if name not in table:
            raise Refused(f"its {what} has the hyperparameter {str(name)[:80]}, which this version does not know")
        field = table[name]
        if isinstance(field, str):
            fields[field] = value
        elif isinstance(field, Always) and value != field.value:
            raise Refused(f"its {what} has a {name} other than {field.value}, which is not supported in this version")
    return fields


def make_config(cls: type, fields: dict[str, Any], what: str):
    """A config of ours.

    Raises:
      Refused: if a value is of the wrong type, or not possible.
    """
    annotations = {field.name: field.type for field in dataclasses.fields(cls)}
    for name, value in fields.items():
        if not _fits(value, annotations[name]):
            raise Refused(f"its {what} has an impossible value of {name}")
    try:
        config = cls(**fields)
        checks.power_of_two(config, "img_resolution", least=4)  # all that official networks can be
        return config
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Refused(f"its {what} has impossible hyperparameters ({error})") from error


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value read from a file is of a field's type: int, float, str, bool, a tuple of float, or None."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        return type(value) in (list, tuple) and len(value) <= MAX_TAPS and all(_fits(item, float) for item in value)
    if annotation is float:
        return type(value) in (int, float) and math.isfinite(value)
    if annotation is types.NoneType:
        return value is None
    if annotation is int:
        return type(value) is int and abs(value) <= MAX_INTEGER
    return type(value) is annotation
