"""Dense layer with the equalized learning rate."""

import keras
from keras import ops as kops

from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.bias_act import bias_act


@keras.saving.register_keras_serializable("tfstylegan")
class Dense(keras.layers.Layer):
    """``act(x W gain lr_multiplier / sqrt(in) + b lr_multiplier)`` with raw weights of unit variance.

    The stored kernel is drawn from N(0, 1) / lr_multiplier and scaled at run time, so that an optimizer which
    normalises by gradient size moves every weight at the same relative speed (Karras et al. 2018, section 4.1).
    ``lr_multiplier`` < 1 slows a layer down; the mapping network uses 0.01. StyleGAN2 and later scale after the
    activation, by its own gain; ProGAN and StyleGAN scale the kernel instead (``gain``, with ``activation_gain=1``).

    Input ``[..., in]``, output ``[..., units]``.

    Args:
      units: output features.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`; its default gain follows it.
      lr_multiplier: learning rate of this layer relative to the optimizer's.
      bias_init: initial value of the stored bias.
      use_bias: whether there is a bias.
      gain: factor on the kernel, of He initialisation.
      activation_gain: factor on the result; None is the activation's own.
      use_wscale: whether kernels have the equalized learning rate; without it, the factor gain / sqrt(in) goes into
        the initial values instead.
    """

    def __init__(
        self,
        units: int,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
        use_bias: bool = True,
        gain: float = 1.0,
        activation_gain: float | None = None,
        use_wscale: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        lookup_activation(activation)
        self.units = units
        self.activation = activation
        self.lr_multiplier = float(lr_multiplier)
        self.bias_init = float(bias_init)
        self.use_bias = use_bias
        self.gain = float(gain)
        self.activation_gain = activation_gain
        self.use_wscale = use_wscale

    def build(self, input_shape):
        features = input_shape[-1]
        he = self.gain / float(features) ** 0.5
        self.kernel_gain = self.lr_multiplier * (he if self.use_wscale else 1.0)
        self.bias_gain = self.lr_multiplier
        self.kernel = self.add_weight(
            shape=[features, self.units],
            initializer=keras.initializers.RandomNormal(stddev=(1.0 if self.use_wscale else he) / self.lr_multiplier),
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=[self.units], initializer=keras.initializers.Constant(self.bias_init), name="bias"
            )
        self.built = True

    def call(self, x):
        x = kops.matmul(x, self.kernel * self.kernel_gain)
        bias = self.bias
        if bias is not None and self.bias_gain != 1.0:
            bias = bias * self.bias_gain
        return bias_act(x, bias, self.activation, gain=self.activation_gain)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": self.activation,
            "lr_multiplier": self.lr_multiplier,
            "bias_init": self.bias_init,
            "use_bias": self.use_bias,
            "gain": self.gain,
            "activation_gain": self.activation_gain,
            "use_wscale": self.use_wscale,
        }
