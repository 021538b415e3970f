"""Rectangular holes in images (DeVries & Taylor 2017, "Improved Regularization of Convolutional Neural Networks")."""

from keras import ops as kops


def cutout(images, mask_size: int | tuple[int, int], centers, fill_value: float = 0.0):
    """Fills a rectangle of every image with a constant.

    The rows ``centre - h/2 ... centre + h/2 - 1`` are filled, and the same for columns, as far as they lie inside.

    Args:
      images: ``[N, H, W, C]``.
      mask_size: even number of pixels, or (height, width).
      centers: (row, column) of the rectangles, integers, ``[N, 2]``, or ``[2]`` for all images alike.
      fill_value: what the rectangle is filled with.

    Returns:
      ``[N, H, W, C]`` of the images' type.

    Raises:
      ValueError: if a size is odd or below 2, or a shape is wrong.
    """
    height, width = (mask_size, mask_size) if isinstance(mask_size, int) else mask_size
    if min(height, width) < 2 or height % 2 or width % 2:
        raise ValueError(f"mask_size must be even numbers of pixels, 2 or more; got {mask_size}")
    if len(images.shape) != 4:
        raise ValueError(f"images must be [N, H, W, C]; got shape {tuple(images.shape)}")
    centers = kops.convert_to_tensor(centers, dtype="int32")
    if len(centers.shape) not in (1, 2) or centers.shape[-1] != 2:
        raise ValueError(f"centers must be [N, 2] or [2], row and column; got shape {tuple(centers.shape)}")
    centers = kops.reshape(centers, [-1, 2])
    rows = _covered(images.shape[1], centers[:, 0], height)[:, :, None]
    columns = _covered(images.shape[2], centers[:, 1], width)[:, None, :]
    covered = kops.logical_and(rows, columns)[..., None]
    return kops.where(covered, kops.cast(fill_value, images.dtype), images)


def _covered(length: int, centers, size: int):
    """Which positions ``[N, length]`` along an axis lie within ``size`` of the centres ``[N]``."""
    offsets = kops.arange(length, dtype="int32")[None, :] - centers[:, None]
    return kops.logical_and(offsets >= -(size // 2), offsets < size // 2)
