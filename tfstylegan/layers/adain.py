"""Adaptive instance normalisation, which carries a style into activations."""

import keras
from keras import ops as kops

from tfstylegan.layers.dense import Dense
from tfstylegan.ops.instance_norm import adaptive_instance_norm
from tfstylegan.ops.modulated_conv2d import per_pixel


@keras.saving.register_keras_serializable("tfstylegan")
class AdaIN(keras.layers.Layer):
    """``instance_norm(x) * (scale + 1) + shift`` with (scale, shift) = affine(w) (Karras et al. 2019, equation 1).

    Inputs ``x [N, H, W, C]`` and ``w [N, w_dim]``; output as ``x``. The bias of ``affine`` starts at zero.

    Args:
      use_instance_norm: whether activations are normalised first.
      use_wscale: whether the affine layer's kernel has the equalized learning rate.
    """

    def __init__(self, use_instance_norm: bool = True, use_wscale: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.use_instance_norm = use_instance_norm
        self.use_wscale = use_wscale

    def build(self, x_shape, w_shape):
        self.affine = Dense(2 * x_shape[-1], use_wscale=self.use_wscale, dtype=self.dtype_policy, name="affine")
        self.affine.build(w_shape)
        self.built = True

    def call(self, x, w=None, style=None):
        """Runs the layer.

        Args:
          x: activations ``[N or 1, H, W, C]``.
          w: latents ``[N, w_dim]``.
          style: ``[N, 2 C]``, scales before shifts, in place of affine(w); or None.
        """
        scale, shift = self.scale_and_shift(w, style)
        if self.use_instance_norm:
            return adaptive_instance_norm(x, scale, shift)
        return x * per_pixel(scale) + per_pixel(shift)

    def scale_and_shift(self, w, style=None):
        """The factors, one already added, and the offsets of the channels, ``[N, C]`` each."""
        style = self.affine(w) if style is None else style
        scale, shift = kops.split(style, 2, axis=-1)
        return scale + 1.0, shift

    def compute_output_shape(self, x_shape, w_shape):
        return x_shape

    def get_config(self):
        return {
            **super().get_config(),
            "use_instance_norm": self.use_instance_norm,
            "use_wscale": self.use_wscale,
        }
