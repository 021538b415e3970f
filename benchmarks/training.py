"""Where the time of StyleGAN2 training goes: seconds per thousand images for every part of the loop.

usage: python -m benchmarks.training [--flag=value ...]

Runs the training loop itself, on drawn faces, with a stopwatch around each of its compiled steps. Path length
regularisation and R1 run more often than in real training, so that a short run has enough of them; the table counts
them at their published intervals of 4 and 16 steps.

  ms a call   the median over the run; for the data wait and the rest of the loop, the mean
  s/kimg      seconds per thousand images, at the published intervals
  share       percent of the whole

The steps before every part has run twice are not measured: they compile.
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from absl import flags

from benchmarks import harness

FLAGS = harness.Settings()
flags.DEFINE_list("resolutions", ["32", "64", "128"], "image sides in pixels", flag_values=FLAGS)
flags.DEFINE_integer("width", 16, "channels at full resolution; twice as many at half of it", flag_values=FLAGS)
flags.DEFINE_integer("max_width", 64, "the most channels anywhere", flag_values=FLAGS)
flags.DEFINE_integer("batch", 16, "images per step", flag_values=FLAGS)
flags.DEFINE_integer("steps", 40, "measured steps for each row", lower_bound=4, flag_values=FLAGS)
flags.DEFINE_list("cpu_devices", ["1"], "numbers of logical CPU devices to train on", flag_values=FLAGS)
flags.DEFINE_bool(
    "draw", False, "draw every face during the run, as a first epoch does; otherwise all are ready", flag_values=FLAGS
)


class Part(NamedTuple):
    """A compiled step of the loop."""

    name: str
    attribute: str  # of TrainingSteps
    interval: int  # in steps, as published
    interval_here: int


PARTS = (
    Part("G main", "g_main", 1, 1),
    Part("G path length", "g_reg", 4, 2),
    Part("D main", "d_main", 1, 1),
    Part("D R1", "d_reg", 16, 4),
    Part("EMA", "update_ema", 1, 1),
)
WARM_UP = 4  # steps; then each part has run
DATA, REST, TOTAL = "data wait", "rest of the loop", "total"
DATA_LIMIT, LIMITED_FROM = 5.0, 64  # percent of the time, from this resolution on


class Stopwatch:
    """Seconds of every call of every part, and of every step of the loop."""

    def __init__(self):
        self.parts: dict[str, list[float]] = defaultdict(list)
        self.steps: list[tuple[float, float]] = []  # (all, of it in parts)
        self.data_share = 0.0
        self._in_parts = 0.0
        self._since: float | None = None

    def around(self, name: str, function: Callable) -> Callable:
        """The function, timed."""
        import tensorflow as tf

        def timed(*args):
            start = time.perf_counter()
            result = function(*args)
            tf.test.experimental.sync_devices()
            seconds = time.perf_counter() - start
            self.parts[name].append(seconds)
            self._in_parts += seconds
            return result

        return timed

    def lap(self) -> None:
        """A step of the loop is over."""
        now = time.perf_counter()
        if self._since is not None:
            self.steps.append((now - self._since, self._in_parts))
        self._since, self._in_parts = now, 0.0


def measure(resolution: int, devices: int, settings: harness.Settings) -> dict[str, float]:
    """Seconds per call of every part, and per step of the rest, from one run of the loop."""
    import numpy as np

    from tfstylegan import configs, data
    from tfstylegan.training import loop
    from tfstylegan.training.reports import Listener
    from tfstylegan.training.run_directory import RunDirectory
    from tfstylegan.training.strategy import create_strategy

    steps, batch = settings.steps + WARM_UP, settings.batch
    sizes = {
        "img_resolution": resolution,
        "channel_base": settings.width * resolution,
        "channel_max": settings.max_width,
    }
    config = configs.RunConfig(
        data=configs.DataConfig("builtin:faces", count=steps * batch if settings.draw else 8 * batch),
        generator=configs.StyleGAN2(**sizes, z_dim=settings.max_width, w_dim=settings.max_width, mapping_layers=4),
        discriminator=configs.StyleGAN2Discriminator(**sizes),
        training=configs.TrainingConfig(
            total_kimg=steps * batch / 1000,
            batch_size=batch,
            g_reg_interval=PARTS[1].interval_here,
            d_reg_interval=PARTS[3].interval_here,
            kimg_per_tick=steps * batch / 1000,
        ),
    )
    watch = Stopwatch()

    class TimedSteps(loop.TrainingSteps):
        def __init__(self, *args):
            super().__init__(*args)
            for part in PARTS:
                setattr(self, part.attribute, watch.around(part.name, getattr(self, part.attribute)))

    class Laps(Listener):
        def step(self, nimg, total_nimg):
            watch.lap()

        def tick(self, tick):
            watch.data_share = tick.data_share

    source = data.open_source("builtin:faces", resolution, count=config.data.count)
    with source, tempfile.TemporaryDirectory() as directory, mock.patch.object(loop, "TrainingSteps", TimedSteps):
        if not settings.draw:
            source.batch(np.arange(len(source)))
        loop.train(config, source, RunDirectory(Path(directory) / "run"), create_strategy(0, devices), [Laps()])
    calls = {
        part.name: statistics.median(watch.parts[part.name][-(-WARM_UP // part.interval_here) :]) for part in PARTS
    }
    # The tick's share leaves the first step out, and so do the laps.
    wait = watch.data_share * statistics.fmean(seconds for seconds, _ in watch.steps)
    outside = statistics.fmean(seconds - in_parts for seconds, in_parts in watch.steps)
    return {**calls, DATA: wait, REST: max(0.0, outside - wait)}


def table_rows(label: str, batch: int, seconds: dict[str, float]) -> tuple[list[list[object]], dict[str, float]]:
    """(rows of the table, percent of the time by part)."""
    interval = {part.name: part.interval for part in PARTS}
    per_step = {name: value / interval.get(name, 1) for name, value in seconds.items()}
    total = sum(per_step.values())
    shares = {name: 100 * value / total for name, value in per_step.items()}
    rows: list[list[object]] = [
        [label, name, 1e3 * value, interval.get(name, 1), 1000 / batch * per_step[name], shares[name], ""]
        for name, value in seconds.items()
    ]
    rows.append([label, TOTAL, 1e3 * total, 1, 1000 / batch * total, 100.0, f"{batch / total:.1f}"])
    return rows, shares


def run(settings: harness.Settings) -> bool:
    from tfstylegan.training.strategy import make_logical_cpus

    device_counts, resolutions = settings.numbers("cpu_devices"), settings.numbers("resolutions")
    if max(device_counts) > 1:
        make_logical_cpus(max(device_counts))
    rows: list[list[object]] = []
    data_shares = {}
    for resolution in resolutions:
        for devices in device_counts:
            label = f"{resolution} px" + (f", devices: {devices}" if len(device_counts) > 1 else "")
            new_rows, shares = table_rows(label, settings.batch, measure(resolution, devices, settings))
            rows += new_rows
            if resolution >= LIMITED_FROM:
                data_shares[label] = shares[DATA]
    print(harness.table(["network", "part", "ms a call", "every", "s/kimg", "share %", "images/s"], rows))
    kept = [harness.limit(f"{label}: {DATA}, % of the time", value, DATA_LIMIT) for label, value in data_shares.items()]
    return all(kept)


def main(argv: list[str] | None = None) -> int:
    return harness.main(run, FLAGS, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
