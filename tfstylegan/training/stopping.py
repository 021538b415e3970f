"""Asking a run to stop: signals and time limits."""

import signal
import threading
import time


class StopRequest:
    """Turns SIGINT and SIGTERM into a request that the loop honours after the step in progress.

    Use as a context manager. A second SIGINT interrupts at once. Outside the main thread, where handlers cannot
    be set, only the time limit works.

    Args:
      time_limit: seconds from entering, or None.
    """

    def __init__(self, time_limit: float | None = None):
        self.time_limit = time_limit
        self.signal: int | None = None
        self._deadline = float("inf")
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        if self.time_limit is not None:
            self._deadline = time.monotonic() + self.time_limit
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *unused) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def _handle(self, number, frame) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit has passed."""
        return time.monotonic() >= self._deadline

    @property
    def requested(self) -> bool:
        """Whether the loop should stop now."""
        return self.signal is not None or self.out_of_time
