"""StyleGAN's networks against the official outputs, at every level of detail that was recorded.

Tolerances, relative to the largest reference value, are those the references are stated with: 5e-5 for images,
latents and scores (2e-6 seen), 2e-4 for gradients.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import golden_tf1
from tests.golden_data import assert_close, nchw, nhwc
from tfstylegan import networks

GENERATORS = [
    "sg1_g16_default",
    "sg1_g16_noconst_relu",
    "sg1_g16_nowscale",
    "sg1_g16_traditional",
    "sg1_g32_fused",
    "sg1_g32_labels",
    "sg1_g64_separate",
    "sg1_g128_auto",
]
DISCRIMINATORS = [
    "sg1_d16_default",
    "sg1_d16_nombstd_relu",
    "sg1_d32_fused",
    "sg1_d32_labels",
    "sg1_d64_separate",
    "sg1_d128_auto",
]
IMAGE, GRADIENT = 5e-5, 2e-4


@pytest.fixture(scope="module", params=GENERATORS)
def generator(request):
    return golden_tf1.load(request.param)


@pytest.fixture(scope="module", params=DISCRIMINATORS)
def discriminator(request):
    return golden_tf1.load(request.param)


def test_mapping(generator):
    ws = generator.network.mapping(generator.golden["z"], generator.labels)
    assert_close(ws, generator.golden["dlatents"], 1e-5)


def test_images_at_every_level_of_detail(generator):
    names = generator.golden.under("images/lod_")
    assert len(names) >= 2
    for lod, expected in names.items():
        img = generator.network.synthesis(generator.golden["dlatents"], lod=float(lod))
        assert_close(nchw(img), expected, IMAGE, f"lod {lod}")


def test_a_level_of_detail_that_changes_within_a_traced_function(generator):
    synthesis, ws = generator.network.synthesis, tf.constant(generator.golden["dlatents"])
    traced = tf.function(lambda amount: synthesis(ws, lod=networks.LevelOfDetail(0, amount)))
    for lod in ("0.00", "0.30"):
        img = traced(tf.constant(float(lod)))
        assert_close(nchw(img), generator.golden[f"images/lod_{lod}"], IMAGE, f"lod {lod}")
    assert traced.experimental_get_tracing_count() == 1


def test_truncated_latents_and_images(generator):
    for case in generator.config["truncation"]:
        options = {"truncation_psi": case["psi"], "truncation_cutoff": case["cutoff"]}
        ws = generator.network.mapping(generator.golden["z"], generator.labels, **options)
        assert_close(ws, generator.golden[f"dlatents_trunc/{case['index']}"], 1e-5, str(case))
        img = generator.network(generator.golden["z"], generator.labels, **options)
        assert_close(nchw(img), generator.golden[f"images_trunc/{case['index']}"], IMAGE, str(case))


def test_style_mixing_and_the_mean_of_w_in_training(generator):
    golden, network = generator.golden, generator.network
    before = np.asarray(network.mapping.w_avg)
    for case in generator.config["mixing"]:
        key = f"mix/{case['index']}"
        first, second = (network.mapping(golden[name], generator.labels) for name in ("z", f"{key}/z2"))
        assert_close(second, golden[f"{key}/dlatents2"], 1e-5, key)
        ws = np.concatenate([first[:, : case["cutoff"]], second[:, case["cutoff"] :]], axis=1)
        assert_close(nchw(network.synthesis(ws, lod=case["lod"])), golden[f"{key}/images"], IMAGE, key)
        network.mapping.w_avg_beta = case["dlatent_avg_beta"]
        network.mapping.update_w_avg(first[:, 0])
        assert_close(network.mapping.w_avg, golden[f"{key}/dlatent_avg_after"], 1e-5, key)
        network.mapping.w_avg.assign(before)


def test_generator_gradients(generator):
    golden, seen = generator.golden, 0
    cotangent = nhwc(golden["R"])
    for name, expected in golden.under("grad_dlatents/lod_").items():
        weights = golden.under(f"grad_weights/lod_{name}/")
        variables = {key: generator.variable(key).value for key in weights}
        ws = tf.constant(golden["dlatents"])
        with tf.GradientTape() as tape:
            tape.watch(ws)
            loss = tf.reduce_sum(generator.network.synthesis(ws, lod=float(name)) * cotangent)
        found, by_name = tape.gradient(loss, (ws, variables), unconnected_gradients="zero")
        assert_close(found, expected, GRADIENT, f"lod {name}")
        for key, gradient in by_name.items():
            assert_close(gradient, generator.in_our_layout(key, weights[key]), GRADIENT, f"lod {name}: {key}")
        seen += 1
    assert seen or generator.config["kwargs"].get("blur_filter") == [1, 3, 3, 1]  # recorded without gradients


def test_activations_of_every_layer():
    case = golden_tf1.load("sg1_g16_default")
    golden, x, seen = case.golden, None, 0
    ws = tf.unstack(tf.constant(golden["dlatents"]), axis=1)
    for index, block in enumerate(case.network.synthesis.blocks):
        side = f"{block.height}x{block.width}"
        first = block.epilogue0(tf.expand_dims(block.const, 0), ws[0]) if x is None else None
        x = block(ws[2 * index : 2 * index + 2], x)
        assert_close(nchw(x), golden[f"acts/{side}/{'Conv1' if index else 'Conv'}"], IMAGE, side)
        if first is not None:
            assert_close(nchw(first), golden["acts/4x4/Const"], IMAGE, "4x4/Const")
        seen += 1
    assert seen == 3


def test_scores_at_every_level_of_detail(discriminator):
    images = nhwc(discriminator.golden["images"])
    names = discriminator.golden.under("scores/lod_")
    assert len(names) >= 2
    for lod, expected in names.items():
        scores = discriminator.network.network(images, discriminator.labels, lod=float(lod))
        assert_close(scores, expected, IMAGE, f"lod {lod}")


def test_discriminator_gradients(discriminator):
    golden, seen = discriminator.golden, 0
    for name, expected in golden.under("grad_images/lod_").items():
        weights = golden.under(f"grad_weights/lod_{name}/")
        variables = {key: discriminator.variable(key).value for key in weights}
        images = tf.constant(nhwc(golden["images"]))
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores = discriminator.network.network(images, discriminator.labels, lod=float(name))
            loss = tf.reduce_sum(scores * golden["R"])
        found, by_name = tape.gradient(loss, (images, variables), unconnected_gradients="zero")
        assert_close(nchw(found), expected, GRADIENT, f"lod {name}")
        for key, gradient in by_name.items():
            assert_close(gradient, discriminator.in_our_layout(key, weights[key]), GRADIENT, f"lod {name}: {key}")
        seen += 1
    assert seen


@pytest.mark.parametrize("lod", [-0.1, 2.5, 3, "high", networks.LevelOfDetail(2, 0.5)])
def test_levels_of_detail_that_do_not_exist_are_refused(lod):
    case = golden_tf1.load("sg1_d16_default")
    with pytest.raises(ValueError, match="lod must be"):
        case.network.network(nhwc(case.golden["images"]), lod=lod)
