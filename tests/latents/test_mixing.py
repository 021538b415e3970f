"""Style mixing against the official outputs, and the styles that names stand for."""

import numpy as np
import pytest

from tests.golden_data import Golden, assert_close
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
    num_ws = 2 * resolution.bit_length() - 4
    found = [style_group(name, resolution, num_ws) for name in ("coarse", "middle", "fine")]
    assert found == [coarse, middle, fine]


def test_names_count_resolutions_from_the_smallest_of_an_image_that_is_not_square():
    found = [style_group(name, (192, 256), 12) for name in ("coarse", "middle", "fine")]  # from 6x8 to 192x256
    assert found == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10, 11]]
