"""Dense layer with the equalized learning rate."""

import keras
from keras import ops as kops

from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.bias_act import bias_act


@keras.saving.register_keras_serializable("tfstylegan")
class Dense(keras.layers.Layer):
    """``act(x W lr_multiplier / sqrt(in) + b lr_multiplier)`` with raw weights of unit variance.

    The stored kernel is drawn from N(0, 1) / lr_multiplier and scaled at run time, so that an optimizer which
    normalises by gradient size moves every weight at the same relative speed (Karras et al. 2018, section 4.1).
    ``lr_multiplier`` < 1 slows a layer down; the mapping network uses 0.01.

    Input ``[..., in]``, output ``[..., units]``.

    Args:
      units: output features.
      activation: a key of :data:`tfstylegan.ops.ACTIVATIONS`; its default gain follows it.
      lr_multiplier: learning rate of this layer relative to the optimizer's.
      bias_init: initial value of the stored bias.
      use_bias: whether there is a bias.
    """

    def __init__(
        self,
        units: int,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
        use_bias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        lookup_activation(activation)
        self.units = units
        self.activation = activation
        self.lr_multiplier = float(lr_multiplier)
        self.bias_init = float(bias_init)
        self.use_bias = use_bias

    def build(self, input_shape):
        features = input_shape[-1]
        self.kernel_gain = self.lr_multiplier / float(features) ** 0.5
        self.bias_gain = self.lr_multiplier
        self.kernel = self.add_weight(
            shape=[features, self.units],
            initializer=keras.initializers.RandomNormal(stddev=1.0 / self.lr_multiplier),
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
        return bias_act(x, bias, self.activation)

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
        }
