"""Every op against the official outputs: values, gradients, and gradients of gradients.

Tolerances are relative to the largest reference value: 1e-5 for values and first derivatives, 1e-4 for second
derivatives, both several times what float32 rounding of the references themselves amounts to.
"""

import importlib

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_data import Golden, assert_close, cases, hwio, nchw, nhwc, oihw
from tfstylegan import ops
from tfstylegan.layers import Dense

pytestmark = pytest.mark.usefixtures("both_implementations")

# The package exports a function of the same name.
upfirdn2d_module = importlib.import_module("tfstylegan.ops.upfirdn2d")


def check_case(golden, case, function, to_ours, to_theirs, out_to_ours, out_to_theirs, vanishing=1e-6):
    """Runs ``function(**inputs)`` and compares output, gradients and second derivatives with the case's arrays.

    Second derivatives below ``vanishing`` are rounding, ours and the reference's.
    """
    inputs = {
        key: tf.constant(to_ours.get(key, lambda a: a)(value)) for key, value in golden.under(f"{case}/in/").items()
    }
    cotangent = tf.constant(out_to_ours(golden[f"{case}/R"]))
    with tf.GradientTape() as second:
        second.watch([*inputs.values(), cotangent])
        with tf.GradientTape() as first:
            first.watch([*inputs.values()])
            out = function(**inputs)
            loss = tf.reduce_sum(out * cotangent)
        gradients = first.gradient(loss, inputs, unconnected_gradients="zero")
        squares = tf.add_n([tf.reduce_sum(g * g) for g in gradients.values()])
    seconds = second.gradient(squares, {**inputs, "R": cotangent}, unconnected_gradients="zero")

    assert_close(out_to_theirs(out), golden[f"{case}/out"], 1e-5, "out")
    for key, value in gradients.items():
        assert_close(to_theirs.get(key, np.asarray)(value), golden[f"{case}/grad/{key}"], 1e-5, f"grad {key}")
    assert len(golden.under(f"{case}/grad2/")) == len(seconds)
    for key, value in seconds.items():
        theirs = out_to_theirs(value) if key == "R" else to_theirs.get(key, np.asarray)(value)
        reference = golden[f"{case}/grad2/{key}"]
        if np.abs(theirs - reference).max() > vanishing:
            assert_close(theirs, reference, 1e-4, f"grad2 {key}")


def same(a):
    return np.asarray(a)


@pytest.mark.parametrize(("golden", "case"), cases("ops_bias_act"), ids=lambda v: v if isinstance(v, str) else "")
def test_bias_act(golden, case):
    meta = golden.json(f"{case}/meta")
    dim = meta.pop("dim")
    has_bias = meta.pop("bias", True)
    rank = golden[f"{case}/in/x"].ndim
    order = [axis for axis in range(rank) if axis != dim] + [dim]  # our bias runs along the last axis

    def ours(a):
        return np.transpose(a, order)

    def theirs(a):
        return np.transpose(np.asarray(a), np.argsort(order))

    def function(x, b=None):
        return ops.bias_act(x, b, **meta)

    assert has_bias == (f"{case}/in/b" in golden)
    check_case(golden, case, function, {"x": ours}, {"x": theirs}, ours, theirs)


@pytest.mark.parametrize(("golden", "case"), cases("ops_setup_filter"), ids=lambda v: v if isinstance(v, str) else "")
def test_setup_filter(golden, case):
    meta = golden.json(f"{case}/meta")
    assert_close(ops.setup_filter(meta.pop("f"), **meta), golden[f"{case}/out"], 1e-6)


@pytest.mark.parametrize(("golden", "case"), cases("ops_upfirdn2d"), ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("form", ["few channels", "many channels"])
def test_upfirdn2d_and_its_wrappers(golden, case, form, monkeypatch):
    if form == "many channels":  # images and wide activations are upsampled in different ways
        monkeypatch.setattr(upfirdn2d_module, "FEW_CHANNELS", 0)
    meta = golden.json(f"{case}/meta")
    op = getattr(ops, meta.pop("op"))
    f = filter_of(golden, meta)

    def function(x):
        return op(x, f, **meta)

    check_case(golden, case, function, {"x": nhwc}, {"x": nchw}, nhwc, nchw)


@pytest.mark.parametrize("block", [2, 3])
def test_depth_to_space_is_the_same_in_old_keras(block, monkeypatch):
    x = np.random.RandomState(0).randn(2, 3, 4, 5 * block**2).astype(np.float32)
    expected = x.reshape(2, 3, 4, block, block, 5).transpose(0, 1, 3, 2, 4, 5).reshape(2, 3 * block, 4 * block, 5)
    assert_close(upfirdn2d_module.depth_to_space(x, block), expected, 0)
    monkeypatch.delattr(upfirdn2d_module.kops, "depth_to_space", raising=False)
    assert_close(upfirdn2d_module.depth_to_space(x, block), expected, 0)


@pytest.mark.parametrize(
    ("golden", "case"),
    # Kernels here are never grouped: a style scales the activations, not the kernel of every sample.
    [(g, c) for g, c in cases("ops_conv2d_resample") if g.json(f"{c}/meta").get("groups", 1) == 1],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_conv2d_resample(golden, case):
    meta = golden.json(f"{case}/meta")
    meta.pop("groups", None)
    f = filter_of(golden, meta)
    if meta.pop("flip_filter", False):
        f = np.flip(f)
    flip_kernel = not meta.pop("flip_weight", True)

    def function(x, w):
        return ops.conv2d_resample(x, w, f, flip_kernel=flip_kernel, **meta)

    check_case(golden, case, function, {"x": nhwc, "w": hwio}, {"x": nchw, "w": oihw}, nhwc, nchw)


@pytest.mark.parametrize(("golden", "case"), cases("ops_modconv_sg2"), ids=lambda v: v if isinstance(v, str) else "")
def test_modulated_conv2d(golden, case):
    meta = golden.json(f"{case}/meta")
    f = filter_of(golden, meta)
    flip_kernel = not meta.pop("flip_weight")
    meta.pop("fused_modconv")
    meta.pop("noise", None)

    def function(x, w, s, noise=None):
        return ops.modulated_conv2d(x, w, s, noise=noise, resample_filter=f, flip_kernel=flip_kernel, **meta)

    def noise_to_ours(a):
        return a[None, :, :, None] if a.ndim == 2 else nhwc(a)

    def noise_to_theirs(a):
        reference = golden[f"{case}/in/noise"]
        return np.asarray(a)[0, :, :, 0] if reference.ndim == 2 else nchw(a)

    check_case(
        golden,
        case,
        function,
        {"x": nhwc, "w": hwio, "noise": noise_to_ours},
        {"x": nchw, "w": oihw, "noise": noise_to_theirs},
        nhwc,
        nchw,
    )


MISC = Golden("ops_misc")


@pytest.mark.parametrize("case", [c for c in MISC.json("cases") if c.startswith("mbstd")])
def test_minibatch_stddev(case):
    meta = MISC.json(f"{case}/meta")
    # In groups of two the second derivative is zero but for epsilon: what is left of terms around 3 that cancel.
    # The reference is 3.6e-6 away from its own value in float64 there.
    check_case(
        MISC, case, lambda x: ops.minibatch_stddev(x, **meta), {"x": nhwc}, {"x": nchw}, nhwc, nchw, vanishing=5e-6
    )


@pytest.mark.parametrize("case", ["mbstd_0", "mbstd_2"])
def test_minibatch_stddev_with_a_dynamic_batch(case):
    meta = MISC.json(f"{case}/meta")
    x = nhwc(MISC[f"{case}/in/x"])

    @tf.function(input_signature=[tf.TensorSpec([None, *x.shape[1:]])])
    def function(x):
        return ops.minibatch_stddev(x, **meta)

    assert_close(nchw(function(x)), MISC[f"{case}/out"], 1e-5)


@pytest.mark.parametrize("case", [c for c in MISC.json("cases") if c.startswith("norm2")])
def test_normalize_2nd_moment(case):
    check_case(MISC, case, ops.normalize_2nd_moment, {}, {}, same, same)


# The two code bases differ in the initial bias only; ours stores the value that sg2 stores.
@pytest.mark.parametrize("case", [c for c in MISC.json("cases") if c.startswith("fc_sg2")])
def test_dense(case):
    meta = MISC.json(f"{case}/meta")
    out_features, in_features = MISC[f"{case}/in/w"].shape
    layer = Dense(
        out_features, activation=meta["activation"], lr_multiplier=meta["lr_multiplier"], bias_init=meta["bias_init"]
    )
    layer.build([None, in_features])
    assert_close(layer.bias, MISC[f"{case}/bias_initial"], 1e-6)

    def function(x, w, b):
        return ops.bias_act(tf.matmul(x, w * layer.kernel_gain), b * layer.bias_gain, meta["activation"])

    transpose = {"w": lambda a: np.ascontiguousarray(np.transpose(a))}
    check_case(MISC, case, function, transpose, transpose, same, same)
    layer.kernel.assign(MISC[f"{case}/in/w"].T)
    layer.bias.assign(MISC[f"{case}/in/b"])
    assert_close(layer(MISC[f"{case}/in/x"]), MISC[f"{case}/out"], 1e-5)


def filter_of(golden, meta):
    name = meta.pop("filter", None)
    return golden[f"filters/{name}"] if name is not None and f"filters/{name}" in golden else None
