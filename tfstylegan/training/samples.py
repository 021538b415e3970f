"""Picture grids of a run: the same latents every time, so that progress can be followed."""

import numpy as np
import tensorflow as tf

from tfstylegan.images import image_grid, to_uint8
from tfstylegan.latents.seeds import z_from_seeds
from tfstylegan.networks import Generator

BATCH = 8


class SampleGrid:
    """Makes grids of generated images from fixed latents, with fixed noise.

    Args:
      generator: the network to draw with, usually the averaged one.
      columns, rows: size of the grid; None fits about 1280 x 720 pixels.
    """

    def __init__(self, generator: Generator, columns: int | None = None, rows: int | None = None):
        height, width = generator.img_size
        self.columns = columns or int(np.clip(1280 // width, 2, 16))
        self.rows = rows or int(np.clip(720 // height, 2, 9))
        self._generator = generator
        self._z = z_from_seeds(range(self.columns * self.rows), generator.z_dim)
        self._draw = tf.function(lambda z: generator(z, noise_mode="const"), autograph=False)

    def fakes(self) -> np.ndarray:
        """The grid, uint8 ``[H, W, C]``."""
        padded = np.concatenate([self._z, self._z[: -len(self._z) % BATCH]])  # whole batches: one trace
        batches = [self._draw(tf.constant(padded[i : i + BATCH])).numpy() for i in range(0, len(padded), BATCH)]
        images = np.concatenate(batches)[: len(self._z)]
        return image_grid(to_uint8(images, rounding="nearest"), self.columns)

    def reals(self, source) -> np.ndarray:
        """A grid of real images of the same size."""
        count = self.columns * self.rows
        return image_grid(source.batch(np.arange(count) % len(source)), self.columns)
