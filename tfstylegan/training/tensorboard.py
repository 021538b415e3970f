"""TensorBoard event files, by TensorFlow's own writer; the tensorboard package is needed only to look at them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfstylegan.training.reports import Listener, Tick


class TensorBoardWriter:
    """Writes scalars and images that TensorBoard's two dashboards of these names show.

    Args:
      directory: where the event file goes.
    """

    def __init__(self, directory: Path):
        self._writer = tf.summary.create_file_writer(str(directory))

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Writes each value under its name."""
        metadata = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
            data_class=1,  # DATA_CLASS_SCALAR
        )
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, tf.constant(value, tf.float32), step=step, metadata=metadata)
        self._writer.flush()

    def image(self, name: str, image: np.ndarray, step: int) -> None:
        """Writes a uint8 image ``[H, W, C]``."""
        metadata = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="images"),
            data_class=3,  # DATA_CLASS_BLOB_SEQUENCE
        )
        height, width = image.shape[:2]
        png = tf.io.encode_png(image)
        tensor = tf.stack([tf.constant(str(width)), tf.constant(str(height)), png])
        with self._writer.as_default():
            tf.summary.write(name, tensor, step=step, metadata=metadata)
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()


class TensorBoardFile(Listener):
    """Writes scalars and picture grids for TensorBoard."""

    def __init__(self, directory: Path):
        self._writer = TensorBoardWriter(directory)

    def tick(self, tick: Tick) -> None:
        scalars = {
            **tick.metrics,
            "speed/images_per_second": tick.images_per_second,
            "speed/data_share": tick.data_share,
            "memory/peak_bytes": float(tick.memory_bytes),
        }
        self._writer.scalars(scalars, tick.nimg)

    def images(self, name: str, grid: np.ndarray, tick_step: int) -> None:
        self._writer.image(name, grid, tick_step)

    def close(self) -> None:
        self._writer.close()
