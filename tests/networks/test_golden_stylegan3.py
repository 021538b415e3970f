"""StyleGAN3's generator against the official outputs: values, transforms, running magnitudes, derivatives.

Tolerances, relative to the largest reference value, are those the references are stated with: 1e-5 for latents, 5e-5
for images and activations, 2e-4 for gradients, 5e-4 for gradients of gradients.
"""

import pytest
import tensorflow as tf

from tests import golden_weights, golden_weights_sg3
from tests.golden_data import Golden, assert_close, nchw, nhwc

CASES = ["sg3t_default_u32", "sg3r_default_u32", "sg3t_c64", "sg3r_u64", "sg3t_opts_c16"]


class Case:
    """A reference file with its generator built and loaded."""

    def __init__(self, name: str):
        self.golden = Golden(name)
        self.config = self.golden.json("config")
        self.generator = golden_weights_sg3.build_generator(self.config["G"])
        self.synthesis = self.generator.synthesis
        self.variables = golden_weights_sg3.generator_variables(self.generator)
        golden_weights_sg3.load(self.variables, self.golden.under("weights/G/"))
        assert self.generator.num_ws == self.config["num_ws"]
        self.c = self.golden["c"] if self.generator.c_dim else None


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


@pytest.fixture
def restored(case):
    """The case, whose weights are put back afterwards."""
    yield case
    golden_weights_sg3.load(case.variables, case.golden.under("weights/G/"))


def check_summary(golden, name, x):
    x = nchw(x)
    assert list(x.shape) == list(golden[f"{name}/shape"])
    top, left = max(x.shape[2] // 2 - 2, 0), max(x.shape[3] // 2 - 2, 0)
    assert_close(x[:, :2, top : top + 4, left : left + 4], golden[f"{name}/crop"], 5e-5, f"{name}/crop")
    # A mean is small beside the values it is of.
    assert abs(x.mean() - golden[f"{name}/mean"]) <= 5e-5 * golden[f"{name}/std"], f"{name}/mean"
    assert_close(x.std(), golden[f"{name}/std"], 5e-5, f"{name}/std")


def test_schedule_of_rates_and_filters(case):
    for layer, expected in zip(case.synthesis.layers, case.config["layers"], strict=True):
        spec = layer.spec
        pairs = ("in_size", "out_size", "padding")  # stored as lists
        shared = {name: value for name, value in expected.items() if hasattr(spec, name) and name not in pairs}
        assert len(shared) == 16 and {name: getattr(spec, name) for name in shared} == shared
        assert (spec.up, spec.down) == (expected["up_factor"], expected["down_factor"])
        assert {name: list(getattr(spec, name)) for name in pairs} == {name: expected[name] for name in pairs}
        assert layer.conv_clamp == expected["conv_clamp"]
        for name in ("up_filter", "down_filter"):
            stored = f"weights/G/synthesis.{layer.name}.{name}"
            if stored in case.golden:
                assert_close(getattr(layer, name), case.golden[stored], 1e-6, stored)
            else:
                assert getattr(layer, name) is None
    source = case.synthesis.input
    ours = {name: getattr(source, name) for name in ("bandwidth", "channels", "sampling_rate")}
    assert {**ours, "size": list(source.size)} == case.config["input"]


def test_mapping_and_truncation(case):
    golden, seen = case.golden, 0
    for name, expected in golden.under("map/ws_psi").items():
        psi, cutoff = name.split("_cut")
        cutoff = None if cutoff == "None" else int(cutoff)
        ws = case.generator.mapping(golden["z"], case.c, truncation_psi=float(psi), truncation_cutoff=cutoff)
        assert_close(ws, expected, 1e-5, name)
        seen += 1
    assert seen


def test_images_with_truncation(case):
    seen = 0
    for name, expected in case.golden.under("img/full_psi").items():
        psi, _, cutoff = name.partition("_cut")
        cutoff = int(cutoff) if cutoff.isdecimal() else None
        img = case.generator(case.golden["z"], case.c, truncation_psi=float(psi), truncation_cutoff=cutoff)
        assert_close(nchw(img), expected, 5e-5, name)
        seen += 1
    assert seen == 3


def test_images_from_a_different_style_per_layer(case):
    for noise_mode in ("random", "const", "none"):  # there is no noise
        img = case.synthesis(case.golden["ws_rand"], noise_mode=noise_mode)
        assert_close(nchw(img), case.golden["img/ws_rand"], 5e-5, noise_mode)


def test_activations_of_every_layer(case):
    ws = tf.constant(case.golden["ws_rand"])
    x = case.synthesis.input(ws[:, 0])
    check_summary(case.golden, "layer/input", x)
    for index, layer in enumerate(case.synthesis.layers):
        x = layer(x, ws[:, index + 1])
        check_summary(case.golden, f"layer/{layer.name}", x)


@pytest.mark.parametrize("name", ["transform", "transform2"])
def test_user_transform(restored, name):
    golden, ws = restored.golden, restored.golden["ws_rand"]
    restored.synthesis.input.transform.assign(golden[f"{name}/matrix"])
    check_summary(golden, f"{name}/input", restored.synthesis.input(ws[:, 0]))
    if f"{name}/img" in golden:
        assert_close(nchw(restored.synthesis(ws)), golden[f"{name}/img"], 5e-5, name)


@pytest.mark.parametrize("traced", [False, True])
def test_running_magnitudes_are_updated_before_they_are_used(restored, traced):
    golden, generator = restored.golden, restored.generator

    def step(z):
        w = generator.mapping.map(z, restored.c)
        generator.mapping.update_w_avg(w)
        return generator.synthesis(generator.mapping.broadcast(w), update_emas=True)

    img = (tf.function(step) if traced else step)(tf.constant(golden["z"]))
    assert_close(nchw(img), golden["emaupd/img"], 5e-5, "img")
    updated = golden.under("emaupd/after/")
    assert len(updated) == len(generator.synthesis.layers) + 1
    for name, expected in updated.items():
        assert_close(restored.variables[name], expected, 1e-5, name)


def test_gradients_and_gradients_of_their_norm(case):
    golden = case.golden
    names = [name for name in golden.under("grad/") if name not in ("R", "ws")]
    variables = {name: case.variables[name].value for name in names}
    cotangent = tf.constant(nhwc(golden["grad/R"]))

    @tf.function
    def derivatives(ws):
        with tf.GradientTape() as second:
            second.watch([ws, *variables.values()])
            with tf.GradientTape() as first:
                first.watch([ws, *variables.values()])
                loss = tf.reduce_sum(case.synthesis(ws) * cotangent)
            gradients = first.gradient(loss, {"ws": ws, **variables}, unconnected_gradients="zero")
            square = tf.reduce_sum(gradients["ws"] * gradients["ws"])
        return gradients, square, second.gradient(square, {"ws": ws, **variables}, unconnected_gradients="zero")

    gradients, square, seconds = derivatives(tf.constant(golden["ws_rand"]))
    for name, value in gradients.items():
        assert_close(golden_weights_sg3.to_theirs(name, value), golden[f"grad/{name}"], 2e-4, name)
    assert_close(square, golden["grad2/S"], 2e-4, "S")
    for name, value in seconds.items():
        assert_close(golden_weights_sg3.to_theirs(name, value), golden[f"grad2/{name}"], 5e-4, f"grad2 {name}")


def test_discriminator_of_a_stylegan3_run():
    golden = Golden("sg3t_c64")
    discriminator = golden_weights.build_discriminator(golden.json("config")["D"])
    golden_weights.load(golden_weights.discriminator_variables(discriminator), golden.under("weights/D/"))
    img = tf.constant(nhwc(golden["D/img"]))
    with tf.GradientTape() as tape:
        tape.watch(img)
        logits = discriminator(img, golden["D/c"])
    gradient = tape.gradient(logits, img)
    assert_close(logits, golden["D/logits"], 2e-5, "logits")
    assert_close(nchw(gradient), golden["D/grad_img"], 1e-4, "grad_img")
    assert_close(tf.reduce_sum(gradient * gradient, axis=[1, 2, 3]), golden["D/r1_penalty"], 1e-4, "r1_penalty")
