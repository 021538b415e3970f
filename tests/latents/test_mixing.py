"""Style mixing against the official outputs, and the styles that names stand for."""

import dataclasses

import numpy as np
import pytest

from tests.golden_data import Golden, assert_close
from tfstylegan import configs, networks
from tfstylegan.latents import mix, style_group

GOLDEN = Golden("wspace_tools")
CUTOFFS = [int(name) for name in GOLDEN.under("mix_cutoff")]


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_official_mixing_from_a_layer_on(cutoff):
    assert_close(mix(GOLDEN["ws1"], GOLDEN["ws2"], cutoff=cutoff), GOLDEN[f"mix_cutoff{cutoff}"], 0)


def test_official_mixing_of_chosen_layers():
    found = mix(GOLDEN["ws1"], GOLDEN["ws2"], layers=GOLDEN["mix_layers_idx"])
    assert_close(found, GOLDEN["mix_layers"], 0)


def test_one_donor_serves_many_bases():
    found = mix(GOLDEN["ws1"], GOLDEN["ws2"][0], layers=[1])
    np.testing.assert_array_equal(found[:, 1], np.tile(GOLDEN["ws2"][0, 1], [len(found), 1]))
    np.testing.assert_array_equal(found[:, 0], GOLDEN["ws1"][:, 0])


@pytest.mark.parametrize(
    "arguments",
    [{}, {"cutoff": 1, "layers": [1]}, {"cutoff": 9}, {"cutoff": -1}, {"layers": [8]}, {"layers": [-1]}],
    ids=str,
)
def test_what_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match=r"cutoff|layers"):
        mix(GOLDEN["ws1"], GOLDEN["ws2"], **arguments)


@pytest.mark.parametrize(
    ("resolution", "coarse", "middle", "fine"),
    [
        (4, [0, 1], [], []),
        (8, [0, 1, 2, 3], [], []),
        (16, [0, 1, 2], [3, 4, 5], []),
        (32, [0, 1, 2], [3, 4, 5, 6, 7], []),
        (64, [0, 1, 2], [3, 4, 5, 6], [7, 8, 9]),
        (1024, [0, 1, 2], [3, 4, 5, 6], list(range(7, 18))),
    ],
)
def test_names_divide_the_styles_by_resolution(resolution, coarse, middle, fine):
    config = configs.StyleGAN2(img_resolution=resolution, channel_base=1024, channel_max=2, z_dim=2, w_dim=2)
    sides = networks.Generator(config).synthesis.ws_resolutions
    assert len(sides) == config.num_ws
    assert groups(sides) == [coarse, middle, fine]


def groups(sides) -> list[list[int]]:
    return [style_group(name, sides) for name in ("coarse", "middle", "fine")]


@pytest.mark.parametrize(
    ("config", "sides", "expected"),
    [
        (configs.StyleGAN2(img_resolution=(96, 128)), [8, 16, 16, 32, 32, 64, 64, 128, 128, 128],
         [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9]]),
        (configs.StyleGAN(img_resolution=64), [4, 4, 8, 8, 16, 16, 32, 32, 64, 64],
         [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
        (configs.StyleGAN3(img_resolution=64, num_layers=6), [16, 16, 16, 32, 64, 64, 64, 64],
         [[0, 1, 2, 3], [4, 5, 6, 7], []]),
        (configs.ProGAN(img_resolution=64), [4], [[0], [], []]),
        (configs.DCGAN(), [4], [[0], [], []]),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_names_count_resolutions_from_the_smallest_of_any_family(config, sides, expected):
    small = dataclasses.replace(config, channel_base=128, channel_max=2, z_dim=2)
    if hasattr(small, "mapping_layers"):
        small = dataclasses.replace(small, w_dim=2, mapping_layers=1)
    found = networks.Generator(small).synthesis.ws_resolutions
    assert found == sides and len(found) == small.num_ws
    assert groups(found) == expected
