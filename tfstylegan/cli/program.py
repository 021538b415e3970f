"""What all command line programs share: flags, help, errors, exit status."""

import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from absl import flags as absl_flags

from tfstylegan.cli import quiet_import
from tfstylegan.errors import UserError

EXIT_OK = 0
EXIT_FAILED = 1  # something asked for was not done
EXIT_USAGE = 2  # a mistake the user can mend
EXIT_INTERRUPTED = 130  # as shells report Ctrl-C


@dataclass(frozen=True)
class Program:
    """A command: its name, its help, its flags, and what it does with them.

    ``flags`` belong to this program alone: programs never share or see each other's flags.
    """

    name: str
    summary: str  # a paragraph for --help
    examples: tuple[str, ...]  # complete commands
    flags: absl_flags.FlagValues
    run: Callable[[absl_flags.FlagValues], int | None]  # None is success
    positional: str | None = None  # the flag that may also be given without its name, as the one bare argument

    def main(self, argv: list[str] | None = None) -> int:
        """Parses ``argv`` (without the program's name), runs, and returns the exit status.

        A :class:`UserError`, or a bad flag, prints one sentence and gives 2; ``--debug`` shows the traceback.
        """
        arguments = list(sys.argv[1:] if argv is None else argv)
        if any(argument in ("-h", "--help", "-help", "--helpfull", "-?") for argument in arguments):
            print(self.help())
            return EXIT_OK
        debug = any(argument in ("--debug", "-debug", "--debug=true") for argument in arguments)
        quiet_import.install()
        try:
            self._parse(arguments)
            return self.run(self.flags) or EXIT_OK
        except (UserError, absl_flags.Error) as error:
            if debug:
                traceback.print_exc()
            print(f"tfstylegan {self.name}: {error}", file=sys.stderr)
            return EXIT_USAGE
        except ModuleNotFoundError as error:
            if debug or error.name not in ("tensorflow", "keras"):
                raise
            print(
                f"tfstylegan {self.name}: {error.name} is not installed; "
                "pip install 'tfstylegan[cpu]', or 'tfstylegan[gpu]' for NVIDIA GPUs",
                file=sys.stderr,
            )
            return EXIT_USAGE
        except BrokenPipeError:
            # Whoever read the output has seen enough. Python would complain again when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_FAILED
        except KeyboardInterrupt:
            print(f"\ntfstylegan {self.name}: interrupted", file=sys.stderr)
            return EXIT_INTERRUPTED
        except OSError as error:
            # A full disk, a missing permission: the user's to mend, and the message names the file.
            if debug or (error.filename is None and error.strerror is None):
                traceback.print_exc()
            print(f"tfstylegan {self.name}: {error}", file=sys.stderr)
            return EXIT_FAILED

    def _parse(self, arguments: list[str]) -> None:
        self.flags.unparse_flags()
        for name in self.flags:
            self.flags[name].unparse()
        self.flags.set_gnu_getopt(self.positional is not None)  # flags may follow the bare argument
        arguments = self.flags.read_flags_from_files(arguments)  # expands --flagfile
        rest = self.flags([self.name, *[_underscored(argument, self.flags) for argument in arguments]])[1:]
        if len(rest) == 1 and self.positional and not self.flags[self.positional].present:
            self.flags[self.positional].value = rest.pop()
        if rest:
            raise UserError(f"unexpected argument {rest[0]!r}; flags look like --name=value")

    def help(self) -> str:
        """The text of ``--help``."""
        bare = f" {self.positional.upper()}" if self.positional else ""
        lines = [f"usage: tfstylegan {self.name}{bare} [--flag=value ...]", "", *textwrap.wrap(self.summary, 100), ""]
        for name in [*[name for name in self.flags if name not in _COMMON], *_COMMON]:
            if not _is_alias(self.flags[name]):
                lines += _describe(self.flags[name])
        if self.examples:
            lines += ["", "examples:", *[f"  {example}" for example in self.examples]]
        return "\n".join(lines)


_COMMON = ("debug",)


def new_flags() -> absl_flags.FlagValues:
    """An empty set of flags with those that every program has."""
    values = absl_flags.FlagValues()
    absl_flags.DEFINE_bool("debug", False, "show the traceback of an error", flag_values=values)
    return values


def seeds_from_text(text: str, flag: str = "--seeds") -> list[int]:
    """``"0-3,9"`` to [0, 1, 2, 3, 9].

    Args:
      text: numbers and ranges.
      flag: where the text came from, for messages.

    Raises:
      UserError: if a part is neither a number nor a range.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UserError(f"{flag} takes numbers and ranges such as 0-5,9; got {text!r}")
        low, high = int(first), int(last) if dash else int(first)
        if high < low:
            raise UserError(f"{flag}: the range {part.strip()} runs backwards")
        if high >= 2**32:
            raise UserError(f"{flag}: {high} is too large; seeds are below 2^32")
        if high - low >= 1_000_000:
            raise UserError(f"{flag}: the range {part.strip()} has more than a million seeds")
        seeds.extend(range(low, high + 1))
    return seeds


def require(module: str, what: str, extra: str) -> None:
    """Makes sure that an optional package is there.

    Raises:
      UserError: if not, with the command that installs it.
    """
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise UserError(f"{what} needs the package {module}: pip install 'tfstylegan[{extra}]'")


def _underscored(argument: str, values: absl_flags.FlagValues) -> str:
    """``--noise-mode=x`` to ``--noise_mode=x``: both spellings are accepted."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument[2:].partition("=")
    plain = name.replace("-", "_")
    if plain in values or plain.removeprefix("no") in values:
        return f"--{plain}{equals}{value}"
    return argument


def _is_alias(flag: absl_flags.Flag) -> bool:
    return flag.help.startswith("Alias for --")


def _describe(flag: absl_flags.Flag) -> list[str]:
    label = f"--{flag.name.replace('_', '-')}"
    if not flag.boolean:
        label += f"={_placeholder(flag)}"
    default = ""
    if flag.default is not None and not (flag.boolean and flag.default is False) and flag.default != "":
        default = f" (default: {(flag.default_as_str or '').strip(chr(39))})"
    help_text = re.sub(r"^<[^>]*>: ", "", flag.help)  # absl repeats an enum's choices there
    text = textwrap.wrap(f"{help_text}{default}", 74)
    first = f"  {label:<24}{text[0]}" if len(label) < 24 else f"  {label}\n{'':26}{text[0]}"
    return [first, *[f"{'':26}{line}" for line in text[1:]]]


def _placeholder(flag: absl_flags.Flag) -> str:
    values = getattr(flag.parser, "enum_values", None)
    if values:
        return "|".join(values)
    kind = flag.flag_type()
    return {"int": "N", "float": "X", "string": "TEXT"}.get(kind, kind.upper())
