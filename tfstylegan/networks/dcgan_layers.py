"""What DCGAN's generator and discriminator are put together from."""

import keras

from tfstylegan import configs
from tfstylegan.layers.batch_norm import BatchNormalization
from tfstylegan.layers.layer_norm import LayerNormalization

Config = configs.DCGAN | configs.DCGANDiscriminator


def initial_weights() -> keras.initializers.Initializer:
    """N(0, 0.02²) (Radford et al. 2016, section 4)."""
    return keras.initializers.RandomNormal(stddev=0.02)


def normalization_layer(config: Config, dtype) -> keras.layers.Layer | None:
    """The normalisation that a config asks for, with a scale and a bias for each channel; None for none."""
    if config.normalization == "batch":
        return BatchNormalization(momentum=config.norm_momentum, epsilon=config.norm_epsilon, dtype=dtype, name="norm")
    if config.normalization == "layer":
        return LayerNormalization(epsilon=config.norm_epsilon, dtype=dtype, name="norm")
    return None
