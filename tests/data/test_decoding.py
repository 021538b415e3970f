"""One file's bytes -> one picture: every kind of file, every kind of damage, crop and size."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from tests.data.image_files import encoded, picture, png_declaring
from tfstylegan.data.decoding import RESIZE_FILTERS, ImageRejected, Recipe, decode, fit
from tfstylegan.errors import UserError

RGB = picture(1)
GRAY = picture(2, channels=1)
RGBA = np.concatenate([RGB, np.linspace(0, 255, 256).astype(np.uint8).reshape(16, 16, 1)], axis=-1)


def over_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:] / 255
    return rgba[..., :3] * alpha + 255 * (1 - alpha)


def palette_with_transparency() -> bytes:
    image = Image.fromarray(RGB).quantize(8)
    return encoded(image, transparency=0)


def palette_over_white() -> np.ndarray:
    image = Image.fromarray(RGB).quantize(8)
    colors = np.array(image.convert("RGB"))
    colors[np.asarray(image) == 0] = 255
    return colors


LA = np.concatenate([GRAY, RGBA[..., 3:]], axis=-1)
GRAY_16 = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)  # 0, 257, ... 65535: exactly 0, 1, ... 255

# name, file, expected RGB, tolerance: a JPEG's loss on a smooth picture; 1 where compositing rounds.
MODES = [
    ("L", encoded(GRAY), np.repeat(GRAY, 3, -1), 0),
    ("1", encoded(Image.fromarray(GRAY[..., 0]).convert("1")), None, 0),
    ("LA", encoded(LA), over_white(np.concatenate([np.repeat(GRAY, 3, -1), LA[..., 1:]], -1)), 1),
    (
        "P",
        encoded(Image.fromarray(RGB).quantize(8)),
        np.array(Image.fromarray(RGB).quantize(8).convert("RGB")),
        0,
    ),
    ("P, transparent", palette_with_transparency(), palette_over_white(), 0),
    ("RGB", encoded(RGB), RGB, 0),
    ("RGB, one colour transparent", encoded(RGB, transparency=(1, 2, 3)), RGB, 0),
    ("RGBA", encoded(RGBA), over_white(RGBA), 1),
    ("16-bit gray", encoded(Image.fromarray(GRAY_16)), np.repeat(GRAY_16[..., None] // 257, 3, -1), 0),
    (
        "16-bit gray TIFF",
        encoded(Image.fromarray(GRAY_16), "TIFF"),
        np.repeat(GRAY_16[..., None] // 257, 3, -1),
        0,
    ),
    ("JPEG", encoded(RGB, "JPEG", quality=95, subsampling=0), RGB, 12),
    ("gray JPEG", encoded(GRAY, "JPEG", quality=95), np.repeat(GRAY, 3, -1), 4),
    ("CMYK JPEG", encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95), RGB, 12),
    ("progressive JPEG", encoded(RGB, "JPEG", quality=95, subsampling=0, progressive=True), RGB, 12),
    ("WebP", encoded(RGB, "WEBP", lossless=True), RGB, 0),
    ("BMP", encoded(RGB, "BMP"), RGB, 0),
    ("TIFF", encoded(RGB, "TIFF"), RGB, 0),
    ("GIF", encoded(GRAY, "GIF"), np.repeat(GRAY, 3, -1), 0),
]


@pytest.mark.parametrize(("file", "expected", "tolerance"), [row[1:] for row in MODES], ids=[row[0] for row in MODES])
def test_every_mode_becomes_rgb(file, expected, tolerance):
    decoded = decode(file, Recipe(16, 16))
    assert decoded.dtype == np.uint8 and decoded.shape == (16, 16, 3)
    if expected is None:
        assert set(np.unique(decoded)) == {0, 255}
    else:
        np.testing.assert_allclose(decoded.astype(float), expected, atol=tolerance)


@pytest.mark.parametrize("file", [row[1] for row in MODES], ids=[row[0] for row in MODES])
@pytest.mark.parametrize("channels", [1, 4])
def test_every_mode_becomes_gray_and_rgba(file, channels):
    decoded = decode(file, Recipe(16, 16, channels))
    assert decoded.dtype == np.uint8 and decoded.shape == (16, 16, channels)


def test_gray_is_the_luma_and_keeps_gray_files_as_they_are():
    np.testing.assert_array_equal(decode(encoded(GRAY), Recipe(16, 16, 1)), GRAY)
    luma = RGB @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(decode(encoded(RGB), Recipe(16, 16, 1))[..., 0].astype(float), luma, atol=1)


def test_rgba_keeps_transparency_and_makes_opaque_files_opaque():
    np.testing.assert_array_equal(decode(encoded(RGBA), Recipe(16, 16, 4)), RGBA)
    opaque = decode(encoded(RGB), Recipe(16, 16, 4))
    np.testing.assert_array_equal(opaque[..., :3], RGB)
    assert (opaque[..., 3] == 255).all()


def test_resizing_does_not_let_invisible_colours_bleed():
    image = np.zeros((16, 16, 4), np.uint8)
    image[:, 8:] = (200, 100, 50, 255)  # the invisible left half is black
    decoded = decode(encoded(image), Recipe(2, 2, 4, resize_filter="box"))
    np.testing.assert_array_equal(decoded[:, 1], [[200, 100, 50, 255]] * 2)
    mixed = decode(encoded(image), Recipe(1, 1, 3, resize_filter="box"))[0, 0]
    np.testing.assert_allclose(mixed, (np.array([200, 100, 50]) + 255) / 2, atol=1)  # half colour, half white


@pytest.mark.parametrize("bits", ["I", "F"])
def test_32_bit_pixels_are_rejected_because_their_range_is_unknown(bits):
    with pytest.raises(ImageRejected, match="32 bits a channel"):
        decode(encoded(Image.new(bits, (16, 16)), "TIFF"), Recipe(16, 16))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_honoured(orientation, file_format):
    upright = picture(3, 12, 20)
    lay = {  # how the camera stored what is upright
        1: lambda x: x,
        2: lambda x: x[:, ::-1],
        3: lambda x: x[::-1, ::-1],
        4: lambda x: x[::-1],
        5: lambda x: x.transpose(1, 0, 2),
        6: lambda x: np.rot90(x, 1),
        7: lambda x: np.rot90(x, 2).transpose(1, 0, 2),
        8: lambda x: np.rot90(x, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if file_format == "WEBP" else {}
    file = encoded(np.ascontiguousarray(lay(upright)), file_format, exif=exif, **options)
    np.testing.assert_array_equal(decode(file, Recipe(12, 20)), upright)


def test_broken_exif_does_not_make_a_picture_unusable():
    file = encoded(RGB, "WEBP", lossless=True, exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(decode(file, Recipe(16, 16)), RGB)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(file_format):
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (40, 200)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    file = encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    assert (decode(file, Recipe(16, 16)) == 40).all()


# Crop and size


@pytest.mark.parametrize(
    ("size", "target", "rows", "columns"),
    [
        ((16, 16), (16, 16), slice(None), slice(None)),
        ((16, 20), (16, 16), slice(None), slice(2, 18)),
        ((20, 16), (16, 16), slice(2, 18), slice(None)),
        ((16, 17), (16, 16), slice(None), slice(0, 16)),
        ((20, 20), (10, 20), slice(5, 15), slice(None)),
        ((20, 20), (20, 8), slice(None), slice(6, 14)),
    ],
)
def test_center_crop_cuts_the_middle(size, target, rows, columns):
    image = picture(4, *size)
    np.testing.assert_array_equal(decode(encoded(image), Recipe(*target)), image[rows, columns])


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 24), st.integers(1, 24)),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_any_size_gives_the_asked_shape_or_is_rejected_as_too_small(size, target, upscale):
    file = encoded(Image.new("RGB", size[::-1], (9, 90, 200)))
    recipe = Recipe(*target, upscale=upscale)
    try:
        decoded = decode(file, recipe)
    except ImageRejected as error:
        assert not upscale and "smaller than" in str(error)
        # The crop has the target's aspect ratio to the nearest pixel, so one with room to spare will do.
        assert size[0] <= target[0] or size[1] <= target[1]
    else:
        assert decoded.shape == (*target, 3) and (decoded == (9, 90, 200)).all()


@pytest.mark.parametrize("name", RESIZE_FILTERS)
def test_resize_filters_are_those_of_pillow(name):
    image = picture(5, 48, 48)
    expected = Image.fromarray(image).resize((16, 16), getattr(Image.Resampling, name.upper()))
    np.testing.assert_array_equal(decode(encoded(image), Recipe(16, 16, resize_filter=name)), np.asarray(expected))


def test_the_crop_comes_before_the_resize():
    image = picture(6, 32, 64)
    expected = Image.fromarray(image[:, 16:48]).resize((16, 16), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(decode(encoded(image), Recipe(16, 16)), np.asarray(expected))


@pytest.mark.parametrize(
    ("size", "recipe", "message"),
    [
        (
            (15, 40),
            Recipe(16, 16),
            r"is 40x15 pixels, 15x15 after the crop, smaller than 16x16; upscale=True",
        ),
        ((8, 8), Recipe(16, 16), r"is 8x8 pixels, smaller than 16x16"),
        ((20, 24), Recipe(16, 16, crop="none"), r"is 24x20 pixels, which can't become 16x16 without a crop"),
    ],
)
def test_wrong_sizes_are_rejected_with_the_numbers(size, recipe, message):
    with pytest.raises(ImageRejected, match=message):
        decode(encoded(picture(0, *size)), recipe)


def test_no_crop_scales_the_whole_image():
    image = picture(7, 20, 40)
    expected = Image.fromarray(image).resize((20, 10), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(decode(encoded(image), Recipe(10, 20, crop="none")), np.asarray(expected))


@pytest.mark.parametrize(
    "arguments",
    [(0, 16), (16, -1), (16, 16, 2), (16, 16, 3, "sinc"), (16, 16, 3, "box", "left")],
)
def test_an_impossible_recipe_is_a_user_error(arguments):
    with pytest.raises(UserError, match=r"must be|choose one of"):
        Recipe(*arguments)


def test_fit_crops_squares_and_changes_channels():
    pictures = np.stack([picture(seed, 16, 16) for seed in range(3)])
    np.testing.assert_array_equal(fit(pictures, Recipe(8, 16)), pictures[:, 4:12])
    np.testing.assert_array_equal(fit(pictures, Recipe(16, 16, 4))[..., :3], pictures)
    assert fit(pictures, Recipe(16, 10, 1)).shape == (3, 16, 10, 1)


# Damage

DAMAGEABLE = {
    "PNG": encoded(picture(8, 40, 40)),
    "JPEG": encoded(picture(8, 40, 40), "JPEG"),
    "progressive JPEG": encoded(picture(8, 40, 40), "JPEG", progressive=True),
    "WebP": encoded(picture(8, 40, 40), "WEBP"),
    "GIF": encoded(picture(8, 40, 40, 1), "GIF"),
}


@pytest.mark.parametrize("name", DAMAGEABLE)
def test_a_file_cut_anywhere_is_rejected_unless_no_pixel_is_lost(name):
    whole = DAMAGEABLE[name]
    pixels = decode(whole, Recipe(40, 40))
    cuts = {*range(0, len(whole), max(1, len(whole) // 150)), *range(len(whole) - 20, len(whole))}
    for cut in sorted(cuts):
        try:
            decoded = decode(whole[:cut], Recipe(40, 40))
        except ImageRejected:
            continue
        assert cut > len(whole) - 20, f"the first {cut} of {len(whole)} bytes passed"
        np.testing.assert_array_equal(decoded, pixels)


def test_a_png_cut_anywhere_or_with_any_wrong_byte_is_rejected():
    whole = DAMAGEABLE["PNG"]
    content = len(whole) - 12  # the mark of the end comes after
    for place in range(0, content, 7):
        with pytest.raises(ImageRejected):
            decode(whole[:place], Recipe(40, 40))
        wrong = bytearray(whole)
        wrong[place] ^= 0x10
        with pytest.raises(ImageRejected):
            decode(bytes(wrong), Recipe(40, 40))


@given(st.sampled_from(sorted(DAMAGEABLE)), st.data())
@settings(max_examples=150, deadline=None)
def test_damage_gives_a_picture_or_a_rejection_and_nothing_else(name, data):
    damaged = bytearray(DAMAGEABLE[name])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert decode(bytes(damaged), Recipe(16, 16, upscale=True)).shape == (16, 16, 3)
    except ImageRejected as error:
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "empty"),
        (b"not a picture at all", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image|broken or cut short"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\nshowpage\n",
            "not an image",
        ),  # would run a program
        (png_declaring(50_000, 50_000), r"declares more than 89,478,485 pixels"),
        (png_declaring(12_000, 12_000), r"declares 12000x12000 pixels"),
        (png_declaring(1_000, 1_000), "broken or cut short"),
    ],
)
def test_what_is_no_image_is_rejected_with_the_reason(file, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with pytest.raises(ImageRejected, match=message):
            decode(file, Recipe(16, 16))


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read():
    file = encoded(picture(9, 32, 32), "AVIF", quality=95)
    np.testing.assert_allclose(decode(file, Recipe(32, 32)).astype(float), picture(9, 32, 32), atol=12)


def test_a_photograph_with_several_pictures_gives_the_first():
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (40, 200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "MPO", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(decode(buffer.getvalue(), Recipe(16, 16)).astype(float), 40, atol=2)
