"""Checks of upfirdn2d and filtered_lrelu against their float64 references."""

from typing import Any, NamedTuple

import numpy as np

from tfstylegan.custom_ops import reference
from tfstylegan.custom_ops.c_interface import c_filter
from tfstylegan.custom_ops.harness_session import Session

Quad = tuple[int, int, int, int]


class Resample(NamedTuple):
    """A case of upfirdn2d; pairs are (x, y), the filter is 2-D or separable of (height, width) taps."""

    shape: Quad  # [N, H, W, C]
    taps: tuple[int, int]
    separable: bool = True
    up: tuple[int, int] = (1, 1)
    down: tuple[int, int] = (1, 1)
    padding: Quad = (0, 0, 0, 0)  # x_before, x_after, y_before, y_after
    add: bool = False


def _taps(random: np.random.Generator, size: int) -> np.ndarray:
    """Taps that sum up to about one, exact in float32."""
    return (random.normal(size=size) / np.sqrt(size)).astype(np.float32).astype(np.float64)


def _filter(random, taps: tuple[int, int], separable: bool):
    """(the filter for C, its 2-D taps)."""
    if separable:
        y, x = _taps(random, taps[0]), _taps(random, taps[1])
        return c_filter(y, x), np.outer(y, x)
    y = _taps(random, taps[0] * taps[1]).reshape(taps)
    return c_filter(y), y


def check_upfirdn2d(session: Session, seed: int, case: Resample):
    """The value. The op is linear, and its gradient is the op again."""
    random = np.random.default_rng(seed)
    f, taps = _filter(random, case.taps, case.separable)
    x = session.rounded(random.normal(size=case.shape))
    expected = reference.upfirdn2d(x, taps, case.up, case.down, case.padding)
    add = session.rounded(random.normal(size=expected.shape)) if case.add else None
    if add is not None:
        expected = expected + add
    n, in_h, in_w, c = case.shape
    sizes = {"batch": n, "channels": c, "in_h": in_h, "in_w": in_w}
    sizes |= {"out_h": expected.shape[1], "out_w": expected.shape[2]}
    sizes |= dict(zip(("up_x", "up_y", "down_x", "down_y"), (*case.up, *case.down), strict=True))
    sizes |= dict(zip(("pad_x0", "pad_x1", "pad_y0", "pad_y1"), case.padding, strict=True))
    y = session.empty(expected.shape)
    session.call("upfirdn2d", **sizes, f=f, x=session.put(x), add=session.put(add), y=y)
    session.compare("upfirdn2d", y, expected)
    if add is not None:
        in_place = session.put(add)
        session.call("upfirdn2d", **sizes, f=f, x=session.put(x), add=in_place, y=in_place)
        np.testing.assert_array_equal(in_place.get(), y.get())


class Lrelu(NamedTuple):
    """A case of filtered_lrelu."""

    shape: Quad
    up: int
    down: int
    taps_u: tuple[int, int]
    taps_d: tuple[int, int]
    padding: Quad
    separable_u: bool = True
    separable_d: bool = True
    clamp: float = 0.75
    bias: bool = True


def _check_codes(session: Session, got: np.ndarray, expected: np.ndarray, t: np.ndarray, case: Lrelu, gain, slope):
    """Codes may differ only where t is within rounding of a kink."""
    s = np.abs(np.where(t < 0, slope * t, t) * gain)
    near = 1e-5 * max(1.0, np.abs(t).max(initial=0.0))
    # Where only zeros are summed, which is often so at the borders, t is zero exactly.
    sure = (t == 0) | (np.abs(t) > near) & (np.abs(s - case.clamp) > near)
    assert np.count_nonzero(sure) >= 0.9 * t.size, "the case is all kinks"
    channels = t.shape[3]
    for name, a, b in zip(
        ("signs", "clips"),
        reference.unpack_codes(got, channels),
        reference.unpack_codes(expected, channels),
        strict=True,
    ):
        wrong = np.count_nonzero((a != b) & sure)
        assert wrong == 0, f"filtered_lrelu: {wrong} of {t.size} {name} are wrong"
    padding = reference.unpack_codes(got, got.shape[1] * 16)
    assert not any(bits[..., channels:].any() for bits in padding), "filtered_lrelu: codes of channels there are not"


def check_filtered_lrelu(session: Session, seed: int, case: Lrelu):
    """The value, the codes, the gradient from the codes, and its gradient."""
    random = np.random.default_rng(seed)
    gain, slope = 1.375, 0.1875
    fu, taps_u = _filter(random, case.taps_u, case.separable_u)
    fd, taps_d = _filter(random, case.taps_d, case.separable_d)
    n, in_h, in_w, c = case.shape
    x = session.rounded(random.normal(size=case.shape))
    b = session.rounded(random.normal(size=c)) if case.bias else None
    resample = (taps_u, taps_d, case.up, case.down, case.padding)
    expected, codes, t = reference.filtered_lrelu(x, b, *resample, gain, slope, case.clamp)
    sizes: dict[str, Any] = {"batch": n, "channels": c, "in_h": in_h, "in_w": in_w, "up": case.up, "down": case.down}
    sizes |= {"out_h": expected.shape[1], "out_w": expected.shape[2], "gain": gain, "slope": slope, "clamp": case.clamp}
    sizes |= dict(zip(("pad_x0", "pad_x1", "pad_y0", "pad_y1"), case.padding, strict=True))
    y, y_alone = session.empty(expected.shape), session.empty(expected.shape)
    written = session.empty(codes.shape, "uint8")
    inputs = {"x": session.put(x), "b": session.put(b), "fu": fu, "fd": fd}
    code_sizes = {"code_h": codes.shape[2], "code_w": codes.shape[3]}
    session.call("filtered_lrelu", **sizes, **inputs, **code_sizes, codes=written, y=y)
    session.compare("filtered_lrelu", y, expected)
    session.call("filtered_lrelu", **sizes, **inputs, y=y_alone)
    np.testing.assert_array_equal(y_alone.get(), y.get())
    _check_codes(session, written.get(), codes, t, case, gain, slope)

    # The gradient: up and down and the reversed filters exchanged; its gradient: exchanged again.
    fu_h, fu_w = case.taps_u
    fd_h, fd_w = case.taps_d
    reversed_u, reversed_d = _flipped(fu), _flipped(fd)
    before = (fu_w + fd_w - 2 - case.padding[0], fu_h + fd_h - 2 - case.padding[2])
    offset = (case.padding[0] - (fu_w - 1), case.padding[2] - (fu_h - 1))
    dy = session.rounded(random.normal(size=expected.shape))
    got_codes = written.get()
    backward = sizes | {"up": case.down, "down": case.up, "in_h": expected.shape[1], "in_w": expected.shape[2]}
    backward |= {"out_h": in_h, "out_w": in_w, "pad_x0": before[0], "pad_y0": before[1], "read_codes": 1}
    backward |= {"code_x0": offset[0], "code_y0": offset[1], **code_sizes}
    dx = session.empty(case.shape)
    session.call("filtered_lrelu", **backward, fu=reversed_d, fd=reversed_u, x=session.put(dy), codes=written, y=dx)
    enough = (case.up * max(in_h, in_w) + sum(case.taps_u) + sum(case.taps_d)) * 2
    expected_dx = reference.filtered_lrelu_from_codes(
        dy,
        got_codes,
        taps_d[::-1, ::-1],
        taps_u[::-1, ::-1],
        case.down,
        case.up,
        (before[0], enough, before[1], enough),
        gain,
        slope,
        offset,
        (in_h, in_w),
    )
    session.compare("filtered_lrelu dx", dx, expected_dx)
    forward = sizes | {"read_codes": 1, **code_sizes}
    again = session.empty(expected.shape)
    session.call("filtered_lrelu", **forward, fu=fu, fd=fd, x=inputs["x"], codes=written, y=again)
    expected_again = reference.filtered_lrelu_from_codes(
        x, got_codes, *resample, gain, slope, (0, 0), expected.shape[1:3]
    )
    session.compare("filtered_lrelu second derivative", again, expected_again)


def _flipped(f):
    y, x = f.taps
    return c_filter(y[::-1], x[::-1]) if x is not None else c_filter(y[::-1, ::-1])


UPFIRDN2D = [
    Resample((2, 7, 9, 16), (4, 4), up=(2, 2), padding=(2, 1, 2, 1)),
    Resample((2, 7, 9, 16), (4, 4), up=(2, 2), padding=(2, 1, 2, 1), add=True),
    Resample((1, 8, 8, 3), (4, 4), up=(2, 2), padding=(2, 1, 2, 1), add=True),
    Resample((2, 11, 9, 17), (4, 4), down=(2, 2), padding=(1, 1, 1, 1)),
    Resample((1, 9, 20, 40), (4, 4), padding=(2, 1, 2, 1)),
    Resample((1, 24, 21, 1), (12, 12), padding=(6, 5, 6, 5)),
    Resample((2, 10, 12, 8), (12, 12), up=(2, 2), padding=(6, 5, 6, 5)),
    Resample((2, 21, 22, 3), (24, 12), down=(2, 2), padding=(5, 5, 11, 11)),
    Resample((2, 9, 10, 4), (3, 5), False, up=(2, 1), down=(1, 3), padding=(3, -1, -2, 4)),
    Resample((2, 9, 10, 16), (4, 4), False, up=(2, 2), padding=(2, 1, 2, 1), add=True),
    Resample((1, 40, 41, 8), (32, 30), False, down=(2, 2)),
    Resample((2, 9, 10, 3), (6, 2), up=(3, 4), down=(5, 2), padding=(-7, 4, 3, -5)),
    Resample((1, 3, 5, 2), (1, 1), padding=(-1, 0, 0, 2)),
    Resample((1, 2, 3, 2), (2, 2), up=(1, 1), padding=(9, -1, 9, -1)),
    Resample((0, 4, 4, 8), (4, 4), up=(2, 2), padding=(2, 1, 2, 1)),
    Resample((1, 4, 4, 0), (4, 4), up=(2, 2), padding=(2, 1, 2, 1)),
]

FILTERED_LRELU = [
    Lrelu((2, 13, 10, 16), 2, 2, (12, 12), (12, 12), (9, 10, 9, 10)),
    Lrelu((1, 21, 23, 17), 2, 2, (12, 12), (12, 12), (9, 8, 10, 9)),
    Lrelu((1, 9, 11, 3), 4, 2, (24, 24), (12, 12), (16, 15, 17, 14)),
    Lrelu((1, 12, 9, 8), 2, 2, (12, 12), (12, 12), (9, 8, 10, 9), separable_d=False),
    Lrelu((2, 9, 9, 24), 4, 2, (24, 24), (12, 12), (-3, 5, 2, -2), separable_d=False),
    Lrelu((1, 17, 9, 1), 2, 2, (7, 9), (5, 6), (4, 3, 3, 5)),
    Lrelu((1, 10, 11, 16), 1, 1, (1, 1), (1, 1), (0, 0, 0, 0), separable_u=False, separable_d=False, clamp=1.5),
    Lrelu((1, 25, 23, 5), 1, 2, (1, 1), (12, 12), (3, 4, 3, 4)),
    Lrelu((1, 7, 9, 9), 4, 1, (24, 24), (1, 1), (12, 11, 12, 11)),
    Lrelu((1, 9, 7, 8), 4, 4, (20, 24), (24, 23), (22, 23, 24, 21)),
    Lrelu((1, 12, 9, 8), 2, 2, (12, 12), (8, 8), (9, 8, 10, 9), separable_u=False, separable_d=False),
    Lrelu((1, 6, 7, 4), 3, 2, (9, 10), (6, 7), (8, 8, 7, 7)),
    Lrelu((1, 8, 7, 4), 2, 2, (32, 31), (30, 32), (30, 31, 29, 32), separable_u=False),
    Lrelu((1, 12, 12, 3), 1, 1, (3, 4), (5, 2), (1, 2, 3, 1)),
    Lrelu((2, 12, 10, 16), 2, 2, (12, 12), (12, 12), (9, 10, 9, 10), clamp=-1.0, bias=False),
    Lrelu((0, 12, 10, 16), 2, 2, (12, 12), (12, 12), (9, 10, 9, 10)),
]
