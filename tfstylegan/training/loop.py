"""The training loop."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from tfstylegan import configs
from tfstylegan.data import pipeline
from tfstylegan.data.sources import ImageSource
from tfstylegan.errors import UserError
from tfstylegan.files import atomic_path
from tfstylegan.images import write_png
from tfstylegan.networks import Generator
from tfstylegan.training import checkpoint
from tfstylegan.training.batching import replica_order
from tfstylegan.training.curve import draw_curve
from tfstylegan.training.ema import ema_beta
from tfstylegan.training.inputs import RandomInputs
from tfstylegan.training.reports import Listener, LogFile, StatsFile, Tick, peak_memory_bytes
from tfstylegan.training.run_directory import RunDirectory
from tfstylegan.training.samples import SampleGrid
from tfstylegan.training.state import TrainingState, copy_weights
from tfstylegan.training.steps import TrainingSteps
from tfstylegan.training.stopping import StopRequest
from tfstylegan.training.tensorboard import TensorBoardFile


@dataclass(frozen=True)
class Outcome:
    """How a call of :func:`train` ended."""

    nimg: int  # real images shown in all
    finished: bool  # the run's total is reached
    stop_signal: int | None  # the signal that ended it, or None


def train(
    config: configs.RunConfig,
    source: ImageSource,
    run: RunDirectory,
    strategy: tf.distribute.Strategy,
    listeners: Sequence[Listener] = (),
    time_limit: float | None = None,
    flag_names: Mapping[str, str] | None = None,
) -> Outcome:
    """Trains, or continues, the run in a directory until its end, a signal, or a time limit.

    Every random number derives from (seed, purpose, step), and a checkpoint holds the rest of the state: a run
    that was killed and continued takes the same steps as one that was not.

    Args:
      config: data, networks and training.
      source: the images, at the networks' resolution.
      run: its directory.
      strategy: where to compute.
      listeners: told what happens, besides the run's own log files.
      time_limit: seconds after which to stop; None is none.
      flag_names: what the user calls a config field, for messages.

    Raises:
      UserError: if the run cannot be started or continued so.
    """
    with run.locked(), StopRequest(time_limit) as stop:
        run.open(config, source.fingerprint, flag_names)
        files = [LogFile(run.log_path), StatsFile(run.stats_path), TensorBoardFile(run.tensorboard)]
        loop = _Loop(config, source, run, strategy, [*files, *listeners])
        try:
            return loop.run_until(stop)
        finally:
            for listener in loop.listeners:
                listener.close()


class _Loop:
    def __init__(self, config, source, run: RunDirectory, strategy, listeners: list[Listener]):
        self.config = config
        self.training: configs.TrainingConfig = config.training
        self.source = source
        self.run = run
        self.strategy = strategy
        self.listeners = listeners
        self._check_shapes()
        replicas = strategy.num_replicas_in_sync
        group = config.discriminator.mbstd_group_size if config.discriminator.mbstd_num_channels else None
        try:
            self.order = replica_order(self.training.batch_size, replicas, group)
            with strategy.scope():
                self.state = TrainingState.create(config.generator, config.discriminator, self.training)
            inputs = RandomInputs(self.state.generator, self.training, replicas, group)
            self.steps = TrainingSteps(self.state, self.training, strategy, inputs)
        except ValueError as error:
            raise UserError(str(error)) from error
        self.grid = SampleGrid(self.state.generator_ema)
        self._snapshot_copy: Generator | None = None

    def run_until(self, stop: StopRequest) -> Outcome:
        """Continues from the newest checkpoint until the end or a request to stop."""
        self._restore()
        self._describe()
        tick = _TickMeter(self.training, self.state.step)
        images = iter(self._batches())
        total_steps = self.training.total_steps
        while self.state.step < total_steps and not stop.requested:
            with tick.waiting(), pipeline.user_errors():
                batch = next(images)
            metrics = self._step(batch)
            self.state.step += 1
            tick.add(metrics)
            self._tell("step", self.nimg, self.total_nimg)
            if self.state.step % self.training.steps_per_tick == 0 or self.state.step == total_steps:
                self._end_tick(tick)
        finished = self.state.step >= total_steps
        self._finish(finished, stop)
        return Outcome(self.nimg, finished, stop.signal)

    @property
    def nimg(self) -> int:
        """Real images shown so far."""
        return self.state.step * self.training.batch_size

    @property
    def total_nimg(self) -> int:
        return self.training.total_steps * self.training.batch_size

    def _step(self, images) -> dict[str, tf.Tensor]:
        """One iteration: generator, its regulariser, discriminator, its regulariser, moving average."""
        training, steps = self.training, self.steps
        step = tf.constant(self.state.step, tf.int64)
        metrics: dict[str, tf.Tensor] = {}

        if training.pl_weight and training.g_reg_interval is None:
            metrics.update(steps.g_both(step))
        else:
            metrics.update(steps.g_main(step))
            if training.pl_weight and self.state.step % (training.g_reg_interval or 1) == 0:
                metrics.update(steps.g_reg(step))

        if training.r1_gamma and training.d_reg_interval is None:
            metrics.update(steps.d_both(step, images))
        else:
            metrics.update(steps.d_main(step, images))
            if training.r1_gamma and self.state.step % (training.d_reg_interval or 1) == 0:
                metrics.update(steps.d_reg(step, images))

        beta = ema_beta(training.batch_size, self.nimg, training.ema_kimg, training.ema_rampup)
        steps.update_ema(tf.constant(beta, tf.float32))
        return metrics

    def _batches(self):
        dataset = pipeline.batches(
            self.source,
            self.training.batch_size,
            seed=self.training.seed,
            start=self.nimg,
            mirror=self.training.mirror,
            order=self.order,
        )
        return self.strategy.experimental_distribute_dataset(dataset)

    def _restore(self) -> None:
        found = checkpoint.load_newest(self.run.checkpoints, lambda text: self._tell("message", text))
        if found is None:
            self._write_grid("reals", self.grid.reals(self.source), self.run.samples / "reals.png")
            self._write_grid("fakes", self.grid.fakes(), self.run.fakes_path(0))
            return
        self.state.restore(found.arrays, found.step)
        self.run.trim_stats(found.step)
        self._tell("message", f"continuing from kimg {self.nimg / 1000:.1f}")

    def _end_tick(self, meter: "_TickMeter") -> None:
        number = self.state.step // self.training.steps_per_tick
        last = self.state.step >= self.training.total_steps
        tick = meter.end(self.state.step, self.nimg, self.total_nimg)
        self._tell("tick", tick)
        if last or _every(number, self.training.image_snapshot_ticks):
            self._write_pictures()
        if last or _every(number, self.training.network_snapshot_ticks):
            self._write_snapshot()
        self._write_checkpoint()
        meter.restart()

    def _finish(self, finished: bool, stop: StopRequest) -> None:
        if finished:
            self._tell("message", f"finished at kimg {self.nimg / 1000:.1f}")
            return
        self._write_checkpoint()
        if stop.signal is None:
            self._write_pictures()
            self._write_snapshot()
        reason = "interrupted" if stop.signal is not None else "out of time"
        self._tell("message", f"{reason} at kimg {self.nimg / 1000:.1f}; the same command continues from here")

    def _write_checkpoint(self) -> None:
        checkpoint.save(
            self.run.checkpoints,
            self.state.step,
            self.state.arrays(),
            {"nimg": self.nimg},
            self.training.keep_checkpoints,
        )

    def _write_snapshot(self) -> None:
        if self._snapshot_copy is None:  # an ordinary model, free of the strategy
            self._snapshot_copy = Generator(self.config.generator, name="generator")
        copy_weights(self.state.generator_ema, self._snapshot_copy)
        with atomic_path(self.run.snapshot_path(self.nimg)) as temporary:
            self._snapshot_copy.save(temporary)

    def _write_pictures(self) -> None:
        self._write_grid("fakes", self.grid.fakes(), self.run.fakes_path(self.nimg))
        if self.run.stats_path.exists():
            write_png(self.run.curve_path, draw_curve(self.run.read_stats()))

    def _write_grid(self, name: str, grid, path) -> None:
        write_png(path, grid)
        self._tell("images", name, grid, self.nimg)

    def _tell(self, event: str, *args) -> None:
        for listener in self.listeners:
            getattr(listener, event)(*args)

    def _check_shapes(self) -> None:
        config = self.config.generator
        wanted = (*configs.size_of(config.img_resolution), config.img_channels)
        if tuple(self.source.shape) != wanted:
            raise UserError(f"{self.source.name} gives images of shape {self.source.shape}, the networks want {wanted}")

    def _describe(self) -> None:
        devices = self.strategy.num_replicas_in_sync
        g, d = (f"{model.count_params():,}" for model in (self.state.generator, self.state.discriminator))
        self._tell(
            "message",
            f"training on {len(self.source):,} images of {self.source.name}, {devices} device(s), "
            f"G {g} and D {d} parameters",
        )


class _TickMeter:
    """Times and averages what happens between two ticks."""

    def __init__(self, training: configs.TrainingConfig, step: int):
        self._training = training
        self._step = step
        self._rate: float | None = None  # images per second, smoothed
        self._compiled = False
        self.restart()

    def restart(self) -> None:
        self._started = time.monotonic()
        self._excluded = 0.0  # compilation
        self._waited = 0.0
        self._steps = 0
        self._sums: dict[str, list[float]] = defaultdict(list)

    def waiting(self) -> "_Stopwatch":
        return _Stopwatch(self)

    def add_wait(self, seconds: float) -> None:
        self._waited += seconds

    def add(self, metrics: Mapping[str, tf.Tensor]) -> None:
        for name, value in metrics.items():
            self._sums[name].append(float(value))
        self._steps += 1
        if not self._compiled:  # the first step includes compilation, which says nothing about the speed
            self._compiled = True
            self._excluded = time.monotonic() - self._started
            self._waited = 0.0

    def end(self, step: int, nimg: int, total_nimg: int) -> Tick:
        seconds = time.monotonic() - self._started
        timed_steps = self._steps - (1 if self._excluded else 0)
        timed = seconds - self._excluded
        rate = timed_steps * self._training.batch_size / timed if timed_steps and timed > 0 else float("nan")
        if rate == rate:
            self._rate = rate if self._rate is None else 0.7 * self._rate + 0.3 * rate
        return Tick(
            step=step,
            nimg=nimg,
            total_nimg=total_nimg,
            seconds=seconds,
            images_per_second=rate if rate == rate else 0.0,
            eta_seconds=(total_nimg - nimg) / self._rate if self._rate else float("nan"),
            data_share=self._waited / timed if timed > 0 else 0.0,
            memory_bytes=peak_memory_bytes(),
            metrics={name: sum(values) / len(values) for name, values in sorted(self._sums.items())},
        )


class _Stopwatch:
    def __init__(self, meter: _TickMeter):
        self._meter = meter

    def __enter__(self) -> None:
        self._started = time.monotonic()

    def __exit__(self, *unused) -> None:
        self._meter.add_wait(time.monotonic() - self._started)


def _every(number: int, interval: int) -> bool:
    return interval > 0 and number % interval == 0
