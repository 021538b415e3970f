"""The second derivative of the normalisation epilogue, by differentiating its plain form twice.

No loss of the StyleGAN family differentiates it twice while training, so it is right rather than fast.
"""

import tensorflow as tf

ACTIVATIONS = (
    lambda x, alpha: x,
    lambda x, alpha: tf.nn.relu(x),
    lambda x, alpha: tf.nn.leaky_relu(x, alpha),
    lambda x, alpha: tf.tanh(x),
    lambda x, alpha: tf.sigmoid(x),
    lambda x, alpha: tf.nn.elu(x),
    lambda x, alpha: tf.nn.selu(x),
    lambda x, alpha: tf.nn.softplus(x),
    lambda x, alpha: x * tf.sigmoid(x),
)  # in the order of tfstylegan_ops.h


def gradient_of_gradient(inputs, cotangents, act: int, alpha: float, gain: float, clamp: float, epsilon: float):
    """Gradients in the inputs of ``TfstyleganNormEpilogueGrad``, given the cotangents of its outputs.

    Args:
      inputs: dy, x, noise, strength, b, scale, mean, rstd; absent ones are empty vectors.
      cotangents: of dx, dnoise, dstrength, db, dscale, dshift.
      act, alpha, gain, clamp, epsilon: attributes of the op.

    Returns:
      A gradient for every input, None for those that are absent and for the statistics, which depend on the others.
    """
    dy, x, noise, strength, b, scale = inputs[:6]
    given = [not (t.shape.rank == 1 and t.shape[0] == 0) for t in (x, noise, strength, b, scale)]
    sources = [t for t, here in zip((x, noise, strength, b, scale), given, strict=True) if here]
    shift = tf.zeros_like(x[:, 0, 0, :])
    with tf.GradientTape() as outer:
        outer.watch([dy, *sources])
        with tf.GradientTape() as inner:
            inner.watch([*sources, shift])
            t = x
            if given[1]:
                t = t + noise * strength
            if given[3]:
                t = t + b
            t = ACTIVATIONS[act](t, alpha) * gain
            if clamp >= 0:
                t = tf.clip_by_value(t, -clamp, clamp)
            t = t - tf.reduce_mean(t, axis=[1, 2], keepdims=True)
            t = t * tf.math.rsqrt(tf.reduce_mean(t * t, axis=[1, 2], keepdims=True) + epsilon)
            if given[4]:
                t = t * scale[:, None, None, :]
            y = t + shift[:, None, None, :]
        first = inner.gradient(y, [*sources, shift], output_gradients=dy)
        wanted = [c for c, here in zip(cotangents[:5], given, strict=True) if here]
        total = tf.add_n([tf.reduce_sum(g * c) for g, c in zip(first, [*wanted, cotangents[5]], strict=True)])
    second = iter(outer.gradient(total, [dy, *sources], unconnected_gradients=tf.UnconnectedGradients.ZERO))
    return next(second), *(next(second) if here else None for here in given), None, None
