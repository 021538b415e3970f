"""DCGAN's discriminator and WGAN-GP's critic."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.networks.dcgan_layers import initial_weights, normalization_layer
from tfstylegan.networks.mapping import check_input


@keras.saving.register_keras_serializable("tfstylegan")
class DCGANDiscriminatorBlock(keras.layers.Layer):
    """A convolution of stride 2, normalisation, leaky ReLU (Radford et al. 2016, section 3).

    The first block has no normalisation, and a bias in its stead.

    Args:
      config: the discriminator's hyperparameters.
      height, width: of the input.
    """

    def __init__(self, config: configs.DCGANDiscriminator, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self.is_first = (height, width) == config.sizes[0]
        self.channels = config.channels(max(height, width) // 2)

    def build(self, *unused_shapes):
        config = self.config
        self.norm = None if self.is_first else normalization_layer(config, self.dtype_policy)
        self.conv = keras.layers.Conv2D(
            self.channels,
            config.kernel_size,
            strides=2,
            padding="same",
            use_bias=self.norm is None,
            kernel_initializer=initial_weights(),
            dtype=self.dtype_policy,
            name="conv",
        )
        channels = (
            config.img_channels + config.c_dim if self.is_first else config.channels(max(self.height, self.width))
        )
        self.conv.build([None, self.height, self.width, channels])
        if self.norm is not None:
            self.norm.build([None, self.height // 2, self.width // 2, self.channels])
        self.built = True

    def call(self, x, training: bool | None = None):
        """``[N, height, width, C]`` to ``[N, height / 2, width / 2, channels]``."""
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return kops.leaky_relu(x, self.config.leak)

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class DCGANDiscriminatorNetwork(keras.layers.Layer):
    """Convolutions of stride 2 down to 4x4, and a dense layer to the logit (Radford et al. 2016).

    The paper's sigmoid is left to the loss; a critic has none. Labels are appended to the image as constant channels
    (as Mirza & Osindero 2014 give the discriminator its label as an input).

    Args:
      config: its hyperparameters.
    """

    def __init__(self, config: configs.DCGANDiscriminator, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.blocks = [
            DCGANDiscriminatorBlock(config, *size, dtype=self.dtype_policy, name=block_name(size))
            for size in config.sizes[:-1]
        ]

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.out = keras.layers.Dense(1, kernel_initializer=initial_weights(), dtype=self.dtype_policy, name="out")
        height, width = self.config.sizes[-1]
        self.features = height * width * self.blocks[-1].channels
        self.out.build([None, self.features])
        self.built = True

    def call(self, img, c=None, training: bool | None = None):
        """Scores images.

        Args:
          img: ``[N, height, width, img_channels]`` in [-1, 1].
          c: labels ``[N, c_dim]``, or None for an unconditional discriminator.
          training: True normalises with the batch's mean and variance, and moves the running ones towards them;
            otherwise those are used. Of bearing on ``normalization="batch"`` only.

        Returns:
          Logits ``[N, 1]``, which are not bounded.
        """
        x = kops.convert_to_tensor(img, self.compute_dtype)
        if self.config.c_dim:
            check_input("c", c, self.config.c_dim)
            labels = kops.convert_to_tensor(c, self.compute_dtype)[:, None, None, :]
            x = kops.concatenate([x, kops.tile(labels, [1, *self.config.sizes[0], 1])], axis=-1)
        for block in self.blocks:
            x = block(x, training=training)
        return self.out(kops.reshape(x, [-1, self.features]))

    def compute_output_shape(self, img_shape, c_shape=None):
        return (img_shape[0], 1)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
