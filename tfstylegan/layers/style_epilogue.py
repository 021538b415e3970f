"""What follows every convolution of StyleGAN's synthesis network."""

import keras
from keras import ops as kops

from tfstylegan.layers.adain import AdaIN
from tfstylegan.layers.noise import NoiseInjection
from tfstylegan.ops.instance_norm import instance_norm
from tfstylegan.ops.norm_epilogue import norm_epilogue
from tfstylegan.ops.normalize import normalize_2nd_moment
from tfstylegan.ops.style_epilogue import style_epilogue


@keras.saving.register_keras_serializable("tfstylegan")
class StyleEpilogue(keras.layers.Layer):
    """Noise, bias, activation, pixel norm, instance norm, style, in this order (Karras et al. 2019, figure 1b).

    Inputs ``x [N or 1, H, W, C]`` and ``w [N, w_dim]``; output ``[N, H, W, C]``.

    Args:
      height, width: of ``x``, for the noise map.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`; it has no gain here.
      use_noise: whether there is a noise input, with a strength for every channel.
      use_pixel_norm: whether every pixel is scaled to unit mean square over its channels.
      pixel_norm_epsilon: added to the mean square.
      use_instance_norm: whether every channel is normalised to zero mean and unit variance.
      use_styles: whether w scales and shifts the channels.
      use_wscale: whether the style's affine layer has the equalized learning rate.
    """

    def __init__(
        self,
        height: int,
        width: int,
        activation: str = "lrelu",
        use_noise: bool = True,
        use_pixel_norm: bool = False,
        pixel_norm_epsilon: float = 1e-8,
        use_instance_norm: bool = True,
        use_styles: bool = True,
        use_wscale: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.height = height
        self.width = width
        self.activation = activation
        self.use_noise = use_noise
        self.use_pixel_norm = use_pixel_norm
        self.pixel_norm_epsilon = pixel_norm_epsilon
        self.use_instance_norm = use_instance_norm
        self.use_styles = use_styles
        self.use_wscale = use_wscale

    def build(self, x_shape, w_shape):
        channels = x_shape[-1]
        self.noise = None
        if self.use_noise:
            self.noise = NoiseInjection(self.height, self.width, channels, dtype=self.dtype_policy, name="noise")
            self.noise.build()
        self.bias = self.add_weight(shape=[channels], initializer="zeros", name="bias")
        self.style = None
        if self.use_styles:
            self.style = AdaIN(self.use_instance_norm, self.use_wscale, dtype=self.dtype_policy, name="style")
            self.style.build(x_shape, w_shape)
        self.built = True

    def call(self, x, w, noise_mode: str = "const", noise=None, noise_gain=None, style=None):
        """Runs the layer.

        Args:
          x: activations ``[N or 1, H, W, C]``; without styles they have the batch already.
          w: latents ``[N, w_dim]``.
          noise_mode: "random" | "const" | "none".
          noise: noise map ``[N or 1, H, W, 1]`` to use instead, or None.
          noise_gain: scalar factor on the noise, or None for one.
          style: ``[N, 2 C]`` in place of the style that w makes, or None.
        """
        strength = None
        if self.noise is None:
            noise = None
        else:
            noise, strength = self.noise.terms(kops.shape(w)[0], noise_mode, noise, noise_gain)
        if self.style is not None and self.use_instance_norm and not self.use_pixel_norm:
            scale, shift = self.style.scale_and_shift(w, style)
            return norm_epilogue(x, scale, shift, noise, strength, self.bias, self.activation)
        x = style_epilogue(x, None, noise, strength, self.bias, self.activation, gain=1.0)
        if self.use_pixel_norm:
            x = normalize_2nd_moment(x, eps=self.pixel_norm_epsilon)
        if self.style is not None:
            return self.style(x, w, style=style)
        return instance_norm(x) if self.use_instance_norm else x

    def compute_output_shape(self, x_shape, w_shape):
        return (w_shape[0], *x_shape[1:])

    def get_config(self):
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "activation": self.activation,
            "use_noise": self.use_noise,
            "use_pixel_norm": self.use_pixel_norm,
            "pixel_norm_epsilon": self.pixel_norm_epsilon,
            "use_instance_norm": self.use_instance_norm,
            "use_styles": self.use_styles,
            "use_wscale": self.use_wscale,
        }
