"""The flag --resolution: a number, or height and width."""

import re

from absl import flags as absl_flags

from tfstylegan.configs import Resolution


class _Parser(absl_flags.ArgumentParser):
    """``"64"`` to 64, ``"192x256"`` to (192, 256)."""

    syntactic_help = "a number, or HEIGHTxWIDTH"

    def parse(self, argument) -> Resolution:
        if not isinstance(argument, str):
            return argument
        found = re.fullmatch(r"([0-9]{1,6})(?:x([0-9]{1,6}))?", argument.strip().lower())
        if found is None:
            raise ValueError("it takes a number of pixels, such as 64, or height x width, such as 192x256")
        height, width = int(found[1]), int(found[2] or found[1])
        return height if height == width else (height, width)

    def flag_type(self) -> str:
        return "size"


class _Serializer(absl_flags.ArgumentSerializer):
    def serialize(self, value) -> str:
        return as_text(value)


def as_text(resolution: Resolution) -> str:
    """The flag's value as it is written: ``"64"``, ``"192x256"``."""
    return str(resolution) if isinstance(resolution, int) else "x".join(map(str, resolution))


def define_resolution(values: absl_flags.FlagValues, help_text: str) -> None:
    """Defines ``--resolution``; its value is a number, (height, width), or None if it is not given."""
    absl_flags.DEFINE(_Parser(), "resolution", None, help_text, flag_values=values, serializer=_Serializer())
