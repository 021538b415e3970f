"""Generator to ONNX."""

import contextlib
import logging
import os
from pathlib import Path

from tfstylegan.export import checks
from tfstylegan.files import atomic_path
from tfstylegan.version import __version__

BATCH_DIMENSION = "batch"


def onnx(generator, path: str | os.PathLike, *, opset: int = 17, batch: int | None = None) -> Path:
    """Writes an ONNX file with the whole generator, z to image.

    :mod:`tfstylegan.export` describes the inputs and the output.

    Args:
      generator: a :class:`tfstylegan.networks.Generator`. It is not changed.
      path: file to write, ending in ``.onnx``.
      opset: version of the operator set, 17 or 18.
      batch: fixed batch size; None (or 0) takes any.

    Returns:
      The file.

    Raises:
      UserError: if an argument is wrong, or tf2onnx is not installed.
    """
    checks.check_generator(generator)
    path, batch = checks.checked_file(path, ".onnx"), checks.checked_batch(batch)
    checks.check_opset(opset)
    checks.require("tf2onnx", "exporting to ONNX", "onnx")
    with atomic_path(path) as temporary:
        temporary.write_bytes(_convert(generator, opset, batch).SerializeToString())
    return path


def _convert(generator, opset: int, batch: int | None):
    from tfstylegan.export import functions
    from tfstylegan.export.onnx_graph import bind_weights, name_batch_dimension, use_channels_first

    folded = functions.trace(generator, batch, functions.SERVING_DEFAULT)[functions.SERVING_DEFAULT]
    model, weight_names = _convert_without_weights(folded, opset)
    bind_weights(model, dict(zip(weight_names, folded.weights, strict=True)))
    use_channels_first(model)
    name_batch_dimension(model, BATCH_DIMENSION)
    model.graph.name = "generator"
    model.producer_name, model.producer_version = "tfstylegan", __version__
    return model


def _convert_without_weights(folded, opset: int):
    """The graph, which has the weights as inputs, and the names of those."""
    import tensorflow as tf
    import tf2onnx

    names = [f"weight_{index}" for index in range(len(folded.weights))]
    specs = [
        *folded.inputs,
        *(tf.TensorSpec(array.shape, array.dtype, name=n) for n, array in zip(names, folded.weights, strict=True)),
    ]

    def function(*tensors):
        return folded(tensors[: len(folded.inputs)], tensors[len(folded.inputs) :])

    traced = tf.function(function, input_signature=specs, autograph=False)
    with _quiet(logging.getLogger("tf2onnx")):
        model, _ = tf2onnx.convert.from_function(traced, input_signature=specs, opset=opset)
    return model, names


@contextlib.contextmanager
def _quiet(logger: logging.Logger):
    """Lets only errors of ``logger`` through."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
