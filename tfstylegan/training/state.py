"""Everything a run knows: networks, optimizers, running means, and how far it is."""

from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf

from tfstylegan import configs
from tfstylegan.errors import UserError
from tfstylegan.networks import Discriminator, Generator
from tfstylegan.training.optimizers import Adam, lazy_adam


@dataclass
class TrainingState:
    """The variables of a run, made under the strategy's scope, and its step counter."""

    generator: Generator
    generator_ema: Generator
    discriminator: Discriminator
    g_optimizer: Adam
    d_optimizer: Adam
    pl_mean: tf.Variable
    step: int = field(default=0)

    @classmethod
    def create(
        cls,
        generator: configs.StyleGAN2,
        discriminator: configs.StyleGAN2Discriminator,
        training: configs.TrainingConfig,
    ) -> "TrainingState":
        """Makes a run's initial state; call it under ``strategy.scope()``. Weights derive from the seed."""
        keras.utils.set_random_seed(training.seed)
        g = Generator(generator, name="generator")
        d = Discriminator(discriminator, name="discriminator")
        g_ema = Generator(generator, name="generator")
        copy_weights(g, g_ema)
        adam = (training.beta1, training.beta2, training.epsilon)
        g_interval = training.g_reg_interval if training.pl_weight else None
        d_interval = training.d_reg_interval if training.r1_gamma else None
        return cls(
            generator=g,
            generator_ema=g_ema,
            discriminator=d,
            g_optimizer=Adam(lazy_adam(training.g_lr, *adam, g_interval), g.trainable_variables),
            d_optimizer=Adam(lazy_adam(training.d_lr, *adam, d_interval), d.trainable_variables),
            pl_mean=tf.Variable(0.0, trainable=False, name="pl_mean", aggregation=tf.VariableAggregation.MEAN),
        )

    def arrays(self) -> dict[str, tf.Variable]:
        """All variables by a name that is stable across runs and numbers of devices."""
        named: dict[str, tf.Variable] = {"pl_mean": self.pl_mean}
        for group, model in (("G", self.generator), ("G_ema", self.generator_ema), ("D", self.discriminator)):
            paths = {f"{group}/{variable.path}": variable for variable in model.weights}
            assert len(paths) == len(model.weights), f"two variables of {group} share a path"
            named.update(paths)
        for group, optimizer in (("g_optimizer", self.g_optimizer), ("d_optimizer", self.d_optimizer)):
            named.update({f"{group}/{name}": variable for name, variable in optimizer.arrays().items()})
        return named

    def restore(self, values, step: int) -> None:
        """Sets every variable.

        Args:
          values: mapping from the names of :meth:`arrays` to arrays.
          step: the step they were saved at.

        Raises:
          UserError: if a name is missing or a shape differs.
        """
        for name, variable in self.arrays().items():
            if name not in values:
                raise UserError(f"the checkpoint lacks {name}: it was written for other networks")
            value = np.asarray(values[name])
            if value.shape != tuple(variable.shape):
                raise UserError(f"the checkpoint's {name} has shape {value.shape}, not {tuple(variable.shape)}")
            variable.assign(value)
        self.step = step


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copies all weights between two models of the same architecture."""
    for ours, theirs in zip(target.weights, source.weights, strict=True):
        ours.assign(theirs.numpy())
