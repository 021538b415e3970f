"""What the configs check themselves with; every message names the field, the value and what is allowed."""

from collections.abc import Collection


def positive(config: object, *names: str) -> None:
    """Requires each field to be a number above zero."""
    for name in names:
        value = getattr(config, name)
        if not value > 0:
            raise ValueError(f"{type(config).__name__}: {name} must be above 0; got {value}")


def not_negative(config: object, *names: str) -> None:
    """Requires each field to be zero or above."""
    for name in names:
        value = getattr(config, name)
        if not value >= 0:
            raise ValueError(f"{type(config).__name__}: {name} must not be negative; got {value}")


def within(config: object, name: str, low: float, high: float) -> None:
    """Requires a field to lie in [low, high]."""
    value = getattr(config, name)
    if not low <= value <= high:
        raise ValueError(f"{type(config).__name__}: {name} must be between {low} and {high}; got {value}")


def one_of(config: object, name: str, choices: Collection) -> None:
    """Requires a field to be one of ``choices``."""
    value = getattr(config, name)
    if value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"{type(config).__name__}: {name} must be one of {listed}; got {value!r}")


def power_of_two(config: object, name: str, least: int) -> None:
    """Requires a field to be a power of two, ``least`` or above."""
    value = getattr(config, name)
    if not isinstance(value, int) or value < least or value & (value - 1):
        raise ValueError(f"{type(config).__name__}: {name} must be a power of two from {least} up; got {value!r}")
