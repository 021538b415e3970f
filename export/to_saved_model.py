"""Generator to SavedModel."""

import hashlib
import os
from pathlib import Path

import numpy as np

from tfstylegan.export import checks
from tfstylegan.files import atomic_directory


def saved_model(generator, path: str | os.PathLike, *, batch: int | None = None) -> Path:
    """Writes a SavedModel with the signatures serving_default, mapping and synthesis.

    It runs with ``tf.saved_model.load`` alone, without tfstylegan or Keras. :mod:`tfstylegan.export` describes
    the inputs and outputs.

    Args:
      generator: a :class:`tfstylegan.networks.Generator`. It is not changed.
      path: directory to write, for instance ``"stylegan/1"``; an older SavedModel there is replaced.
      batch: fixed batch size; None (or 0) takes any.

    Returns:
      The directory.

    Raises:
      UserError: if ``generator`` is something else, or ``path`` holds other files.
    """
    checks.check_generator(generator)
    path, batch = checks.checked_directory(path), checks.checked_batch(batch)
    with atomic_directory(path) as temporary:
        write_saved_model(generator, temporary, batch)
    return path


def write_saved_model(generator, directory: Path, batch: int | None) -> None:
    """Writes the files of a SavedModel into ``directory``."""
    import tensorflow as tf

    from tfstylegan.export import functions

    module, variables = tf.Module(), _Variables()
    traced = functions.trace(generator, batch, functions.SERVING_DEFAULT, functions.MAPPING, functions.SYNTHESIS)
    signatures = {name: _signature(folded, variables) for name, folded in traced.items()}
    module.weights = list(variables.by_content.values())
    # There are no custom gradients to store, and nobody trains a folded network.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, os.fspath(directory), signatures=signatures, options=options)


class _Variables:
    """Variables for weights, one for equal weights, so that signatures share them."""

    def __init__(self):
        self.by_content: dict = {}

    def holding(self, array: np.ndarray):
        import tensorflow as tf

        key = (array.shape, hashlib.sha256(array.tobytes()).digest())
        if key not in self.by_content:
            self.by_content[key] = tf.Variable(array, trainable=False, name=f"weight_{len(self.by_content)}")
        return self.by_content[key]


def _signature(folded, variables: _Variables):
    import tensorflow as tf

    weights = [variables.holding(array) for array in folded.weights]

    def signature(*inputs):
        return folded(inputs, weights)

    return tf.function(signature, input_signature=folded.inputs, autograph=False).get_concrete_function()
