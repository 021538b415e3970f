"""Networks small enough to build in a fraction of a second."""

import numpy as np

from tfstylegan import configs, networks

SIZES = {"img_resolution": 16, "channel_base": 128, "z_dim": 16, "w_dim": 16, "mapping_layers": 2}


def generator(seed: int = 0, **overrides) -> networks.Generator:
    """A generator whose noise, biases and mean of w are not zero, as after training."""
    model = networks.Generator(configs.StyleGAN2(**{**SIZES, **overrides}))
    random = np.random.RandomState(seed)
    for variable in model.weights:
        values = random.randn(*variable.shape)
        if variable.name in ("bias", "noise_strength", "w_avg"):
            values *= 0.2
        if "mapping/fc" in variable.path and variable.name == "kernel":
            values *= 100  # stored so that the learning rate multiplier of 0.01 gives unit variance
        variable.assign(values + variable.path.endswith("affine/bias"))
    return model


def discriminator(**overrides) -> networks.Discriminator:
    config = {"img_resolution": 16, "channel_base": 128, **overrides}
    return networks.Discriminator(configs.StyleGAN2Discriminator(**config))
