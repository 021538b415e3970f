"""Resampling by the filter [1, 3, 3, 1], or by boxes, in many forms; those of a case compute the same function."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfstylegan import ops

Tensor = Any
Form = Callable[[Tensor, Tensor], Tensor]  # (x [N, H, W, C], kernel [3, 3, C, C]) -> y; not all use the kernel

TAPS = np.float32([1, 3, 3, 1])
FIR = np.outer(TAPS, TAPS) / 64  # sums to 1


class Case(NamedTuple):
    """A function and its forms, the one of tfstylegan.ops first."""

    name: str
    forms: dict[str, Form]
    reduces: bool = False  # x is the larger of the two images
    image: bool = False  # x has three channels


def pad(x, before: int, after: int):
    return tf.pad(x, [[0, 0], [before, after], [before, after], [0, 0]])


def conv(x, kernel, stride: int = 1, padding: str = "VALID"):
    return tf.nn.conv2d(x, kernel, stride, padding)


def transposed_conv(x, kernel):
    """``kernel [k, k, out, in]``; twice the size, k - 2 of the border cropped evenly."""
    n, height, width, _ = x.shape
    return tf.nn.conv2d_transpose(x, kernel, [n, 2 * height, 2 * width, kernel.shape[2]], 2, "SAME")


def depthwise(x, taps: np.ndarray, stride: int = 1):
    kernel = np.broadcast_to(taps[:, :, None, None], [*taps.shape, x.shape[3], 1])
    return tf.nn.depthwise_conv2d(x, tf.constant(kernel), [1, stride, stride, 1], "VALID")


def separable(x, stride: int = 1):
    """Two depthwise convolutions of four taps."""
    x = depthwise(x, TAPS[:, None] / 8)[:, ::stride]
    return depthwise(x, TAPS[None, :] / 8)[:, :, ::stride]


def slices(x, stride: int = 1):
    """Four shifted copies added up, along one axis and then the other."""
    height, width = x.shape[1] - 3, x.shape[2] - 3
    x = tf.add_n([x[:, t : t + height : stride] * float(TAPS[t] / 8) for t in range(4)])
    return tf.add_n([x[:, :, t : t + width : stride] * float(TAPS[t] / 8) for t in range(4)])


def composed(kernel, gain: float = 1.0):
    """The kernel ``[3, 3, in, out]`` convolved with the filter: ``[6, 6, in, out]``."""
    channels_in, channels_out = kernel.shape[2:]
    stack = tf.reshape(tf.transpose(kernel, [2, 3, 0, 1]), [-1, 3, 3, 1])
    wide = conv(pad(stack, 3, 3), tf.constant(FIR[:, :, None, None] * np.float32(gain)))
    return tf.transpose(tf.reshape(wide, [channels_in, channels_out, 6, 6]), [2, 3, 0, 1])


def up_by_depth_to_space(x, kernel):
    """Convolution of the zero-stuffed image with ``kernel [6, 6, in, out]``, as one to four times the channels.

    Output 2q + r reads input q + d by tap 2d + 3 - r, for d = -1, 0, 1.
    """
    rows = [kernel[1::2], kernel[0::2]]
    phases = [part for row in rows for part in (row[:, 1::2], row[:, 0::2])]
    return tf.nn.depth_to_space(conv(x, tf.concat(phases, axis=3), padding="SAME"), 2)


def down_by_space_to_depth(x, kernel):
    """Convolution with ``kernel [6, 6, in, out]`` and stride 2, as one of four times the channels."""
    _, _, channels_in, channels_out = kernel.shape
    blocks = tf.reshape(kernel, [3, 2, 3, 2, channels_in, channels_out])
    blocks = tf.reshape(tf.transpose(blocks, [0, 2, 1, 3, 4, 5]), [3, 3, 4 * channels_in, channels_out])
    return conv(tf.nn.space_to_depth(x, 2), blocks)


def diagonal(taps: np.ndarray, channels: int):
    """A dense kernel that filters every channel by itself."""
    return tf.constant(taps[:, :, None, None] * np.eye(channels, dtype=np.float32))


def zero_stuffed(x):
    n, height, width, channels = x.shape
    x = tf.pad(tf.reshape(x, [n, height, 1, width, channels]), [[0, 0], [0, 0], [0, 1], [0, 0], [0, 0]])
    x = tf.pad(tf.reshape(x, [n, 2 * height, width, 1, channels]), [[0, 0], [0, 0], [0, 0], [0, 1], [0, 0]])
    return tf.reshape(x, [n, 2 * height, 2 * width, channels])


def polyphase(x, axis: int):
    """One axis: even outputs are (x[q - 1] + 3 x[q]) / 4, odd ones (3 x[q] + x[q + 1]) / 4."""
    length = x.shape[axis]
    x = tf.pad(x, [[1, 1] if i == axis else [0, 0] for i in range(4)])
    left, middle, right = (x[:, i : i + length] if axis == 1 else x[:, :, i : i + length] for i in range(3))
    both = tf.stack([left * 0.25 + middle * 0.75, middle * 0.75 + right * 0.25], axis=axis + 1)
    n, height, width, channels = left.shape
    return tf.reshape(both, [n, 2 * height, width, channels] if axis == 1 else [n, height, 2 * width, channels])


UP: dict[str, Form] = {
    "tfstylegan.ops": lambda x, k: ops.upsample2d(x, FIR),
    "conv to 4C, depth to space": lambda x, k: up_by_depth_to_space(x, pad_taps(diagonal(4 * FIR, x.shape[3]))),
    "slices by output phase": lambda x, k: polyphase(polyphase(x, 1), 2),
    "4x4 transposed conv": lambda x, k: transposed_conv(x, diagonal(4 * FIR, x.shape[3])),
    "zero stuffing, 4x4 depthwise": lambda x, k: depthwise(pad(zero_stuffed(x), 2, 1), 4 * FIR),
}


def pad_taps(kernel):
    """``[4, 4, in, out] -> [6, 6, in, out]`` with a border of zeros."""
    return tf.pad(kernel, [[1, 1], [1, 1], [0, 0], [0, 0]])


CASES = (
    Case(
        "conv 3x3, up 2",
        {
            "tfstylegan.ops: transposed conv, FIR": lambda x, k: ops.conv2d_resample(x, k, FIR, up=2, padding=1),
            "6x6 as conv to 4C, depth to space": lambda x, k: up_by_depth_to_space(x, composed(k, 4)),
            "6x6 transposed conv": lambda x, k: transposed_conv(
                x, tf.transpose(composed(k, 4)[::-1, ::-1], [0, 1, 3, 2])
            ),
            "FIR up, conv": lambda x, k: conv(ops.upfirdn2d(x, FIR, up=2, padding=[3, 2, 3, 2], gain=4), k),
        },
    ),
    Case(
        "conv 3x3, down 2",
        {
            "tfstylegan.ops: FIR, conv stride 2": lambda x, k: ops.conv2d_resample(x, k, FIR, down=2, padding=1),
            "6x6 conv stride 2": lambda x, k: conv(pad(x, 2, 2), composed(k), 2),
            "6x6 as space to depth, conv of 4C": lambda x, k: down_by_space_to_depth(pad(x, 2, 2), composed(k)),
            "conv, FIR stride 2": lambda x, k: depthwise(conv(pad(x, 2, 2), k), FIR, 2),
        },
        reduces=True,
    ),
    Case("image, up 2", UP, image=True),
    Case("activations, up 2", UP),
    Case(
        "activations, FIR",
        {
            "tfstylegan.ops": lambda x, k: ops.filter2d(x, FIR),
            "4x4 depthwise": lambda x, k: depthwise(pad(x, 2, 1), FIR),
            "4x1 and 1x4 depthwise": lambda x, k: separable(pad(x, 2, 1)),
            "slices by tap": lambda x, k: slices(pad(x, 2, 1)),
        },
        reduces=True,
    ),
    Case(
        "activations, down 2",
        {
            "tfstylegan.ops": lambda x, k: ops.downsample2d(x, FIR),
            "4x4 depthwise stride 2": lambda x, k: depthwise(pad(x, 1, 1), FIR, 2),
            "4x1 and 1x4 depthwise": lambda x, k: separable(pad(x, 1, 1), 2),
            "slices by tap": lambda x, k: slices(pad(x, 1, 1), 2),
        },
        reduces=True,
    ),
    Case(
        "nearest neighbours, conv 3x3",
        {
            "tfstylegan.ops: 4x4 transposed conv": lambda x, k: ops.upsample_conv2d(x, k, fused=False),
            "repeated pixels, conv": lambda x, k: conv(ops.upsample_nearest(x), k, padding="SAME"),
        },
    ),
    Case(
        "conv 3x3, means of 2x2",
        {
            "tfstylegan.ops: 4x4 conv stride 2": lambda x, k: ops.conv2d_downsample(x, k),
            "conv, average pooling": lambda x, k: ops.downsample_box(conv(x, k, padding="SAME")),
        },
        reduces=True,
    ),
)
