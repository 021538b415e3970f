"""The input of families without a mapping network."""

import numpy as np
import pytest

from tfstylegan.networks import LatentInput


def inputs(c_dim=3):
    random = np.random.RandomState(0)
    return random.randn(4, 5).astype(np.float32), random.randn(4, c_dim).astype(np.float32) if c_dim else None


def built(**options):
    layer = LatentInput(z_dim=5, **options)
    layer.build()
    return layer


@pytest.mark.parametrize("c_dim", [0, 3])
@pytest.mark.parametrize("normalize", [False, True])
def test_w_is_the_latent_and_the_label(c_dim, normalize):
    z, c = inputs(c_dim)
    expected = np.concatenate([z, c], axis=1) if c_dim else z
    if normalize:
        expected = expected / np.sqrt(np.mean(expected**2, axis=1, keepdims=True) + 0.5)
    layer = built(c_dim=c_dim, normalize=normalize, epsilon=0.5)
    ws = np.asarray(layer(z, c))
    assert ws.shape == (4, 1, 5 + c_dim) == layer.compute_output_shape((4, 5))
    np.testing.assert_allclose(ws[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(layer.map(z, c), expected, rtol=1e-6)


def test_truncation_scales_the_latent_and_leaves_the_label():
    z, c = inputs()
    layer = built(c_dim=3)
    layer.update_w_avg(np.ones([4, 8], np.float32))
    np.testing.assert_array_equal(layer.w_avg, np.zeros(8))
    np.testing.assert_allclose(layer(z, c, truncation_psi=0.25)[:, 0], np.concatenate([0.25 * z, c], axis=1), rtol=1e-6)
    np.testing.assert_array_equal(layer(z, c, truncation_psi=0.25, truncation_cutoff=0), layer(z, c))
    psi = np.array([[0], [0.5], [1], [2]], np.float32)  # one for every sample, as exported functions take it
    np.testing.assert_allclose(
        layer.truncate(layer.map(z, c), psi), np.concatenate([psi * z, c], axis=1), rtol=1e-6, atol=1e-9
    )


def test_it_has_no_parameters_and_comes_back_from_its_config():
    layer = built(c_dim=3, normalize=True, epsilon=1e-4)
    again = LatentInput.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert not layer.trainable_variables and len(layer.weights) == 1


def test_mistakes_are_named():
    z, c = inputs()
    with pytest.raises(ValueError, match=r"c is missing: pass labels .* \[N, 3\]"):
        built(c_dim=3)(z)
    with pytest.raises(ValueError, match=r"z must have shape \[N, 5\]; got \(4, 3\)"):
        built()(c)
