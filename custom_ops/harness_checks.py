"""All checks of the harness, by name."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from tfstylegan.custom_ops import harness_elementwise, harness_fir
from tfstylegan.custom_ops.harness_session import Session
from tfstylegan.custom_ops.reference import Activation


def check_random(session: Session, seed: int):
    """Every op once, with a random shape."""
    random = np.random.default_rng(seed)

    def whole(low: int, high: int) -> int:
        return int(random.integers(low, high))

    def one_of(values):
        return values[whole(0, len(values))]

    act = Activation(one_of(["lrelu", "relu", "linear"]), 0.25, 1.5, one_of([-1.0, 1.25]))
    shape = (whole(1, 4), whole(1, 90), whole(1, 70))
    maps, strengths = one_of([1, shape[0]]), one_of([1, shape[2]])
    harness_elementwise.check_bias_act(session, seed, whole(1, 400), shape[2], act)
    harness_elementwise.check_style_epilogue(session, seed, shape, act, maps, strengths, one_of([True, False]))
    # Of a few pixels the variance may be next to nothing, and its inverse root anything.
    harness_elementwise.check_norm_epilogue(session, seed, (shape[0], shape[1] + 8, shape[2]), act, maps, strengths)
    image = (whole(1, 3), whole(6, 20), whole(6, 20), whole(1, 20))
    up, down = (whole(1, 5), whole(1, 4)), (whole(1, 4), whole(1, 4))
    taps, pad = (whole(1, 7), whole(1, 7)), (whole(-1, 8), whole(-1, 8), whole(-1, 8), whole(-1, 8))
    case = harness_fir.Resample(image, taps, one_of([True, False]), up, down, pad, one_of([True, False]))
    harness_fir.check_upfirdn2d(session, seed, case)
    up_, down_ = one_of([1, 2, 4]), one_of([1, 2, 4])
    taps_u, taps_d = ((whole(1, 6 * factor + 1), whole(1, 6 * factor + 1)) for factor in (up_, down_))
    pad = (whole(8, 20), whole(8, 20), whole(8, 20), whole(8, 20))
    separable = one_of([True, False]), one_of([True, False])
    harness_fir.check_filtered_lrelu(
        session, seed, harness_fir.Lrelu(image, up_, down_, taps_u, taps_d, pad, *separable)
    )


def all_checks(rounds: int, seed: int) -> Iterator[tuple[str, Callable[[Session], None]]]:
    """(name, check) of every case of the tables, and as many rounds of random shapes."""
    tables: tuple[tuple[str, Callable, list], ...] = (
        ("bias_act", harness_elementwise.check_bias_act, harness_elementwise.BIAS_ACT),
        ("style_epilogue", harness_elementwise.check_style_epilogue, harness_elementwise.STYLE_EPILOGUE),
        ("norm_epilogue", harness_elementwise.check_norm_epilogue, harness_elementwise.NORM_EPILOGUE),
        ("upfirdn2d", harness_fir.check_upfirdn2d, [(case,) for case in harness_fir.UPFIRDN2D]),
        ("filtered_lrelu", harness_fir.check_filtered_lrelu, [(case,) for case in harness_fir.FILTERED_LRELU]),
    )
    for name, check, table in tables:
        for number, case in enumerate(table):
            yield f"{name} {number}", partial(_run, check, number, case)
    for number in range(seed, seed + rounds):
        yield f"random {number}", partial(_run, check_random, number, ())


def _run(check: Callable, number: int, case: tuple, session: Session):
    check(session, number, *case)
