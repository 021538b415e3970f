"""Animations: every frame, for the right time, for ever."""

import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tfstylegan import animation
from tfstylegan.animation import check_animation, frame_durations, write_animation
from tfstylegan.errors import UserError

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
PILLOW_SUFFIXES = (".gif", ".webp", ".png", ".apng")
# Mean error in levels: APNG is lossless, GIF has 256 colours a frame, WebP and MP4 compress.
TOLERANCE = {".gif": 6, ".webp": 6, ".png": 0, ".apng": 0, ".mp4": 4}


def frames(count, channels, side=32):
    """A disc that moves over a gradient; alpha is the disc."""
    y, x = np.mgrid[:side, :side]
    for index in range(count):
        disc = (x - side // 2) ** 2 + (y - 8 - index) ** 2 < 60
        planes = [x * 6 + index * 5, y * 6, np.where(disc, 250, 40), np.where(disc, 255, 0)]
        yield np.stack(planes[:channels], -1).astype(np.uint8)


def read(path, channels):
    with Image.open(path) as file:
        frames = [
            (np.asarray(frame.convert(MODES[channels])).reshape(*frame.size[::-1], channels), frame.info["duration"])
            for frame in ImageSequence.Iterator(file)
        ]
        return [picture for picture, _ in frames], [duration for _, duration in frames], file.info["loop"]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", PILLOW_SUFFIXES)
def test_pictures_times_and_endless_repetition(tmp_path, suffix, channels):
    path = tmp_path / f"walk{suffix}"
    write_animation(path, frames(12, channels), fps=24)
    pictures, durations, loop = read(path, channels)
    assert loop == 0  # for ever
    assert sum(durations) == 500 and len(pictures) == 12
    for found, expected in zip(pictures, frames(12, channels), strict=True):
        if channels == 4:
            np.testing.assert_array_equal(found[..., 3], expected[..., 3])
            found, expected = found[found[..., 3] > 0], expected[expected[..., 3] > 0]
        assert np.abs(found.astype(float) - expected).mean() <= TOLERANCE[suffix]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("side", [32, 33])
def test_mp4(tmp_path, channels, side):
    av = pytest.importorskip("av")
    write_animation(tmp_path / "walk.mp4", frames(12, channels, side), fps=24)
    with av.open(str(tmp_path / "walk.mp4")) as movie:
        stream = movie.streams.video[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in movie.decode(stream)]
        assert stream.average_rate == 24 and stream.pix_fmt == "yuv420p"
    assert len(pictures) == 12 and pictures[0].shape == (side + side % 2, side + side % 2, 3)
    if channels == 1:  # the codec halves the resolution of colours, so only gray is near everywhere
        for found, expected in zip(pictures, frames(12, 1, side), strict=True):
            assert np.abs(found[:side, :side].astype(float) - expected).mean() <= TOLERANCE[".mp4"]


@pytest.mark.parametrize(("fps", "unit"), [(24, 10), (30, 10), (50, 10), (7.5, 10), (30, 1), (60, 1), (29.97, 1)])
def test_durations_add_up(fps, unit):
    durations = frame_durations(300, fps, unit)
    assert abs(sum(durations) - 300_000 / fps) <= unit
    assert max(durations) - min(durations) <= unit and all(d % unit == 0 for d in durations)


def test_a_frame_is_never_shown_for_no_time():
    assert min(frame_durations(10, 1000, 10)) == 10


def test_a_long_gif_is_written_fast(tmp_path):
    noise = np.random.RandomState(0).randint(0, 256, [60, 128, 128, 3], np.uint8)
    start = time.perf_counter()
    write_animation(tmp_path / "noise.gif", noise, fps=30)
    assert time.perf_counter() - start < 5  # Pillow's default quantisation takes many times that


@pytest.mark.parametrize(
    ("name", "fps", "message"),
    [
        ("walk.avi", 30, r"walk.avi: the name of an animation must end in .gif, .webp"),
        ("walk", 30, "must end in"),
        ("walk.gif", 60, "GIF shows at most 50"),
        ("walk.webp", 0, "above 0"),
        ("walk.webp", float("nan"), "above 0"),
    ],
)
def test_what_cannot_be_written_is_refused_before_a_frame_is_made(tmp_path, name, fps, message):
    with pytest.raises(UserError, match=message):
        check_animation(tmp_path / name, fps)
    with pytest.raises(UserError, match=message):
        write_animation(tmp_path / name, iter([None]), fps)
    assert not list(tmp_path.iterdir())


def test_mp4_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # makes the import fail
    with pytest.raises(UserError, match=r"pip install 'tfstylegan\[video\]'"):
        check_animation(tmp_path / "walk.mp4", 30)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".mp4"])
def test_no_frames_are_refused(tmp_path, suffix):
    if suffix == ".mp4":
        pytest.importorskip("av")
    with pytest.raises(UserError, match="at least one frame"):
        write_animation(tmp_path / f"walk{suffix}", [], 30)
    assert not list(tmp_path.iterdir())


def test_a_failure_half_way_leaves_the_old_file(tmp_path):
    def failing():
        yield from frames(3, 3)
        raise OSError("no space left")

    path = tmp_path / ("walk.mp4" if "av" in sys.modules else "walk.gif")
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="no space"):
        write_animation(path, failing(), 30)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_webp_says_when_a_picture_is_too_large_for_it(tmp_path, monkeypatch):
    monkeypatch.setattr(animation, "WEBP_MAX_SIDE", 31)
    with pytest.raises(UserError, match="at most 31 pixels"):
        write_animation(tmp_path / "walk.webp", frames(2, 3), 30)
