"""ProGAN's networks against the official outputs; tolerances as for StyleGAN."""

import pytest
import tensorflow as tf

from tests import golden_tf1
from tests.golden_data import assert_close, nchw, nhwc

IMAGE, GRADIENT = 5e-5, 2e-4


@pytest.mark.parametrize("name", ["progan_g16", "progan_g16_nopn_relu", "progan_g32_separate_labels"])
def test_generator(name):
    case = golden_tf1.load(name)
    golden, network, gradients = case.golden, case.network, 0
    images = golden.under("images/lod_")
    assert len(images) >= 2
    for lod, expected in images.items():
        z = tf.constant(golden["z"])
        with tf.GradientTape() as tape:
            tape.watch(z)
            img = network.synthesis(network.mapping(z, case.labels), lod=float(lod))
            loss = tf.reduce_sum(img * nhwc(golden["R"]))
        assert_close(nchw(img), expected, IMAGE, f"lod {lod}")
        if f"grad_z/lod_{lod}" in golden:
            assert_close(tape.gradient(loss, z), golden[f"grad_z/lod_{lod}"], GRADIENT, f"lod {lod}")
            gradients += 1
    assert gradients == 2


@pytest.mark.parametrize("name", ["progan_d16", "progan_d32_separate"])
def test_discriminator(name):
    case = golden_tf1.load(name)
    golden, gradients = case.golden, 0
    for lod, expected in golden.under("scores/lod_").items():
        images = tf.constant(nhwc(golden["images"]))
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores = case.network.network(images, lod=float(lod))
            loss = tf.reduce_sum(scores * golden["R"])
        assert_close(scores, expected, IMAGE, f"lod {lod}")
        if f"grad_images/lod_{lod}" in golden:
            assert_close(nchw(tape.gradient(loss, images)), golden[f"grad_images/lod_{lod}"], GRADIENT, f"lod {lod}")
            gradients += 1
    assert gradients == 2
