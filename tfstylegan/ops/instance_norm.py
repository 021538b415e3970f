"""Instance normalisation."""

from keras import ops as kops


def instance_norm(x, eps: float = 1e-8):
    """``(x - mean) / sqrt(variance + eps)`` per sample and channel, over height and width.

    What precedes the style's scale and shift in AdaIN (Karras et al. 2019, equation 1). It has no parameters.

    Args:
      x: ``[N, H, W, C]``.
      eps: added to the (population) variance.

    Returns:
      ``[N, H, W, C]``.
    """
    x = x - kops.mean(x, axis=[1, 2], keepdims=True)
    return x * kops.rsqrt(kops.mean(x * x, axis=[1, 2], keepdims=True) + eps)
