"""The layer that StyleGAN3's synthesis network is made of."""

import dataclasses

import keras
from keras import ops as kops

from tfstylegan.configs.stylegan3 import LayerSpec
from tfstylegan.layers.dense import Dense
from tfstylegan.ops.bias_act import SQRT_2
from tfstylegan.ops.filter_design import design_lowpass_filter
from tfstylegan.ops.filtered_lrelu import filtered_lrelu
from tfstylegan.ops.modulated_conv2d_sg3 import modulated_conv2d_sg3


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGAN3SynthesisLayer(keras.layers.Layer):
    """Modulated convolution and filtered leaky ReLU (Karras et al. 2021, section 3.2, figure 4b).

    ``s = affine(w)``; ``y = filtered_lrelu(conv(x / sqrt(magnitude_ema), s) + bias)``. ``magnitude_ema`` is the
    running mean square of the layer's input, which keeps activations at unit magnitude without looking at the
    sample at hand; it is not trained. The last layer, ToRGB, has neither demodulation nor nonlinearity.

    Inputs ``x [N, *in_size, in]`` and ``w [N, w_dim]``; output ``[N, *out_size, out]``. The kernel is raw:
    demodulation makes its scale irrelevant, and ToRGB's style carries 1 / sqrt(in).

    Args:
      spec: sampling rates, bandwidths and sizes, from :attr:`tfstylegan.configs.StyleGAN3.layers`.
      conv_clamp: bound on the magnitude after the nonlinearity, or None.
      magnitude_ema_beta: decay of the running mean square.
    """

    def __init__(
        self,
        spec: LayerSpec,
        conv_clamp: float | None = 256.0,
        magnitude_ema_beta: float = 0.999,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.spec = LayerSpec(**spec) if isinstance(spec, dict) else spec
        self.conv_clamp = conv_clamp
        self.magnitude_ema_beta = magnitude_ema_beta
        rate = self.spec.tmp_sampling_rate
        self.up_filter = design_lowpass_filter(
            self.spec.up_taps, self.spec.in_cutoff, self.spec.in_half_width * 2, rate
        )
        self.down_filter = design_lowpass_filter(
            self.spec.down_taps, self.spec.out_cutoff, self.spec.out_half_width * 2, rate, self.spec.down_radial
        )

    def build(self, x_shape, w_shape):
        spec = self.spec
        self.affine = Dense(spec.in_channels, bias_init=1.0, dtype=self.dtype_policy, name="affine")
        self.affine.build(w_shape)
        self.style_gain = 1.0 / float(spec.in_channels * spec.conv_kernel**2) ** 0.5
        self.kernel = self.add_weight(
            shape=[spec.conv_kernel, spec.conv_kernel, spec.in_channels, spec.out_channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.bias = self.add_weight(shape=[spec.out_channels], initializer="zeros", name="bias")
        # Updated with each replica's own mean, which the aggregation averages.
        self.magnitude_ema = self.add_weight(
            shape=[], initializer="ones", trainable=False, name="magnitude_ema", aggregation="mean"
        )
        self.built = True

    def call(self, x, w, update_emas: bool = False, style=None):
        """Runs the layer.

        Args:
          x: activations ``[N, *in_size, in]``.
          w: latents ``[N, w_dim]``.
          update_emas: move ``magnitude_ema`` towards the mean square of ``x``, before it is used.
          style: ``[N, in]`` in place of ``affine(w)``, or None.
        """
        spec = self.spec
        if update_emas:
            self.update_magnitude_ema(x)
        styles = self.affine(w) if style is None else style
        if spec.is_torgb:
            styles = styles * self.style_gain
        x = modulated_conv2d_sg3(
            x,
            self.kernel,
            styles,
            demodulate=not spec.is_torgb,
            padding=spec.conv_kernel - 1,
            input_gain=kops.rsqrt(self.magnitude_ema),
        )
        return filtered_lrelu(
            x,
            self.up_filter,
            self.down_filter,
            self.bias,
            up=spec.up,
            down=spec.down,
            padding=spec.padding,
            gain=1.0 if spec.is_torgb else SQRT_2,
            slope=1.0 if spec.is_torgb else 0.2,
            clamp=self.conv_clamp,
        )

    def update_magnitude_ema(self, x) -> None:
        """Moves ``magnitude_ema`` towards the mean square of a batch of this layer's input."""
        x = kops.cast(kops.stop_gradient(x), self.variable_dtype)
        mean = kops.mean(x * x)
        self.magnitude_ema.assign(mean + self.magnitude_ema_beta * (self.magnitude_ema - mean))

    def compute_output_shape(self, x_shape, w_shape):
        return (x_shape[0], *self.spec.out_size, self.spec.out_channels)

    def get_config(self):
        return {
            **super().get_config(),
            "spec": dataclasses.asdict(self.spec),
            "conv_clamp": self.conv_clamp,
            "magnitude_ema_beta": self.magnitude_ema_beta,
        }
