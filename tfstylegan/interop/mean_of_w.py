"""The mean of w of a generator whose file has none: estimated from random latents, as the community tools do."""

from collections.abc import Mapping

import numpy as np
from numpy.random import RandomState

from tfstylegan.configs import StyleGAN2
from tfstylegan.interop.limits import Refused

LATENTS = 4096
BATCH = 256
SLOPE, GAIN = 0.2, 2**0.5  # of the leaky ReLU

# Eight times the numbers in the published mapping network: a few seconds.
MAX_WIDTH = 1 << 12
MAX_NUMBERS = 1 << 24


def estimate(config: StyleGAN2, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The mean ``[w_dim]`` of the w of 4096 latents, always the same ones.

    Args:
      config: of a generator without labels whose mapping layers are all ``w_dim`` wide.
      arrays: its variables by our path.

    Raises:
      Refused: if the mapping network is too large to do this in a few seconds.
    """
    layers = [[arrays[f"mapping/fc{i}/{name}"] for name in ("kernel", "bias")] for i in range(config.mapping_layers)]
    numbers = sum(kernel.size for kernel, _ in layers)
    if max(config.z_dim, config.w_dim) > MAX_WIDTH or numbers > MAX_NUMBERS:
        raise Refused("it has no latent_avg, and a mapping network far too large to estimate it with")
    with np.errstate(all="ignore"):
        layers = [_scaled(kernel, bias, config.mapping_lr_multiplier) for kernel, bias in layers]
        random, total = RandomState(0), np.zeros(config.w_dim)
        for _ in range(LATENTS // BATCH):
            x = random.randn(BATCH, config.z_dim).astype(np.float32)
            x /= np.sqrt(np.mean(x * x, axis=1, keepdims=True) + np.float32(1e-8))
            for kernel, bias in layers:
                x = x @ kernel + bias
                x = np.where(x < 0, np.float32(SLOPE), np.float32(1)) * x * np.float32(GAIN)
            total += x.sum(axis=0, dtype=np.float64)
        return (total / LATENTS).astype(np.float32)


def _scaled(kernel: np.ndarray, bias: np.ndarray, multiplier: float) -> list[np.ndarray]:
    """Equalised learning rates: kernels times ``multiplier / sqrt(inputs)``, biases times ``multiplier``."""
    gain = np.float32(multiplier / max(len(kernel), 1) ** 0.5)
    return [kernel.astype(np.float32) * gain, bias.astype(np.float32) * np.float32(multiplier)]
