"""Whole training steps with fused and with composed ops, and the memory that they take.

usage: python -m benchmarks.steps [--flag=value ...]

A step is the gradients of the generator's and of the discriminator's logistic loss; for StyleGAN2 also of path length
regularisation and R1 (each timed alone, and counted at its published interval of 4 and 16 steps in the total). No
optimizer and no data: these are the same for both. Ratios are composed / fused, the median over turns in which both
ran.
Memory is the most that a process which does only these steps ever held, a process for each.
"""

import re
import statistics
import subprocess
import sys
from pathlib import Path

from absl import flags

from benchmarks import harness

FLAGS = harness.Settings()
flags.DEFINE_list("families", ["stylegan2", "stylegan3-t", "stylegan"], "what to train", flag_values=FLAGS)
flags.DEFINE_integer("resolution", 64, "image side in pixels", flag_values=FLAGS)
flags.DEFINE_integer("batch", 16, "images in a batch", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("channel_base", 2048, "channels at a resolution times that resolution", flag_values=FLAGS)
flags.DEFINE_integer("channel_max", 64, "the most channels anywhere", flag_values=FLAGS)
flags.DEFINE_integer("repeats", 7, "turns", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_bool("memory", True, "measure memory too", flag_values=FLAGS)
flags.DEFINE_string(
    "only", "", "run the steps with this implementation a few times and print the peak", flag_values=FLAGS
)

INTERVALS = {"G": 1, "path length": 4, "D": 1, "R1": 16}


def run(settings: harness.Settings) -> bool:
    if settings.only:
        for family in settings.families:
            for step in steps(family, settings.only, settings).values():
                for _ in range(4):
                    step()
        print(peak_megabytes())
        return True
    rows: list[list[object]] = []
    for family in settings.families:
        both = {impl: steps(family, impl, settings) for impl in ("composed", "fused")}
        totals = {impl: [0.0] * settings.repeats for impl in both}
        for name in both["fused"]:
            times = harness.alternate({impl: both[impl][name] for impl in both}, settings.repeats)
            for impl in both:
                totals[impl] = [t + s / INTERVALS[name] for t, s in zip(totals[impl], times[impl], strict=True)]
            rows.append(_row(family, name, times))
        rows.append(_row(family, "total", totals))
    print(harness.table(["family", "step", "composed ms", "fused ms", "ratio"], rows))
    if settings.memory:
        print()
        rows = [
            [family, *(_peak(family, impl, settings) for impl in ("composed", "fused"))] for family in settings.families
        ]
        print(harness.table(["family", "composed MB", "fused MB"], rows))
    return True


def steps(family: str, impl: str, settings: harness.Settings) -> dict:
    """Compiled steps by name, traced with ``impl``."""
    import keras
    import numpy as np
    import tensorflow as tf

    from tfstylegan import configs, networks, ops

    keras.utils.set_random_seed(0)
    size = {
        "img_resolution": settings.resolution,
        "channel_base": settings.channel_base,
        "channel_max": settings.channel_max,
    }
    kind = {"stylegan2": configs.StyleGAN2, "stylegan3-t": configs.StyleGAN3, "stylegan": configs.StyleGAN}[family]
    generator = networks.build(kind(z_dim=64, w_dim=64, **size))
    discriminator = networks.build(configs.StyleGAN2Discriminator(**size))
    z = tf.constant(np.random.RandomState(0).randn(settings.batch, 64), tf.float32)
    images = tf.constant(
        np.random.RandomState(1).randn(settings.batch, settings.resolution, settings.resolution, 3) * 0.5, tf.float32
    )
    y = tf.constant(np.random.RandomState(2).randn(*images.shape) / settings.resolution, tf.float32)

    def variables(model):
        return [variable.value for variable in model.trainable_variables]

    def g():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        return tape.gradient(loss, variables(generator))

    def d():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softplus(discriminator(generator(z)))) + tf.reduce_mean(
                tf.nn.softplus(-discriminator(images))
            )
        return tape.gradient(loss, variables(discriminator))

    def r1():
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(images)
                score = tf.reduce_sum(discriminator(images))
            loss = tf.reduce_mean(tf.reduce_sum(inner.gradient(score, images) ** 2, axis=[1, 2, 3]))
        return tape.gradient(loss, variables(discriminator))

    def path_length():
        with tf.GradientTape() as tape:
            ws = generator.mapping(z)
            with tf.GradientTape() as inner:
                inner.watch(ws)
                score = tf.reduce_sum(generator.synthesis(ws) * y)
            loss = tf.reduce_mean(
                tf.sqrt(tf.reduce_mean(tf.reduce_sum(inner.gradient(score, ws) ** 2, axis=2), axis=1))
            )
        return tape.gradient(loss, variables(generator))

    functions = {"G": g, "D": d}
    if family == "stylegan2":
        functions = {"G": g, "path length": path_length, "D": d, "R1": r1}
    compiled = {}
    with ops.implementation(impl):
        for name, function in functions.items():
            compiled[name] = tf.function(function, autograph=False)
            compiled[name]()  # traces while the choice holds
    return compiled


def peak_megabytes() -> int:
    """The most memory that this process held. (getrusage's number would include what its parent held.)"""
    match = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    if match is None:
        raise RuntimeError("/proc/self/status does not say how much memory this process held")
    return int(match[1]) // 1024


def _row(family: str, name: str, times: dict) -> list[object]:
    milliseconds = (statistics.median(times[impl]) * 1e3 for impl in ("composed", "fused"))
    return [family, name, *milliseconds, harness.ratio(times["composed"], times["fused"])]


def _peak(family: str, impl: str, settings: harness.Settings) -> int:
    arguments = [f"--{name}={settings[name].value}" for name in ("resolution", "batch", "channel_base", "channel_max")]
    command = [sys.executable, "-m", "benchmarks.steps", f"--only={impl}", f"--families={family}", *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main(argv=None) -> int:
    return harness.main(run, FLAGS, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
