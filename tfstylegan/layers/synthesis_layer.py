"""The layer that StyleGAN2's synthesis network is made of."""

import keras
from keras import ops as kops

from tfstylegan.layers.dense import Dense
from tfstylegan.layers.noise import NoiseInjection
from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.conv2d_resample import conv2d_resample
from tfstylegan.ops.filters import setup_filter
from tfstylegan.ops.modulated_conv2d import demodulation_coefficients
from tfstylegan.ops.style_epilogue import scale_channels, style_epilogue


@keras.saving.register_keras_serializable("tfstylegan")
class SynthesisLayer(keras.layers.Layer):
    """Modulated 3x3 convolution, noise, bias, activation (Karras et al. 2020, figure 2d).

    ``s = affine(w)``; ``y = act(demod * conv(x * s) + noise + bias) * gain``. The kernel is stored and used raw:
    demodulation makes its scale irrelevant.

    Inputs ``x [N, H, W, in]`` and ``w [N, w_dim]``; output ``[N, H * up, W * up, filters]``.

    Args:
      filters: output channels.
      height, width: output size in pixels, for the noise map.
      kernel_size: side of the square kernel, odd.
      up: upsampling factor.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`.
      use_noise: whether there is a noise input.
      resample_filter: taps of the resampling filter.
      gain: factor on the activation's default gain and on the clamp.
      conv_clamp: bound on the magnitude of the output (before ``gain``), or None.
    """

    def __init__(
        self,
        filters: int,
        height: int,
        width: int,
        kernel_size: int = 3,
        up: int = 1,
        activation: str = "lrelu",
        use_noise: bool = True,
        resample_filter=(1, 3, 3, 1),
        gain: float = 1.0,
        conv_clamp: float | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.height = height
        self.width = width
        self.kernel_size = kernel_size
        self.up = up
        self.activation = activation
        self.use_noise = use_noise
        self.resample_filter = tuple(resample_filter)
        self.gain = float(gain)
        self.conv_clamp = conv_clamp
        self._activation = lookup_activation(activation)
        self._fir = setup_filter(self.resample_filter)

    def build(self, x_shape, w_shape):
        channels = x_shape[-1]
        self.affine = Dense(channels, bias_init=1.0, dtype=self.dtype_policy, name="affine")
        self.affine.build(w_shape)
        self.noise = None
        if self.use_noise:
            self.noise = NoiseInjection(self.height, self.width, dtype=self.dtype_policy, name="noise")
            self.noise.build()
        self.kernel = self.add_weight(
            shape=[self.kernel_size, self.kernel_size, channels, self.filters],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.bias = self.add_weight(shape=[self.filters], initializer="zeros", name="bias")
        self.built = True

    def call(self, x, w, noise_mode: str = "const", noise=None, noise_gain=None, style=None):
        """Runs the layer.

        Args:
          x: activations ``[N, H, W, in]``.
          w: latents ``[N, w_dim]``.
          noise_mode: "random" | "const" | "none".
          noise: noise map ``[N or 1, H', W', 1]`` to use instead, or None.
          noise_gain: scalar factor on the noise, or None for one.
          style: ``[N, in]`` in place of ``affine(w)``, or None.
        """
        styles = self.affine(w) if style is None else style
        gain = self._activation.gain * self.gain
        clamp = None if self.conv_clamp is None else self.conv_clamp * self.gain
        strength = None
        if self.noise is not None:
            noise, strength = self.noise.terms(kops.shape(w)[0], noise_mode, noise, noise_gain)
        x = conv2d_resample(
            scale_channels(x, styles),
            self.kernel,
            self._fir,
            up=self.up,
            padding=self.kernel_size // 2,
            flip_kernel=self.up > 1,
        )
        return style_epilogue(
            x,
            demodulation_coefficients(self.kernel, styles),
            noise if self.use_noise else None,
            strength,
            self.bias,
            self.activation,
            gain=gain,
            clamp=clamp,
        )

    def compute_output_shape(self, x_shape, w_shape):
        return (x_shape[0], self.height, self.width, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "height": self.height,
            "width": self.width,
            "kernel_size": self.kernel_size,
            "up": self.up,
            "activation": self.activation,
            "use_noise": self.use_noise,
            "resample_filter": self.resample_filter,
            "gain": self.gain,
            "conv_clamp": self.conv_clamp,
        }
