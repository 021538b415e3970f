"""Gradient regularisers. Both need second derivatives of the networks."""

from collections.abc import Callable

import tensorflow as tf


def r1_penalty(discriminator: Callable, img: tf.Tensor, c: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    """``|dD(x)/dx|²`` at real images (Mescheder et al. 2018, equation 9, without gamma / 2).

    Args:
      discriminator: (img, c) -> logits ``[N, 1]``.
      img: real images ``[N, H, W, C]``.
      c: labels, or None.

    Returns:
      (penalty ``[N]``, logits ``[N, 1]``).
    """
    with tf.GradientTape() as tape:
        tape.watch(img)
        logits = discriminator(img, c)
        total = tf.reduce_sum(logits)
    gradient = tape.gradient(total, img)
    return tf.reduce_sum(gradient * gradient, axis=[1, 2, 3]), logits


def path_lengths(synthesis: Callable, ws: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """``|J_w^T y|`` with random images y (Karras et al. 2020, section 3.2, equation 4).

    Args:
      synthesis: ws -> images ``[N, H, W, C]``.
      ws: styles ``[N, num_ws, w_dim]``.
      noise: y before its scaling, drawn from N(0, 1), of the images' shape.

    Returns:
      ``[N]``: root of the mean over styles of the squared gradient.
    """
    with tf.GradientTape() as tape:
        tape.watch(ws)
        img = synthesis(ws)
        height, width = img.shape[1], img.shape[2]
        total = tf.reduce_sum(img * noise) / float(height * width) ** 0.5
    gradient = tape.gradient(total, ws)
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum(gradient * gradient, axis=2), axis=1))


def path_length_penalty(
    lengths: tf.Tensor, batch_mean: tf.Tensor, pl_mean: tf.Tensor, decay: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """``(length - target)²``, the target being a running mean of lengths (Karras et al. 2020, equation 4).

    The gradient also flows through the batch's share of the target, as in the official code.

    Args:
      lengths: ``[N]``.
      batch_mean: their mean over all replicas.
      pl_mean: the running mean so far.
      decay: how far the running mean moves.

    Returns:
      (penalty ``[N]``, new running mean).
    """
    target = pl_mean + decay * (batch_mean - pl_mean)
    return tf.square(lengths - target), target
