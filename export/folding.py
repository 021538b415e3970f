"""Does, once and beforehand, what a traced function would do to its weights at every call.

A layer scales its kernel, turns it, sums its squares for demodulation. None of this depends on the inputs. Here a
function is cut in two where the inputs come in: what lies before the cut is computed, and what lies after becomes
a function of the inputs and of the results, its *weights*. That is faster to run; and a converter that is given
the graph and the weights apart does not copy a hundred megabytes of constants dozens of times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

# Smaller results become constants in the graph, where converters can merge them into other operations.
WEIGHT_ELEMENTS = 4096


@dataclass(frozen=True)
class FoldedFunction:
    """A function of inputs and weights.

    Calling it, while another function is traced, with tensors as ``inputs`` describes them and tensors or
    variables for ``weights`` gives a dictionary of outputs.
    """

    inputs: tuple[tf.TensorSpec, ...]
    weights: tuple[np.ndarray, ...]
    outputs: tuple[str, ...]  # names
    body: Callable  # (*inputs, *weights) -> list of outputs

    def __call__(self, inputs: Sequence, weights: Sequence) -> dict:
        return dict(zip(self.outputs, self.body(*inputs, *weights), strict=True))


def fold(function) -> FoldedFunction:
    """Computes all of a concrete function that does not depend on its arguments.

    Args:
      function: a concrete function with one flat list of arguments that returns a dictionary.
    """
    graph = function.graph
    arguments = graph.inputs[: len(graph.inputs) - len(graph.captures)]
    graph_def = _without_control_inputs(graph.as_graph_def())
    cut = _cut(graph, arguments)
    values = _evaluate(graph, graph_def, cut)
    large = [tensor for tensor in cut if _is_weight(values[tensor.name])]
    small = [tensor for tensor in cut if not _is_weight(values[tensor.name])]
    part = _part(graph_def, [*arguments, *large, *small], function.outputs)
    constants = [values[tensor.name] for tensor in small]

    def body(*tensors):
        return part(*tensors, *(tf.constant(value) for value in constants))

    return FoldedFunction(
        inputs=tuple(tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.op.name) for tensor in arguments),
        weights=tuple(values[tensor.name] for tensor in large),
        outputs=tuple(function.structured_outputs),
        body=body,
    )


def _is_weight(value: np.ndarray) -> bool:
    """Whether a result is large; or a map ``[1, H, W, 1]``, as noise is.

    Next to a constant for every channel, a converter would reorder products until it could merge the two into one
    constant of the size of the activations.
    """
    is_map = value.ndim == 4 and value.shape[0] == value.shape[3] == 1 and value.size > 1
    return is_map or value.size > WEIGHT_ELEMENTS


def _cut(graph, arguments) -> list:
    """Tensors that do not depend on ``arguments`` and enter an operation that does."""
    varying = {tensor.op.name for tensor in arguments}
    cut = {}
    for operation in graph.get_operations():  # in order of execution
        if any(tensor.op.name in varying for tensor in operation.inputs):
            varying.add(operation.name)
            for tensor in operation.inputs:
                if tensor.op.name not in varying and tensor.op.type != "Const":
                    cut[tensor.name] = tensor
    return list(cut.values())


def _evaluate(graph, graph_def, tensors: list) -> dict[str, np.ndarray]:
    """Values of tensors that depend on nothing but captured variables and constants."""
    known = {}
    for outside, inside in graph.captures:
        if inside.dtype != tf.resource:
            known[inside.name] = (inside, outside)
            continue
        for operation in inside.consumers():
            if operation.type == "ReadVariableOp":
                read = operation.outputs[0]
                known[read.name] = (read, tf.raw_ops.ReadVariableOp(resource=outside, dtype=read.dtype))
    part = _part(graph_def, [tensor for tensor, _ in known.values()], tensors)
    values = [value for _, value in known.values()]
    results = tf.function(part, autograph=False).get_concrete_function(*values)(*values)
    return {tensor.name: result.numpy() for tensor, result in zip(tensors, results, strict=True)}


def _without_control_inputs(graph_def):
    """Drops the order in which a traced function reads its variables; nothing here writes them."""
    for node in graph_def.node:
        node.input[:] = [name for name in node.input if not name.startswith("^")]
    return graph_def


def _part(graph_def, feeds: list, fetches: list) -> Callable:
    """The part of a graph that leads from ``feeds`` to ``fetches``, to be called while tracing another graph."""
    nodes = {node.name: node for node in graph_def.node}
    fed = {tensor.op.name for tensor in feeds}
    kept, used, waiting = set(), set(), [tensor.op.name for tensor in fetches]
    while waiting:
        name = waiting.pop()
        if name not in kept and name not in fed:
            kept.add(name)
            sources = [source.partition(":")[0] for source in nodes[name].input]
            used.update(sources)
            waiting += sources
    part = tf.compat.v1.GraphDef(versions=graph_def.versions, library=graph_def.library)
    part.node.extend(node for node in graph_def.node if node.name in kept)

    def call(*tensors):
        given = {feed.name: tensor for feed, tensor in zip(feeds, tensors, strict=True)}
        input_map = {feed.name: given[feed.name] for feed in feeds if feed.op.name in used}
        wanted = [fetch.name for fetch in fetches if fetch.name not in given]
        made = tf.graph_util.import_graph_def(part, input_map, wanted, name="generator")
        results = {**given, **dict(zip(wanted, made, strict=True))}
        return [results[fetch.name] for fetch in fetches]

    return call
