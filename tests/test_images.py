"""Floats to bytes, grids, PNG files."""

import numpy as np
import pytest
from PIL import Image

from tfstylegan.errors import UserError
from tfstylegan.images import ROUNDINGS, image_grid, to_pillow, to_uint8, write_png


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-1, -0.5, 0, 0.5, 1], [0, 64, 128, 191, 255]),
        ([-1.003, -1.0001, 0.999, 7, -7], [0, 0, 255, 255, 0]),
        ([np.nan, np.inf, -np.inf], [0, 255, 0]),
    ],
)
def test_floats_become_bytes(values, expected, rounding):
    found = to_uint8(np.array(values, np.float32), rounding)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_bytes_survive_a_round_trip_through_floats(rounding):
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_uint8(levels.astype(np.float32) / 127.5 - 1, rounding), levels)


def test_the_two_roundings_differ_for_halves_only():
    tie = np.float32(126.5 / 127.5 - 1)
    assert to_uint8(tie) == 127 and to_uint8(tie, "nearest") == 126
    x = np.random.RandomState(0).uniform(-1.2, 1.2, 10000)
    assert np.count_nonzero(to_uint8(x) != to_uint8(x, "nearest")) < 10


def test_an_unknown_rounding_is_refused():
    with pytest.raises(ValueError, match="truncate, nearest"):
        to_uint8([0.0], "up")


def test_the_argument_is_left_alone():
    x = np.array([-2, np.nan, 2], np.float32)
    to_uint8(x)
    np.testing.assert_array_equal(x, np.array([-2, np.nan, 2], np.float32))


def numbered(count, height=2, width=3, channels=1):
    return np.stack([np.full([height, width, channels], index + 1, np.uint8) for index in range(count)])


def test_a_grid_is_filled_row_by_row():
    grid = image_grid(numbered(5), columns=3, padding=1, background=9)
    assert grid.shape == (5, 11, 1)
    expected_top = [1, 1, 1, 9, 2, 2, 2, 9, 3, 3, 3]
    expected_bottom = [4, 4, 4, 9, 5, 5, 5, 9, 9, 9, 9]
    np.testing.assert_array_equal(grid[..., 0], [expected_top] * 2 + [[9] * 11] + [expected_bottom] * 2)


@pytest.mark.parametrize(
    ("count", "columns", "shape"),
    [(1, None, (2, 3)), (4, None, (4, 6)), (5, None, (4, 9)), (7, None, (6, 9)), (2, 5, (2, 15)), (3, 1, (6, 3))],
)
def test_the_size_of_a_grid(count, columns, shape):
    assert image_grid(numbered(count), columns).shape == (*shape, 1)


def test_a_background_can_have_a_colour():
    grid = image_grid(numbered(3, channels=4), 2, background=(1, 2, 3, 0))
    np.testing.assert_array_equal(grid[-1, -1], [1, 2, 3, 0])


@pytest.mark.parametrize("images", [np.zeros([0, 2, 2, 3]), np.zeros([2, 2, 3])], ids=str)
def test_a_grid_of_nothing_is_refused(images):
    with pytest.raises(ValueError, match="N > 0"):
        image_grid(images)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_png_keeps_every_pixel(tmp_path, channels, mode):
    image = np.random.RandomState(0).randint(0, 256, [5, 7, channels], np.uint8)
    write_png(tmp_path / "new" / "x.png", image)
    with Image.open(tmp_path / "new" / "x.png") as found:
        assert found.mode == mode and found.format == "PNG"
        np.testing.assert_array_equal(np.asarray(found).reshape(image.shape), image)


def test_a_view_with_strides_is_written_as_it_looks(tmp_path):
    image = np.random.RandomState(0).randint(0, 256, [3, 6, 8], np.uint8).transpose(1, 2, 0)[::-1, ::2]
    write_png(tmp_path / "x.png", image)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "x.png")), image)


@pytest.mark.parametrize("channels", [2, 5])
def test_other_numbers_of_channels_are_refused_in_a_sentence(tmp_path, channels):
    with pytest.raises(UserError, match=f"this image has {channels}"):
        write_png(tmp_path / "x.png", np.zeros([4, 4, channels], np.uint8))
    assert not list(tmp_path.iterdir())


def test_floats_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        to_pillow(np.zeros([4, 4, 3], np.float32))


def test_metadata_is_stored_as_text(tmp_path):
    write_png(tmp_path / "x.png", np.zeros([4, 4, 3], np.uint8), {"seed": 7, "psi": 0.7, "none": None, "name": "日本"})
    with Image.open(tmp_path / "x.png") as found:
        assert found.text == {"seed": "7", "psi": "0.7", "name": "日本"}


def test_a_file_name_that_is_not_text_does_not_stop_the_picture(tmp_path):
    write_png(tmp_path / "x.png", np.zeros([4, 4, 3], np.uint8), {"model": "net\udcff.keras"})
    with Image.open(tmp_path / "x.png") as found:
        assert found.text == {"model": "net?.keras"}
