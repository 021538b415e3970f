"""Keeps an ONNX graph in channels-first layout from its first convolution to its result.

ONNX convolutions are channels-first, TensorFlow's are channels-last, so a converted graph wraps every convolution
in two transposes. Between the convolutions of a generator there is only elementwise work, which is the same in
either layout: moving it over leaves no transpose but the last, at the image.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]  # NHWC -> NCHW, NCHW -> NHWC

_BINARY = {"Add", "Sub", "Mul", "Div", "Max", "Min"}
_UNARY = {"Clip", "Elu", "LeakyRelu", "Relu", "Selu", "Sigmoid", "Softplus", "Tanh"}


def use_channels_first(model: onnx.ModelProto) -> None:
    """Rewrites ``model`` in place: the same function with fewer transposes.

    What it does not know how to move stays as it is, behind a transpose.
    """
    rewriter = _Rewriter(model.graph)
    for node in list(model.graph.node):
        rewriter.take(node)
    rewriter.finish()


class _Rewriter:
    """One pass over a graph in execution order.

    ``first`` maps the name of a channels-last tensor to the name of its channels-first twin.
    """

    def __init__(self, graph: onnx.GraphProto):
        self.graph = graph
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.producers = {name: node for node in graph.node for name in node.output}
        self.first: dict[str, str] = {}
        self.aliases: dict[str, str] = {}  # tensors that turned out to be another one
        self.nodes: list[onnx.NodeProto] = []

    def take(self, node: onnx.NodeProto) -> None:
        """Appends ``node``, its channels-first twin, or nothing if its result is there already."""
        for index, name in enumerate(node.input):
            node.input[index] = self.aliases.get(name, name)
        perm = _permutation(node)
        if perm == TO_FIRST and self.twin(node.input[0]):
            self.aliases[node.output[0]] = self.first[node.input[0]]
        elif perm == TO_LAST:
            self.first[node.output[0]] = node.input[0]
            self.nodes.append(node)
        elif any(name in self.first for name in node.input) and self.twin_of(node):
            self.nodes.append(_transpose(self.first[node.output[0]], node.output[0], TO_LAST))
        else:
            self.nodes.append(node)

    def twin(self, name: str) -> str | None:
        """The channels-first twin of a four-dimensional tensor, or of one broadcast with such; None if unknown."""
        if name not in self.first:
            if name in self.constants:
                self._permute_constant(name)
            elif name in self.producers:
                self.twin_of(self.producers[name])
        return self.first.get(name)

    def twin_of(self, node: onnx.NodeProto) -> bool:
        """Adds the channels-first twin of ``node``; False if there is none."""
        if node.op_type in _BINARY:
            inputs = [self.twin(name) for name in node.input]
        elif node.op_type in _UNARY:
            inputs = [self.twin(node.input[0]), *node.input[1:]]
        elif node.op_type == "Pad" and len(node.input) < 4 and node.input[1] in self.constants:
            pads = self._array(node.input[1]).reshape(2, 4)[:, TO_FIRST].reshape(-1)
            inputs = [self.twin(node.input[0]), self._constant(node.output[0], pads), *node.input[2:]]
        elif node.op_type == "Reshape" and node.input[1] in self.constants:
            inputs = [node.input[0], self._permute_shape(node)]
        else:
            return False
        if None in inputs:
            return False
        twin = onnx.NodeProto()
        twin.CopyFrom(node)
        twin.name = f"{node.name}_channels_first"
        twin.input[:] = inputs
        twin.output[:] = [f"{node.output[0]}_channels_first"]
        self.nodes.append(twin)
        self.first[node.output[0]] = twin.output[0]
        return True

    def finish(self) -> None:
        """Puts the nodes that the outputs need, and their constants, into the graph."""
        needed = {self.aliases.get(value.name, value.name) for value in self.graph.output}
        kept = []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        del self.graph.node[:]
        self.graph.node.extend(reversed(kept))
        constants = [tensor for name, tensor in self.constants.items() if name in needed]
        del self.graph.initializer[:]
        self.graph.initializer.extend(constants)
        del self.graph.value_info[:]  # it describes tensors that are gone

    def _permute_constant(self, name: str) -> None:
        array = self._array(name)
        if array.ndim <= 4:
            array = array.reshape([1] * (4 - array.ndim) + list(array.shape)).transpose(TO_FIRST)
            self.first[name] = self._constant(name, array)

    def _permute_shape(self, node: onnx.NodeProto) -> str | None:
        """The shape for a reshape to [N, 1, 1, C], whose elements are in the same order as in [N, C, 1, 1]."""
        shape = self._array(node.input[1])
        if shape.size != 4 or shape[1] != 1 or shape[2] != 1:
            return None
        return self._constant(node.output[0], shape[TO_FIRST])

    def _array(self, name: str) -> np.ndarray:
        return numpy_helper.to_array(self.constants[name])

    def _constant(self, source: str, array: np.ndarray) -> str:
        name = f"{source}_constant_first"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name


def _permutation(node: onnx.NodeProto) -> list[int] | None:
    if node.op_type != "Transpose":
        return None
    return next((list(attribute.ints) for attribute in node.attribute if attribute.name == "perm"), None)


def _transpose(source: str, output: str, perm: list[int]) -> onnx.NodeProto:
    return helper.make_node("Transpose", [source], [output], name=f"{output}_channels_last", perm=perm)
