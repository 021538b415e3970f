"""Reads images at positions between pixels: what every geometric transform of images ends in."""

from keras import backend
from keras import ops as kops


def sample_bilinear(images, x, y, fill_value: float = 0.0):
    """Reads ``images`` at real positions, weighting the four pixels around each.

    With ``(i, j)`` the integer part of ``(y, x)`` and ``(v, u)`` what is left,
    ``out = (1-v)(1-u) I[i, j] + (1-v) u I[i, j+1] + v (1-u) I[i+1, j] + v u I[i+1, j+1]``,
    where ``I`` is ``fill_value`` outside the image. The result is linear in the image, so derivatives of any order
    with respect to it are exact; derivatives with respect to positions are those of the formula.

    Args:
      images: ``[N, H, W, C]``, floating point; H and W are static.
      x: columns, ``[N, H', W']`` float32; 0 is the centre of the first pixel, W - 1 that of the last.
      y: rows, as ``x``.
      fill_value: of everything outside the image.

    Returns:
      ``[N, H', W', C]`` of the images' type.

    Raises:
      ValueError: if ``images`` are not floating point.
    """
    dtype = backend.standardize_dtype(images.dtype)
    if "float" not in dtype:
        raise ValueError(f"bilinear sampling is for images of floating point numbers; got {dtype}: cast them first")
    _, height, width, _ = images.shape
    # From one pixel outside on, all is fill: positions beyond mean the same, and might not fit into an integer.
    x = kops.clip(kops.cast(x, "float32"), -1.0, float(width))
    y = kops.clip(kops.cast(y, "float32"), -1.0, float(height))
    left, top = kops.floor(x), kops.floor(y)
    rightness, downness = x - left, y - top
    pixels = _flat(images)
    total, inside = 0.0, 0.0
    for column, x_weight in ((left, 1.0 - rightness), (left + 1.0, rightness)):
        for row, y_weight in ((top, 1.0 - downness), (top + 1.0, downness)):
            weight = x_weight * y_weight * kops.cast(_is_inside(column, row, width, height), "float32")
            values = kops.take(pixels, _flat_index(column, row, width, height), axis=0)
            total = total + values * kops.cast(weight, dtype)[..., None]
            inside = inside + weight
    if fill_value:
        total = total + kops.cast((1.0 - inside) * fill_value, dtype)[..., None]
    return total


def sample_nearest(images, x, y, fill_value: float = 0.0):
    """Reads ``images`` at the pixels nearest to the positions; halves are rounded away from zero.

    Args:
      images: ``[N, H, W, C]`` of any type; H and W are static.
      x, y: positions as in :func:`sample_bilinear`.
      fill_value: of everything outside the image.

    Returns:
      ``[N, H', W', C]`` of the images' type.
    """
    _, height, width, _ = images.shape
    column = _round_half_away(kops.clip(kops.cast(x, "float32"), -1.0, float(width)))
    row = _round_half_away(kops.clip(kops.cast(y, "float32"), -1.0, float(height)))
    values = kops.take(_flat(images), _flat_index(column, row, width, height), axis=0)
    fill = kops.cast(fill_value, values.dtype)
    return kops.where(_is_inside(column, row, width, height)[..., None], values, fill)


def _flat(images):
    return kops.reshape(images, [-1, images.shape[3]])


def _flat_index(column, row, width: int, height: int):
    """Indices ``[N, H', W']`` into the pixels of all images; positions outside give the nearest pixel inside."""
    # Clipped as integers, so that even positions that are not numbers give an index that exists.
    column = kops.clip(kops.cast(column, "int32"), 0, width - 1)
    row = kops.clip(kops.cast(row, "int32"), 0, height - 1)
    sample = kops.reshape(kops.arange(kops.shape(column)[0], dtype="int32"), [-1, 1, 1])
    return (sample * height + row) * width + column


def _is_inside(column, row, width: int, height: int):
    across = kops.logical_and(column >= 0.0, column <= float(width - 1))
    return kops.logical_and(across, kops.logical_and(row >= 0.0, row <= float(height - 1)))


def _round_half_away(x):
    # Not floor(|x| + 0.5): the sum rounds 0.49999997 up.
    magnitude = kops.abs(x)
    whole = kops.floor(magnitude)
    return kops.sign(x) * (whole + kops.cast(magnitude - whole >= 0.5, x.dtype))
