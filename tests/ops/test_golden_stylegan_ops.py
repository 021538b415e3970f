"""StyleGAN's operations and layers against the official outputs; tolerance 1e-5 of the largest reference value."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden_data import Golden, assert_close, nchw, nhwc
from tfstylegan import layers, ops

pytestmark = pytest.mark.usefixtures("both_implementations")

GOLDEN = Golden("tf1/sg1_ops")
OPS = GOLDEN.json("config")["ops"]
TOLERANCE = 1e-5


def cases(*names: str):
    found = [case for case in OPS if case["op"] in names]
    return pytest.mark.parametrize("case", found, ids=[case["key"] for case in found])


def check(case, function, wrap=nhwc, unwrap=nchw):
    """Values, and the gradient of the sum weighted by ``r`` where it was recorded."""
    key = case["key"]
    x = tf.constant(wrap(GOLDEN[f"{key}/x"] if f"{key}/x" in GOLDEN else GOLDEN["x"]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = function(x)
        loss = tf.reduce_sum(out * wrap(GOLDEN[f"{key}/r"])) if f"{key}/r" in GOLDEN else None
    assert_close(unwrap(out), GOLDEN[f"{key}/out"], TOLERANCE, key)
    if loss is not None:
        assert_close(unwrap(tape.gradient(loss, x)), GOLDEN[f"{key}/grad"], TOLERANCE, key)


@cases("blur2d")
def test_blur(case):
    f = ops.setup_filter(case["f"], normalize=case["normalize"])
    check(case, lambda x: ops.blur2d(x, f))


@cases("upscale2d", "downscale2d")
def test_resampling_by_boxes(case):
    resample = {"upscale2d": ops.upsample_nearest, "downscale2d": ops.downsample_box}[case["op"]]
    check(case, lambda x: resample(x, case["factor"]))


@cases("leaky_relu", "pixel_norm", "instance_norm")
def test_activation_and_normalisations(case):
    functions = {
        "leaky_relu": lambda x: ops.bias_act(x, act="lrelu", alpha=case["alpha"], gain=1),
        "pixel_norm": lambda x: ops.normalize_2nd_moment(x, eps=case["epsilon"]),
        "instance_norm": lambda x: ops.instance_norm(x, eps=case["epsilon"]),
    }
    check(case, functions[case["op"]])


@cases("minibatch_stddev")
def test_minibatch_stddev(case):
    group, features = (int(part[1:]) for part in case["key"].split("/")[1].split("_")[1:])
    check(case, lambda x: ops.minibatch_stddev(x, group, features))


def built(layer, shape, **weights):
    """The layer with recorded weights."""
    layer.build(*shape)
    for name, value in weights.items():
        getattr(layer, name).assign(value)
    return layer


@cases("conv2d", "upscale2d_conv2d", "conv2d_downscale2d")
def test_convolutions(case):
    resampling = {"conv2d": None, "upscale2d_conv2d": "up", "conv2d_downscale2d": "down"}[case["op"]]
    options = {"gain": case["gain"], "use_wscale": case["use_wscale"], "fused": case.get("fused_scale", True)}
    layer = layers.BoxConv2D(case["fmaps"], case["kernel"], resampling=resampling, use_bias=False, **options)
    built(layer, [[None, 8, 8, 4]], kernel=GOLDEN[f"{case['key']}/w_weight"])
    check(case, layer)


def test_fused_and_separate_upsampling_take_mirrored_kernels():
    x, kernel = nhwc(GOLDEN["x"]), GOLDEN["up_same/weight"] * (2 / 36) ** 0.5
    mirrored = np.ascontiguousarray(kernel[::-1, ::-1])
    for expected, weight, fused in (
        ("fused", kernel, True),
        ("separate", kernel, False),
        ("separate_flipped_weight", mirrored, False),
    ):
        assert_close(nchw(ops.upsample_conv2d(x, weight, fused)), GOLDEN[f"up_same/{expected}"], TOLERANCE, expected)
    np.testing.assert_allclose(ops.upsample_conv2d(x, kernel), ops.upsample_conv2d(x, mirrored, False), atol=1e-5)
    for expected in ("fused", "separate"):
        kernel = GOLDEN["down_same/weight"] * (2 / 36) ** 0.5
        assert_close(nchw(ops.conv2d_downsample(x, kernel)), GOLDEN[f"down_same/{expected}"], TOLERANCE, expected)


@cases("dense+bias")
def test_dense(case):
    key = case["key"]
    options = {"lr_multiplier": case["lrmul"], "use_wscale": case["use_wscale"], "gain": case["gain"]}
    layer = built(
        layers.Dense(5, **options), [[None, 6]], kernel=GOLDEN[f"{key}/w_weight"], bias=GOLDEN[f"{key}/w_bias"]
    )
    assert_close(layer(GOLDEN["x2"]), GOLDEN[f"{key}/out"], TOLERANCE, key)


@pytest.mark.parametrize("key", ["style_mod", "style_mod_nowscale"])
def test_style_modulation(key):
    layer = layers.AdaIN(use_instance_norm=False, use_wscale=key == "style_mod")
    layer.build([None, 8, 8, 4], [None, 6])
    layer.affine.kernel.assign(GOLDEN[f"{key}/w_StyleMod_weight"])
    layer.affine.bias.assign(GOLDEN[f"{key}/w_StyleMod_bias"])
    out = layer(nhwc(GOLDEN["x"]), GOLDEN[f"{key}/dlatent"])
    assert_close(nchw(out), GOLDEN[f"{key}/out"], TOLERANCE, key)


def test_noise_has_a_strength_for_every_channel():
    layer = built(layers.NoiseInjection(8, 8, 4), [], noise_strength=GOLDEN["apply_noise/w_Noise_weight"])
    x = nhwc(GOLDEN["x"])
    out = x + layer(batch=3, noise=nhwc(GOLDEN["apply_noise/noise"]))
    assert_close(nchw(out), GOLDEN["apply_noise/out"], TOLERANCE)


def test_dense_behind_an_image_and_bias():
    flat = GOLDEN["x"].reshape(3, -1)  # channels first, as its kernel is stored
    layer = built(layers.Dense(5, use_bias=False), [[None, 256]], kernel=GOLDEN["dense_from_4d/w_weight"])
    assert_close(layer(flat), GOLDEN["dense_from_4d/out"], TOLERANCE)
    biased = ops.bias_act(nhwc(GOLDEN["x"]), GOLDEN["apply_bias/w_bias"])
    assert_close(nchw(biased), GOLDEN["apply_bias/out"], TOLERANCE)


def test_every_recorded_operation_is_tested():
    by_table = {"blur2d", "upscale2d", "downscale2d", "leaky_relu", "pixel_norm", "instance_norm", "minibatch_stddev"}
    by_table |= {"conv2d", "upscale2d_conv2d", "conv2d_downscale2d", "dense+bias"}
    by_name = {"style_mod", "apply_noise", "apply_bias on 4D", "dense on 4D input (flattened C,H,W order)"}
    assert {case["op"] for case in OPS} == by_table | by_name
