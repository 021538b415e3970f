"""Layer normalisation of images."""

import keras
from keras import ops as kops


@keras.saving.register_keras_serializable("tfstylegan")
class LayerNormalization(keras.layers.Layer):
    """``gamma (x - mean) / sqrt(variance + epsilon) + beta``, with mean and variance of each sample (Ba et al. 2016).

    They are taken over height, width and channels; ``gamma`` and ``beta`` are per channel. Unlike Keras' layers, which
    use ``tf.nn.moments``, it can be differentiated twice: see :class:`tfstylegan.layers.BatchNormalization`.

    Input and output ``[N, H, W, C]``. Statistics are taken in float32 whatever the layer computes in.

    Args:
      epsilon: is added to the variance.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = float(epsilon)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.gamma = self.add_weight(shape=[channels], initializer="ones", autocast=False, name="gamma")
        self.beta = self.add_weight(shape=[channels], initializer="zeros", autocast=False, name="beta")
        self.built = True

    def call(self, x):
        axes = [1, 2, 3]
        centred = kops.cast(x, self.variable_dtype)
        centred = centred - kops.mean(centred, axis=axes, keepdims=True)
        scale = kops.rsqrt(kops.mean(kops.square(centred), axis=axes, keepdims=True) + self.epsilon)
        return kops.cast(centred * (scale * self.gamma) + self.beta, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
