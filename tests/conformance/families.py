"""One small network of every family and architecture, as after some training: what all of them have to pass."""

import dataclasses

import keras
import numpy as np

from tfstylegan import configs, networks

SMALL = {"img_resolution": 16, "channel_base": 128, "channel_max": 16, "z_dim": 16, "w_dim": 16, "mapping_layers": 2}
PROGAN = {"img_resolution": 16, "channel_base": 128, "channel_max": 16}
STYLEGAN3 = {**SMALL, "num_layers": 5, "channel_base": 256, "margin_size": 4}

DCGAN = {"img_resolution": 16, "channel_base": 128, "channel_max": 16}

GENERATORS = {
    "StyleGAN": configs.StyleGAN(**SMALL),
    "StyleGAN, labels, between two resolutions": configs.StyleGAN(**SMALL, c_dim=3, lod=0.4, img_channels=1),
    "StyleGAN, no blur, dense input, pixel norm": configs.StyleGAN(
        **SMALL, const_input_layer=False, blur_filter=None, use_pixel_norm=True, fused_scale=False, activation="relu"
    ),
    "StyleGAN, traditional": configs.StyleGAN(
        **{**SMALL, "mapping_layers": 0},
        use_styles=False,
        use_instance_norm=False,
        use_noise=False,
        const_input_layer=False,
        use_pixel_norm=True,
    ),
    "StyleGAN, not square": configs.StyleGAN(**{**SMALL, "img_resolution": (24, 32)}, img_channels=4),
    "ProGAN": configs.ProGAN(**PROGAN, z_dim=16),
    "ProGAN, labels, half the resolution": configs.ProGAN(**PROGAN, z_dim=16, c_dim=3, lod=1, fused_scale=False),
    "DCGAN": configs.DCGAN(**DCGAN, z_dim=16),
    "DCGAN, labels, not normalised": configs.DCGAN(**DCGAN, z_dim=16, c_dim=3, normalization="none", kernel_size=4),
    "DCGAN, not square": configs.DCGAN(**{**DCGAN, "img_resolution": (24, 32)}, z_dim=16, img_channels=4),
    "StyleGAN2": configs.StyleGAN2(**SMALL),
    "StyleGAN2, resnet, labels": configs.StyleGAN2(**SMALL, architecture="resnet", c_dim=3),
    "StyleGAN2, orig, clamped": configs.StyleGAN2(**SMALL, architecture="orig", conv_clamp=0.8, img_channels=1),
    "StyleGAN2, progressive, joint labels": configs.StyleGAN2(
        **SMALL, architecture="progressive", mapping_labels="joint", c_dim=3, lod=0.4
    ),
    "StyleGAN2, not square": configs.StyleGAN2(**{**SMALL, "img_resolution": (24, 16)}, img_channels=4),
    "StyleGAN2, labels only, no noise": configs.StyleGAN2(**{**SMALL, "z_dim": 0}, c_dim=3, use_noise=False),
    "StyleGAN3-T": configs.StyleGAN3(**STYLEGAN3),
    "StyleGAN3-T, not square": configs.StyleGAN3(**{**STYLEGAN3, "img_resolution": (24, 32)}, img_channels=1),
    "StyleGAN3-R, labels": configs.StyleGAN3(**STYLEGAN3, conv_kernel=1, use_radial_filters=True, c_dim=3),
}

DISCRIMINATORS = {
    "StyleGAN": configs.StyleGANDiscriminator(**PROGAN),
    "StyleGAN, labels, between two resolutions": configs.StyleGANDiscriminator(**PROGAN, c_dim=3, lod=0.4),
    "StyleGAN, not square": configs.StyleGANDiscriminator(**{**PROGAN, "img_resolution": (24, 32)}, img_channels=4),
    "ProGAN": configs.ProGANDiscriminator(**PROGAN),
    "ProGAN, not fused": configs.ProGANDiscriminator(**PROGAN, fused_scale=False, lod=1),
    "DCGAN, labels": configs.DCGANDiscriminator(**DCGAN, c_dim=3),
    "WGAN-GP": configs.DCGANDiscriminator(**DCGAN, normalization="layer"),
    "StyleGAN2": configs.StyleGAN2Discriminator(**PROGAN),
    "StyleGAN2, skip, labels": configs.StyleGAN2Discriminator(**PROGAN, architecture="skip", c_dim=3),
    "StyleGAN2, not square": configs.StyleGAN2Discriminator(**{**PROGAN, "img_resolution": (24, 16)}, c_dim=3),
    "StyleGAN2, orig, no statistics": configs.StyleGAN2Discriminator(
        **PROGAN, architecture="orig", mbstd_num_channels=0, conv_clamp=2.0
    ),
    "StyleGAN2, progressive, direct labels": configs.StyleGAN2Discriminator(
        **PROGAN, architecture="progressive", projection="direct", c_dim=3, lod=0.4
    ),
}

# What starts at a value that hides it, and how far it is moved from there.
MOVED = {"bias": 0.2, "noise_strength": 0.2, "w_avg": 0.2, "const": 1.0, "beta": 0.2, "moving_mean": 0.2}


def build(config, seed: int = 0):
    """A network whose biases, noise and mean of w are not zero."""
    keras.utils.set_random_seed(seed)
    model = networks.build(config)
    random = np.random.RandomState(seed)
    for variable in model.weights:
        if variable.name in MOVED:
            start = np.asarray(variable)
            variable.assign(start + MOVED[variable.name] * np.float32(random.standard_normal(start.shape)))
    return model


def latents(model, rows: int) -> tuple:
    """z and labels for a few images, each None if the model takes none."""
    random = np.random.RandomState(7)
    z = random.randn(rows, model.z_dim).astype(np.float32) if model.z_dim else None
    return z, labels(model, rows)


def labels(model, rows: int):
    """One-hot labels, or None."""
    return np.eye(model.c_dim, dtype=np.float32)[np.arange(rows) % model.c_dim] if model.c_dim else None


def images(config, rows: int) -> np.ndarray:
    """Random images of a config's shape."""
    height, width = configs.size_of(config.img_resolution)
    return np.random.RandomState(5).randn(rows, height, width, config.img_channels).astype(np.float32)


def is_covered(cls: type) -> bool:
    """Whether there is a network for a config class of the package."""
    return any(type(config) is cls for config in [*GENERATORS.values(), *DISCRIMINATORS.values()])


def config_classes() -> list[type]:
    """All config classes that describe networks."""
    found = [getattr(configs, name) for name in configs.__all__]
    return [cls for cls in found if dataclasses.is_dataclass(cls) and hasattr(cls, "img_channels")]
