"""Pictures as arrays: floats to bytes, bytes to grids and PNG files. NumPy and Pillow only."""

import os
from collections.abc import Mapping

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tfstylegan.errors import UserError
from tfstylegan.files import atomic_path

ROUNDINGS = ("truncate", "nearest")
PILLOW_MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by number of channels


def to_uint8(x, rounding: str = "truncate") -> np.ndarray:
    """Floats in [-1, 1] to bytes; values outside are clipped, NaN becomes 0.

    The official tools do it in two ways, which differ only in where exact halves (and the last bit of a float) go:

    * "truncate": ``x * 127.5 + 128`` without its fraction, for pictures and videos (``gen_images.py``);
    * "nearest": ``rint((x + 1) * 127.5)``, for the grids written while training (``training_loop.py``).

    Both undo how training images are read.

    Args:
      x: array or tensor of floats, any shape.
      rounding: "truncate" | "nearest".

    Returns:
      uint8, shaped as ``x``.
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}; got {rounding!r}")
    x, half_range = np.asarray(x, np.float32), np.float32(127.5)
    levels = x * half_range + np.float32(128) if rounding == "truncate" else np.rint((x + 1) * half_range)
    return np.nan_to_num(np.clip(levels, 0, 255)).astype(np.uint8)


def image_grid(images, columns: int | None = None, padding: int = 0, background=0) -> np.ndarray:
    """Lays images out in rows, left to right and top to bottom.

    Args:
      images: uint8 ``[N, H, W, C]`` (or a list of ``[H, W, C]``), N > 0.
      columns: images in a row; None makes the grid as square as it can be, wide rather than tall.
      padding: pixels between neighbours; none around the edge.
      background: value of the padding and of the cells left empty in the last row; a number or C of them.

    Returns:
      uint8 ``[rows * (H + padding) - padding, columns * (W + padding) - padding, C]``.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise ValueError(f"images must have shape [N, H, W, C] with N > 0; got {list(images.shape)}")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be 1 or more; got {columns}")
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    down, right = height + padding, width + padding
    grid = np.empty([rows * down - padding, columns * right - padding, channels], images.dtype)
    grid[:] = np.asarray(background, images.dtype)
    for index, image in enumerate(images):
        y, x = index // columns * down, index % columns * right
        grid[y : y + height, x : x + width] = image
    return grid


def to_pillow(image: np.ndarray) -> Image.Image:
    """A Pillow image of a uint8 ``[H, W, C]`` array, C = 1 (grayscale), 3 (RGB) or 4 (RGBA).

    Raises:
      UserError: for another number of channels.
    """
    if image.ndim != 3 or image.dtype != np.uint8:
        raise ValueError(f"an image must be uint8 [H, W, C]; got {image.dtype} {list(image.shape)}")
    channels = image.shape[2]
    if channels not in PILLOW_MODES:
        raise UserError(
            f"a picture has 1 (grayscale), 3 (RGB) or 4 (RGBA) channels, and this image has {channels}: "
            f"choose channels to show, for instance image[..., :3]"
        )
    return Image.fromarray(np.ascontiguousarray(image[..., 0] if channels == 1 else image))


def write_png(path: str | os.PathLike, image: np.ndarray, metadata: Mapping[str, object] | None = None) -> None:
    """Writes a PNG file atomically.

    Args:
      path: the file; missing directories are created.
      image: uint8 ``[H, W, C]``, C = 1, 3 or 4.
      metadata: stored as text chunks, which ``PIL.Image.open(path).text`` reads; keywords of 1 to 79 latin-1
        characters. Values are written with ``str``; None is left out.

    Raises:
      UserError: for another number of channels.
    """
    picture = to_pillow(image)
    chunks = PngInfo()
    for key, value in (metadata or {}).items():
        if value is not None:
            # A file name may hold bytes that are not text; they must not stop the picture.
            chunks.add_text(key, str(value).encode("utf-8", "replace").decode("utf-8"))
    with atomic_path(path) as temporary:
        picture.save(temporary, format="PNG", pnginfo=chunks)
