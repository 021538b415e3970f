"""A progress line with the time left, for loops that take a while."""

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

REDRAW_SECONDS = 0.1  # on a terminal
LINE_SECONDS = 15.0  # elsewhere: a log file, a pipe
BAR_WIDTH = 20


class Progress:
    """Shows how far a loop is: in place on a terminal, as an occasional line elsewhere.

    ::

        with Progress(len(seeds), "generating", "images") as progress:
            for seed in seeds:
                ...
                progress.advance()

    Leaving the block writes a last line, unless an exception ends it.

    Args:
      total: steps in all.
      label: what is being done.
      unit: what a step is, in the plural, or "".
      initial: steps done before (a continued run), which count as done but not for the speed.
      stream: where to write; None is standard error.
      clock: seconds, monotonic.
    """

    def __init__(
        self,
        total: int,
        label: str,
        unit: str = "",
        initial: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.total = total
        self.label = label
        self.unit = unit
        self.done = initial
        self.note = ""
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._in_place = _is_terminal(self._stream)
        self._drawn_width = 0
        self._started = self._drawn_at = clock()
        self._initial = initial
        self._first: tuple[float, int] | None = None  # when the first step ended, and what was done by then

    def advance(self, steps: int = 1, note: str | None = None) -> None:
        """Counts ``steps`` as done, and shows it if the last time is long enough ago.

        Args:
          steps: steps done since the last call.
          note: text for the end of the line; None keeps the one before.
        """
        self.done += steps
        self.note = self.note if note is None else note
        now = self._clock()
        if self._first is None:
            self._first = (now, self.done)
        if now - self._drawn_at >= (REDRAW_SECONDS if self._in_place else LINE_SECONDS):
            self._drawn_at = now
            self._show(self._line(now))

    def finish(self) -> None:
        """Writes the last line: how much was done, and how long it took."""
        elapsed = self._clock() - self._started
        parts = [f"{self.label}: {self._count()} in {duration(elapsed)}", self.note]
        self._show("  ".join(part for part in parts if part))
        self.close()

    def close(self) -> None:
        """Leaves the line as it is and goes to the next."""
        if self._drawn_width:
            self._write("\n")
            self._drawn_width = 0

    def clear(self) -> None:
        """Wipes the line off a terminal, so that something else can be printed; the next step draws it again."""
        if self._drawn_width:
            self._write("\r" + " " * self._drawn_width + "\r")
            self._drawn_width = 0
            self._drawn_at = float("-inf")

    def seconds_left(self) -> float | None:
        """An estimate from the mean speed, or None before there is one.

        The first step is left out as soon as there is a second: it often includes compilation.
        """
        now, start, before = self._clock(), self._started, self._initial
        if self._first is not None and self.done > self._first[1]:
            start, before = self._first
        steps = self.done - before
        return (now - start) / steps * max(self.total - self.done, 0) if steps > 0 else None

    def _line(self, now: float) -> str:
        share = min(max(self.done / self.total, 0.0), 1.0) if self.total else 1.0
        filled = int(share * BAR_WIDTH)
        left = self.seconds_left()
        parts = [
            f"{self.label}:",
            f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}]" if self._in_place else f"{share:.0%}",
            self._count(),
            "" if left is None else f"{duration(left)} left",
            self.note,
        ]
        return "  ".join(part for part in parts if part)

    def _count(self) -> str:
        return f"{self.done:,}/{self.total:,} {self.unit}".rstrip()

    def _show(self, line: str) -> None:
        if not self._in_place:
            self._write(line + "\n")
            return
        line = line[: max(shutil.get_terminal_size().columns - 1, 10)]
        self._write("\r" + line.ljust(self._drawn_width))  # blanks cover what was longer before
        self._drawn_width = len(line)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # whoever read the progress has gone; the work goes on

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind, error, traceback) -> None:
        if kind is None:
            self.finish()
        else:
            self.close()


def track(items: Iterable[Item], label: str, unit: str = "", total: int | None = None, **options) -> Iterator[Item]:
    """Yields ``items`` and shows the progress through them.

    Args:
      items: anything to loop over.
      label, unit: as for :class:`Progress`.
      total: their number; None takes ``len(items)``.
      options: further arguments of :class:`Progress`.
    """
    with Progress(len(items) if total is None else total, label, unit, **options) as progress:  # type: ignore[arg-type]
        for item in items:
            yield item
            progress.advance()


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``, ``3 d 04 h``."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    for size, name, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // smaller_size:02d} {smaller}"
    return f"{whole} s"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
