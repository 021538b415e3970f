"""Official TensorFlow 1 checkpoints, of every code base, against what the official code made of them.

Images, latents and scores agree to 2e-5 of the largest value, where the references are stated with 5e-5.
"""

import numpy as np
import pytest

import tfstylegan
from tests.golden_data import FOLDER, Golden, assert_close, nchw, nhwc
from tfstylegan import configs
from tfstylegan.images import to_uint8

CHECKPOINTS = [
    "progan_tfutil",
    "sg1_uncond",
    "sg1_cond_lod",
    "sg2_config_f",
    "sg2_cond",
    "ada_uncond",
    "ada_cond",
]
TOLERANCE = 2e-5


def path(name: str):
    return FOLDER / "tf1" / "pkl" / f"{name}.pkl"


@pytest.fixture(scope="module", params=CHECKPOINTS)
def checkpoint(request):
    return request.param, Golden(f"tf1/pkl/{request.param}")


def labels(network, golden):
    return golden["labels"] if network.c_dim else None


def test_images_of_the_averaged_generator(checkpoint):
    name, golden = checkpoint
    generator = tfstylegan.load(path(name))
    z, c = golden["z"], labels(generator, golden)
    images = generator(z, c)
    assert_close(nchw(images), golden["images_Gs"], TOLERANCE, "Gs")
    official = np.clip(nhwc(golden["images_Gs"]) * 127.5 + 128, 0, 255).astype(np.uint8)
    assert np.abs(to_uint8(images).astype(int) - official).max() <= 1
    if "dlatents" in golden:
        assert_close(generator.mapping(z, c), golden["dlatents"], 1e-5, "dlatents")
        psi, cutoff = golden.json("config")["psi"]
        truncated = generator(z, c, truncation_psi=psi, truncation_cutoff=cutoff)
        assert_close(nchw(truncated), golden["images_Gs_psi"], TOLERANCE, "truncated")
        psi, cutoff = (0.7, 8) if name.startswith("sg1") else (0.5, None)  # what the official code does by default
        default = generator(z, c, truncation_psi=psi, truncation_cutoff=cutoff)
        assert_close(nchw(default), golden["images_Gs_default"], TOLERANCE, "default")


def test_the_trained_generator_and_the_discriminator(checkpoint):
    name, golden = checkpoint
    generator = tfstylegan.load(path(name), network="G")
    assert_close(nchw(generator(golden["z"], labels(generator, golden))), golden["images_G"], TOLERANCE, "G")
    discriminator = tfstylegan.load(path(name), network="D")
    scores = discriminator(nhwc(golden["disc_images"]), labels(discriminator, golden))
    assert_close(scores, golden["scores_D"], TOLERANCE, "D")


def test_the_level_of_detail_of_a_checkpoint_is_honoured(checkpoint):
    name, golden = checkpoint
    expected = golden.json("config").get("lod", 0)
    for network in ("G_ema", "D"):
        config = tfstylegan.load(path(name), network=network).config
        assert getattr(config, "lod", 0) == pytest.approx(expected, abs=1e-6)
    if name == "sg1_cond_lod":
        assert expected > 0 and config.fused_scale is True


def test_families():
    found = {name: type(tfstylegan.load(path(name)).config) for name in ("progan_tfutil", "sg1_uncond", "sg2_cond")}
    assert list(found.values()) == [configs.ProGAN, configs.StyleGAN, configs.StyleGAN2]
