"""Batch normalisation that trains on several devices and can be differentiated twice."""

import keras
from keras import ops as kops


@keras.saving.register_keras_serializable("tfstylegan")
class BatchNormalization(keras.layers.Layer):
    """``gamma (x - mean) / sqrt(variance + epsilon) + beta`` for each channel (Ioffe & Szegedy 2015).

    ``training=True`` takes mean and variance from the batch, which on several devices is each one's own part, and
    moves the running ones towards them; anything else takes the running ones.

    Keras' own layer falls short in two things: its running statistics cannot be updated on the replicas of a strategy,
    and under TensorFlow its second derivatives are wrong, because ``tf.nn.moments`` holds the mean constant where the
    variance is differentiated. To first order that makes no difference.

    Input and output ``[N, H, W, C]``. Statistics are taken in float32 whatever the layer computes in.

    Args:
      momentum: decay of the running statistics.
      epsilon: is added to the variance.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)

    def build(self, input_shape):
        def weight(name: str, initializer: str, trainable: bool):
            return self.add_weight(
                shape=[input_shape[-1]],
                initializer=initializer,
                trainable=trainable,
                autocast=False,
                aggregation="none" if trainable else "mean",  # of the replicas' updates
                name=name,
            )

        self.gamma = weight("gamma", "ones", trainable=True)
        self.beta = weight("beta", "zeros", trainable=True)
        self.moving_mean = weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = weight("moving_variance", "ones", trainable=False)
        self.built = True

    def call(self, x, training: bool | None = None):
        mean, variance = self.moving_mean, self.moving_variance
        if training:
            precise = kops.cast(x, self.variable_dtype)
            mean = kops.mean(precise, axis=[0, 1, 2])
            variance = kops.mean(kops.square(precise - mean), axis=[0, 1, 2])
            self.moving_mean.assign(mean + self.momentum * (self.moving_mean - mean))
            self.moving_variance.assign(variance + self.momentum * (self.moving_variance - variance))
        scale = self.gamma * kops.rsqrt(variance + self.epsilon)
        shift = self.beta - mean * scale
        return x * kops.cast(scale, x.dtype) + kops.cast(shift, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}
