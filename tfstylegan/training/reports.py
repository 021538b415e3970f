"""What a run tells about itself, and who listens."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Tick:
    """The state of a run at the end of a tick."""

    step: int
    nimg: int  # real images shown
    total_nimg: int
    seconds: float  # of this tick
    images_per_second: float
    eta_seconds: float
    data_share: float  # of the time, spent waiting for images
    memory_bytes: int  # peak of the process
    metrics: dict[str, float] = field(default_factory=dict)  # means over the tick

    def line(self) -> str:
        """One line for people."""
        names = {"loss/G": "G", "loss/D": "D", "loss/R1": "R1", "path_length": "PL"}
        losses = [f"{short} {self.metrics[name]:.3f}" for name, short in names.items() if name in self.metrics]
        per_kimg = 1000 / self.images_per_second if self.images_per_second else float("nan")
        parts = [
            f"kimg {self.nimg / 1000:.1f}/{self.total_nimg / 1000:.1f}",
            f"{per_kimg:.1f} s/kimg",
            f"{self.images_per_second:.0f} images/s",
            f"ETA {clock(self.eta_seconds)}",
            *losses,
            f"data {self.data_share:.1%}",
            f"memory {self.memory_bytes / 2**30:.1f} GB",
        ]
        return "  ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """For ``stats.jsonl``."""
        return {
            "step": self.step,
            "nimg": self.nimg,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(self.images_per_second, 2),
            "data_share": round(self.data_share, 5),
            "memory_bytes": self.memory_bytes,
            **self.metrics,
        }


class Listener:
    """Told what happens in a run. Each method does nothing unless overridden."""

    def message(self, text: str) -> None:
        """A sentence for the log."""

    def step(self, nimg: int, total_nimg: int) -> None:
        """An optimizer step is done."""

    def tick(self, tick: Tick) -> None:
        """A tick is done."""

    def images(self, name: str, grid: np.ndarray, tick_step: int) -> None:
        """A picture grid, uint8 ``[H, W, C]``, has been written."""

    def close(self) -> None:
        """The run has ended."""


class LogFile(Listener):
    """Appends messages and tick lines to ``log.txt``."""

    def __init__(self, path: Path):
        self._path = path

    def message(self, text: str) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def tick(self, tick: Tick) -> None:
        self.message(tick.line())


class StatsFile(Listener):
    """Appends every tick to ``stats.jsonl``."""

    def __init__(self, path: Path):
        self._path = path

    def tick(self, tick: Tick) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(tick.to_dict()) + "\n")


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``; unknown is ``?``."""
    if not math.isfinite(seconds):
        return "?"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def peak_memory_bytes() -> int:
    """Peak resident memory of this process; 0 where it is not known."""
    try:
        # Linux counts a parent's memory in ru_maxrss, which survives exec; the high-water mark does not.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
