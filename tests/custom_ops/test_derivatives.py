"""Fused against composed ops: values, gradients and second derivatives, where the reference outputs have no case.

The composed forms are compared with the reference outputs in tests/ops. A fused sum over pixels is added up in another
order: 2e-5 of the largest value, 1e-4 for second derivatives.
"""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden_data import assert_close
from tfstylegan import ops
from tfstylegan.custom_ops import loading

pytestmark = pytest.mark.skipif(loading.load_cpu().ops is None, reason=loading.load_cpu().reason or "loaded")


def derivatives(function, inputs: dict, seed: int) -> dict:
    """Output, gradients, and the gradients of a weighted sum of squared gradients."""
    inputs = {name: tf.constant(value, tf.float32) for name, value in inputs.items() if value is not None}
    with tf.GradientTape() as second:
        second.watch(inputs)
        with tf.GradientTape() as first:
            first.watch(inputs)
            y = function(**inputs)
            r = tf.constant(np.random.RandomState(seed).randn(*y.shape), tf.float32)
        gradients = first.gradient(y, inputs, output_gradients=r, unconnected_gradients="zero")
        draw = np.random.RandomState(seed + 1).rand
        weights = {name: tf.constant(draw(*g.shape), tf.float32) for name, g in gradients.items()}
        total = tf.add_n([tf.reduce_sum(g * g * weights[name]) for name, g in gradients.items()])
    seconds = second.gradient(total, inputs, unconnected_gradients="zero")
    return {"y": y, **{f"d {n}": g for n, g in gradients.items()}, **{f"dd {n}": g for n, g in seconds.items()}}


def compare(function, inputs: dict, seed: int = 0) -> None:
    """``function(impl=..., **inputs)`` must be the same for both implementations."""
    composed = derivatives(lambda **k: function(impl="composed", **k), inputs, seed)
    fused = derivatives(lambda **k: function(impl="fused", **k), inputs, seed)
    for name, expected in composed.items():
        expected, actual = np.asarray(expected), np.asarray(fused[name])
        tolerance = 1e-4 if name.startswith("dd ") else 2e-5
        if np.abs(expected - actual).max(initial=0) > (1e-4 if name.startswith("dd ") else 1e-5):  # of what cancels
            assert_close(actual, expected, tolerance, name)


CHANNELS = st.sampled_from([1, 3, 8, 16, 17, 40])
NOISE = st.sampled_from(["none", "one", "many"])
SIZE = st.integers(1, 9)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 3), SIZE, SIZE, CHANNELS,
    st.sampled_from(["linear", "relu", "lrelu"]), st.sampled_from([None, 0.4]), NOISE, st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_style_epilogue(seed, n, h, w, c, act, clamp, noise, shared, styled, biased):
    random = np.random.RandomState(seed)
    inputs = {
        "x": random.randn(n, h, w, c),
        "d": random.rand(n, c) + 0.5 if styled else None,
        "noise": None if noise == "none" else random.randn(1 if shared else n, h, w, 1),
        "strength": None if noise == "none" else random.randn() if noise == "one" else random.randn(c),
        "b": random.randn(c) if biased else None,
    }
    compare(lambda impl, x, **k: ops.style_epilogue(x, act=act, clamp=clamp, impl=impl, **k), inputs, seed)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 3), st.integers(2, 9), st.integers(2, 9), CHANNELS,
    st.sampled_from(["linear", "lrelu", "swish"]), NOISE, st.booleans(), st.booleans(),
)  # fmt: skip
def test_norm_epilogue(seed, n, h, w, c, act, noise, shared, biased):
    random = np.random.RandomState(seed)
    inputs = {
        "x": random.randn(n, h, w, c) * 2,
        "scale": random.randn(n, c),
        "shift": random.randn(n, c),
        "noise": None if noise == "none" else random.randn(1 if shared else n, h, w, 1),
        "strength": None if noise == "none" else random.randn() if noise == "one" else random.randn(c),
        "b": random.randn(c) if biased else None,
    }

    def function(impl, x, scale, shift, **rest):
        # An epsilon that keeps a channel of four nearly equal pixels from amplifying rounding.
        return ops.norm_epilogue(x, scale, shift, act=act, eps=1e-1, impl=impl, **rest)

    compare(function, inputs, seed)


@pytest.mark.parametrize("spread", [1e-1, 1e-2, 1e-3, 1e-4])
def test_a_nearly_constant_channel_is_normalised_as_exactly_as_composed(spread):
    """At the networks' own epsilon: what rounding of float32 is amplified to, either form has."""
    random = np.random.RandomState(0)
    x = (1 + spread * random.randn(2, 32, 32, 16)).astype(np.float32)
    scale, shift = random.randn(2, 2, 16).astype(np.float32)
    centred = x - x.mean((1, 2), keepdims=True, dtype=np.float64)
    normal = centred / np.sqrt((centred**2).mean((1, 2), keepdims=True) + 1e-8)
    exact = normal * scale[:, None, None] + shift[:, None, None]

    def error(impl):
        y = ops.norm_epilogue(tf.constant(x), tf.constant(scale), tf.constant(shift), act="linear", impl=impl)
        return np.abs(y.numpy() - exact).max() / np.abs(exact).max()

    assert error("fused") <= 3 * error("composed") + 1e-6


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 2), CHANNELS, SIZE, SIZE, st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)), st.sampled_from([(4,), (12,), (3, 5), "product"]),
    st.tuples(*[st.integers(-2, 13)] * 4), st.booleans(),
)  # fmt: skip
def test_upfirdn2d(seed, n, c, h, w, up, down, taps, padding, flip):
    random = np.random.RandomState(seed)
    f = np.outer([1, 3, 3, 1], [1, 2, 1]) if taps == "product" else random.randn(*taps)
    f = f.astype(np.float32)
    fh, fw = (f.shape[0], f.shape[0]) if f.ndim == 1 else f.shape
    if h * up[1] + padding[2] + padding[3] < fh or w * up[0] + padding[0] + padding[1] < fw:
        with pytest.raises(ValueError, match="does not fit"):
            ops.upfirdn2d(tf.zeros([n, h, w, c]), f, up, down, padding, impl="fused")
        return
    if min(padding) < 0 and max(-min(padding[2:]), -min(padding[:2]), 0) >= min(h, w):
        return  # the composed form crops before it upsamples, and refuses to crop everything
    function = lambda impl, x: ops.upfirdn2d(x, f, up, down, padding, flip, 1.5, impl=impl)  # noqa: E731
    compare(function, {"x": random.randn(n, h, w, c)}, seed)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 1000), st.sampled_from([1, 3, 16, 19, 33]), st.integers(3, 40), st.integers(3, 60),
    st.sampled_from([(1, 1), (2, 2), (4, 2), (2, 1), (1, 2), (4, 4), (3, 2)]), st.sampled_from(["separable", "radial"]),
    st.sampled_from(["separable", "radial"]), st.sampled_from([None, 0.7]), st.integers(8, 20), st.booleans(),
)  # fmt: skip
def test_filtered_lrelu(seed, c, h, w, factors, fu_kind, fd_kind, clamp, pad, flip):
    random = np.random.RandomState(seed)
    up, down = factors

    def taps(kind, factor):
        f = random.rand(*([6 * factor] * (1 if kind == "separable" else 2))).astype(np.float32)
        return f / f.sum()

    fu, fd = taps(fu_kind, up), taps(fd_kind, down)
    pads = [pad * up // 2, pad * up // 2 + 1, pad * up // 2, pad * up // 2 - 1]
    inputs = {"x": random.randn(2, h, w, c), "b": random.randn(c)}

    def function(impl, x, b):
        return ops.filtered_lrelu(x, fu, fd, b, up, down, pads, clamp=clamp, flip_filter=flip, impl=impl)

    try:
        function("composed", tf.constant(inputs["x"], tf.float32), None)
    except ValueError:
        with pytest.raises(ValueError, match="do not fit"):
            function("fused", tf.constant(inputs["x"], tf.float32), None)
        return
    compare(function, inputs, seed)


@pytest.mark.parametrize("shape", [(0, 8, 8, 16), (0, 1, 1, 3)])
def test_an_empty_batch_gives_empty_results_and_zero_sums(shape):
    x, b = tf.zeros(shape), tf.zeros(shape[-1:])
    with tf.GradientTape() as tape:
        tape.watch([x, b])
        y = ops.bias_act(
            ops.style_epilogue(x, tf.zeros([0, shape[-1]]), b=b, act="lrelu", impl="fused"), b, impl="fused"
        )
        y = ops.upsample2d(y, ops.setup_filter([1, 3, 3, 1]), impl="fused")
        y = ops.filtered_lrelu(y, b=b, up=2, padding=[0, -1, 0, -1], impl="fused")
    dx, db = tape.gradient(y, [x, b])
    assert dx.shape == x.shape
    np.testing.assert_array_equal(db, np.zeros(shape[-1]))


def test_a_third_derivative_is_refused_by_name():
    x = tf.constant([[1.0, -2.0]])
    with tf.GradientTape() as third:
        third.watch(x)
        with tf.GradientTape() as second:
            second.watch(x)
            with tf.GradientTape() as first:
                first.watch(x)
                y = ops.bias_act(x, act="tanh", impl="fused")
            g = first.gradient(y, x) ** 2
        gg = second.gradient(g, x) ** 2
    with pytest.raises(LookupError, match="impl='composed'"):
        third.gradient(gg, x)


TWO_DEVICES = """
import numpy as np, tensorflow as tf
from tfstylegan import ops
device = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
x = np.random.RandomState(0).randn(4, 16, 16, 24).astype(np.float32)
f = ops.setup_filter([1, 3, 3, 1])
long = np.hanning(14)[1:-1].astype(np.float32)

def loss(x, d, b, impl):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.style_epilogue(x, tf.tile(d[None], [tf.shape(x)[0], 1]), None, None, b, "lrelu", impl=impl)
        y = ops.upsample2d(ops.bias_act(y, b, "swish", impl=impl), f, impl=impl)
        y = ops.filtered_lrelu(y, long, long, b, 2, 2, [11, 10, 11, 10], impl=impl)
        total = tf.reduce_sum(y * y)
    return tf.reduce_sum(tape.gradient(total, x) ** 2) * 1e-6

with strategy.scope():
    d, b = tf.Variable(tf.ones([24])), tf.Variable(tf.linspace(-1.0, 1.0, 24))

@tf.function
def step(parts):
    def replica(x):
        with tf.GradientTape() as tape:
            value = loss(x, d.value(), b.value(), "fused")
        return tape.gradient(value, [d, b])
    return [strategy.reduce("SUM", g, None) for g in strategy.run(replica, args=(parts,))]

parts = strategy.experimental_distribute_values_from_function(
    lambda c: tf.constant(x[2 * c.replica_id_in_sync_group:][:2]))
two = step(parts)
one_d, one_b = tf.ones([24]), tf.linspace(-1.0, 1.0, 24)
with tf.GradientTape() as tape:
    tape.watch([one_d, one_b])
    value = loss(tf.constant(x), one_d, one_b, "composed")
for a, e in zip(two, tape.gradient(value, [one_d, one_b])):
    np.testing.assert_allclose(a, e, atol=2e-4 * float(tf.reduce_max(tf.abs(e))))
"""


def test_two_devices_learn_by_second_derivatives_as_one_does_composed():
    subprocess.run([sys.executable, "-c", TWO_DEVICES], check=True)


def test_results_are_the_same_bits_every_time_and_on_any_number_of_threads():
    random = np.random.RandomState(0)
    x, d, b = (tf.constant(random.randn(*shape), tf.float32) for shape in ((3, 65, 33, 48), (3, 48), (48,)))

    def results():
        with tf.GradientTape() as tape:
            tape.watch([x, d, b])
            y = ops.style_epilogue(x, d, b=b, act="lrelu", impl="fused")
        return [g.numpy() for g in tape.gradient(y, [x, d, b], output_gradients=x)]

    library = loading.open_library(loading.CPU_LIBRARY)
    expected = results()
    try:
        for threads in (1, 2, 3, 7):
            library.tfsg_cpu_set_num_threads(threads)
            for a, e in zip(results(), expected, strict=True):
                np.testing.assert_array_equal(a, e)
    finally:
        library.tfsg_cpu_set_num_threads(0)
