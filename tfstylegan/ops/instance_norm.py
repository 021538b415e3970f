"""Instance normalisation, plain and adaptive."""

from keras import ops as kops


def instance_norm(x, eps: float = 1e-8):
    """``(x - mean) / sqrt(variance + eps)`` per sample and channel, over height and width. It has no parameters.

    Args:
      x: ``[N, H, W, C]``.
      eps: added to the (population) variance.

    Returns:
      ``[N, H, W, C]``.
    """
    centred, factor = _centred(x, eps)
    return centred * factor


def adaptive_instance_norm(x, scale, shift, eps: float = 1e-8):
    """``instance_norm(x) * scale + shift``: AdaIN (Karras et al. 2019, equation 1).

    The normalisation's factor and the scale are multiplied first, which saves a pass over the activations.

    Args:
      x: ``[N, H, W, C]``; N may be 1 for styles of a larger batch.
      scale, shift: ``[N, C]``.
      eps: added to the (population) variance.

    Returns:
      ``[N, H, W, C]``.
    """
    channels = x.shape[-1]
    centred, factor = _centred(x, eps)
    scale, shift = (kops.reshape(style, [-1, 1, 1, channels]) for style in (scale, shift))
    return centred * (factor * scale) + shift


def _centred(x, eps: float):
    """``x`` less its mean, and one over its standard deviation ``[N, 1, 1, C]``."""
    x = x - kops.mean(x, axis=[1, 2], keepdims=True)
    return x, kops.rsqrt(kops.mean(x * x, axis=[1, 2], keepdims=True) + eps)
