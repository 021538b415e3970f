"""The table of presets: published sizes, settings that fit together, and a document that lists them all."""

import dataclasses
import math
import re
from pathlib import Path

import pytest

from tfstylegan import configs, networks
from tfstylegan.cli import train
from tfstylegan.cli.train import config_from_flags
from tfstylegan.configs import PRESETS
from tfstylegan.errors import UserError
from tfstylegan.interop import names_stylegan, names_stylegan2, names_stylegan3
from tfstylegan.interop.names import TF1
from tfstylegan.networks import Discriminator, Generator

DOCUMENT = Path(__file__).parents[2] / "docs" / "presets.md"

# Counted on the official implementations: generator, of it synthesis, discriminator, styles.
PUBLISHED = {
    "stylegan2": (30_370_060, 28_268_812, 29_012_513, 18),
    "stylegan2-e": (24_900_764, 22_799_516, 24_038_161, 18),
    "paper512": (30_276_583, 28_175_335, 28_982_849, 16),
    "paper256": (24_767_458, 22_666_210, 24_001_089, 14),
    "auto": (22_949_277, 22_423_965, 23_882_369, 12),
    "cifar": (20_215_315, 19_422_227, 21_513_728, 8),
    "stylegan3-t-1024": (22_313_167, None, None, 16),
    "stylegan3-t-512": (24_873_519, None, None, 16),
    "stylegan3-t-256": (23_320_443, None, None, 16),
    "stylegan3-r-1024": (15_093_151, None, None, 16),
    "stylegan3-r-512": (16_665_594, None, None, 16),
    "stylegan3-r-256": (15_779_565, None, None, 16),
}
BUFFERS = ("w_avg", "noise_const", "magnitude_ema", "freqs", "phases", "transform")  # stored, not trained
ROWS = {
    configs.StyleGAN: names_stylegan.stylegan_generator_rows,
    configs.ProGAN: names_stylegan.progan_generator_rows,
    configs.StyleGAN2: names_stylegan2.generator_rows,
    configs.StyleGAN2Discriminator: names_stylegan2.discriminator_rows,
    configs.StyleGAN3: names_stylegan3.generator_rows,
}


def parameters(config, part: str = "") -> int:
    """Trainable numbers, from the table of a family's variables: without making them."""
    rows = [row for row in ROWS[type(config)](config, TF1) if row.ours.rpartition("/")[2] not in BUFFERS]
    return sum(math.prod(row.shape) for row in rows if row.ours.startswith(part))


@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_have_the_official_numbers_of_parameters(name):
    generator, synthesis, discriminator, num_ws = PUBLISHED[name]
    g, d = PRESETS[name].generator(), PRESETS[name].discriminator()
    assert g.num_ws == num_ws
    assert parameters(g) == generator
    if synthesis is not None:
        assert parameters(g, "synthesis/") == synthesis
        assert parameters(d) == discriminator


@pytest.mark.parametrize(("name", "millions"), [("stylegan", 26.2), ("progan", 23.1)])
def test_stylegan_and_progan_have_the_numbers_of_parameters_that_the_paper_states(name, millions):
    assert round(parameters(PRESETS[name].generator()) / 1e6, 1) == millions  # Karras et al. 2019, section 2


def test_the_counts_are_those_of_networks_that_are_built():
    for name in ("auto", "cifar", "stylegan3-r-256"):
        model = networks.Generator(PRESETS[name].generator())
        assert sum(math.prod(v.shape) for v in model.trainable_variables) == PUBLISHED[name][0]
        assert sum(math.prod(v.shape) for v in model.synthesis.trainable_variables) == parameters(
            model.config, "synthesis/"
        )
        if PUBLISHED[name][2] is not None:
            model = networks.Discriminator(PRESETS[name].discriminator())
            assert sum(math.prod(v.shape) for v in model.trainable_variables) == PUBLISHED[name][2]


@pytest.mark.parametrize("name", PRESETS)
def test_both_networks_fit_together_at_any_size(name):
    preset = PRESETS[name]
    for arguments in ((), (64, 4), (64, 1, 5)):
        g, d = preset.generator(*arguments), preset.discriminator(*arguments)
        for field in ("img_resolution", "img_channels"):
            assert getattr(g, field) == getattr(d, field)
        if len(arguments) == 3:
            assert g.c_dim == 5 and d.c_dim == (0 if name == "progan" else 5)
    assert preset.generator() == preset.generator_config and preset.discriminator() == preset.discriminator_config
    assert dataclasses.replace(preset.generator(64), img_resolution=preset.generator().img_resolution) == (
        preset.generator()
    )
    group = getattr(preset.discriminator_config, "mbstd_group_size", None)
    assert group is None or preset.training.batch_size % group == 0


def test_every_family_has_a_preset_and_every_preset_is_a_family():
    from tfstylegan.networks.discriminator import NETWORKS
    from tfstylegan.networks.generator import SYNTHESIS_NETWORKS

    assert {type(preset.generator_config) for preset in PRESETS.values()} == set(SYNTHESIS_NETWORKS)
    assert {type(preset.discriminator_config) for preset in PRESETS.values()} == set(NETWORKS)


@pytest.mark.parametrize("name", ["dcgan", "wgan-gp", "tiny"])
def test_small_presets_run(name):
    import numpy as np

    g, d = Generator(PRESETS[name].generator()), Discriminator(PRESETS[name].discriminator())
    images = g(np.zeros([2, g.z_dim], np.float32))
    assert d(images).shape == (2, 1)


def test_the_critic_of_wgan_gp_allows_the_gradient_penalty():
    assert PRESETS["wgan-gp"].discriminator().allows_gradient_penalty
    assert not PRESETS["dcgan"].discriminator().allows_gradient_penalty


def run_config(*flags: str):
    values = train.FLAGS
    saved = values.flag_values_dict()
    try:
        values.unparse_flags()
        values(["train", "--outdir=runs/x", "--data=builtin:faces", *flags])
        return config_from_flags(values)
    finally:
        for flag, value in saved.items():
            values[flag].value = value


@pytest.mark.parametrize("name", PRESETS)
def test_what_can_be_trained_is_and_the_rest_is_refused_with_a_list(name):
    if PRESETS[name].is_trainable:
        config = run_config(f"--preset={name}")
        assert config.training == PRESETS[name].training
        assert config.generator == PRESETS[name].generator(c_dim=0)
    else:
        with pytest.raises(UserError) as refusal:
            run_config(f"--preset={name}")
        text = str(refusal.value)
        assert text.startswith(f"--preset={name} is a ") and "\n" not in text
        listed = text.partition("that can be trained are ")[2].split(", ")
        assert listed == [name for name, preset in PRESETS.items() if preset.is_trainable]


def test_the_document_lists_every_preset_with_its_resolution_and_result():
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (\d+) \|.*?\| ([^|]+) \|$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(PRESETS)
    for name, resolution, result in rows:
        assert PRESETS[name].generator_config.img_resolution == int(resolution)
        stated = re.search(r"FID ([\d.]+)", PRESETS[name].result)
        documented = re.search(r"\d+\.\d+", result)
        assert (stated and stated.group(1)) == (documented and documented.group(0)), name


@pytest.mark.parametrize("path", ["README.md", "docs/presets.md"])
def test_documents_name_presets_that_exist(path):
    text = (DOCUMENT.parents[1] / path).read_text(encoding="utf-8")
    named = re.findall(r"--preset=([\w-]+)|PRESETS\[\"([\w-]+)\"\]", text)
    assert named and {one or other for one, other in named} <= set(PRESETS)
