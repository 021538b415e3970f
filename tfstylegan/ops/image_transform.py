"""Projective transforms of images: rotation, translation, scaling, shear, perspective, and their composition.

A transform is a row ``(a0, a1, a2, b0, b1, b2, c0, c1)``. It says where an *output* pixel ``(x, y)`` comes from:
``((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)`` with ``k = c0 x + c1 y + 1``. Pixel centres are at integers. Rows
and their order are those of tensorflow-addons and of ``keras.ops.image.affine_transform``.
"""

from keras import ops as kops

from tfstylegan.ops.image_sampling import sample_bilinear, sample_nearest

SAMPLERS = {"bilinear": sample_bilinear, "nearest": sample_nearest}
FILL_MODES = ("constant", "reflect", "wrap", "nearest")


def projective_transform(
    images,
    transforms,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    output_size: tuple[int, int] | None = None,
):
    """Warps images by projective transforms.

    Under TensorFlow ``keras.ops.image.affine_transform`` gives the same values, but its gradient is the cotangent
    warped by the inverse transform, which is the derivative for translations by whole pixels only. The one of this
    function is the derivative, and so is that of its gradient. It is also the same under every backend of Keras.

    Args:
      images: ``[N, H, W, C]``; floating point for ``interpolation="bilinear"``.
      transforms: ``[N, 8]``, or ``[1, 8]`` or ``[8]`` for all images alike.
      interpolation: "bilinear" or "nearest", halves rounded away from zero.
      fill_mode: what lies outside the image: "constant" is ``fill_value``, "reflect" the image mirrored with its
        border repeated, "wrap" the image again, "nearest" its border.
      fill_value: for ``fill_mode="constant"``, and wherever ``k`` is zero.
      output_size: (height, width) of the result; None is that of ``images``.

    Returns:
      ``[N, H', W', C]`` of the images' type.

    Raises:
      ValueError: if a mode is unknown, or shapes are wrong.
    """
    if interpolation not in SAMPLERS:
        raise ValueError(f"interpolation must be one of {', '.join(SAMPLERS)}; got {interpolation!r}")
    if fill_mode not in FILL_MODES:
        raise ValueError(f"fill_mode must be one of {', '.join(FILL_MODES)}; got {fill_mode!r}")
    if len(images.shape) != 4:
        raise ValueError(f"images must be [N, H, W, C]; got shape {tuple(images.shape)}")
    _, height, width, _ = images.shape
    # A row for every sample, so that positions have the images' batch size.
    transforms = _as_rows(transforms) + kops.zeros([kops.shape(images)[0], 1], dtype="float32")
    x, y, is_finite = _positions(transforms, *(output_size or (height, width)))
    if fill_mode != "constant":
        x = _into_image(x, width, fill_mode)
        y = _into_image(y, height, fill_mode)
    out = SAMPLERS[interpolation](images, x, y, fill_value)
    return kops.where(is_finite[..., None], out, kops.cast(fill_value, out.dtype))


def rotate(
    images, angles, interpolation: str = "bilinear", fill_mode: str = "constant", fill_value: float = 0.0
):  # fmt: skip
    """Rotates images ``[N, H, W, C]`` about their centres.

    Args:
      images, interpolation, fill_mode, fill_value: as for :func:`projective_transform`.
      angles: radians, counter-clockwise, ``[N]`` or a number for all.
    """
    transforms = angles_to_projective_transforms(angles, images.shape[1], images.shape[2])
    return projective_transform(images, transforms, interpolation, fill_mode, fill_value)


def translate(
    images, translations, interpolation: str = "bilinear", fill_mode: str = "constant", fill_value: float = 0.0
):  # fmt: skip
    """Moves images ``[N, H, W, C]`` to the right and downwards.

    Args:
      images, interpolation, fill_mode, fill_value: as for :func:`projective_transform`.
      translations: (dx, dy) in pixels, ``[N, 2]`` or ``[2]`` for all.
    """
    transforms = translations_to_projective_transforms(translations)
    return projective_transform(images, transforms, interpolation, fill_mode, fill_value)


def angles_to_projective_transforms(angles, height: int, width: int):
    """Rows ``[N, 8]`` that rotate images of ``height`` x ``width`` pixels about their centres.

    With the centre ``(cx, cy) = ((W-1)/2, (H-1)/2)`` a row is
    ``(cos, -sin, cx - (cos cx - sin cy), sin, cos, cy - (sin cx + cos cy), 0, 0)``.

    Args:
      angles: radians, counter-clockwise, ``[N]`` or a number.
      height, width: of the images.
    """
    angles = kops.reshape(kops.convert_to_tensor(angles, dtype="float32"), [-1])
    cos, sin = kops.cos(angles), kops.sin(angles)
    cx, cy = (width - 1) / 2.0, (height - 1) / 2.0
    zero = kops.zeros_like(angles)
    row = [cos, -sin, cx - (cos * cx - sin * cy), sin, cos, cy - (sin * cx + cos * cy), zero, zero]
    return kops.stack(row, axis=1)


def translations_to_projective_transforms(translations):
    """Rows ``(1, 0, -dx, 0, 1, -dy, 0, 0)``, ``[N, 8]``, of translations (dx, dy), ``[N, 2]`` or ``[2]``, in pixels."""
    translations = kops.reshape(kops.convert_to_tensor(translations, dtype="float32"), [-1, 2])
    dx, dy = translations[:, 0], translations[:, 1]
    zero, one = kops.zeros_like(dx), kops.ones_like(dx)
    return kops.stack([one, zero, -dx, zero, one, -dy, zero, zero], axis=1)


def compose_transforms(*transforms):
    """The one transform that does what ``transforms`` do one after the other, the first of them first.

    Rows are matrices ``[[a0, a1, a2], [b0, b1, b2], [c0, c1, 1]]``; the result is their product, from the first to the
    last, divided by its last element.

    Args:
      *transforms: ``[N, 8]``, ``[1, 8]`` or ``[8]`` each.

    Returns:
      ``[N, 8]``.

    Raises:
      ValueError: if there are none, or their shapes are wrong.
    """
    if not transforms:
        raise ValueError("compose_transforms needs at least one transform")
    product, *others = [_as_matrices(_as_rows(rows)) for rows in transforms]
    for matrices in others:
        product = kops.matmul(product, matrices)
    flat = kops.reshape(product, [-1, 9])
    return flat[:, :8] / flat[:, 8:]


def _as_rows(transforms):
    transforms = kops.convert_to_tensor(transforms, dtype="float32")
    if len(transforms.shape) not in (1, 2) or transforms.shape[-1] != 8:
        raise ValueError(f"transforms must be [N, 8] or [8]; got shape {tuple(transforms.shape)}")
    return kops.reshape(transforms, [-1, 8])


def _as_matrices(rows):
    return kops.reshape(kops.concatenate([rows, kops.ones_like(rows[:, :1])], axis=1), [-1, 3, 3])


def _positions(rows, height: int, width: int):
    """Where the pixels of an output of this size come from: x and y, and whether they exist, each ``[N, H', W']``."""
    x = kops.reshape(kops.arange(width, dtype="float32"), [1, 1, -1])
    y = kops.reshape(kops.arange(height, dtype="float32"), [1, -1, 1])
    a0, a1, a2, b0, b1, b2, c0, c1 = (rows[:, i, None, None] for i in range(8))
    k = c0 * x + c1 * y + 1.0
    is_finite = k != 0.0
    k = kops.where(is_finite, k, kops.ones_like(k))
    return (a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k, is_finite


def _into_image(position, size: int, fill_mode: str):
    """Positions along one axis, each moved to where the fill mode finds its value: in [0, size - 1]."""
    last = float(size - 1)
    if fill_mode == "reflect":  # a period is the image and its mirror image
        position = kops.mod(position, 2.0 * size)
        position = kops.where(position >= size, 2.0 * size - 1.0 - position, position)
    elif fill_mode == "wrap" and size > 1:
        # As tensorflow-addons: periods are counted from size - 1 on, so far out some positions end on the border.
        before = position + size * (kops.floor(-position / last) + 1.0)
        after = position - size * kops.floor(position / last)
        position = kops.where(position < 0.0, before, kops.where(position > last, after, position))
    return kops.clip(position, 0.0, last)
