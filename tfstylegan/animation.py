"""Writing animations: GIF, WebP and APNG with Pillow, MP4 with PyAV."""

import itertools
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from tfstylegan.errors import UserError
from tfstylegan.files import atomic_path
from tfstylegan.images import to_pillow

FORMATS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG", ".mp4": "MP4"}  # by suffix
GIF_UNIT = 10  # milliseconds: the resolution of GIF's frame durations
GIF_MAX_FPS = 50  # viewers slow down what is faster
WEBP_MAX_SIDE = 16383
MP4_QUALITY = "18"  # x264's constant rate factor: visually lossless


def check_animation(path: str | os.PathLike, fps: float) -> str:
    """Finds out whether :func:`write_animation` could write this, before any picture is made.

    Returns:
      The format: "GIF" | "WEBP" | "PNG" | "MP4".

    Raises:
      UserError: for a suffix or a speed that cannot be written, or a missing package.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UserError(f"{path}: the name of an animation must end in {', '.join(FORMATS)}")
    if not 0 < fps <= 1000:
        raise UserError(f"an animation's frames per second must be above 0 and at most 1000; got {fps}")
    if suffix == ".gif" and fps > GIF_MAX_FPS:
        raise UserError(f"{path}: GIF shows at most {GIF_MAX_FPS} frames per second, {fps:g} needs .webp or .mp4")
    if suffix == ".mp4":
        _import_av(path)
    return FORMATS[suffix]


def write_animation(path: str | os.PathLike, frames: Iterable[np.ndarray], fps: float) -> None:
    """Writes an animation atomically, in the format that the suffix names. All but MP4 repeat for ever.

    Args:
      path: the file: .gif (256 colours a frame), .webp, .png or .apng (lossless), or .mp4 (without
        transparency).
      frames: uint8 ``[H, W, C]`` each, all of one shape, C = 1, 3 or 4. An iterator is read as it is needed; MP4
        keeps none of them in memory.
      fps: frames per second. GIF counts in hundredths of a second: single frames are rounded, the whole is not.

    Raises:
      UserError: as :func:`check_animation`, or if there are no frames, or for another number of channels.
    """
    kind = check_animation(path, fps)
    if kind == "MP4":
        _write_mp4(path, frames, fps)
        return
    pictures = [_quantised(to_pillow(frame)) if kind == "GIF" else to_pillow(frame) for frame in frames]
    if not pictures:
        raise UserError(f"{path}: an animation needs at least one frame")
    options: dict = {"duration": frame_durations(len(pictures), fps, GIF_UNIT if kind == "GIF" else 1), "loop": 0}
    if kind == "GIF":
        options["disposal"] = 2 if pictures[0].mode == "RGBA" else 1  # 2 clears what was behind transparent pixels
    if kind == "WEBP":
        if max(pictures[0].size) > WEBP_MAX_SIDE:
            raise UserError(f"{path}: WebP holds at most {WEBP_MAX_SIDE} pixels a side; choose .png or .mp4")
        options |= {"quality": 90, "method": 2}
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, format=kind, save_all=True, append_images=pictures[1:], **options)


def frame_durations(count: int, fps: float, unit: int) -> list[int]:
    """How long each frame is shown, in milliseconds: multiples of ``unit`` that add up to ``count / fps``."""
    times = [round(index * 1000 / fps / unit) * unit for index in range(count + 1)]
    return [max(after - before, unit) for before, after in itertools.pairwise(times)]


def _quantised(picture: Image.Image) -> Image.Image:
    """256 colours by an octree, a hundred times faster than what GIF's writer does for RGB (but not for RGBA)."""
    return picture.quantize(method=Image.Quantize.FASTOCTREE) if picture.mode == "RGB" else picture


def _write_mp4(path: str | os.PathLike, frames: Iterable[np.ndarray], fps: float) -> None:
    av = _import_av(path)
    frames = map(_even_rgb, frames)
    first = next(frames, None)
    if first is None:
        raise UserError(f"{path}: an animation needs at least one frame")
    with atomic_path(path) as temporary, av.open(str(temporary), "w", options={"movflags": "faststart"}) as movie:
        rate = Fraction(fps).limit_denominator(1001)
        stream = movie.add_stream("libx264", rate=rate, options={"crf": MP4_QUALITY})
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"  # the only one that every player shows
        for frame in itertools.chain([first], frames):
            movie.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        movie.mux(stream.encode())


def _even_rgb(frame: np.ndarray) -> np.ndarray:
    """RGB with even sides, as the codec wants them; the last row and column are repeated for that."""
    rgb = np.asarray(to_pillow(frame).convert("RGB"))
    height, width = rgb.shape[:2]
    return np.pad(rgb, [(0, height % 2), (0, width % 2), (0, 0)], mode="edge")


def _import_av(path: str | os.PathLike):
    try:
        import av
    except ImportError as error:
        raise UserError(f"{path}: MP4 needs the package av: pip install 'tfstylegan[video]'") from error
    return av
