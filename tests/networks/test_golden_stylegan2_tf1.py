"""StyleGAN2 against the outputs of its TensorFlow 1 code: all architectures, the progressive one of configurations B to
D included, with labels that are normalised together with the latents.

Tolerances, relative to the largest reference value, are those the references are stated with: 5e-5 for images,
latents and scores, 2e-4 for gradients.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import golden_tf1
from tests.golden_data import assert_close, nchw, nhwc

GENERATORS = ["sg2tf_g16_skip", "sg2tf_g16_orig", "sg2tf_g32_resnet_labels", "sg2tf_g32_revised"]
DISCRIMINATORS = ["sg2tf_d16_resnet", "sg2tf_d16_orig", "sg2tf_d32_skip_labels", "sg2tf_d32_stylegan"]
IMAGE, GRADIENT = 5e-5, 2e-4


@pytest.fixture(scope="module", params=GENERATORS)
def generator(request):
    return golden_tf1.load(request.param)


@pytest.fixture(scope="module", params=DISCRIMINATORS)
def discriminator(request):
    return golden_tf1.load(request.param)


def levels(golden, name: str) -> dict:
    """Recorded arrays by level of detail; None for a network that is not grown."""
    if name in golden:
        return {None: golden[name]}
    return {float(lod): array for lod, array in golden.under(f"{name}/lod_").items() if "/" not in lod}


def test_mapping_and_truncation(generator):
    golden = generator.golden
    ws = generator.network.mapping(golden["z"], generator.labels)
    assert_close(ws, golden["dlatents"], 1e-5)
    assert generator.config["truncation"]
    for case in generator.config["truncation"]:
        options = {"truncation_psi": case["psi"], "truncation_cutoff": case["cutoff"]}
        ws = generator.network.mapping(golden["z"], generator.labels, **options)
        assert_close(ws, golden[f"dlatents_trunc/{case['index']}"], 1e-5, str(case))
        img = generator.network(golden["z"], generator.labels, **options)
        assert_close(nchw(img), golden[f"images_trunc/{case['index']}"], IMAGE, str(case))


def test_images(generator):
    found = levels(generator.golden, "images")
    assert len(found) == (5 if generator.network.config.architecture == "progressive" else 1)
    for lod, expected in found.items():
        img = generator.network.synthesis(generator.golden["dlatents"], lod=lod)
        assert_close(nchw(img), expected, IMAGE, f"lod {lod}")


def test_style_mixing(generator):
    golden, network = generator.golden, generator.network
    for case in generator.config.get("mixing", []):
        key = f"mix/{case['index']}"
        first, second = (network.mapping(golden[name], generator.labels) for name in ("z", f"{key}/z2"))
        ws = np.concatenate([first[:, : case["cutoff"]], second[:, case["cutoff"] :]], axis=1)
        assert_close(ws, golden[f"{key}/dlatents"], 1e-5, key)
        assert_close(nchw(network.synthesis(ws)), golden[f"{key}/images"], IMAGE, key)


def test_generator_gradients(generator):
    golden, cotangent = generator.golden, nhwc(generator.golden["R"])
    found = levels(golden, "grad_dlatents")
    assert found
    for lod, expected in found.items():
        weights = golden.under("grad_weights/") if lod is None else {}
        variables = {key: generator.variable(key).value for key in weights}
        ws = tf.constant(golden["dlatents"])
        with tf.GradientTape() as tape:
            tape.watch(ws)
            loss = tf.reduce_sum(generator.network.synthesis(ws, lod=lod) * cotangent)
        gradient, by_name = tape.gradient(loss, (ws, variables), unconnected_gradients="zero")
        assert_close(gradient, expected, GRADIENT, f"lod {lod}")
        for key, value in by_name.items():
            assert_close(value, generator.in_our_layout(key, weights[key]), GRADIENT, key)


def test_scores_and_discriminator_gradients(discriminator):
    golden = discriminator.golden
    gradients = levels(golden, "grad_images")
    assert gradients
    for lod, expected in levels(golden, "scores").items():
        weights = golden.under("grad_weights/") if lod is None else {}
        variables = {key: discriminator.variable(key).value for key in weights}
        images = tf.constant(nhwc(golden["images"]))
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores = discriminator.network.network(images, discriminator.labels, lod=lod)
            loss = tf.reduce_sum(scores * golden["R"])
        assert_close(scores, expected, IMAGE, f"lod {lod}")
        gradient, by_name = tape.gradient(loss, (images, variables), unconnected_gradients="zero")
        if lod in gradients:
            assert_close(nchw(gradient), gradients[lod], GRADIENT, f"lod {lod}")
        for key, value in by_name.items():
            assert_close(value, discriminator.in_our_layout(key, weights[key]), GRADIENT, key)


def test_real_valued_labels_weight_the_outputs():
    case = golden_tf1.load("sg2tf_d32_skip_labels")
    images = nhwc(case.golden["images"])
    rows = np.eye(3, dtype=np.float32)
    by_class = [np.asarray(case.network(images, np.tile(row, [len(images), 1]))) for row in rows]
    mixed = case.network(images, np.tile([[0.5, -1.0, 2.0]], [len(images), 1]).astype(np.float32))
    assert_close(mixed, 0.5 * by_class[0] - by_class[1] + 2 * by_class[2], 1e-5)


def test_lod_is_refused_where_it_has_no_meaning():
    case = golden_tf1.load("sg2tf_g16_skip")
    with pytest.raises(ValueError, match="lod needs architecture"):
        case.network.synthesis(case.golden["dlatents"], lod=1)
