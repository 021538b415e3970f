"""What the programs share: flags, alternating measurements, tables.

A shared machine is never equally fast for long. So candidates are timed in turns, and a ratio is the median of the
ratios within each turn, in which both ran under about the same conditions.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from absl import flags as absl_flags


class Settings(absl_flags.FlagValues):
    """A program's flags; made empty, so that several programs can be imported side by side."""

    def numbers(self, name: str) -> list[int]:
        """The whole numbers of a list flag.

        Raises:
          absl.flags.Error: if a part is not a positive number.
        """
        parts = self[name].value
        if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            raise absl_flags.Error(f"--{name} takes positive whole numbers; got {','.join(parts)!r}")
        return [int(part) for part in parts]


def main(program: Callable[[Settings], bool], settings: Settings, about: str, argv: Sequence[str] | None = None) -> int:
    """Parses flags and runs a program; ``--check`` makes a missed limit an error.

    Args:
      program: prints its tables; returns whether all limits were kept.
      settings: its flags.
      about: the text of ``--help`` above the flags.
      argv: arguments, or None for the process's.

    Returns:
      The exit status: 0, 1 for a missed limit under ``--check``, or 2 for a wrong flag.
    """
    if "check" not in settings:
        absl_flags.DEFINE_bool("check", False, "exit with status 1 if a limit is missed", flag_values=settings)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if any(argument in ("-h", "--help", "-help", "--helpfull") for argument in arguments):
        print(f"{about.strip()}\n\nflags:\n" + "\n".join(map(_describe, map(settings.__getitem__, settings))))
        return 0
    try:
        settings.unparse_flags()
        for name in settings:
            settings[name].unparse()
        rest = settings(["benchmark", *arguments])[1:]
        if rest:
            raise absl_flags.Error(f"unexpected argument {rest[0]!r}; flags look like --name=value")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        kept = program(settings)
    except absl_flags.Error as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if kept or not settings["check"].value else 1


def alternate(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    synchronize: Callable[[], object] = lambda: None,
    least_seconds: float = 0.02,
) -> dict[str, list[float]]:
    """Times candidates in turns.

    Every candidate runs twice unmeasured, which compiles it and tells how often it must run to be measurable.

    Args:
      candidates: what to time, by name.
      repeats: number of turns.
      synchronize: waits for what a call has started.
      least_seconds: a measurement repeats a shorter call until it lasts about this long.

    Returns:
      Seconds per call by candidate, a number for each turn.
    """
    calls = {}
    for name, candidate in candidates.items():
        candidate()
        synchronize()
        calls[name] = max(1, min(1000, round(least_seconds / max(_seconds(candidate, 1, synchronize), 1e-7))))
    times: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for turn in range(repeats):
        first = turn % len(names)
        for name in names[first:] + names[:first]:  # nobody always comes after the same one
            times[name].append(_seconds(candidates[name], calls[name], synchronize))
    return times


def ratio(times: Sequence[float], reference: Sequence[float]) -> float:
    """The median over turns of time / reference time."""
    return statistics.median(a / b for a, b in zip(times, reference, strict=True))


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table, aligned; floats get three significant digits."""
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(headers), *cells]) for i in range(len(headers))]
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(headers))]

    def line(values: Sequence[str]) -> str:
        padded = [v.rjust(w) if n else v.ljust(w) for v, w, n in zip(values, widths, numeric, strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = [f"{'-' * (w - 1)}:" if n else "-" * w for w, n in zip(widths, numeric, strict=True)]
    return "\n".join([line(headers), line(rule), *map(line, cells)])


def limit(what: str, value: float, most: float, form: str = "{:.3g}") -> bool:
    """Prints whether a value keeps its limit; returns it."""
    kept = value <= most
    print(f"{what}: {form.format(value)}, {'within' if kept else 'ABOVE'} the limit of {form.format(most)}")
    return kept


def _seconds(call: Callable[[], object], times: int, synchronize: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    synchronize()
    return (time.perf_counter() - start) / times


def _describe(flag: absl_flags.Flag) -> str:
    default = f" (default: {(flag.default_as_str or '').strip(chr(39))})" if flag.default not in (None, False) else ""
    return f"  --{flag.name:<16} {flag.help}{default}"


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if value != value:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
