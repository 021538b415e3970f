"""StyleGAN2's operations as its TensorFlow 1 code has them; tolerance 1e-5 of the largest reference value."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_data import Golden, assert_close, nchw, nhwc
from tfstylegan import layers, ops

pytestmark = pytest.mark.usefixtures("both_implementations")

GOLDEN = Golden("tf1/sg2tf_ops")
OPS = GOLDEN.json("config")["ops"]
TOLERANCE = 1e-5


def cases(*names: str):
    found = [case for case in OPS if case["op"] in names]
    assert found
    return pytest.mark.parametrize("case", found, ids=[case["key"] for case in found])


def check(key: str, function, name: str = "x", wrap=nhwc, unwrap=nchw):
    """Values, and the gradient of the sum weighted by ``r``."""
    x = tf.constant(wrap(GOLDEN[f"{key}/x"] if f"{key}/x" in GOLDEN else GOLDEN[name]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = function(x)
        loss = tf.reduce_sum(out * wrap(GOLDEN[f"{key}/r"]))
    assert_close(unwrap(out), GOLDEN[f"{key}/out"], TOLERANCE, key)
    assert_close(unwrap(tape.gradient(loss, x)), GOLDEN[f"{key}/grad"], TOLERANCE, key)


def fir(case) -> np.ndarray:
    """The filter of a case: a box if there is none."""
    return ops.setup_filter(case["k"] or [1] * case["factor"])


@cases("upfirdn_2d")
def test_upfirdn(case):
    a = {"upx": 1, "upy": 1, "downx": 1, "downy": 1, "padx0": 0, "padx1": 0, "pady0": 0, "pady1": 0, **case["args"]}
    f = GOLDEN[f"{case['key']}/filter"]
    padding = [a["padx0"], a["padx1"], a["pady0"], a["pady1"]]
    up, down = (a["upx"], a["upy"]), (a["downx"], a["downy"])
    same = np.asarray  # channels last already
    check(case["key"], lambda x: ops.upfirdn2d(x, f, up, down, padding), name="x_upfirdn", wrap=same, unwrap=same)


@cases("upsample_2d", "downsample_2d", "filter_2d")
def test_resampling(case):
    if case["op"] == "filter_2d":
        f = ops.setup_filter(case["k"])
        check(case["key"], lambda x: ops.filter2d(x, f, gain=case["gain"]))
        return
    resample = {"upsample_2d": ops.upsample2d, "downsample_2d": ops.downsample2d}[case["op"]]
    check(case["key"], lambda x: resample(x, fir(case), case["factor"], gain=case["gain"]))


@cases("upsample_conv_2d", "conv_downsample_2d")
def test_convolutions_with_resampling(case):
    kernel, factor = GOLDEN[f"{case['key']}/w"], case["factor"]
    options = {"up": factor} if case["op"] == "upsample_conv_2d" else {"down": factor}
    padding = case["conv_kernel"] // 2
    check(
        case["key"],
        lambda x: ops.conv2d_resample(x, kernel, fir(case), padding=padding, **options) * case["gain"],
    )


@cases("fused_bias_act")
def test_bias_and_activation(case):
    options = {"act": case["act"], "alpha": case["alpha"], "gain": case["gain"]}
    if "default_gain" in case:
        assert ops.ACTIVATIONS[case["act"]].gain == pytest.approx(case["default_gain"])
    bias = None if case["key"] == "bias_act/nobias" else GOLDEN["bias"]
    check(case["key"], lambda x: ops.bias_act(x, bias, **options))


@cases("modulated_conv2d_layer")
def test_modulated_convolution(case):
    key, kernel = case["key"], GOLDEN[f"{case['key']}/w_weight"]
    kernel = kernel / np.sqrt(np.prod(kernel.shape[:3]), dtype=np.float32)
    affine = layers.Dense(4, bias_init=1.0)
    affine.build([None, 6])
    affine.kernel.assign(GOLDEN[f"{key}/w_mod_weight"])
    affine.bias.assign(GOLDEN[f"{key}/w_mod_bias"] + 1)
    f = ops.setup_filter(case["resample_kernel"])
    options = {"up": 1 + case["up"], "down": 1 + case["down"], "padding": case["kernel"] // 2}

    def convolve(x):
        styles = affine(GOLDEN["dlatent"])
        x = ops.conv2d_resample(x * styles[:, None, None, :], kernel, f, **options)
        if case["demodulate"]:
            x = x * ops.demodulation_coefficients(kernel, styles)[:, None, None, :]
        return x

    check(key, convolve)


@cases("dense_layer+apply_bias_act(lrelu)")
def test_dense(case):
    key = case["key"]
    layer = layers.Dense(5, "lrelu", case["lrmul"], gain=case["gain"], use_wscale=case["use_wscale"])
    layer.build([None, GOLDEN[f"{key}/w_weight"].shape[0]])
    layer.kernel.assign(GOLDEN[f"{key}/w_weight"])
    layer.bias.assign(GOLDEN[f"{key}/w_bias"])
    x = tf.constant(GOLDEN["x"])  # flattened channels first, as the kernel is stored
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = layer(tf.reshape(x, [2, -1]))
        loss = tf.reduce_sum(out * GOLDEN[f"{key}/r"])
    assert_close(out, GOLDEN[f"{key}/out"], TOLERANCE, key)
    assert_close(tape.gradient(loss, x), GOLDEN[f"{key}/grad"], TOLERANCE, key)


@cases("naive_upsample_2d", "naive_downsample_2d")
def test_resampling_by_boxes(case):
    resample = {"naive_up": ops.upsample_nearest, "naive_down": ops.downsample_box}[case["key"]]
    check(case["key"], lambda x: resample(x, case["factor"]))


@cases("minibatch_stddev")
def test_minibatch_stddev(case):
    check(case["key"], lambda x: ops.minibatch_stddev(x, case["group_size"], case["num_new_features"]))
