"""What is exported: the functions of a generator, traced, with their weights made ready for use."""

import tensorflow as tf

from tfstylegan import networks
from tfstylegan.export.folding import FoldedFunction, fold
from tfstylegan.ops.dispatch import implementation

SERVING_DEFAULT, MAPPING, SYNTHESIS = "serving_default", "mapping", "synthesis"


def trace(generator: networks.Generator, batch: int | None, *names: str) -> dict[str, FoldedFunction]:
    """Traces functions of a generator.

    Args:
      generator: what to export. It is not changed.
      batch: fixed batch size, or None for any.
      names: "serving_default" (z to image), "mapping" (z to ws), "synthesis" (ws to image).

    Returns:
      A function for every name. Their inputs and outputs are described in :mod:`tfstylegan.export`.
    """
    generator = in_float32(generator)
    return {name: fold(_TRACERS[name](generator, batch)) for name in names}


def in_float32(generator: networks.Generator) -> networks.Generator:
    """``generator``, or a copy of it if any of its layers computes in less than float32."""
    if all(layer.compute_dtype == "float32" for layer in generator._flatten_layers()):
        return generator
    copy = networks.Generator(generator.config, dtype="float32")
    copy.set_weights(generator.get_weights())
    return copy


def has_noise(generator: networks.Generator) -> bool:
    """Whether the network has noise maps, and its artefacts the input ``noise_gain``."""
    return bool(generator.synthesis.noise_shapes)


def _trace_serving_default(generator: networks.Generator, batch: int | None):
    def serving_default(inputs):
        return {"image": _synthesis(generator, _mapping(generator, inputs), inputs)}

    specs = [*_latent_specs(generator, batch), *_noise_specs(generator, batch)]
    return _concrete(serving_default, specs)


def _trace_mapping(generator: networks.Generator, batch: int | None):
    def mapping(inputs):
        return {"ws": _mapping(generator, inputs)}

    return _concrete(mapping, _latent_specs(generator, batch))


def _trace_synthesis(generator: networks.Generator, batch: int | None):
    def synthesis(inputs):
        return {"image": _synthesis(generator, inputs["ws"], inputs)}

    specs = [_spec("ws", batch, generator.num_ws, generator.w_dim), *_noise_specs(generator, batch)]
    return _concrete(synthesis, specs)


_TRACERS = {SERVING_DEFAULT: _trace_serving_default, MAPPING: _trace_mapping, SYNTHESIS: _trace_synthesis}


def _mapping(generator: networks.Generator, inputs: dict):
    """ws ``[N, num_ws, w_dim]``; truncated before it is copied, with a ``psi`` for every sample."""
    mapping = generator.mapping
    w = mapping.map(inputs.get("z"), inputs.get("c"))
    return mapping.broadcast(mapping.truncate(w, inputs["psi"]))


def _synthesis(generator: networks.Generator, ws, inputs: dict):
    """Images. The noise is multiplied by an input: a converter would fold a constant map and the bias into one
    constant of the size of the activations, hundreds of megabytes in all."""
    if not has_noise(generator):
        return generator.synthesis(ws, noise_mode="none")
    gain = tf.reshape(inputs["noise_gain"], [-1, 1, 1, 1])
    return generator.synthesis(ws, noise_mode="const", noise_gain=gain)


def _latent_specs(generator: networks.Generator, batch: int | None) -> list[tf.TensorSpec]:
    sizes = {"z": generator.z_dim, "c": generator.c_dim, "psi": 1}
    return [_spec(name, batch, size) for name, size in sizes.items() if size]


def _noise_specs(generator: networks.Generator, batch: int | None) -> list[tf.TensorSpec]:
    return [_spec("noise_gain", batch, 1)] if has_noise(generator) else []


def _spec(name: str, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.float32, name=name)


def _concrete(function, specs: list[tf.TensorSpec]):
    """Traces ``function``, which takes a dictionary of the inputs that ``specs`` name."""

    def positional(*tensors):
        return function({spec.name: tensor for spec, tensor in zip(specs, tensors, strict=True)})

    # No runtime but this process has the fused ops.
    with implementation("composed"):
        return tf.function(positional, input_signature=specs, autograph=False).get_concrete_function()
