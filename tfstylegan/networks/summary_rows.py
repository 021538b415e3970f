"""A row of the table of layers, and the rows of layers that several families have."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import keras

from tfstylegan.layers.conv import Conv2D
from tfstylegan.layers.dense import Dense


@dataclass(frozen=True)
class LayerRow:
    """A layer, and what it costs for one picture."""

    name: str  # dotted path from the model, such as "synthesis.b8.conv0"
    output_shape: tuple[int, ...]  # without the batch
    parameters: int  # trainable numbers
    buffers: int  # stored numbers that are not trained: the mean of w, fixed noise
    multiply_adds: int  # of convolutions and matrix products; see layer_table
    details: tuple[tuple[str, str], ...] = ()  # what else a family has to say: (column, text)


def layer_row(
    name: str,
    output_shape: Iterable[int],
    layer: keras.layers.Layer,
    multiply_adds: int,
    details: tuple[tuple[str, str], ...] = (),
) -> LayerRow:
    """The row of a layer, whose weights are counted."""
    return LayerRow(
        name,
        tuple(output_shape),
        sum(math.prod(variable.shape) for variable in layer.trainable_variables),
        sum(math.prod(variable.shape) for variable in _buffers(layer)),
        multiply_adds,
        details,
    )


def _buffers(layer: keras.layers.Layer) -> list[keras.Variable]:
    """What is saved but not trained; the state of random generators is not counted."""
    return [variable for variable in layer.weights if not variable.trainable]


def dense_row(name: str, layer: Dense) -> LayerRow:
    """The row of a dense layer."""
    return layer_row(name, [layer.units], layer, math.prod(layer.kernel.shape))


def conv_row(name: str, layer: Conv2D, height: int, width: int) -> LayerRow:
    """The row of a convolution of images of (height, width)."""
    _, height_after, width_after, filters = layer.compute_output_shape([None, height, width, None])
    multiply_adds = min(height, height_after) * min(width, width_after) * math.prod(layer.kernel.shape)
    return layer_row(name, [height_after, width_after, filters], layer, multiply_adds)
