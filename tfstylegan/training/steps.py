"""The training steps, each one compiled function: generator, discriminator, their regularisers, moving average."""

from collections.abc import Callable

import tensorflow as tf

from tfstylegan import configs
from tfstylegan.training import losses, regularizers
from tfstylegan.training.inputs import Inputs, Latents
from tfstylegan.training.state import TrainingState

Metrics = dict[str, tf.Tensor]
Gradients = tuple[list, Metrics]  # one gradient (or None) per variable, and this replica's share of every mean


class TrainingSteps:
    """Compiled steps over all replicas of a strategy.

    Every step takes the number of optimizer steps so far as an int64 tensor, from which its random numbers
    derive, and returns scalar metrics, averaged over the global batch. Gradients are of the mean over the global
    batch, so that the number of replicas does not matter.

    Args:
      state: the run's variables.
      training: hyperparameters.
      strategy: the distribution strategy whose scope the state was made in.
      inputs: where latents and noise come from.
    """

    def __init__(
        self,
        state: TrainingState,
        training: configs.TrainingConfig,
        strategy: tf.distribute.Strategy,
        inputs: Inputs,
    ):
        self.state = state
        self.training = training
        self.strategy = strategy
        self.inputs = inputs
        self.pl_batch_size = training.batch_size // training.pl_batch_shrink
        if training.pl_weight and self.pl_batch_size % strategy.num_replicas_in_sync:
            raise ValueError(
                f"path length's batch of {self.pl_batch_size} does not divide over "
                f"{strategy.num_replicas_in_sync} devices; change batch_size or pl_batch_shrink"
            )
        self.g_main = _compiled(self._generator_step(self.g_main_gradients))
        self.g_reg = _compiled(self._generator_step(self.g_reg_gradients))
        self.g_both = _compiled(self._generator_step(self.g_main_gradients, self.g_reg_gradients))
        self.d_main = _compiled(self._discriminator_step(self.d_main_gradients))
        self.d_reg = _compiled(self._discriminator_step(self.d_reg_gradients))
        self.d_both = _compiled(self._discriminator_step(self.d_main_gradients, self.d_reg_gradients))
        self.update_ema = _compiled(self._update_ema)

    # What a replica computes: losses and their gradients.

    def g_main_gradients(self, step: tf.Tensor) -> Gradients:
        """Of ``mean(softplus(-D(G(z))))``."""
        latents = self.inputs.latents("Gmain", step, self.training.batch_size)
        variables = _values(self.state.generator.trainable_variables)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            _, ws = mixed_styles(self.state.generator.mapping, latents)
            img = self.state.generator.synthesis(ws, noise=latents.noise)
            logits = self.state.discriminator(img, latents.c)
            loss = self._mean(losses.generator_nonsaturating(logits))
        return tape.gradient(loss, variables), {"loss/G": loss, "scores/fake": self._mean(logits)}

    def g_reg_gradients(self, step: tf.Tensor) -> Gradients:
        """Of the path length penalty, times its weight and its interval; also moves ``pl_mean``."""
        training, generator, batch = self.training, self.state.generator, self.pl_batch_size
        latents = self.inputs.latents("Greg", step, batch)
        noise = self.inputs.image_noise(step, batch)
        variables = _values(generator.trainable_variables)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            _, ws = mixed_styles(generator.mapping, latents)
            lengths = regularizers.path_lengths(lambda ws: generator.synthesis(ws, noise=latents.noise), ws, noise)
            mean_length = self._mean(lengths, batch)
            penalty, pl_mean = regularizers.path_length_penalty(
                lengths, self._sum_over_replicas(mean_length), self.state.pl_mean, training.pl_decay
            )
            loss = self._mean(penalty, batch) * training.pl_weight
            total = loss * (training.g_reg_interval or 1)
        gradients = tape.gradient(total, variables)
        self.state.pl_mean.assign(pl_mean)
        return gradients, {"loss/path_length": loss, "path_length": mean_length}

    def d_main_gradients(self, step: tf.Tensor, real: tf.Tensor, real_c: tf.Tensor | None = None) -> Gradients:
        """Of ``mean(softplus(D(G(z)))) + mean(softplus(-D(x)))``; also moves ``w_avg``."""
        generator, discriminator = self.state.generator, self.state.discriminator
        latents = self.inputs.latents("Dmain", step, self.training.batch_size)
        w, ws = mixed_styles(generator.mapping, latents)
        generator.mapping.update_w_avg(w)
        fake = generator.synthesis(ws, noise=latents.noise)
        variables = _values(discriminator.trainable_variables)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            fake_logits = discriminator(fake, latents.c)
            real_logits = discriminator(real, real_c)
            loss = self._mean(losses.discriminator_fake(fake_logits) + losses.discriminator_real(real_logits))
        metrics = {
            "loss/D": loss,
            "scores/real": self._mean(real_logits),
            "signs/real": self._mean(tf.sign(real_logits)),
        }
        return tape.gradient(loss, variables), metrics

    def d_reg_gradients(self, step: tf.Tensor, real: tf.Tensor, real_c: tf.Tensor | None = None) -> Gradients:
        """Of R1, times gamma / 2 and its interval."""
        variables = _values(self.state.discriminator.trainable_variables)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            penalty, _ = regularizers.r1_penalty(self.state.discriminator, real, real_c)
            r1 = self._mean(penalty)
            loss = r1 * (self.training.r1_gamma / 2)
            total = loss * (self.training.d_reg_interval or 1)
        return tape.gradient(total, variables), {"loss/R1": loss, "r1_penalty": r1}

    # The steps over all replicas: gradients, one optimizer step, metrics.

    def _generator_step(self, *parts: Callable) -> Callable:
        variables = self.state.generator.trainable_variables

        def replica(step):
            gradients, metrics = _added(part(step) for part in parts)
            step_optimizer(self.state.g_optimizer, gradients, variables)
            return metrics

        return lambda step: self._on_replicas(replica, step)

    def _discriminator_step(self, *parts: Callable) -> Callable:
        variables = self.state.discriminator.trainable_variables

        def replica(step, images):
            real = to_float(images)
            gradients, metrics = _added(part(step, real) for part in parts)
            step_optimizer(self.state.d_optimizer, gradients, variables)
            return metrics

        return lambda step, images: self._on_replicas(replica, step, images)

    def _on_replicas(self, replica: Callable, *args) -> Metrics:
        metrics = self.strategy.run(replica, args=args)
        return {k: self.strategy.reduce(tf.distribute.ReduceOp.SUM, v, axis=None) for k, v in metrics.items()}

    def _update_ema(self, beta: tf.Tensor) -> None:
        def move(average, value):
            return average.assign(value + beta * (average - value))

        def copy(average, value):
            return average.assign(value)

        live, averaged, update = self.state.generator, self.state.generator_ema, self.strategy.extended.update
        for average, value in zip(averaged.trainable_variables, live.trainable_variables, strict=True):
            update(average.value, move, args=(value.value,))
        for average, value in zip(averaged.non_trainable_weights, live.non_trainable_weights, strict=True):
            update(average.value, copy, args=(value.value,))

    def _mean(self, per_sample: tf.Tensor, batch_size: int | None = None) -> tf.Tensor:
        """This replica's share of the mean over the global batch."""
        return tf.reduce_sum(per_sample) / float(batch_size or self.training.batch_size)

    def _sum_over_replicas(self, x: tf.Tensor) -> tf.Tensor:
        if self.strategy.num_replicas_in_sync == 1:
            return x
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, x)


def mixed_styles(mapping, latents: Latents) -> tuple[tf.Tensor, tf.Tensor]:
    """Maps latents, and replaces styles from ``cutoff`` on by those of the second latents.

    Style mixing regularisation, Karras et al. 2019, section 3.1.

    Returns:
      (w ``[n, w_dim]`` of the first latents, styles ``[n, num_ws, w_dim]``).
    """
    w = mapping.map(latents.z, latents.c)
    ws = mapping.broadcast(w)
    if latents.z_mix is None:
        return w, ws
    ws_mix = mapping.broadcast(mapping.map(latents.z_mix, latents.c))
    keep = tf.reshape(tf.range(mapping.num_ws) < latents.cutoff, [1, -1, 1])
    return w, tf.where(keep, ws, ws_mix)


def step_optimizer(optimizer, gradients: list, variables: list) -> None:
    """One optimizer step, after replacing NaN by 0 and infinities by +-1e5, as the official loop does.

    A variable without a gradient is left out, rather than given a zero that would decay its moments.
    """
    pairs = [(finite(g), v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])


def finite(gradient: tf.Tensor) -> tf.Tensor:
    """NaN to 0, and values clipped to +-1e5."""
    gradient = tf.where(tf.math.is_nan(gradient), tf.zeros_like(gradient), gradient)
    return tf.clip_by_value(gradient, -1e5, 1e5)


def to_float(images: tf.Tensor) -> tf.Tensor:
    """uint8 [0, 255] to float32 [-1, 1]; floats stay."""
    return tf.cast(images, tf.float32) * (1.0 / 127.5) - 1.0 if images.dtype == tf.uint8 else images


def _compiled(function: Callable) -> Callable:
    return tf.function(function, autograph=False)  # plain TensorFlow calls: nothing to convert


def _values(variables) -> list:
    return [variable.value for variable in variables]


def _added(parts) -> Gradients:
    parts = list(parts)
    columns = [[g for g in column if g is not None] for column in zip(*(g for g, _ in parts), strict=True)]
    gradients = [tf.add_n(column) if column else None for column in columns]
    return gradients, {name: value for _, metrics in parts for name, value in metrics.items()}
