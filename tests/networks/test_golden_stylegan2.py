"""StyleGAN2's networks against the official outputs: values, gradients, R1 and path length derivatives.

Tolerances, relative to the largest reference value, are those the references are stated with: 2e-6 to 1e-5 for
latents, 2e-5 for images and logits, 1e-4 for gradients, 5e-4 for gradients of gradients.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import golden_weights
from tests.golden_data import Golden, assert_close, nchw, nhwc

CASES = [
    "sg2_skip_resnet_u32",
    "sg2_skip_resnet_u64",
    "sg2_skip_resnet_c32",
    "sg2_resnet_skip_u16",
    "sg2_orig_orig_c16",
    "sg2_clamp_gray_u32",
    "sg2_nonoise_filt121_u32",
    "sg2_maplayers_c16",
    "sg2ada_cifar_c32",
    "sg2ada_paper_u32",
]


class Case:
    """A reference file with both networks built and loaded."""

    def __init__(self, name: str):
        self.golden = Golden(name)
        config = self.golden.json("config")
        overrides = {"w_avg_beta": 0.995} if name.startswith("sg2ada") else {}
        self.generator = golden_weights.build_generator(config["G"], **overrides)
        self.discriminator = golden_weights.build_discriminator(config["D"])
        self.g_variables = golden_weights.generator_variables(self.generator)
        self.d_variables = golden_weights.discriminator_variables(self.discriminator)
        golden_weights.load(self.g_variables, self.golden.under("weights/G/"))
        golden_weights.load(self.d_variables, self.golden.under("weights/D/"))
        assert self.generator.num_ws == config["num_ws"]
        self.c = self.golden["c"] if self.generator.c_dim else None
        self.d_c = self.golden["D/c"] if self.discriminator.c_dim else None


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def test_mapping_and_truncation(case):
    golden, mapping = case.golden, case.generator.mapping
    seen = 0
    for name, expected in golden.under("map/ws_psi").items():
        psi, cutoff = name.split("_cut")
        cutoff = None if cutoff == "None" else int(cutoff)
        ws = mapping(golden["z"], case.c, truncation_psi=float(psi), truncation_cutoff=cutoff)
        assert_close(ws, expected, 1e-5, name)
        seen += 1
    assert seen


def test_running_mean_of_w(case):
    golden, mapping = case.golden, case.generator.mapping
    assert_close(mapping.w_avg, golden["map/w_avg_before"], 0)
    try:
        mapping.update_w_avg(mapping.map(golden["z"], case.c))
        assert_close(mapping.w_avg, golden["map/w_avg_after"], 1e-5)
    finally:
        mapping.w_avg.assign(golden["map/w_avg_before"])


def test_images_from_latents(case):
    seen = 0
    for name, expected in case.golden.under("img/full_psi").items():
        parts = name.split("_")
        psi, cutoff = float(parts[0]), None
        if parts[1].startswith("cut") and parts[1] != "cutNone":
            cutoff = int(parts[1][3:])
        img = case.generator(
            case.golden["z"], case.c, truncation_psi=psi, truncation_cutoff=cutoff, noise_mode=parts[-1]
        )
        assert_close(nchw(img), expected, 2e-5, name)
        seen += 1
    assert seen


@pytest.mark.parametrize("noise_mode", ["const", "none"])
def test_images_from_a_different_style_per_layer(case, noise_mode):
    name = f"img/ws_rand_{noise_mode}"
    img = case.generator.synthesis(case.golden["ws_rand"], noise_mode=noise_mode)
    assert_close(nchw(img), case.golden[name], 2e-5, name)


def test_activations_of_every_synthesis_block(case):
    golden, x, img, first = case.golden, None, None, 0
    ws = tf.unstack(tf.constant(golden["ws_rand"]), axis=1)
    for block in case.generator.synthesis.blocks:
        x, img = block(ws[first : first + block.num_convs + 1], x, img)
        first += block.num_convs
        check_summary(golden, f"block/{block.name}/x", x)
        if f"block/{block.name}/img" in golden:
            assert_close(nchw(img), golden[f"block/{block.name}/img"], 2e-5, block.name)


def test_activations_of_every_discriminator_block(case):
    golden, x, img = case.golden, None, tf.constant(nhwc(case.golden["D/img"]))
    for block in case.discriminator.network.blocks:
        x, img = block(x, img)
        check_summary(golden, f"D/block/{block.name}/x", x)
        if f"D/block/{block.name}/img" in golden:
            assert_close(nchw(img), golden[f"D/block/{block.name}/img"], 2e-5, block.name)


def check_summary(golden, name, x):
    x = nchw(x)
    assert list(x.shape) == list(golden[f"{name}/shape"])
    top, left = max(x.shape[2] // 2 - 2, 0), max(x.shape[3] // 2 - 2, 0)
    assert_close(x[:, :2, top : top + 4, left : left + 4], golden[f"{name}/crop"], 2e-5, f"{name}/crop")
    assert_close(x.mean(), golden[f"{name}/mean"], 1e-4, f"{name}/mean")
    assert_close(x.std(), golden[f"{name}/std"], 2e-5, f"{name}/std")


def test_gradients_of_the_generator_and_of_their_norm(case):
    golden = case.golden
    names = [name for name in golden.under("grad/") if name not in ("R", "ws")]
    variables = {name: case.g_variables[name].value for name in names}
    ws = tf.constant(golden["ws_rand"])
    cotangent = tf.constant(nhwc(golden["grad/R"]))
    with tf.GradientTape() as second:
        second.watch(ws)
        with tf.GradientTape(persistent=True) as first:
            first.watch(ws)
            loss = tf.reduce_sum(case.generator.synthesis(ws) * cotangent)
        jacobian = first.gradient(loss, ws)
        square = tf.reduce_sum(jacobian * jacobian)
    assert_close(jacobian, golden["grad/ws"], 1e-4, "ws")
    for name, value in first.gradient(loss, variables, unconnected_gradients="zero").items():
        assert_close(golden_weights.to_theirs(name, value), golden[f"grad/{name}"], 1e-4, name)
    assert_close(square, golden["grad2/S"], 1e-4, "S")
    seconds = second.gradient(square, {"ws": ws, **variables}, unconnected_gradients="zero")
    for name, value in seconds.items():
        assert_close(golden_weights.to_theirs(name, value), golden[f"grad2/{name}"], 5e-4, f"grad2 {name}")


def test_logits_r1_and_their_gradients(case):
    golden = case.golden
    img = tf.constant(nhwc(golden["D/img"]))
    r1_names = list(golden.under("D/grad_r1mean/"))
    loss_names = list(golden.under("D/grad_softplusneg_mean/"))
    variables = {name: case.d_variables[name].value for name in {*r1_names, *loss_names}}
    assert r1_names and loss_names
    with tf.GradientTape(persistent=True) as second:
        with tf.GradientTape() as first:
            first.watch(img)
            logits = case.discriminator(img, case.d_c)
            total = tf.reduce_sum(logits)
        gradient = first.gradient(total, img)
        penalty = tf.reduce_sum(gradient * gradient, axis=[1, 2, 3])
        r1_mean = tf.reduce_mean(penalty)
        loss = tf.reduce_mean(tf.nn.softplus(-logits))
    assert_close(logits, golden["D/logits"], 2e-5, "logits")
    assert_close(nchw(gradient), golden["D/grad_img"], 1e-4, "grad_img")
    assert_close(penalty, golden["D/r1_penalty"], 1e-4, "r1_penalty")
    for prefix, target, names, tolerance in (
        ("D/grad_r1mean/", r1_mean, r1_names, 5e-4),
        ("D/grad_softplusneg_mean/", loss, loss_names, 1e-4),
    ):
        found = second.gradient(target, {n: variables[n] for n in names}, unconnected_gradients="zero")
        for name, value in found.items():
            assert_close(golden_weights.to_theirs(name, value), golden[prefix + name], tolerance, prefix + name)


def test_traced_function_agrees_with_eager(case):
    z = case.golden["z"]
    traced = tf.function(lambda z: case.generator(z, case.c, truncation_psi=0.7))
    assert_close(traced(tf.constant(z)), np.asarray(case.generator(z, case.c, truncation_psi=0.7)), 1e-5)
