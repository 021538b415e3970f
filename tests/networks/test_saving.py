"""Networks as files: .keras round trips, in this process and in a fresh one."""

import subprocess
import sys

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tfstylegan import configs, networks

GENERATORS = {
    "skip": {},
    "resnet": {"architecture": "resnet"},
    "orig": {"architecture": "orig"},
    "conditional": {"c_dim": 3},
    "gray": {"img_channels": 1},
    "RGBA": {"img_channels": 4},
    "no noise": {"use_noise": False},
    "clamped": {"conv_clamp": 0.5, "activation": "swish", "resample_filter": (1, 2, 1)},
}

CHILD = """
import sys
import numpy as np
import tfstylegan
model = tfstylegan.load(sys.argv[1])
inputs = np.load(sys.argv[2])
c = inputs["c"] if model.c_dim else None
np.save(sys.argv[3], np.asarray(model(inputs["x"], c)))
"""


def reload_elsewhere(model, x, c, folder):
    """What the saved model computes in a process that knows nothing but the file."""
    model.save(folder / "model.keras")
    np.savez(folder / "inputs.npz", x=x, c=np.zeros(0) if c is None else c)
    paths = [str(folder / name) for name in ("model.keras", "inputs.npz", "out.npy")]
    subprocess.run([sys.executable, "-c", CHILD, *paths], check=True, capture_output=True, timeout=120)
    return np.load(folder / "out.npy")


def labels(count, c_dim):
    return np.eye(c_dim, dtype=np.float32)[np.arange(count) % c_dim] if c_dim else None


@pytest.mark.parametrize("options", GENERATORS.values(), ids=GENERATORS)
def test_a_generator_comes_back_as_it_was(options, tmp_path):
    generator = tiny_networks.generator(**options)
    z, c = tfstylegan.z_from_seeds([0, 1], generator.z_dim), labels(2, generator.c_dim)
    generator.save(tmp_path / "g.keras")
    again = tfstylegan.load(tmp_path / "g.keras")
    assert again.config == generator.config
    assert [v.path for v in again.weights] == [v.path for v in generator.weights]
    np.testing.assert_array_equal(again(z, c), generator(z, c))
    np.testing.assert_array_equal(again(z, c, truncation_psi=0.5), generator(z, c, truncation_psi=0.5))


@pytest.mark.parametrize("name", ["skip", "conditional"])
def test_a_generator_computes_the_same_in_a_fresh_process(name, tmp_path):
    generator = tiny_networks.generator(**GENERATORS[name])
    z, c = tfstylegan.z_from_seeds([0, 1, 2], generator.z_dim), labels(3, generator.c_dim)
    np.testing.assert_allclose(reload_elsewhere(generator, z, c, tmp_path), generator(z, c), atol=1e-6)


@pytest.mark.parametrize("c_dim", [0, 3])
def test_a_discriminator_computes_the_same_in_a_fresh_process(c_dim, tmp_path):
    discriminator = tiny_networks.discriminator(c_dim=c_dim)
    side, channels = discriminator.img_resolution, discriminator.img_channels
    x, c = np.random.RandomState(0).randn(4, side, side, channels).astype(np.float32), labels(4, c_dim)
    np.testing.assert_allclose(reload_elsewhere(discriminator, x, c, tmp_path), discriminator(x, c), atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3, 5])
def test_any_batch_size_gives_every_sample_its_own_picture(batch):
    generator = tiny_networks.generator()
    z = tfstylegan.z_from_seeds(range(batch), generator.z_dim)
    together = np.asarray(generator(z))
    for index in range(batch):
        np.testing.assert_allclose(together[index : index + 1], generator(z[index : index + 1]), atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "channels", "batch"), [("resnet", 1, 1), ("skip", 4, 4), ("orig", 3, 2), ("resnet", 5, 8)]
)
def test_discriminators_take_any_channels_and_batches(architecture, channels, batch):
    discriminator = tiny_networks.discriminator(architecture=architecture, img_channels=channels)
    side = discriminator.img_resolution
    logits = discriminator(np.ones([batch, side, side, channels], np.float32))
    assert logits.shape == (batch, 1) and np.isfinite(logits).all()


def test_noise_modes():
    generator = tiny_networks.generator()
    z = tfstylegan.z_from_seeds([3], generator.z_dim)
    const, none = (np.asarray(generator(z, noise_mode=mode)) for mode in ("const", "none"))
    random = [np.asarray(generator(z, noise_mode="random")) for _ in range(2)]
    np.testing.assert_array_equal(const, generator(z, noise_mode="const"))
    pictures = [const, none, *random]
    for i, first in enumerate(pictures):
        for second in pictures[i + 1 :]:
            assert np.abs(first - second).max() > 1e-3
    with pytest.raises(ValueError, match="noise_mode must be one of"):
        generator(z, noise_mode="loud")


def test_given_noise_replaces_the_fixed_maps():
    generator = tiny_networks.generator()
    ws = generator.mapping(tfstylegan.z_from_seeds([0, 1], generator.z_dim))
    layers = generator.synthesis.conv_layers
    fixed = [np.asarray(layer.noise.noise_const)[None, :, :, None] for layer in layers]
    expected = np.asarray(generator.synthesis(ws))
    np.testing.assert_allclose(generator.synthesis(ws, noise_mode="none", noise=fixed), expected, atol=1e-6)
    with pytest.raises(ValueError, match=f"list of {len(layers)} maps"):
        generator.synthesis(ws, noise=fixed[1:])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g(np.zeros([2, 3], np.float32)), "z must have shape"),
        (lambda g: g.synthesis(np.zeros([2, 3, 4], np.float32)), "ws must have shape"),
        (lambda g: tiny_networks.generator(c_dim=3)(np.zeros([2, g.z_dim], np.float32)), "c is missing"),
        (lambda g: tiny_networks.discriminator()(np.zeros([2, 8, 8, 3], np.float32)), "img must have shape"),
        (lambda g: networks.Generator(configs.StyleGAN2Discriminator()), "takes a config of .*StyleGAN2"),
        (lambda g: configs.StyleGAN2(img_resolution=33), "img_resolution=33 cannot be reached .*: 32 or 36 can"),
        (lambda g: configs.StyleGAN2(activation="lreIu"), "activation must be one of"),
        (lambda g: configs.StyleGAN2(z_dim=0), "no input"),
        (lambda g: configs.StyleGAN2(channel_base=100), "leaves no channel"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(tiny_networks.generator())


def test_configs_survive_json():
    for config in (
        configs.StyleGAN2(img_resolution=64, resample_filter=[1, 2, 1]),
        configs.StyleGAN2Discriminator(mbstd_group_size=None),
        configs.TrainingConfig(g_reg_interval=None),
    ):
        assert configs.from_dict(configs.to_dict(config)) == config
    with pytest.raises(ValueError, match="unknown field wings"):
        configs.from_dict({"family": "StyleGAN2", "wings": 2})
    with pytest.raises(ValueError, match="unknown config family"):
        configs.from_dict({"family": "BigGAN"})
