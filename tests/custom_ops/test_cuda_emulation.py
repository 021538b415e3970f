"""The CUDA kernels, compiled for the host, compute what the float64 references do, to the second derivative."""

import ctypes
import math
import os

import numpy as np
import pytest

from tests.custom_ops import reference as ref
from tfstylegan.custom_ops import harness_checks, harness_elementwise, harness_fir
from tfstylegan.custom_ops.c_interface import (
    ARGUMENTS,
    DTYPES,
    INVALID_ARGUMENT,
    UNIMPLEMENTED,
    CActivation,
    CFilter,
    CudaLibrary,
    OpError,
    c_activation,
    c_filter,
)
from tfstylegan.custom_ops.harness_memory import HostMemory
from tfstylegan.custom_ops.harness_session import Session


@pytest.fixture(scope="module")
def library(emulation):
    return CudaLibrary(emulation)


@pytest.fixture(params=[(dtype, misalign) for dtype in DTYPES for misalign in (0, 1)], ids=str)
def session(request, library):
    """For every element type, with arrays that may be loaded 16 bytes at a time, and with such that may not."""
    return Session(library, HostMemory(), *request.param)


def cases(table):
    return pytest.mark.parametrize("number, case", enumerate(table), ids=[str(i) for i in range(len(table))])


@cases(harness_elementwise.BIAS_ACT)
def test_bias_act(session, number, case):
    harness_elementwise.check_bias_act(session, number, *case, bias=number % 3 != 2)


@cases(harness_elementwise.STYLE_EPILOGUE)
def test_style_epilogue(session, number, case):
    harness_elementwise.check_style_epilogue(session, number, *case, d=number % 3 != 2)


@cases(harness_elementwise.NORM_EPILOGUE)
def test_norm_epilogue(session, number, case):
    harness_elementwise.check_norm_epilogue(session, number, *case, style=number % 3 != 2)


@cases(harness_fir.UPFIRDN2D)
def test_upfirdn2d(session, number, case):
    harness_fir.check_upfirdn2d(session, number, case)


@cases(harness_fir.FILTERED_LRELU)
@pytest.mark.parametrize("dtype", DTYPES)
def test_filtered_lrelu(library, dtype, number, case):
    harness_fir.check_filtered_lrelu(Session(library, HostMemory(), dtype), number, case)


@cases([case for case in harness_fir.FILTERED_LRELU if max(case.taps_u + case.taps_d) > 12])
def test_filtered_lrelu_with_as_much_shared_memory_as_on_an_h100(library, monkeypatch, number, case):
    monkeypatch.setenv("TFSTYLEGAN_EMULATED_SHARED_MEMORY", str(227 * 1024))
    harness_fir.check_filtered_lrelu(Session(library, HostMemory()), number, case)


@pytest.mark.parametrize("seed", range(8))
def test_random_shapes(library, seed):
    harness_checks.check_random(Session(library, HostMemory(), list(DTYPES)[seed % 3], seed // 3 % 2), 1000 + seed)


@pytest.mark.parametrize("mean", [30.0, 1000.0])
def test_norm_epilogue_of_activations_far_from_zero(library, mean):
    # A variance as mean of squares minus square of the mean would have no correct digit at 1000.
    session = Session(library, HostMemory())
    act = ref.Activation("linear", 0.0, 1.0, -1.0)
    x = session.rounded(np.random.default_rng(0).normal(size=(2, 500, 4)) + mean)
    y, mean_, rstd = session.empty(x.shape), session.empty((2, 4)), session.empty((2, 4))
    sizes = {"batch": 2, "pixels": 500, "channels": 4, "act": c_activation(act), "epsilon": 1e-8}
    session.call("norm_epilogue", **sizes, x=session.put(x), y=y, mean=mean_, rstd=rstd)
    expected = ref.norm_epilogue(x, None, None, None, None, None, act, 1e-8)
    session.compare("rstd", rstd, expected[2], 1e-5)
    session.compare("y", y, expected[0], 2e-6 * mean)  # the rounding of the mean itself


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_at_a_clamp_that_the_type_rounds_have_no_gradient(library, dtype):
    session = Session(library, HostMemory(), dtype)
    act = ref.Activation("linear", 0.0, 1.0, 0.7)
    x = np.linspace(-2, 2, 256).reshape(16, 16)
    y, dx = session.empty(x.shape), session.empty(x.shape)
    sizes = {"act": c_activation(act), "rows": 16, "channels": 16}
    session.call("bias_act", **sizes, order=0, x=session.put(x), y=y)
    session.call("bias_act", **sizes, order=1, dy=session.put(np.ones_like(x)), y_ref=y, y=dx)
    np.testing.assert_array_equal(session.value(dx)[np.abs(x) > 0.72], 0.0)
    np.testing.assert_array_equal(session.value(dx)[np.abs(x) < 0.68], 1.0)


def test_nan_and_infinity_pass_through(library):
    session = Session(library, HostMemory())
    x = np.array([[np.nan, np.inf, -np.inf, 1.0]])
    for clamp, expected in ((-1.0, [np.nan, np.inf, -np.inf, 1.0]), (5.0, [np.nan, 5.0, -5.0, 1.0])):
        y = session.empty((1, 4))
        act = c_activation(ref.Activation("lrelu", 0.25, 1.0, clamp))
        session.call("bias_act", act=act, rows=1, channels=4, order=0, x=session.put(x), y=y)
        np.testing.assert_array_equal(session.value(y)[0], np.array(expected))


def test_sums_do_not_depend_on_what_else_runs(library):
    results = []
    for _ in range(2):
        session = Session(library, HostMemory())
        random = np.random.default_rng(3)
        buffers = {
            "dy": session.put(random.normal(size=(2, 900, 5))),
            "y": session.put(random.normal(size=(2, 900, 5))),
        }
        db = session.empty((5,))
        sizes = {"batch": 2, "pixels": 900, "channels": 5, "act": c_activation(ref.Activation())}
        session.call("style_epilogue_grad", **sizes, **buffers, db=db)
        results.append(db.get())
    np.testing.assert_array_equal(*results)


def test_every_kernel_is_run(library):
    for dtype in DTYPES:
        for misalign in (0, 1):
            session = Session(library, HostMemory(), dtype, misalign)
            act, shape = ref.Activation("lrelu", 0.25, 1.5, 1.25), (1, 12, 16)
            harness_elementwise.check_bias_act(session, 0, 12, 16, act)
            harness_elementwise.check_style_epilogue(session, 0, shape, act, 1, 1)
            harness_elementwise.check_norm_epilogue(session, 0, shape, act, 1, 1)
            for taps, separable in (((4, 4), True), ((6, 6), True), ((3, 3), False)):
                harness_fir.check_upfirdn2d(session, 0, harness_fir.Resample((1, 8, 8, 16), taps, separable))
    os.environ["TFSTYLEGAN_EMULATED_SHARED_MEMORY"] = str(227 * 1024)
    try:
        for number, case in enumerate(harness_fir.FILTERED_LRELU):
            harness_fir.check_filtered_lrelu(Session(library, HostMemory()), number, case)
        harness_fir.check_upfirdn2d(
            Session(library, HostMemory()), 0, harness_fir.Resample((1, 40, 40, 1), (30, 30), False)
        )
    finally:
        del os.environ["TFSTYLEGAN_EMULATED_SHARED_MEMORY"]
    launched = library.c.tfsg_cuda_emulation_launched
    launched.restype = ctypes.c_char_p
    assert set(library.kernels()) == set(launched().decode().split())


def valid(session: Session, op: str) -> dict:
    """Valid arguments of an op, which the tests spoil one by one."""
    act, taps = c_activation(ref.Activation("lrelu", 0.25, 1.5, -1.0)), np.ones((2, 2))
    new = lambda *shape: session.empty(shape)  # noqa: E731
    if op == "bias_act":
        return {"act": act, "rows": 3, "channels": 4, "order": 0, "x": new(3, 4), "y": new(3, 4)}
    if op == "upfirdn2d":
        sizes = {"batch": 1, "channels": 2, "in_h": 4, "in_w": 4, "out_h": 3, "out_w": 3}
        factors = dict.fromkeys(("up_x", "up_y", "down_x", "down_y"), 1)
        return {**sizes, **factors, "f": c_filter(taps), "x": new(1, 4, 4, 2), "y": new(1, 3, 3, 2)}
    if op == "filtered_lrelu":
        sizes = {"batch": 1, "channels": 2, "in_h": 4, "in_w": 4, "out_h": 2, "out_w": 2, "up": 1, "down": 1}
        filters = {"fu": c_filter(taps), "fd": c_filter(taps)}
        return {
            **sizes,
            **filters,
            "gain": 1.0,
            "slope": 0.2,
            "clamp": -1.0,
            "x": new(1, 4, 4, 2),
            "y": new(1, 2, 2, 2),
        }
    arrays = {"style_epilogue": "x y", "style_epilogue_grad": "dy y dx", "style_epilogue_grad_grad": "dy y gdx ddy"}
    arrays |= {"norm_epilogue": "x y", "norm_epilogue_grad": "dy x dx"}
    values = {"batch": 2, "pixels": 6, "channels": 4, "act": act} | {name: new(2, 6, 4) for name in arrays[op].split()}
    if op.startswith("norm"):
        values |= {name: new(2, 4) for name in ("mean", "rstd")}
        values |= {"dscale": new(2, 4), "dshift": new(2, 4)} if op.endswith("grad") else {"epsilon": 1e-8}
    return values


EPILOGUES = ("style_epilogue", "style_epilogue_grad", "style_epilogue_grad_grad", "norm_epilogue", "norm_epilogue_grad")
BAD = [
    *((op, {"dtype": 3}, "element type 3") for op in ARGUMENTS),
    *((op, {"channels": -1}, "-1") for op in ARGUMENTS),
    *((op, {"channels": 2**62}, "4611686018427387904") for op in ARGUMENTS),
    *((op, {"y": None}, "y is NULL") for op in ARGUMENTS if op != "norm_epilogue_grad"),
    *((op, {"batch": 2**40, "channels": 2**40}, "1099511627776") for op in ARGUMENTS if op != "bias_act"),
    *((op, {"noise_batch": 3, "strength_channels": 1}, "noise [3, 6]") for op in EPILOGUES),
    *((op, {"noise_batch": 1, "strength_channels": 3}, "strength [3]") for op in EPILOGUES),
    *(
        (op, {"act": CActivation(9, 0.2, 1.0, -1.0)}, "activation 9")
        for op in ARGUMENTS
        if op in ("bias_act", *EPILOGUES)
    ),
    *((op, {"act": CActivation(3, 0.2, 1.0, -1.0)}, "linear, relu or lrelu") for op in EPILOGUES[:3]),
    *((op, {"act": CActivation(2, 0.2, -1.0, -1.0)}, "gain -1") for op in EPILOGUES[:3]),
    *((op, {"act": CActivation(2, -0.2, 1.0, -1.0)}, "alpha -0.2") for op in EPILOGUES[:3]),
    *((op, {"act": CActivation(2, 0.2, math.nan, -1.0)}, "nan") for op in EPILOGUES),
    *((op, {"pixels": 0}, "no pixels") for op in EPILOGUES[3:]),
    *((op, {"noise_batch": 1, "strength_channels": 1}, "noise is NULL") for op in ("style_epilogue", "norm_epilogue")),
    ("norm_epilogue", {"epsilon": -1.0}, "epsilon is -1"),
    ("norm_epilogue", {"mean": None}, "mean is NULL"),
    ("norm_epilogue_grad", {"dscale": None}, "dscale is NULL"),
    ("bias_act", {"order": 3}, "order 3"),
    ("bias_act", {"order": 1}, "dy is NULL"),
    ("bias_act", {"x": None}, "x is NULL"),
    ("upfirdn2d", {"out_h": 4}, "3 x 3, not 4 x 3"),
    ("upfirdn2d", {"up_x": 0}, "factor of 0"),
    ("upfirdn2d", {"down_y": -2}, "factor of -2"),
    ("upfirdn2d", {"pad_x0": 2**30}, "padding of 1073741824"),
    ("upfirdn2d", {"pad_y1": -4}, "larger than the padded image"),
    ("upfirdn2d", {"f": CFilter(0, 2, None, None)}, "0 x 2 taps"),
    ("upfirdn2d", {"f": CFilter(2, 2, None, None)}, "2 x 2 taps"),
    ("upfirdn2d", {"f": c_filter(np.ones((200, 200)))}, "larger than the padded image"),
    ("filtered_lrelu", {"out_w": 5}, "2 x 2, not 2 x 5"),
    ("filtered_lrelu", {"up": 0}, "up is 0"),
    ("filtered_lrelu", {"pad_x1": -4}, "larger than the padded image"),
    ("filtered_lrelu", {"read_codes": 2}, "read_codes is 2"),
    ("filtered_lrelu", {"read_codes": 1, "code_h": 3, "code_w": 3}, "codes is NULL"),
    ("filtered_lrelu", {"gain": math.inf}, "inf"),
    ("filtered_lrelu", {"codes": 256, "code_h": 9, "code_w": 3}, "not 9 x 3"),
]


@pytest.mark.parametrize("op, change, message", BAD, ids=[f"{op}-{message}" for op, _, message in BAD])
def test_bad_arguments_are_refused_with_a_reason(library, op, change, message):
    session = Session(library, HostMemory())
    arguments = valid(session, op)
    session.call(op, **arguments)  # else the message might be about something else
    output = session.empty((2, 6, 4))
    spoiled = arguments | {name: output for name in ("dx", "ddy") if name in arguments} | change
    with pytest.raises(OpError) as error:
        session.call(op, **spoiled)
    assert error.value.code == INVALID_ARGUMENT and op in str(error.value)
    assert message in str(error.value)
    assert np.isnan(output.get()).all()


def test_filters_that_are_too_large_are_not_implemented(library):
    session = Session(library, HostMemory())
    arguments = valid(session, "filtered_lrelu") | {"fu": c_filter(np.ones(33), np.ones(33)), "in_h": 40, "in_w": 40}
    with pytest.raises(OpError, match="33") as error:
        session.call("filtered_lrelu", **arguments | {"out_h": 7, "out_w": 7})
    assert error.value.code == UNIMPLEMENTED
