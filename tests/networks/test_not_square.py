"""Images that are not square, or whose side is no power of two: StyleGAN2 and StyleGAN3."""

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tests.conformance import families
from tests.golden_data import assert_close
from tfstylegan import configs
from tfstylegan.networks.summary import layer_table, total

SIZES = [(48, 32), (24, 32), 96]
WIDTHS = {"channel_base": 512, "channel_max": 16}
LATENTS = {"z_dim": 16, "w_dim": 16, "mapping_layers": 2}
BLOCKS = {(48, 32): "b6x4 b12x8 b24x16 b48x32", (24, 32): "b6x8 b12x16 b24x32", 96: "b6 b12 b24 b48 b96"}


def stylegan2(resolution, **overrides):
    return families.build(configs.StyleGAN2(img_resolution=resolution, **WIDTHS, **LATENTS, **overrides))


def stylegan3(resolution, **overrides):
    fields = {**WIDTHS, **LATENTS, "num_layers": 6, **overrides}
    return families.build(configs.StyleGAN3(img_resolution=resolution, **fields))


def judge(resolution, **overrides):
    return families.build(configs.StyleGAN2Discriminator(img_resolution=resolution, **WIDTHS, **overrides))


@pytest.mark.parametrize("build", [stylegan2, stylegan3])
@pytest.mark.parametrize(
    ("resolution", "channels", "rows", "c_dim"),
    [((48, 32), 1, 1, 0), ((48, 32), 3, 3, 2), ((24, 32), 4, 3, 0), ((24, 32), 6, 1, 3), (96, 3, 1, 0)],
)
def test_generators_make_images_of_the_size(build, resolution, channels, rows, c_dim, tmp_path):
    generator = build(resolution, img_channels=channels, c_dim=c_dim)
    height, width = configs.size_of(resolution)
    z, c = families.latents(generator, rows)
    images = np.asarray(generator(z, c))
    assert images.shape == (rows, height, width, channels) and np.isfinite(images).all()
    assert images.std(axis=(1, 2)).min() > 1e-3
    assert generator.img_resolution == resolution and generator.img_size == (height, width)
    assert generator.synthesis.compute_output_shape([rows, generator.num_ws, 16]) == images.shape
    generator.save(tmp_path / "g.keras")
    again = tfstylegan.load(tmp_path / "g.keras")
    assert again.config == generator.config
    np.testing.assert_array_equal(again(z, c), images)


@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
@pytest.mark.parametrize(("resolution", "channels", "c_dim"), [((48, 32), 1, 0), ((24, 32), 6, 3), (96, 4, 0)])
def test_discriminators_judge_images_of_the_size(architecture, resolution, channels, c_dim, tmp_path):
    discriminator = judge(resolution, img_channels=channels, c_dim=c_dim, architecture=architecture)
    images, c = families.images(discriminator.config, 3), families.labels(discriminator, 3)
    logits = np.asarray(discriminator(images, c))
    assert logits.shape == (3, 1) and np.isfinite(logits).all() and np.ptp(logits) > 0
    discriminator.save(tmp_path / "d.keras")
    np.testing.assert_array_equal(tfstylegan.load(tmp_path / "d.keras")(images, c), logits)
    if resolution != 96:
        with pytest.raises(ValueError, match=r"img must have shape \[N, "):
            discriminator(images.transpose(0, 2, 1, 3), c)


@pytest.mark.parametrize("resolution", SIZES)
def test_blocks_are_named_after_their_size(resolution):
    names = BLOCKS[resolution].split()
    generator, discriminator = stylegan2(resolution), judge(resolution)
    assert [block.name for block in generator.synthesis.blocks] == names
    network = discriminator.network
    assert [block.name for block in [*network.blocks, network.epilogue]] == names[::-1]
    assert generator.num_ws == 2 * len(names)


def test_channels_follow_the_longer_side():
    tall, wide, square = (configs.StyleGAN2(img_resolution=size) for size in ((512, 256), (256, 512), 512))
    assert tall.channels(max(tall.sizes[-1])) == wide.channels(max(wide.sizes[-1])) == square.channels(512) == 64


@pytest.mark.parametrize("build", [stylegan2, stylegan3, judge])
def test_a_square_pair_is_the_same_as_a_number(build):
    pair, number = build((32, 32)), build(32)
    assert pair.config == number.config and pair.img_resolution == 32
    assert [variable.path for variable in pair.weights] == [variable.path for variable in number.weights]
    if build is judge:
        images = families.images(pair.config, 2)
        np.testing.assert_array_equal(pair(images), number(images))
    else:
        z, _ = families.latents(pair, 2)
        np.testing.assert_array_equal(pair(z), number(z))


@pytest.mark.parametrize("resolution", [(48, 32), (24, 32)])
@pytest.mark.parametrize("build", [stylegan2, stylegan3, judge])
def test_the_table_of_layers_has_height_before_width(build, resolution):
    model = build(resolution)
    rows = layer_table(model)
    whole = total(rows)
    assert whole.parameters + whole.buffers == sum(np.prod(variable.shape) for variable in model.weights)
    if build is not judge:
        assert rows[-1].output_shape == (*resolution, 3)
    turned = total(layer_table(build(resolution[::-1])))
    assert turned.multiply_adds == whole.multiply_adds and turned.parameters == whole.parameters


R = {"conv_kernel": 1, "use_radial_filters": True}


@pytest.mark.parametrize("variant", [{}, R], ids=["T", "R"])
def test_a_moved_input_moves_the_picture(variant):
    """By 4 pixels along x and 2 along y, which are whole pixels in every layer; a pixel is 1 / 32 of the unit."""
    generator = stylegan3((24, 32), **variant)
    ws = generator.mapping(families.latents(generator, 2)[0])
    still = np.asarray(generator.synthesis(ws))
    generator.synthesis.input.transform.assign([[1, 0, -4 / 32], [0, 1, -2 / 32], [0, 0, 1]])
    moved = np.asarray(generator.synthesis(ws))
    # Near the edges the layers see that the picture ends, beyond its margins.
    error = np.abs(moved[:, 10:-8, 12:-8] - still[:, 8:-10, 8:-12]).max()
    assert error < 0.01 * still.std() < 0.1 * np.abs(moved - still).max()


@pytest.mark.parametrize("variant", [{}, R], ids=["T", "R"])
@pytest.mark.parametrize("resolution", [(24, 32), (32, 24)])
def test_a_picture_that_is_not_square_is_the_middle_of_the_square_one(resolution, variant):
    """Layers of both see one plane at the same rates; what is cut off lies beyond their margins."""
    square, cut = stylegan3(32, **variant), stylegan3(resolution, **variant)
    cut.set_weights(square.get_weights())
    ws = square.mapping(families.latents(square, 2)[0])
    whole, part = np.asarray(square.synthesis(ws)), np.asarray(cut.synthesis(ws))
    top, left = (32 - resolution[0]) // 2, (32 - resolution[1]) // 2
    whole = whole[:, top : top + resolution[0], left : left + resolution[1]]
    assert_close(part, whole, 1e-3)  # seven layers of 3x3 kernels reach a little beyond the margins: seen 2e-4 in T
    assert_close(part[:, 8:-8, 8:-8], whole[:, 8:-8, 8:-8], 1e-5)  # float32 sums in another order


@pytest.mark.parametrize(
    ("cls", "resolution", "message"),
    [
        (configs.StyleGAN2, 100 * 16 + 1, "cannot be reached by doubling"),
        (configs.StyleGAN2, (33, 40), r"\(32, 40\) or \(36, 40\) can"),
        (configs.StyleGAN2, (2, 40), "from 4 up"),
        (configs.StyleGAN2, (16, 16, 3), r"or \(height, width\)"),
        (configs.StyleGAN2, 16.0, "got 16.0"),
        (configs.StyleGAN2Discriminator, (33, 40), r"StyleGAN2Discriminator: img_resolution=\(33, 40\)"),
        (configs.StyleGAN3, (30, 64), r"a pixel is 4 of the image's: \(28, 64\) or \(32, 64\) would be"),
        (configs.StyleGAN3, (1, 64), "from 4 up"),
    ],
)
def test_sizes_that_cannot_be_are_refused_with_the_nearest_that_can(cls, resolution, message):
    with pytest.raises(ValueError, match=message):
        cls(img_resolution=resolution)


def test_the_sizes_named_in_a_refusal_are_accepted():
    for resolution in [(28, 64), (32, 64), (48, 32), 96]:
        assert configs.StyleGAN3(img_resolution=resolution).img_resolution == resolution
    for resolution in [(32, 40), (36, 40), (192, 256)]:
        config = configs.StyleGAN2(img_resolution=resolution)
        assert configs.from_dict(configs.to_dict(config)) == config


def test_noise_maps_have_the_size_of_their_block():
    generator = tiny_networks.generator(img_resolution=(24, 16))
    assert generator.synthesis.noise_shapes == [(6, 4), (12, 8), (12, 8), (24, 16), (24, 16)]
