"""Smoothing of images."""

import numpy as np
from keras import ops as kops

from tfstylegan.ops.upfirdn2d import upfirdn2d

PADDINGS = ("constant", "reflect", "symmetric")


def gaussian_filter2d(
    images,
    filter_shape: int | tuple[int, int] = (3, 3),
    sigma: float | tuple[float, float] = 1.0,
    padding: str = "reflect",
    fill_value: float = 0.0,
):
    """Convolves every channel with a Gaussian; the size stays.

    The taps are ``exp(-i² / (2 sigma²))`` at the integers ``i`` around the centre, divided by their sum. Unlike
    ``keras.ops.image.gaussian_blur``, which surrounds images by zeros, this keeps the brightness of borders.

    Args:
      images: ``[N, H, W, C]``, floating point.
      filter_shape: odd number of taps, or (rows, columns).
      sigma: standard deviation in pixels, or (vertical, horizontal).
      padding: what lies outside: "reflect" mirrors without repeating the border, "symmetric" repeats it, "constant"
        is ``fill_value``.
      fill_value: for ``padding="constant"``.

    Returns:
      ``[N, H, W, C]``.

    Raises:
      ValueError: if an argument is out of range, or the image is too small to be mirrored.
    """
    rows, columns = (filter_shape, filter_shape) if isinstance(filter_shape, int) else filter_shape
    if min(rows, columns) < 1 or rows % 2 == 0 or columns % 2 == 0:
        raise ValueError(f"filter_shape must be an odd number of taps, or a pair (rows, columns); got {filter_shape}")
    vertical, horizontal = (sigma, sigma) if isinstance(sigma, (int, float)) else sigma
    if min(vertical, horizontal) <= 0:
        raise ValueError(f"sigma must be positive, or a pair (vertical, horizontal); got {sigma}")
    if padding not in PADDINGS:
        raise ValueError(f"padding must be one of {', '.join(PADDINGS)}; got {padding!r}")
    _check_size(images.shape, rows // 2, columns // 2, padding)
    pads = [[0, 0], [rows // 2, rows // 2], [columns // 2, columns // 2], [0, 0]]
    if padding == "constant":
        images = kops.pad(images, pads, constant_values=fill_value)
    else:
        images = kops.pad(images, pads, mode=padding)
    images = upfirdn2d(images, _gaussian(rows, vertical)[:, None])
    return upfirdn2d(images, _gaussian(columns, horizontal)[None, :])


def _gaussian(taps: int, sigma: float) -> np.ndarray:
    offsets = np.arange(taps) - taps // 2
    weights = np.exp(-(offsets**2) / (2.0 * sigma**2))
    return (weights / weights.sum()).astype(np.float32)


def _check_size(shape, above: int, beside: int, padding: str) -> None:
    if len(shape) != 4:
        raise ValueError(f"images must be [N, H, W, C]; got shape {tuple(shape)}")
    if padding == "constant":
        return
    border = 1 if padding == "reflect" else 0  # the border itself is not mirrored
    for name, length, needed in (("height", shape[1], above), ("width", shape[2], beside)):
        if length is not None and length < needed + border:
            raise ValueError(
                f"padding={padding!r} mirrors {needed} pixels, more than images of {name} {length} have; "
                f"use a smaller filter_shape or padding='constant'"
            )
