"""Minibatch standard deviation as a layer."""

import keras

from tfstylegan.ops.minibatch_stddev import minibatch_stddev


@keras.saving.register_keras_serializable("tfstylegan")
class MinibatchStddev(keras.layers.Layer):
    """Appends batch statistics as channels; see :func:`tfstylegan.ops.minibatch_stddev`.

    Input ``[N, H, W, C]``, output ``[N, H, W, C + num_channels]``.

    Args:
      group_size: samples in a group, or None for the whole batch.
      num_channels: statistics appended.
    """

    def __init__(self, group_size: int | None = 4, num_channels: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.group_size = group_size
        self.num_channels = num_channels

    def call(self, x):
        return minibatch_stddev(x, self.group_size, self.num_channels)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size, "num_channels": self.num_channels}
