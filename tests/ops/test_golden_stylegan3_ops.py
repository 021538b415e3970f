"""StyleGAN3's ops against the official outputs: filter designs, filtered leaky ReLU, modulated convolution.

Tolerances are those of the other ops: relative to the largest reference value, 1e-6 for filters, 1e-5 for values and
first derivatives, 1e-4 for second derivatives.
"""

import importlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden_data import assert_close, cases, hwio, nchw, nhwc, oihw
from tests.ops.test_golden_ops import check_case, filter_of
from tfstylegan import ops
from tfstylegan.ops.banded_resampling import factorize
from tfstylegan.ops.filter_design import bessel_j1

pytestmark = pytest.mark.usefixtures("both_implementations")

# The package exports a function of the same name.
filtered_lrelu_module = importlib.import_module("tfstylegan.ops.filtered_lrelu")


def name_of(value):
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize(("golden", "case"), cases("ops_design_filter"), ids=name_of)
def test_filter_designs(golden, case):
    meta = golden.json(f"{case}/meta")
    assert not meta.pop("identity")
    assert_close(ops.design_lowpass_filter(**meta), golden[f"{case}/out"], 1e-6)


def test_one_tap_is_no_filter():
    assert ops.design_lowpass_filter(1, cutoff=2, width=1, fs=32) is None


@pytest.mark.parametrize("radial", [False, True])
@pytest.mark.parametrize("taps", [7, 12])
def test_filters_keep_a_constant_and_are_symmetric(taps, radial):
    f = ops.design_lowpass_filter(taps, cutoff=5.0, width=6.0, fs=32, radial=radial)
    assert np.isfinite(f).all()
    assert_close(f.sum(), 1.0, 1e-6)
    assert_close(np.flip(f), f, 1e-6)


@pytest.mark.parametrize("wrong", [{"numtaps": 0}, {"cutoff": 0.0}, {"width": -1.0}, {"fs": 0.0}])
def test_impossible_filters_are_refused(wrong):
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=name):
        ops.design_lowpass_filter(**{"numtaps": 12, "cutoff": 2.0, "width": 1.0, "fs": 32.0, **wrong})


def test_bessel_function_is_exact_in_double_precision():
    special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.linspace(0, 1, 101), np.linspace(1, 300, 1501)])
    assert np.abs(bessel_j1(x) - special.j1(x)).max() < 1e-14
    assert bessel_j1(np.zeros([0])).shape == (0,)


def test_radial_filters_are_sums_of_few_separable_ones():
    f = ops.design_lowpass_filter(12, cutoff=64.0, width=30.0, fs=512, radial=True)
    pairs = factorize(f)
    assert 1 < len(pairs) <= 5
    assert_close(sum(np.outer(y, x) for y, x in pairs), f, 1e-6)


def check_filtered_lrelu(golden, case):
    meta = golden.json(f"{case}/meta")
    fu, fd = (filter_of(golden, {"filter": meta.pop(key)}) for key in ("fu", "fd"))

    def function(x, b):
        return ops.filtered_lrelu(x, fu, fd, b, **meta)

    check_case(golden, case, function, {"x": nhwc}, {"x": nchw}, nhwc, nchw)


def cut_finely(monkeypatch, elements):
    """Makes the op work in small pieces, as it does on large images."""
    monkeypatch.setattr(filtered_lrelu_module, "TILE_ELEMENTS", elements)
    monkeypatch.setattr(filtered_lrelu_module, "LEAST_TILE", 1)


@pytest.mark.parametrize(("golden", "case"), cases("ops_filtered_lrelu"), ids=name_of)
@pytest.mark.parametrize("form", ["whole", "in pieces"])
def test_filtered_lrelu(golden, case, form, monkeypatch):
    if form == "in pieces":
        cut_finely(monkeypatch, 1)
    check_filtered_lrelu(golden, case)


def reference(x, fu, fd, b, up, down, padding, gain, slope, clamp, flip_filter):
    """The definition, from ops that are checked elsewhere."""
    x = ops.upfirdn2d(x + b, fu, up=up, padding=padding, gain=up**2, flip_filter=flip_filter)
    x = ops.bias_act(x, None, "lrelu", alpha=slope, gain=gain, clamp=clamp)
    return ops.upfirdn2d(x, fd, down=down, flip_filter=flip_filter)


def some_filter(random, taps, kind):
    if kind == "none":
        return None
    f = random.randn(*([taps] if kind == "separable" else [taps, max(taps - 1, 1)])).astype(np.float32)
    return f / np.abs(f).sum()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    size=st.tuples(st.integers(5, 40), st.integers(5, 40)),
    up=st.sampled_from([1, 2, 3, 4]),
    down=st.sampled_from([1, 2, 3]),
    taps=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    kinds=st.tuples(*[st.sampled_from(["none", "separable", "2-D"])] * 2),
    padding=st.lists(st.integers(-6, 14), min_size=4, max_size=4),
    gain=st.sampled_from([2**0.5, 1.0, -1.5]),
    clamp=st.sampled_from([None, 0.5]),
    flip_filter=st.booleans(),
    elements=st.sampled_from([1, 500, 10**6]),
)
def test_filtered_lrelu_is_its_definition(
    seed, size, up, down, taps, kinds, padding, gain, clamp, flip_filter, elements
):
    random = np.random.RandomState(seed)
    x, b = random.randn(2, *size, 3).astype(np.float32), random.randn(3).astype(np.float32)
    fu, fd = (some_filter(random, t, k) for t, k in zip(taps, kinds, strict=True))
    arguments = (x, fu, fd, b, up, down, padding, gain, 0.2, clamp, flip_filter)
    with pytest.MonkeyPatch.context() as patch:
        cut_finely(patch, elements)
        try:
            actual = ops.filtered_lrelu(*arguments)
        except ValueError:  # the filters do not fit
            with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
                reference(*arguments)
            return
    assert_close(actual, np.asarray(reference(*arguments)), 1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"up": 0}, "up must be"),
        ({"down": 1.5}, "down must be"),
        ({"clamp": -1.0}, "clamp"),
        ({"padding": -4}, "do not fit"),
        ({"impl": "quick"}, "composed, fused"),
    ],
)
def test_impossible_arguments_are_refused(wrong, message):
    x, f = np.zeros([1, 8, 8, 2], np.float32), np.ones([12], np.float32) / 12
    arguments = {"fu": f, "fd": f, "up": 2, "down": 2, "padding": 9, **wrong}
    with pytest.raises((ValueError, RuntimeError), match=message):
        ops.filtered_lrelu(x, **arguments)


def test_filtered_lrelu_with_a_dynamic_batch():
    f = ops.design_lowpass_filter(12, cutoff=4.0, width=8.0, fs=64, radial=True)
    x = np.random.RandomState(0).randn(3, 10, 11, 2).astype(np.float32)

    def function(x):
        return ops.filtered_lrelu(x, f, f, up=2, down=2, padding=[9, 8, 10, 7], clamp=256)

    traced = tf.function(function, input_signature=[tf.TensorSpec([None, 10, 11, 2])])
    assert_close(traced(x), np.asarray(function(x)), 1e-6)
    assert traced.get_concrete_function().output_shapes.as_list() == [None, *function(x).shape[1:]]


@pytest.mark.parametrize(("golden", "case"), cases("ops_modconv_sg3"), ids=name_of)
def test_modulated_conv2d_sg3(golden, case):
    meta = golden.json(f"{case}/meta")
    demodulate, padding = meta["demodulate"], meta["padding"]
    if not isinstance(padding, int):
        padding = padding[::-1]  # theirs is (y, x)

    def function(x, w, s, input_gain=None):
        return ops.modulated_conv2d_sg3(x, w, s, demodulate, padding, input_gain)

    check_case(golden, case, function, {"x": nhwc, "w": hwio}, {"x": nchw, "w": oihw}, nhwc, nchw)
