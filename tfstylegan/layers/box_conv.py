"""Convolution with He's gain in the kernel and resampling by boxes, as in ProGAN and StyleGAN."""

import keras
from keras import ops as kops

from tfstylegan.ops.bias_act import SQRT_2, bias_act
from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.box_resample import conv2d_downsample, upsample_conv2d
from tfstylegan.ops.upfirdn2d import LAYOUT

RESAMPLING = (None, "up", "down")


@keras.saving.register_keras_serializable("tfstylegan")
class BoxConv2D(keras.layers.Layer):
    """Convolution, bias and activation, with optional x2 up- or downsampling by boxes.

    The stored kernel is drawn from N(0, 1) and scaled by gain / sqrt(in * k²) at run time (Karras et al. 2018, section
    4.1). The gain belongs to the activation that follows; the activation itself has none.

    Input ``[N, H, W, in]``, output ``[N, H', W', filters]``.

    Args:
      filters: output channels.
      kernel_size: side of the square kernel, odd.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`.
      resampling: "up", "down" or None.
      fused: for "up", whether the kernel is stored for the official fused operation, which reverses it.
      use_bias: whether there is a bias.
      gain: of He initialisation: sqrt(2), or 1 where no activation follows.
      use_wscale: whether the kernel has the equalized learning rate; without it the factor is in the initial values.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        activation: str = "linear",
        resampling: str | None = None,
        fused: bool = True,
        use_bias: bool = True,
        gain: float = SQRT_2,
        use_wscale: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if kernel_size % 2 != 1:
            raise ValueError(f"kernel_size must be odd; got {kernel_size}")
        if resampling not in RESAMPLING:
            raise ValueError(f"resampling must be one of {', '.join(map(str, RESAMPLING))}; got {resampling!r}")
        lookup_activation(activation)
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.resampling = resampling
        self.fused = fused
        self.use_bias = use_bias
        self.gain = float(gain)
        self.use_wscale = use_wscale

    def build(self, input_shape):
        channels = input_shape[-1]
        he = self.gain / float(channels * self.kernel_size**2) ** 0.5
        self.kernel_gain = he if self.use_wscale else 1.0
        self.kernel = self.add_weight(
            shape=[self.kernel_size, self.kernel_size, channels, self.filters],
            initializer=keras.initializers.RandomNormal(stddev=1.0 if self.use_wscale else he),
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=[self.filters], initializer="zeros", name="bias")
        self.built = True

    def call(self, x):
        kernel = self.kernel * self.kernel_gain
        if self.resampling == "up":
            x = upsample_conv2d(x, kernel, self.fused)
        elif self.resampling == "down":
            x = conv2d_downsample(x, kernel)
        else:
            x = kops.conv(x, kernel, padding="same", data_format=LAYOUT)
        return bias_act(x, self.bias, self.activation, gain=1.0)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        if self.resampling == "up":
            height, width = 2 * height, 2 * width
        elif self.resampling == "down":
            height, width = height // 2, width // 2
        return (batch, height, width, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "resampling": self.resampling,
            "fused": self.fused,
            "use_bias": self.use_bias,
            "gain": self.gain,
            "use_wscale": self.use_wscale,
        }
