"""Generator to TFLite, which LiteRT runs on phones, in browsers and anywhere else."""

import os
import tempfile
from pathlib import Path

from tfstylegan.export import checks
from tfstylegan.export.to_saved_model import write_saved_model
from tfstylegan.files import atomic_path


def tflite(generator, path: str | os.PathLike, *, quantize: str = "none", batch: int | None = 1) -> Path:
    """Writes a TFLite file with the signatures serving_default, mapping and synthesis, which share the weights.

    It holds built-in operations only. :mod:`tfstylegan.export` describes the inputs and outputs.

    Args:
      generator: a :class:`tfstylegan.networks.Generator`. It is not changed.
      path: file to write, ending in ``.tflite``.
      quantize: "none", "float16" or "dynamic": how weights are stored.
      batch: fixed batch size. None (or 0) takes any, with ``resize_tensor_input`` or a signature runner; fixed is
        faster, and some runtimes (LiteRT.js) take nothing else.

    Returns:
      The file.

    Raises:
      UserError: if an argument is wrong.
    """
    checks.check_generator(generator)
    path, batch = checks.checked_file(path, ".tflite"), checks.checked_batch(batch)
    checks.check_quantization(quantize)
    with atomic_path(path) as temporary:
        temporary.write_bytes(_convert(generator, quantize, batch))
    return path


def _convert(generator, quantize: str, batch: int | None) -> bytes:
    import tensorflow as tf

    from tfstylegan.export import functions

    with tempfile.TemporaryDirectory(prefix="tfstylegan-") as directory:
        write_saved_model(generator, Path(directory), batch)
        keys = [functions.SERVING_DEFAULT, functions.MAPPING, functions.SYNTHESIS]
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, signature_keys=keys)
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return _generator_first(converter.convert())


def _generator_first(model: bytes) -> bytes:
    """Makes serving_default the primary subgraph, the one that runs when no signature is asked for.

    The converter puts the signatures in alphabetical order.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    from tfstylegan.export import functions

    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    signatures = {signature.signatureKey.decode(): signature for signature in parsed.signatureDefs}
    generator = signatures[functions.SERVING_DEFAULT]
    order = [generator.subgraphIndex, *(i for i in range(len(parsed.subgraphs)) if i != generator.subgraphIndex)]
    parsed.subgraphs = [parsed.subgraphs[index] for index in order]
    for signature in parsed.signatureDefs:
        signature.subgraphIndex = order.index(signature.subgraphIndex)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))
