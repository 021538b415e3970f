"""Image files made on the fly, good and bad."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int = 0, height: int = 16, width: int = 16, channels: int = 3) -> np.ndarray:
    """A smooth random picture, uint8 [height, width, channels]: what JPEG and resizing change little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 3, channels), dtype=np.uint8)
    bands = [
        np.asarray(Image.fromarray(coarse[:, :, band]).resize((width, height), Image.Resampling.BICUBIC))
        for band in range(channels)
    ]
    return np.stack(bands, axis=-1)


def encoded(image: Image.Image | np.ndarray, file_format: str = "PNG", **options) -> bytes:
    """The bytes of an image file."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[:, :, 0] if image.shape[-1] == 1 else image)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def write_pictures(folder: Path, count: int, size: int = 16) -> np.ndarray:
    """Writes ``count`` PNG files, 000.png and so on; returns them, uint8 [count, size, size, 3]."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = np.stack([picture(seed, size, size) for seed in range(count)])
    for number, content in enumerate(pictures):
        (folder / f"{number:03d}.png").write_bytes(encoded(content))
    return pictures


def png_declaring(width: int, height: int) -> bytes:
    """A short PNG, whole in itself, whose header declares an RGB picture of any size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
