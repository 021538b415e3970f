"""Modulated convolution (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 2.2)."""

import numpy as np
from keras import ops as kops

from tfstylegan.ops.conv2d_resample import conv2d_resample
from tfstylegan.ops.style_epilogue import scale_channels
from tfstylegan.ops.upfirdn2d import Padding


def modulated_conv2d(
    x,
    kernel,
    styles,
    noise=None,
    demodulate: bool = True,
    up: int = 1,
    down: int = 1,
    padding: Padding = 0,
    resample_filter: np.ndarray | None = None,
    flip_kernel: bool = False,
):
    """Convolution whose input channels are scaled per sample by ``styles`` (equations 1 to 3).

    The paper scales the kernel for every sample. Scaling the activations instead, by the style before and the
    demodulation coefficient after the convolution, is the same function with a constant kernel: no grouped
    convolution, so it trains on a CPU and exports.

    Args:
      x: ``[N, H, W, in]``.
      kernel: ``[kh, kw, in, out]``, raw; no equalized learning rate factor is applied here.
      styles: ``[N, in]``.
      noise: ``[N or 1, H', W', 1]`` added to every channel after demodulation, or None.
      demodulate: scale every output channel to unit variance for unit-variance input.
      up, down, padding, resample_filter, flip_kernel: as for :func:`tfstylegan.ops.conv2d_resample`.

    Returns:
      ``[N, H', W', out]``.
    """
    x = scale_channels(x, styles)
    x = conv2d_resample(x, kernel, resample_filter, up, down, padding, flip_kernel)
    if demodulate:
        x = scale_channels(x, demodulation_coefficients(kernel, styles))
    return x if noise is None else x + noise


def demodulation_coefficients(kernel, styles, eps: float = 1e-8):
    """``1 / sqrt(sum over (ky, kx, in) of (kernel * style)² + eps)``, ``[N, out]`` (equation 3)."""
    energy = kops.sum(kernel * kernel, axis=[0, 1])  # [in, out]
    return kops.rsqrt(kops.matmul(styles * styles, energy) + eps)


def per_pixel(v):
    """``[N, C] -> [N, 1, 1, C]``, to be broadcast over an image (by reshape, which exporters fold)."""
    return kops.reshape(v, [-1, 1, 1, v.shape[-1]])
