"""Adversarial losses, per sample (Goodfellow et al. 2014), on logits ``[N, 1]``."""

import tensorflow as tf


def generator_nonsaturating(fake_logits: tf.Tensor) -> tf.Tensor:
    """``-log sigmoid(D(G(z))) = softplus(-D(G(z)))``, ``[N, 1]``."""
    return tf.nn.softplus(-fake_logits)


def discriminator_fake(fake_logits: tf.Tensor) -> tf.Tensor:
    """``-log(1 - sigmoid(D(G(z)))) = softplus(D(G(z)))``, ``[N, 1]``."""
    return tf.nn.softplus(fake_logits)


def discriminator_real(real_logits: tf.Tensor) -> tf.Tensor:
    """``-log sigmoid(D(x)) = softplus(-D(x))``, ``[N, 1]``."""
    return tf.nn.softplus(-real_logits)
