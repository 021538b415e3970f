"""One image file's bytes -> one uint8 picture of the asked size: decode, turn upright, crop, resize.

What is done about each kind of file:

| file                        | treatment                                                            |
|-----------------------------|----------------------------------------------------------------------|
| EXIF orientation            | honoured                                                             |
| palette, CMYK, YCbCr, 1 bit | converted to 8-bit RGB or gray; colour profiles are not applied      |
| 16 bits a channel           | scaled to 8 bits over the full range, not clipped                    |
| 32-bit integer or float     | rejected: the range of the values is not known                       |
| transparency                | composited over white, or kept when four channels are asked for      |
| animation, several pages    | the first frame                                                      |
| PNG                         | every chunk's checksum is verified                                   |
| more than 89 million pixels | rejected before decoding: a small file can declare a picture that    |
|                             | would fill the memory                                                |
"""

import dataclasses
import functools
import io
import types

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfstylegan.data.report import printable
from tfstylegan.errors import UserError

RESIZE_FILTERS = types.MappingProxyType(
    {
        "nearest": Image.Resampling.NEAREST,
        "box": Image.Resampling.BOX,
        "bilinear": Image.Resampling.BILINEAR,
        "hamming": Image.Resampling.HAMMING,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
)
CROPS = ("center", "none")

# A picture's mode by its number of channels.
MODES = types.MappingProxyType({1: "L", 3: "RGB", 4: "RGBA"})

# Pillow's own threshold, a 256 MiB RGB picture; kept also where a program has lifted Pillow's.
MAX_PIXELS = 89_478_485

# The formats a file may have, whatever its name says. Pillow knows more; some of them run other programs.
_FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "AVIF")

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = types.MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)


class ImageRejected(Exception):
    """A file can't be used; the message is the reason, without the file's name."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The picture that every file is made into.

    Attributes:
      height: rows of the picture.
      width: columns of the picture.
      channels: 1 (gray, by the luma of ITU-R BT.601), 3 (RGB) or 4 (RGBA).
      resize_filter: a key of ``RESIZE_FILTERS``.
      crop: "center" cuts the largest centred part with the picture's aspect ratio; "none" cuts nothing, and
        rejects a file with another aspect ratio.
      upscale: whether a file smaller than the picture is enlarged; otherwise it is rejected.

    Raises:
      UserError: when a value is not one of these.
    """

    height: int
    width: int
    channels: int = 3
    resize_filter: str = "lanczos"
    crop: str = "center"
    upscale: bool = False

    def __post_init__(self):
        if self.height < 1 or self.width < 1:
            raise UserError(f"resolution is {self.width}x{self.height}, but must be at least 1x1.")
        for name, value, known in (
            ("img_channels", self.channels, MODES),
            ("resize_filter", self.resize_filter, RESIZE_FILTERS),
            ("crop", self.crop, CROPS),
        ):
            if value not in known:
                raise UserError(f"{name}={value} is not known; choose one of {', '.join(map(str, known))}.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels

    @property
    def nbytes(self) -> int:
        """Bytes of one decoded picture."""
        return self.height * self.width * self.channels


def decode(data: bytes, recipe: Recipe) -> np.ndarray:
    """Makes the picture that ``recipe`` asks for from an image file.

    Safe to call from several threads: Pillow decodes and resizes outside Python's global lock.

    Args:
      data: the content of the file.
      recipe: the picture wanted.

    Returns:
      uint8 [height, width, channels].

    Raises:
      ImageRejected: when the data are not an image, are broken or cut short, or have the wrong size.
    """
    if not data:
        raise ImageRejected("the file is empty")
    try:
        image = _load(data)
        file_format = image.format  # what follows makes new images, which have none
        image = _turn_upright(image)
        image = _crop(image, recipe)
        image = _to_8_bit(image, file_format)
        image = _resize(image, recipe)
        image = _to_channels(image, MODES[recipe.channels])
        return np.asarray(image).reshape(recipe.shape)
    except ImageRejected:
        raise
    except UnidentifiedImageError:
        raise ImageRejected("not an image, whatever its name says") from None
    except MemoryError:
        raise ImageRejected("does not fit into memory") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRejected(f"declares more than {MAX_PIXELS:,} pixels") from None
    except Exception as error:  # Pillow's readers raise a dozen types on broken data
        reason = printable(str(error)) or type(error).__name__
        raise ImageRejected(f"broken or cut short: {reason}") from error


def fit(pictures: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Centre-crops square RGB pictures as large as the longer side, and gives them the channels asked for.

    Args:
      pictures: uint8 [N, size, size, 3] with size = max(height, width).
      recipe: the pictures wanted.

    Returns:
      uint8 [N, height, width, channels].
    """
    size = pictures.shape[1]
    top, left = (size - recipe.height) // 2, (size - recipe.width) // 2
    pictures = pictures[:, top : top + recipe.height, left : left + recipe.width]
    if recipe.channels == 3:
        return pictures
    converted = [_to_channels(Image.fromarray(picture), MODES[recipe.channels]) for picture in pictures]
    return np.stack([np.asarray(image).reshape(recipe.shape) for image in converted])


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of ``_FORMATS`` that this build of Pillow can read."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _load(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=_formats())
    if image.width * image.height > MAX_PIXELS:
        raise ImageRejected(f"declares {image.width}x{image.height} pixels, more than {MAX_PIXELS:,}")
    if image.format == "PNG":  # the decoder itself stops at the last pixel and checks no chunk's checksum
        image.verify()
        image = Image.open(io.BytesIO(data), formats=_formats())
    image.load()
    return image


def _turn_upright(image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # broken metadata don't make a picture unusable
        return image
    return image if turn is None else image.transpose(turn)


def _crop(image: Image.Image, recipe: Recipe) -> Image.Image:
    size = f"is {image.width}x{image.height} pixels"
    width, height = image.size
    if recipe.crop == "center":
        # The largest part with width : height = recipe.width : recipe.height, to the nearest pixel.
        width = min(width, _rounded_ratio(height * recipe.width, recipe.height))
        height = min(height, _rounded_ratio(image.width * recipe.height, recipe.width))
    elif width * recipe.height != height * recipe.width:
        raise ImageRejected(f"{size}, which can't become {recipe.width}x{recipe.height} without a crop")
    if (width < recipe.width or height < recipe.height) and not recipe.upscale:
        cropped = "" if (width, height) == image.size else f", {width}x{height} after the crop"
        raise ImageRejected(
            f"{size}{cropped}, smaller than {recipe.width}x{recipe.height}; upscale=True would enlarge it"
        )
    if (width, height) == image.size:
        return image
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _rounded_ratio(numerator: int, denominator: int) -> int:
    return max(1, (2 * numerator + denominator) // (2 * denominator))


def _to_8_bit(image: Image.Image, file_format: str | None) -> Image.Image:
    """An image of any mode -> L, RGB or RGBA, without loss other than to 8 bits a channel."""
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    old_pillow_16_bit = image.mode == "I" and file_format == "PNG"
    if image.mode.startswith("I;16") or old_pillow_16_bit:
        return _from_16_bit(np.asarray(image))
    if image.mode in ("I", "F"):
        raise ImageRejected("has 32 bits a channel, whose range is not known; save it with 8 or 16")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_16_bit(values: np.ndarray) -> Image.Image:
    return Image.fromarray(((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))


def _resize(image: Image.Image, recipe: Recipe) -> Image.Image:
    size = (recipe.width, recipe.height)
    if image.size == size:
        return image
    return image.resize(size, RESIZE_FILTERS[recipe.resize_filter])  # Pillow weighs RGBA colours by alpha


def _to_channels(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == "RGBA" and mode != "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == mode else image.convert(mode)
