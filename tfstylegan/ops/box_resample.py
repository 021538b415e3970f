"""Resampling by boxes, as ProGAN and StyleGAN do it: nearest neighbours up, means down, and a small blur.

Karras et al. 2018 (section 2) and 2019 (section 3). A convolution next to it is fused with it: enlarging by nearest
neighbours and convolving with k x k taps is a transposed convolution with (k+1) x (k+1) taps, and convolving and
taking means of 2 x 2 pixels is a strided convolution of that size. That is a ninth to a half of the arithmetic, and
exact.
"""

import numpy as np
from keras import ops as kops

from tfstylegan.ops.upfirdn2d import LAYOUT, upfirdn2d


def upsample_nearest(x, factor: int = 2):
    """Repeats every pixel of ``x`` ``[N, H, W, C]`` ``factor`` times along both axes."""
    if factor == 1:
        return x
    _, height, width, channels = x.shape
    # [N, H, W, C] -> [N, H, 1, W, C] -> [N, H, factor, W, C], and the same along x: no tensor above rank 5.
    x = kops.tile(kops.reshape(x, [-1, height, 1, width, channels]), [1, 1, factor, 1, 1])
    x = kops.tile(kops.reshape(x, [-1, height * factor, width, 1, channels]), [1, 1, 1, factor, 1])
    return kops.reshape(x, [-1, height * factor, width * factor, channels])


def downsample_box(x, factor: int = 2):
    """Means of ``factor`` x ``factor`` pixels of ``x`` ``[N, H, W, C]``, whose sides are multiples of it."""
    if factor == 1:
        return x
    return kops.average_pool(x, factor, strides=factor, padding="valid", data_format=LAYOUT)


def blur2d(x, f: np.ndarray | None):
    """Correlates every channel of ``x`` ``[N, H, W, C]`` with ``f``; the size stays.

    Args:
      x: ``[N, H, W, C]``.
      f: a filter of :func:`tfstylegan.ops.setup_filter`; None leaves ``x``. One of even length reaches further to the
        right and down.
    """
    if f is None:
        return x
    fh, fw = (f.shape[0], f.shape[0]) if f.ndim == 1 else f.shape
    before_x, before_y = (fw - 1) // 2, (fh - 1) // 2
    padding = (before_x, fw - 1 - before_x, before_y, fh - 1 - before_y)
    return upfirdn2d(x, f, padding=padding, flip_filter=True)


def upsample_conv2d(x, kernel, fused: bool = True):
    """Enlarges x2 by nearest neighbours and convolves.

    There are two official operations that are not the same function of the kernel: the fused one mirrors it. Both are
    computed as one transposed convolution here.

    Args:
      x: ``[N, H, W, in]``.
      kernel: ``[k, k, in, out]``, k odd.
      fused: whether the kernel is meant for the fused operation: it is applied spatially reversed.

    Returns:
      ``[N, 2 H, 2 W, out]``.
    """
    if not fused:
        kernel = kops.flip(kops.flip(kernel, 0), 1)
    kernel = kops.transpose(_sum_of_shifts(kernel), [0, 1, 3, 2])
    return kops.conv_transpose(x, kernel, strides=2, padding="same", data_format=LAYOUT)


def conv2d_downsample(x, kernel):
    """Convolves and takes means of 2 x 2 pixels, as one strided convolution.

    Args:
      x: ``[N, H, W, in]``, H and W even.
      kernel: ``[k, k, in, out]``, k odd.

    Returns:
      ``[N, H / 2, W / 2, out]``.
    """
    return kops.conv(x, _sum_of_shifts(kernel) * 0.25, strides=2, padding="same", data_format=LAYOUT)


def _sum_of_shifts(kernel):
    """``[k, k, in, out] -> [k+1, k+1, in, out]``: the kernel convolved with a box of 2 x 2 ones."""
    kernel = kops.pad(kernel, [[1, 1], [1, 1], [0, 0], [0, 0]])
    kernel = kernel[1:] + kernel[:-1]
    return kernel[:, 1:] + kernel[:, :-1]
