"""2-D convolution with FIR up- or downsampling, with the cheapest order of the steps."""

import numpy as np
from keras import ops as kops

from tfstylegan.ops.upfirdn2d import (
    LAYOUT,
    Padding,
    add_padding,
    as_padding,
    downsampling_padding,
    is_same_padding,
    pad_or_crop,
    upfirdn2d,
    upsampling_padding,
)


def conv2d_resample(
    x,
    kernel,
    f: np.ndarray | None = None,
    up: int = 1,
    down: int = 1,
    padding: Padding = 0,
    flip_kernel: bool = False,
):
    """Convolves with optional resampling, as if: upsample and filter, convolve, filter and downsample.

    All padding is applied once, at the beginning, at the upsampled rate. The steps are linear and commute, so an
    upsampling layer runs a transposed convolution first and filters after it, and a downsampling layer filters
    first and convolves with a stride: the convolution then never runs at the higher rate.

    Args:
      x: ``[N, H, W, in]``.
      kernel: ``[kh, kw, in, out]``.
      f: resampling filter of :func:`tfstylegan.ops.setup_filter`; None is the identity.
      up: integer upsampling factor.
      down: integer downsampling factor.
      padding: relative to the upsampled image: a number, (x, y), or (x_before, x_after, y_before, y_after).
      flip_kernel: reverse the kernel spatially (a true convolution). False correlates, as deep learning does.

    Returns:
      ``[N, H', W', out]``.
    """
    kh, kw = int(kernel.shape[0]), int(kernel.shape[1])
    pads = as_padding(padding)
    if up > 1:
        pads = add_padding(pads, upsampling_padding(f, up, up))
    if down > 1:
        pads = add_padding(pads, downsampling_padding(f, down, down))

    if up == 1 and down == 1:
        kernel = _oriented(kernel, flip_kernel)
        if is_same_padding(x.shape, (kh, kw), 1, pads):
            return kops.conv(x, kernel, padding="same", data_format=LAYOUT)
        return _conv(pad_or_crop(x, pads), kernel)
    if up == 1:
        if (kh, kw) == (1, 1):
            return _conv(upfirdn2d(x, f, down=down, padding=pads), kernel)
        return _conv(upfirdn2d(x, f, padding=pads), _oriented(kernel, flip_kernel), stride=down)
    if (kh, kw) == (1, 1):
        return upfirdn2d(_conv(x, kernel), f, up=up, down=down, padding=pads, gain=up**2)

    # A transposed convolution is the true convolution of the zero-stuffed image, so it takes the flipped kernel
    # as it is, and correlation takes it reversed. It pads by kernel-1 on all sides and lacks the last zeros.
    transposed = kops.transpose(_oriented(kernel, not flip_kernel), [0, 1, 3, 2])
    x = kops.conv_transpose(x, transposed, strides=up, padding="valid", data_format=LAYOUT)
    x0, x1, y0, y1 = pads
    rest = (x0 - kw + 1, x1 - kw + min(kw, up), y0 - kh + 1, y1 - kh + min(kh, up))
    x = upfirdn2d(x, f, padding=rest, gain=up**2)
    if down > 1:
        x = upfirdn2d(x, f, down=down)
    return x


def _oriented(kernel, flip: bool):
    return kops.flip(kops.flip(kernel, 0), 1) if flip else kernel  # Keras 3.12 flips one axis at a time


def _conv(x, kernel, stride: int = 1):
    return kops.conv(x, kernel, strides=stride, padding="valid", data_format=LAYOUT)
