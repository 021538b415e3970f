"""DCGAN's generator behind its latents."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.networks.dcgan_layers import initial_weights, normalization_layer
from tfstylegan.networks.styles import StyleLayer


@keras.saving.register_keras_serializable("tfstylegan")
class DCGANSynthesisBlock(keras.layers.Layer):
    """One resolution: a transposed convolution of stride 2, or at the smallest a dense layer; then batch
    normalisation and ReLU, or at the largest tanh (Radford et al. 2016, section 3 and figure 1).

    There is no bias where normalisation follows, which has one.

    Args:
      config: the generator's hyperparameters.
      height, width: of the output.
    """

    def __init__(self, config: configs.DCGAN, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self.is_first = (height, width) == config.sizes[0]
        self.is_last = (height, width) == config.sizes[-1]
        self.channels = config.img_channels if self.is_last else config.channels(max(height, width))

    def build(self, *unused_shapes):
        config, policy = self.config, self.dtype_policy
        self.norm = None if self.is_last else normalization_layer(config, policy)
        options = {"use_bias": self.norm is None, "kernel_initializer": initial_weights(), "dtype": policy}
        if self.is_first:
            self.dense = keras.layers.Dense(self.height * self.width * self.channels, name="dense", **options)
            self.dense.build([None, config.w_dim])
        else:
            self.conv = keras.layers.Conv2DTranspose(
                self.channels, config.kernel_size, strides=2, padding="same", name="conv", **options
            )
            height, width = self.height // 2, self.width // 2
            self.conv.build([None, height, width, config.channels(max(height, width))])
        if self.norm is not None:
            self.norm.build([None, self.height, self.width, self.channels])
        self.built = True

    def call(self, x, training: bool | None = None):
        """``w [N, w_dim]`` for the smallest block, else ``[N, height / 2, width / 2, C]``, to
        ``[N, height, width, channels]``."""
        if self.is_first:
            x = kops.reshape(self.dense(x), [-1, self.height, self.width, self.channels])
        else:
            x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return kops.tanh(x) if self.is_last else kops.relu(x)

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class DCGANSynthesis(keras.layers.Layer):
    """DCGAN's layers from w, which is the latent and the label, to images (Radford et al. 2016).

    Args:
      config: the generator's hyperparameters.
    """

    noise_shapes: tuple[tuple[int, int], ...] = ()  # of the noise maps: none in this family

    def __init__(self, config: configs.DCGAN, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.blocks = [
            DCGANSynthesisBlock(config, *size, dtype=self.dtype_policy, name=block_name(size)) for size in config.sizes
        ]

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.built = True

    @property
    def ws_resolutions(self) -> list[int]:
        """The longer side of what the only style input, the latent, makes."""
        return [max(self.config.sizes[0])]

    @property
    def style_layers(self) -> dict[str, StyleLayer]:
        """Empty: no layer has a style."""
        return {}

    def styles(self, ws) -> dict:
        """Empty; see :mod:`tfstylegan.networks.styles`."""
        return {}

    def call(self, ws, noise_mode: str = "const", training: bool | None = None):
        """Makes images.

        Args:
          ws: ``[N, 1, w_dim]``.
          noise_mode: accepted for the sake of the other families; this one has no noise.
          training: True normalises with the batch's mean and variance, and moves the running ones towards them;
            otherwise those are used.

        Returns:
          ``[N, height, width, img_channels]`` in [-1, 1].
        """
        expected = (self.config.num_ws, self.config.w_dim)
        if len(ws.shape) != 3 or tuple(ws.shape[1:]) != expected:
            raise ValueError(f"ws must have shape [N, {expected[0]}, {expected[1]}]; got {tuple(ws.shape)}")
        x = ws[:, 0]
        for block in self.blocks:
            x = block(x, training=training)
        return kops.cast(x, self.variable_dtype)

    def compute_output_shape(self, ws_shape):
        return (ws_shape[0], *self.config.sizes[-1], self.config.img_channels)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
