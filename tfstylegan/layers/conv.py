"""Convolution with the equalized learning rate and FIR resampling."""

import keras

from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.bias_act import bias_act
from tfstylegan.ops.conv2d_resample import conv2d_resample
from tfstylegan.ops.filters import setup_filter


@keras.saving.register_keras_serializable("tfstylegan")
class Conv2D(keras.layers.Layer):
    """Convolution, bias, activation, gain and clamp, with optional x2 up- or downsampling.

    The stored kernel is drawn from N(0, 1) and divided by sqrt(in * k²) at run time (Karras et al. 2018, section
    4.1). Resampling filters with ``resample_filter`` (Karras et al. 2020, section 2). An upsampling layer applies
    its kernel spatially reversed, as the official networks do.

    Input ``[N, H, W, in]``, output ``[N, H * up / down, W * up / down, filters]``.

    Args:
      filters: output channels.
      kernel_size: side of the square kernel, odd.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`.
      up: upsampling factor.
      down: downsampling factor.
      use_bias: whether there is a bias.
      resample_filter: taps of the resampling filter.
      gain: factor on the activation's default gain and on the clamp; sqrt(1/2) where two paths are added.
      conv_clamp: bound on the magnitude of the output (before ``gain``), or None.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        activation: str = "linear",
        up: int = 1,
        down: int = 1,
        use_bias: bool = True,
        resample_filter=(1, 3, 3, 1),
        gain: float = 1.0,
        conv_clamp: float | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if kernel_size % 2 != 1:
            raise ValueError(f"kernel_size must be odd; got {kernel_size}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.up = up
        self.down = down
        self.use_bias = use_bias
        self.resample_filter = tuple(resample_filter)
        self.gain = float(gain)
        self.conv_clamp = conv_clamp
        self._activation = lookup_activation(activation)
        self._fir = setup_filter(self.resample_filter)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.kernel_gain = 1.0 / float(channels * self.kernel_size**2) ** 0.5
        self.kernel = self.add_weight(
            shape=[self.kernel_size, self.kernel_size, channels, self.filters],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=[self.filters], initializer="zeros", name="bias")
        self.built = True

    def call(self, x):
        gain = self._activation.gain * self.gain
        clamp = None if self.conv_clamp is None else self.conv_clamp * self.gain
        kernel_gain, bias = self.kernel_gain, self.bias
        if self._activation.homogeneous and gain != 1.0:
            # f(g x) = g f(x): scaling the small kernel and bias saves a pass over the large activations.
            kernel_gain, bias, gain = kernel_gain * gain, None if bias is None else bias * gain, 1.0
        x = conv2d_resample(
            x,
            self.kernel * kernel_gain,
            self._fir,
            up=self.up,
            down=self.down,
            padding=self.kernel_size // 2,
            flip_kernel=self.up > 1,
        )
        return bias_act(x, bias, self.activation, gain=gain, clamp=clamp)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        sides = [None if s is None else s * self.up // self.down for s in (height, width)]
        return (batch, *sides, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "up": self.up,
            "down": self.down,
            "use_bias": self.use_bias,
            "resample_filter": self.resample_filter,
            "gain": self.gain,
            "conv_clamp": self.conv_clamp,
        }
