"""Latents from seeds are those of the official tools."""

import numpy as np

from tfstylegan.latents import z_from_seeds


def test_every_seed_has_its_own_stream():
    z = z_from_seeds([5, 0, 5], 8)
    assert z.dtype == np.float32 and z.shape == (3, 8)
    np.testing.assert_array_equal(z[0], np.random.RandomState(5).randn(1, 8).astype(np.float32)[0])
    np.testing.assert_array_equal(z[0], z[2])
    assert not np.array_equal(z[0], z[1])


def test_no_seeds_give_no_latents():
    assert z_from_seeds([], 8).shape == (0, 8)
