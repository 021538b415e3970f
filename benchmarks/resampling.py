"""Resampling in the form that tfstylegan.ops has, against other forms of the same functions.

usage: python -m benchmarks.resampling [--flag=value ...]

Every row computes what the first row of its case does, which is checked before anything is timed. The filter is
[1, 3, 3, 1], or a box where the case says so; a size is pixels at the lower rate x channels. What is timed, each as
one tf.function:

  forward   y = f(x)
  gradient  of |y|^2 / 2 by x and the kernel: what the main steps of training need
  second    of |that gradient by x|^2, by x and the kernel: what R1 and path length regularisation need

ms is the median over the turns, "/ ours" the ratio to the first row of the case: above 1 is slower than ours.
"""

import statistics
import sys
from collections.abc import Callable

from absl import flags

from benchmarks import harness

FLAGS = harness.Settings()
flags.DEFINE_list("sizes", ["16x64", "32x64", "64x32"], "pixels at the lower rate x channels", flag_values=FLAGS)
flags.DEFINE_string("cases", "", "only cases whose name contains this", flag_values=FLAGS)
flags.DEFINE_integer("batch", 8, "images in a batch", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("repeats", 9, "turns", lower_bound=1, flag_values=FLAGS)

IMAGE_CHANNELS = 3
TOLERANCE = 1e-5  # of the largest output; up to 2304 float32 products are added in another order


def run(settings: harness.Settings) -> bool:
    from benchmarks.resampling_forms import CASES

    rows: list[list[object]] = []
    for case in CASES:
        if settings.cases not in case.name:
            continue
        for side, channels in map(size_from_text, settings.sizes):
            rows += compare(case, side, IMAGE_CHANNELS if case.image else channels, settings)
    columns = [column for what in ("forward", "gradient", "second") for column in (f"{what} ms", "/ ours")]
    print(harness.table(["case", "size", "form", *columns], rows))
    return True


def compare(case, side: int, channels: int, settings: harness.Settings) -> list[list[object]]:
    """The rows of a case at one size."""
    import numpy as np
    import tensorflow as tf

    random = np.random.RandomState(0)
    pixels = side * 2 if case.reduces else side
    x = tf.constant(random.randn(settings.batch, pixels, pixels, channels), tf.float32)
    kernel = tf.constant(random.randn(3, 3, channels, channels) / np.sqrt(9 * channels), tf.float32)
    rows: list[list[object]] = [[case.name, f"{side}x{channels}", name] for name in case.forms]
    names = list(case.forms)
    for order, differentiate in enumerate((forward, gradient, second)):
        calls = {name: compiled(differentiate, form, x, kernel) for name, form in case.forms.items()}
        if order == 0:
            check_agreement(calls)
        times = harness.alternate(calls, settings.repeats, tf.test.experimental.sync_devices)
        for name, row in zip(names, rows, strict=True):
            row += [1e3 * statistics.median(times[name]), harness.ratio(times[name], times[names[0]])]
    return rows


def forward(form: Callable, x, kernel):
    return form(x, kernel)


def gradient(form: Callable, x, kernel):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = form(x, kernel)
        loss = tf.reduce_sum(y * y) / 2
    return tape.gradient(loss, [x, kernel], unconnected_gradients="zero")


def second(form: Callable, x, kernel):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        slope = gradient(form, x, kernel)[0]
        penalty = tf.reduce_sum(slope * slope)
    return tape.gradient(penalty, [x, kernel], unconnected_gradients="zero")


def compiled(differentiate: Callable, form: Callable, x, kernel) -> Callable[[], object]:
    """One tf.function of x and the kernel, called with them."""
    import tensorflow as tf

    function = tf.function(lambda x, kernel: differentiate(form, x, kernel), autograph=False)
    return lambda: function(x, kernel)


def check_agreement(calls: dict[str, Callable]) -> None:
    """Makes sure that all forms are the same function."""
    import numpy as np

    results = {name: np.asarray(call()) for name, call in calls.items()}
    expected = next(iter(results.values()))
    for name, actual in results.items():
        assert actual.shape == expected.shape, f"{name} gives {actual.shape} instead of {expected.shape}"
        difference = np.abs(actual - expected).max() / np.abs(expected).max()
        assert difference < TOLERANCE, f"{name} differs by {difference:.2g}"


def size_from_text(text: str) -> tuple[int, int]:
    """``"32x64"`` to (32, 64).

    Raises:
      absl.flags.Error: if it is something else.
    """
    parts = text.split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise flags.Error(f"--sizes takes pixels x channels, such as 32x64; got {text!r}")
    return int(parts[0]), int(parts[1])


def main(argv: list[str] | None = None) -> int:
    return harness.main(run, FLAGS, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
