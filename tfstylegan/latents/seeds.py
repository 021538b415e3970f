"""Latents from seeds."""

from collections.abc import Sequence

import numpy as np


def z_from_seeds(seeds: Sequence[int], z_dim: int) -> np.ndarray:
    """Latents as the official tools draw them: ``RandomState(seed).randn(1, z_dim)`` for every seed.

    Args:
      seeds: integers in [0, 2^32).
      z_dim: size of a latent.

    Returns:
      float32 ``[len(seeds), z_dim]``.
    """
    draws = [np.random.RandomState(seed).randn(1, z_dim) for seed in seeds]
    return np.concatenate(draws).astype(np.float32) if draws else np.zeros([0, z_dim], np.float32)
