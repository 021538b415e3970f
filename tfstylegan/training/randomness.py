"""Random numbers as functions of (seed, purpose, step), so that a continued run draws what it would have drawn."""

import zlib

import tensorflow as tf


class Randomness:
    """Draws for a global batch; every replica takes its own samples of it, however many replicas there are.

    Args:
      seed: the run's seed.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def normal(self, purpose: str, step: tf.Tensor, shape) -> tf.Tensor:
        """N(0, 1) of ``shape``, float32."""
        return tf.random.stateless_normal(shape, self._key(purpose, step))

    def uniform(self, purpose: str, step: tf.Tensor, shape=()) -> tf.Tensor:
        """U[0, 1) of ``shape``, float32."""
        return tf.random.stateless_uniform(shape, self._key(purpose, step))

    def integer(self, purpose: str, step: tf.Tensor, low: int, high: int) -> tf.Tensor:
        """A whole number in [low, high), int32."""
        return tf.random.stateless_uniform([], self._key(purpose, step), low, high, tf.int32)

    def _key(self, purpose: str, step: tf.Tensor) -> tf.Tensor:
        stream = zlib.crc32(f"{self.seed}/{purpose}".encode())
        return tf.stack([tf.constant(stream, tf.int64), tf.cast(step, tf.int64)])
