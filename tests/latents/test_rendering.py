"""Pictures made in batches equal those that the generator makes at once."""

import itertools

import numpy as np
import pytest

from tests import tiny_networks
from tfstylegan import latents
from tfstylegan.images import to_uint8


@pytest.fixture(scope="module")
def generator():
    return tiny_networks.generator()


@pytest.fixture(scope="module")
def conditional():
    return tiny_networks.generator(c_dim=3)


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
def test_styles_do_not_depend_on_the_batch(generator, batch):
    found = np.stack(list(latents.styles_from_seeds(generator, range(5), None, 0.6, 2, batch)))
    expected = generator.mapping(latents.z_from_seeds(range(5), 16), None, truncation_psi=0.6, truncation_cutoff=2)
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5)


def test_styles_of_a_class(conditional):
    found = np.stack(list(latents.styles_from_seeds(conditional, [1, 2], [0, 1, 0])))
    labels = np.array([[0, 1, 0]] * 2, np.float32)
    np.testing.assert_allclose(
        found, np.asarray(conditional.mapping(latents.z_from_seeds([1, 2], 16), labels)), atol=1e-5
    )


@pytest.mark.parametrize("batch", [1, 2, 8])
@pytest.mark.parametrize("noise_mode", ["const", "none"])
def test_pictures_do_not_depend_on_the_batch(generator, batch, noise_mode):
    ws = np.stack(list(latents.styles_from_seeds(generator, range(5))))
    found = np.stack(list(latents.render(generator, ws, noise_mode, batch)))
    expected = to_uint8(generator.synthesis(ws, noise_mode=noise_mode))
    assert found.dtype == np.uint8 and found.shape == (5, 16, 16, 3)
    # Rounding in the last float may move a value across the border between two levels.
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_random_noise_differs_between_pictures(generator):
    ws = np.stack(list(latents.styles_from_seeds(generator, [0]))).repeat(4, axis=0)
    pictures = list(latents.render(generator, ws, "random", 2))
    assert all(not np.array_equal(a, b) for a, b in itertools.combinations(pictures, 2))


def test_an_endless_source_is_read_as_needed(generator):
    ws = latents.styles_from_seeds(generator, itertools.count(), batch=2)
    assert len(list(itertools.islice(latents.render(generator, ws, batch=2), 5))) == 5


def test_nothing_gives_nothing(generator):
    assert list(latents.render(generator, [])) == []
