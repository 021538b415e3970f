"""The fused ops against their composed forms, each in a plain tf.function.

usage: python -m benchmarks.ops [--flag=value ...]

Every row is one op on float32 activations. Composed forms are those that exported graphs, XLA and the other backends of
Keras run, the fastest that are known here (benchmarks.resampling compares them with others). What is timed:

  forward   y = f(x)
  gradient  of sum(y * r) by x and what else the op learns from, with a fixed r

The last line is bias_act's kernel alone, into a buffer that is reused and into memory that is allocated for every call:
the difference is what page faults cost, which ops save by writing into their input's buffer when nobody else needs it.

ms are medians over the turns; a ratio is the median of the ratios within each turn, above 1 where fused is faster.
"""

import ctypes
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from absl import flags

from benchmarks import harness

FLAGS = harness.Settings()
flags.DEFINE_integer("batch", 4, "images in a batch", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("channels", 64, "channels", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("size", 128, "side in pixels of the larger of input and output", lower_bound=32, flag_values=FLAGS)
flags.DEFINE_string("cases", "", "only ops whose name contains this", flag_values=FLAGS)
flags.DEFINE_integer("repeats", 15, "turns", lower_bound=1, flag_values=FLAGS)

IMPLEMENTATIONS = ("composed", "fused")


@dataclass(frozen=True)
class Case:
    """An op with its inputs; ``target`` is the ratio that the fused form is meant to reach."""

    name: str
    call: Callable[..., Any]  # (impl, *inputs)
    inputs: tuple
    target: float


def run(settings: harness.Settings) -> bool:
    from tfstylegan.custom_ops import loading

    print(loading.describe(), "\n")
    if loading.load_cpu().ops is None:
        print("there is nothing to compare", file=sys.stderr)
        return False
    rows: list[list[object]] = []
    for case in make_cases(settings.batch, settings.size, settings.channels):
        if settings.cases in case.name:
            rows.append([case.name, *compare(case, settings.repeats), case.target])
    headers = [
        "op",
        *(f"{what} {column}" for what in ("forward", "gradient") for column in ("composed ms", "fused ms", "ratio")),
    ]
    print(harness.table([*headers, "target"], rows))
    print()
    reused, fresh = reuse_of_memory(settings)
    print(f"bias_act's kernel alone: {reused:.3g} ms into the same buffer, {fresh:.3g} ms into fresh memory every time")
    return True


def make_cases(batch: int, size: int, channels: int) -> list[Case]:
    """The ops as the networks call them."""
    import numpy as np
    import tensorflow as tf

    from tfstylegan import ops

    random = np.random.RandomState(0)

    def draw(*shape):
        return tf.constant(random.randn(*shape), tf.float32)

    large, small = draw(batch, size, size, channels), draw(batch, size // 2, size // 2, channels)
    bias, style = draw(channels), draw(batch, channels)
    noise, strength = draw(batch, size, size, 1), tf.constant(0.3)
    f = ops.setup_filter([1, 3, 3, 1])
    up2, up4, down2 = (ops.design_lowpass_filter(taps, cutoff, width, rate) for taps, cutoff, width, rate in (
        (12, 12.0, 12.0, 64.0), (24, 12.0, 12.0, 128.0), (12, 12.0, 12.0, 64.0)))  # fmt: skip
    return [
        Case("bias_act lrelu", lambda i, x, b: ops.bias_act(x, b, "lrelu", clamp=256.0, impl=i), (large, bias), 3),
        Case("bias_act swish", lambda i, x, b: ops.bias_act(x, b, "swish", impl=i), (large, bias), 3),
        Case(
            "style_epilogue",
            lambda i, x, d, n, s, b: ops.style_epilogue(x, d, n, s, b, "lrelu", clamp=256.0, impl=i),
            (large, style, noise, strength, bias),
            4,
        ),
        Case(
            "norm_epilogue",
            lambda i, x, d, n, s, b: ops.norm_epilogue(x, d, d, n, s, b, impl=i),
            (large, style, noise, strength, bias),
            4,
        ),
        Case("scale_channels", lambda i, x, s: ops.scale_channels(x, s, impl=i), (large, style), 1),
        Case("upfirdn2d up 2", lambda i, x: ops.upsample2d(x, f, impl=i), (small,), 2),
        Case("upfirdn2d down 2", lambda i, x: ops.downsample2d(x, f, impl=i), (large,), 1.6),
        Case("upfirdn2d filter", lambda i, x: ops.filter2d(x, f, impl=i), (large,), 3),
        Case(
            "filtered_lrelu up 2 down 2",
            lambda i, x, b: ops.filtered_lrelu(x, up2, down2, b, 2, 2, [10, 11, 10, 11], clamp=256.0, impl=i),
            (small, bias),
            3.5,
        ),
        Case(
            "filtered_lrelu up 4 down 2",
            lambda i, x, b: ops.filtered_lrelu(x, up4, down2, b, 4, 2, [20, 21, 20, 21], clamp=256.0, impl=i),
            (small, bias),
            5,
        ),
    ]


def compare(case: Case, repeats: int) -> list[float]:
    """(composed ms, fused ms, ratio) of the op, and of its gradient."""
    import numpy as np
    import tensorflow as tf

    r = tf.constant(np.random.RandomState(1).randn(*case.call("composed", *case.inputs).shape), tf.float32)
    cells = []
    for differentiate in (False, True):
        calls = {}
        for impl in IMPLEMENTATIONS:
            function = tf.function(_gradient(case, impl, r) if differentiate else _forward(case, impl), autograph=False)
            calls[impl] = lambda function=function: function(*case.inputs)
        times = harness.alternate(calls, repeats)
        milliseconds = [statistics.median(times[impl]) * 1e3 for impl in IMPLEMENTATIONS]
        cells += [*milliseconds, harness.ratio(times["composed"], times["fused"])]
    return cells


def _forward(case: Case, impl: str):
    return lambda *inputs: case.call(impl, *inputs)


def _gradient(case: Case, impl: str, r):
    import tensorflow as tf

    def gradient(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = case.call(impl, *inputs)
        return tape.gradient(y, inputs, output_gradients=r)

    return gradient


def reuse_of_memory(settings: harness.Settings) -> tuple[float, float]:
    """Milliseconds of bias_act's kernel into a buffer that is reused, and into one that is new every time."""
    import numpy as np

    from tfstylegan.custom_ops import loading

    library = loading.open_library(loading.CPU_LIBRARY)

    class Arguments(ctypes.Structure):
        _fields_ = (
            ("dtype", ctypes.c_int32), ("order", ctypes.c_int32), ("kind", ctypes.c_int32), ("alpha", ctypes.c_float),
            ("gain", ctypes.c_float), ("clamp", ctypes.c_float), ("rows", ctypes.c_int64), ("channels", ctypes.c_int64),
            *((name, ctypes.c_void_p) for name in ("x", "b", "y_ref", "dy", "gb", "dd", "y", "dyb")),
        )  # fmt: skip

    rows = settings.batch * settings.size**2
    x = np.random.RandomState(0).randn(rows, settings.channels).astype(np.float32)
    reused = np.zeros_like(x)

    def call(y: int | None):
        arguments = Arguments(0, 0, 2, 0.2, 1.4, 256.0, rows, settings.channels, x.ctypes.data, y=y)
        if library.tfsg_cpu_bias_act(ctypes.byref(arguments)):
            raise RuntimeError(library.tfsg_cpu_error().decode())

    def call_on_fresh_memory():
        # As TensorFlow allocates: aligned, from the C library, and given back at the end.
        address = ctypes.c_void_p()
        if libc.posix_memalign(ctypes.byref(address), ctypes.c_size_t(64), ctypes.c_size_t(x.nbytes)):
            raise MemoryError(f"{x.nbytes} bytes")
        try:
            call(address.value)
        finally:
            libc.free(address)

    libc = ctypes.CDLL(None)
    times = harness.alternate({"reused": lambda: call(reused.ctypes.data), "fresh": call_on_fresh_memory}, 15)
    return statistics.median(times["reused"]) * 1e3, statistics.median(times["fresh"]) * 1e3


def main(argv=None) -> int:
    return harness.main(run, FLAGS, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
