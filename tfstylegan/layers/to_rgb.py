"""From activations to an image."""

import keras

from tfstylegan.layers.dense import Dense
from tfstylegan.ops.bias_act import bias_act
from tfstylegan.ops.modulated_conv2d import modulated_conv2d


@keras.saving.register_keras_serializable("tfstylegan")
class ToRGB(keras.layers.Layer):
    """1x1 modulated convolution to image channels, without demodulation (Karras et al. 2020, section 2.2).

    Without demodulation the kernel's scale matters, so the style carries 1 / sqrt(in).

    Inputs ``x [N, H, W, in]`` and ``w [N, w_dim]``; output ``[N, H, W, img_channels]``.

    Args:
      img_channels: output channels.
      conv_clamp: bound on the magnitude of the output, or None.
    """

    def __init__(self, img_channels: int, conv_clamp: float | None = None, **kwargs):
        super().__init__(**kwargs)
        self.img_channels = img_channels
        self.conv_clamp = conv_clamp

    def build(self, x_shape, w_shape):
        channels = x_shape[-1]
        self.style_gain = 1.0 / float(channels) ** 0.5
        self.affine = Dense(channels, bias_init=1.0, dtype=self.dtype_policy, name="affine")
        self.affine.build(w_shape)
        self.kernel = self.add_weight(
            shape=[1, 1, channels, self.img_channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.bias = self.add_weight(shape=[self.img_channels], initializer="zeros", name="bias")
        self.built = True

    def call(self, x, w, style=None):
        """Runs the layer; ``style [N, in]``, if given, takes the place of ``affine(w)``."""
        styles = (self.affine(w) if style is None else style) * self.style_gain
        x = modulated_conv2d(x, self.kernel, styles, demodulate=False)
        return bias_act(x, self.bias, clamp=self.conv_clamp)

    def compute_output_shape(self, x_shape, w_shape):
        return (*x_shape[:-1], self.img_channels)

    def get_config(self):
        return {**super().get_config(), "img_channels": self.img_channels, "conv_clamp": self.conv_clamp}
