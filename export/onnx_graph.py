"""Finishing touches to a converted ONNX graph."""

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from tfstylegan.export.channels_first import use_channels_first

__all__ = ["bind_weights", "name_batch_dimension", "use_channels_first"]


def bind_weights(model: onnx.ModelProto, weights: dict[str, np.ndarray]) -> None:
    """Turns inputs of a graph into constants.

    Operations on nothing but weights, such as the change to ONNX's kernel layout, are computed.

    Args:
      model: changed in place.
      weights: arrays by the name of the input.
    """
    graph = model.graph
    arrays = dict(weights)
    small = {tensor.name: tensor for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if not any(name in arrays for name in node.input) or not all(n in arrays or n in small for n in node.input):
            kept.append(node)
            continue
        values = {n: arrays[n] if n in arrays else numpy_helper.to_array(small[n]) for n in node.input}
        evaluator = ReferenceEvaluator(node, opsets={o.domain: o.version for o in model.opset_import})
        results = list(evaluator.run(None, values))
        arrays.update(zip(node.output, results, strict=True))
    used = {name for node in kept for name in node.input}
    inputs = [value for value in graph.input if value.name not in weights]
    del graph.node[:], graph.input[:]
    graph.node.extend(kept)
    graph.input.extend(inputs)
    for name, array in arrays.items():
        if name in used:
            graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))


def name_batch_dimension(model: onnx.ModelProto, name: str) -> None:
    """Calls the dynamic first dimension of every input and output ``name``."""
    for value in [*model.graph.input, *model.graph.output]:
        first = value.type.tensor_type.shape.dim[0]
        if not first.HasField("dim_value"):
            first.dim_param = name
