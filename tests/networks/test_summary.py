"""The layer table: published parameter counts, and sums that agree with the models."""

import math

import keras
import pytest

from tests import tiny_networks
from tfstylegan import configs, networks
from tfstylegan.configs import PRESETS
from tfstylegan.networks.summary import format_table, layer_table, total, with_unit
from tfstylegan.networks.summary_rows import LayerRow

# Counted on the official implementation: generator, of it synthesis, discriminator, styles.
PUBLISHED = {
    "stylegan2": (30_370_060, 28_268_812, 29_012_513, 18),
    "paper512": (30_276_583, 28_175_335, 28_982_849, 16),
    "paper256": (24_767_458, 22_666_210, 24_001_089, 14),
}
SMALL = [
    {},
    {"c_dim": 3},
    {"architecture": "resnet"},
    {"architecture": "orig"},
    {"architecture": "skip", "img_channels": 1},
    {"img_resolution": 4},
]


def trainable(model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


@pytest.mark.parametrize("preset", PUBLISHED)
def test_presets_have_the_published_number_of_parameters(preset):
    generator, synthesis, discriminator, num_ws = PUBLISHED[preset]
    model = networks.Generator(PRESETS[preset].generator())
    rows = layer_table(model)
    assert model.num_ws == num_ws
    assert total(rows).parameters == trainable(model) == generator
    assert total(row for row in rows if row.name.startswith("synthesis.")).parameters == synthesis
    model = networks.Discriminator(PRESETS[preset].discriminator())
    assert total(layer_table(model)).parameters == trainable(model) == discriminator


@pytest.mark.parametrize("overrides", SMALL, ids=str)
@pytest.mark.parametrize("build", [tiny_networks.generator, tiny_networks.discriminator])
def test_every_weight_is_counted_once(build, overrides):
    model = build(**overrides)
    whole = total(layer_table(model))
    assert whole.parameters == trainable(model)
    assert whole.parameters + whole.buffers == sum(math.prod(variable.shape) for variable in model.weights)


OTHERS = {
    "StyleGAN": configs.StyleGAN(img_resolution=16, channel_base=128, z_dim=16, w_dim=16, c_dim=3),
    "traditional": configs.StyleGAN(
        img_resolution=16, channel_base=128, z_dim=16, w_dim=16, mapping_layers=0, use_styles=False,
        const_input_layer=False, use_noise=False,
    ),
    "StyleGAN discriminator": configs.StyleGANDiscriminator(img_resolution=16, channel_base=128, c_dim=3),
    "ProGAN": configs.ProGAN(img_resolution=16, channel_base=128, z_dim=16, c_dim=3),
    "ProGAN discriminator": configs.ProGANDiscriminator(img_resolution=16, channel_base=128, fused_scale=False),
    "progressive": configs.StyleGAN2(
        img_resolution=16, channel_base=128, z_dim=16, w_dim=16, c_dim=3, architecture="progressive",
        mapping_labels="joint",
    ),
    "progressive discriminator": configs.StyleGAN2Discriminator(
        img_resolution=16, channel_base=128, c_dim=3, architecture="progressive", projection="direct",
    ),
}  # fmt: skip


@pytest.mark.parametrize("config", OTHERS.values(), ids=OTHERS)
def test_every_weight_of_every_family_is_counted_once(config):
    model = networks.build(config)
    rows = layer_table(model)
    whole = total(rows)
    assert whole.parameters == trainable(model)
    assert whole.parameters + whole.buffers == sum(math.prod(variable.shape) for variable in model.weights)
    assert len({row.name for row in rows}) == len(rows)
    convolutions = [row for row in rows if ".conv" in row.name]
    assert convolutions and all(row.multiply_adds > row.parameters for row in convolutions)


@pytest.mark.parametrize("overrides", SMALL, ids=str)
def test_names_are_unique_and_the_last_row_is_the_output(overrides):
    generator = layer_table(tiny_networks.generator(**overrides))
    side, channels = overrides.get("img_resolution", 16), overrides.get("img_channels", 3)
    assert generator[-1].output_shape == (side, side, channels)
    for rows in (generator, layer_table(tiny_networks.discriminator(**overrides))):
        assert len({row.name for row in rows}) == len(rows)


def test_convolutions_are_counted_at_the_resolution_where_they_run():
    rows = {row.name: row for row in layer_table(tiny_networks.generator(channel_base=64))}
    # channels: 16 at 4 px, 8 at 8 px, 4 at 16 px; w has 16 numbers
    assert rows["synthesis.b8.conv0"] == LayerRow(
        name="synthesis.b8.conv0",
        output_shape=(8, 8, 8),
        parameters=16 * 16 + 16 + 9 * 16 * 8 + 8 + 1,  # affine, kernel, bias, noise strength
        buffers=64,  # the fixed noise
        multiply_adds=4 * 4 * 9 * 16 * 8 + 16 * 16 + 16 * 8,  # at 4 px; affine; demodulation
    )
    assert rows["synthesis.b8.conv1"].multiply_adds == 8 * 8 * 9 * 8 * 8 + 16 * 8 + 8 * 8
    assert rows["synthesis.b8.torgb"].multiply_adds == 8 * 8 * 8 * 3 + 16 * 8
    assert rows["mapping.fc0"].multiply_adds == 16 * 16
    rows = {row.name: row for row in layer_table(tiny_networks.discriminator(channel_base=64))}
    assert rows["network.b16.fromrgb"].multiply_adds == 16 * 16 * 3 * 4
    assert rows["network.b16.conv0"].multiply_adds == 16 * 16 * 9 * 4 * 4
    assert rows["network.b16.conv1"].multiply_adds == 8 * 8 * 9 * 4 * 8
    assert rows["network.b16.skip"].multiply_adds == 8 * 8 * 4 * 8
    assert rows["network.b16.conv1"].output_shape == (8, 8, 8)


def test_a_bypass_that_upsamples_is_counted_at_the_low_resolution():
    rows = {row.name: row for row in layer_table(tiny_networks.generator(channel_base=64, architecture="resnet"))}
    assert rows["synthesis.b16.skip"].multiply_adds == 8 * 8 * 8 * 4
    assert rows["synthesis.b16.skip"].output_shape == (16, 16, 4)


def test_the_table_is_aligned_and_ends_with_totals():
    rows = layer_table(tiny_networks.generator())
    lines = format_table(rows).splitlines()
    assert lines[0].split() == ["layer", "output", "shape", "parameters", "buffers", "multiply-adds"]
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines[-3:]] == ["mapping", "synthesis", "total"]
    assert f"{total(rows).parameters:,}" in lines[-1]


def test_a_discriminator_has_one_total():
    lines = format_table(layer_table(tiny_networks.discriminator())).splitlines()
    assert lines[-1].startswith("total") and lines[-2].startswith("---")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "-"), (999, "999"), (1000, "1.0 k"), (151_000_000, "151.0 M"), (74_300_000_000, "74.3 G")]
)
def test_large_numbers_have_units(number, text):
    assert with_unit(number) == text


def test_other_models_are_refused():
    with pytest.raises(TypeError, match="Generator or a Discriminator"):
        layer_table(keras.Sequential())
