"""What long commands show on the screen."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from tfstylegan.progress import Progress
from tfstylegan.training.reports import Listener, Tick


class Console(Listener):
    """Prints messages and tick lines, with a progress line below them on a terminal."""

    def __init__(self):
        self._progress: Progress | None = None

    def message(self, text: str) -> None:
        self._clear()
        print(text, flush=True)

    def step(self, nimg: int, total_nimg: int) -> None:
        if self._progress is None:
            self._progress = Progress(total_nimg, "training", "images", initial=nimg)
        else:
            self._progress.advance(nimg - self._progress.done)

    def tick(self, tick: Tick) -> None:
        self.message(tick.line())

    def close(self) -> None:
        self._clear()

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Yields a callback (done, total) that shows a progress line."""
        shown: list[Progress] = []

        def update(done: int, total: int) -> None:
            if not shown:
                shown.append(Progress(total, label, "files"))
            shown[0].advance(done - shown[0].done)

        try:
            yield update
        finally:
            for progress in shown:
                progress.finish()

    def _clear(self) -> None:
        if self._progress is not None:
            self._progress.clear()
        sys.stdout.flush()
