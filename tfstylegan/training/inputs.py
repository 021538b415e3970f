"""What the training steps are fed besides images: latents, style mixing, noise."""

from dataclasses import dataclass
from typing import Protocol

import tensorflow as tf

from tfstylegan import configs
from tfstylegan.networks import Generator
from tfstylegan.training.batching import replica_order
from tfstylegan.training.randomness import Randomness


@dataclass(frozen=True)
class Latents:
    """One replica's inputs to a generator in one phase."""

    z: tf.Tensor  # [n, z_dim]
    c: tf.Tensor | None = None  # labels [n, c_dim]
    z_mix: tf.Tensor | None = None  # second latents [n, z_dim], for style mixing
    cutoff: tf.Tensor | int | None = None  # first style that comes from z_mix
    noise: list[tf.Tensor] | None = None  # noise maps [n, h, w, 1]; None takes the fixed ones


class Inputs(Protocol):
    """Gives every replica its inputs; called inside the replicas."""

    def latents(self, phase: str, step: tf.Tensor, batch_size: int) -> Latents:
        """Inputs for ``phase`` ("Gmain", "Greg", "Dmain") at a step; ``batch_size`` counts all replicas."""

    def image_noise(self, step: tf.Tensor, batch_size: int) -> tf.Tensor:
        """The random images of path length regularisation, N(0, 1) ``[n, H, W, C]``."""


class RandomInputs:
    """Inputs drawn at random, the same for any number of replicas.

    Draws are made for the global batch, of which a replica takes its own samples.

    Args:
      generator: whose inputs to draw.
      training: batch size, seed and style mixing probability.
      replicas: number of replicas.
      mbstd_group_size: groups of samples that must stay on one replica.
    """

    def __init__(
        self,
        generator: Generator,
        training: configs.TrainingConfig,
        replicas: int = 1,
        mbstd_group_size: int | None = None,
    ):
        self._generator = generator
        self._training = training
        self._replicas = replicas
        self._random = Randomness(training.seed)
        self._order = replica_order(training.batch_size, replicas, mbstd_group_size)

    def latents(self, phase: str, step: tf.Tensor, batch_size: int) -> Latents:
        """As :meth:`Inputs.latents`, with style mixing at the configured probability (one cutoff a batch)."""
        generator, random, prob = self._generator, self._random, self._training.style_mixing_prob
        z = self._local(random.normal(f"{phase} z", step, [batch_size, generator.z_dim]))
        noise = [
            self._local(random.normal(f"{phase} noise {index}", step, [batch_size, height, width, 1]))
            for index, (height, width) in enumerate(generator.synthesis.noise_shapes)
        ]
        if prob <= 0:
            return Latents(z, noise=noise)
        z_mix = self._local(random.normal(f"{phase} z mix", step, [batch_size, generator.z_dim]))
        cutoff = random.integer(f"{phase} cutoff", step, 1, generator.num_ws)
        cutoff = tf.where(random.uniform(f"{phase} mix", step) < prob, cutoff, generator.num_ws)
        return Latents(z, z_mix=z_mix, cutoff=cutoff, noise=noise)

    def image_noise(self, step: tf.Tensor, batch_size: int) -> tf.Tensor:
        """As :meth:`Inputs.image_noise`."""
        shape = [batch_size, *self._generator.img_size, self._generator.img_channels]
        return self._local(self._random.normal("path length", step, shape))

    def _local(self, x: tf.Tensor) -> tf.Tensor:
        """This replica's samples of a draw for all."""
        if self._replicas == 1:
            return x
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        size = x.shape[0] // self._replicas
        if x.shape[0] == self._training.batch_size:
            x = tf.gather(x, tf.constant(self._order.reshape(self._replicas, -1))[replica])
        else:  # a smaller batch, which no minibatch statistics see
            x = x[replica * size : (replica + 1) * size]
        return tf.ensure_shape(x, [size, *x.shape[1:]])
