"""Normalisation of latents."""

from keras import ops as kops


def normalize_2nd_moment(x, axis: int = -1, eps: float = 1e-8):
    """``x / sqrt(mean(x²) + eps)`` over ``axis``: scales every vector to unit mean square.

    StyleGAN's "pixel norm" of the latents (Karras et al. 2018, section 4.2).
    """
    return x * kops.rsqrt(kops.mean(x * x, axis=axis, keepdims=True) + eps)
