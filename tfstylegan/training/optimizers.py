"""Adam, with the rescaling that lazy regularisation needs."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class AdamSettings:
    """Hyperparameters of Adam."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float


def lazy_adam(
    learning_rate: float, beta1: float, beta2: float, epsilon: float, reg_interval: int | None
) -> AdamSettings:
    """Settings for an optimizer that takes an extra step for the regulariser every ``reg_interval`` steps.

    With ``r = interval / (interval + 1)`` the learning rate becomes ``r lr`` and the betas ``beta^r``, so that an
    interval's steps together move the weights and decay the moments as without the extra step (Karras et al.
    2020, appendix B, "Lazy regularization").

    Args:
      learning_rate, beta1, beta2, epsilon: the values without lazy regularisation.
      reg_interval: None leaves them as they are.
    """
    ratio = 1.0 if reg_interval is None else reg_interval / (reg_interval + 1)
    return AdamSettings(learning_rate * ratio, beta1**ratio, beta2**ratio, epsilon)


class Adam:
    """Adam (Kingma & Ba 2015), made of one fused operation per variable.

    Unlike Keras' it counts steps for every variable on its own: a step in which a variable gets no gradient leaves
    its moments and its bias correction alone. The regularisers' steps are such steps for a few biases, and the
    official networks were trained so.

    Make it under the strategy's scope. :meth:`apply` is called by every replica and sums their gradients.

    Args:
      settings: hyperparameters.
      variables: Keras variables to train.
    """

    def __init__(self, settings: AdamSettings, variables: list):
        self.settings = settings
        self._index = {id(variable): index for index, variable in enumerate(variables)}
        self._paths = [variable.path for variable in variables]
        self._momentums = [_slot(variable) for variable in variables]
        self._velocities = [_slot(variable) for variable in variables]
        self._steps = tf.Variable(tf.zeros([len(variables)]), trainable=False)

    def arrays(self) -> dict[str, tf.Variable]:
        """The state by name, for checkpoints."""
        named = {f"{path}/momentum": m for path, m in zip(self._paths, self._momentums, strict=True)}
        named.update({f"{path}/velocity": v for path, v in zip(self._paths, self._velocities, strict=True)})
        return {"steps": self._steps, **named}

    def apply(self, gradients: list, variables: list) -> None:
        """One step; called in replica context.

        Args:
          gradients: this replica's gradients, to be summed over replicas.
          variables: the Keras variables they belong to; those left out stay as they are.
        """
        indices = [self._index[id(variable)] for variable in variables]
        values = [variable.value for variable in variables]

        def merged(strategy, values, gradients):
            self._apply_merged(strategy, indices, values, gradients)

        tf.distribute.get_replica_context().merge_call(merged, args=(values, gradients))

    def _apply_merged(self, strategy, indices, values, gradients) -> None:
        gradients = strategy.extended.batch_reduce_to(
            tf.distribute.ReduceOp.SUM, list(zip(gradients, values, strict=True))
        )
        taken = np.zeros(len(self._paths), np.float32)
        taken[indices] = 1.0
        momentums = [self._momentums[index] for index in indices]
        velocities = [self._velocities[index] for index in indices]

        def update(steps, values, momentums, velocities, gradients):
            count = tf.gather(steps.assign_add(taken), indices)
            beta1_powers, beta2_powers = self.settings.beta1**count, self.settings.beta2**count
            # The paper's epsilon is added after the bias correction, the fused operation's before it.
            epsilons = self.settings.epsilon * tf.sqrt(1.0 - beta2_powers)
            scalars = zip(tf.unstack(beta1_powers), tf.unstack(beta2_powers), tf.unstack(epsilons), strict=True)
            operands = zip(values, momentums, velocities, gradients, scalars, strict=True)
            for value, momentum, velocity, gradient, (beta1_power, beta2_power, epsilon) in operands:
                tf.raw_ops.ResourceApplyAdam(
                    var=value.handle,
                    m=momentum.handle,
                    v=velocity.handle,
                    beta1_power=beta1_power,
                    beta2_power=beta2_power,
                    lr=self.settings.learning_rate,
                    beta1=self.settings.beta1,
                    beta2=self.settings.beta2,
                    epsilon=epsilon,
                    grad=gradient,
                )

        strategy.extended.update(self._steps, update, args=(values, momentums, velocities, gradients))


def _slot(variable) -> tf.Variable:
    return tf.Variable(tf.zeros(variable.shape, variable.dtype), trainable=False)
