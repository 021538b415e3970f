"""Upsample, FIR-filter, downsample: all resampling of images and activations.

Composed forms, chosen by what was measured fastest on a CPU, forward and backward (benchmarks/resampling.py): a
depthwise convolution, with a stride for downsampling, and after zero stuffing for upsampling. Images have so few
channels that they are better upsampled without the zeros, by one short filter per output phase: a dense convolution,
and depth to space.
"""

import itertools

import numpy as np
from keras import ops as kops

from tfstylegan.ops.dispatch import fused_ops
from tfstylegan.ops.filters import filter_size

# Up to here a dense convolution between all channels is cheaper than filtering zeros.
FEW_CHANNELS = 4

# What the fused op takes; beyond it runs the composed form.
MOST_FUSED_FACTOR = 16
MOST_FUSED_TAPS = 256

LAYOUT = "channels_last"  # whatever Keras is configured to assume

Pair = int | tuple[int, int]  # one number, or (x, y)
Padding = int | tuple[int, int] | tuple[int, int, int, int] | list[int]  # one, (x, y), or (x0, x1, y0, y1)


def upfirdn2d(
    x,
    f: np.ndarray | None,
    up: Pair = 1,
    down: Pair = 1,
    padding: Padding = 0,
    flip_filter: bool = False,
    gain: float = 1.0,
    impl: str = "auto",
):
    """Inserts zeros, pads, filters and decimates, per channel (the order matters).

    1. every sample is followed by ``up - 1`` zeros; 2. the result is padded with zeros, or cropped where
    ``padding`` is negative; 3. it is convolved with ``f``, keeping positions where ``f`` fits; 4. every
    ``down``-th sample is kept; 5. the whole is multiplied by ``gain``.
    The height becomes ``(H*up + y0 + y1 - fh + down) // down``.

    Args:
      x: ``[N, H, W, C]``.
      f: a filter of :func:`tfstylegan.ops.setup_filter`, ``[fh, fw]`` or separable ``[taps]``; None is the identity.
      up: integer factor, or (x, y).
      down: integer factor, or (x, y).
      padding: at the upsampled rate: a number, (x, y), or (x_before, x_after, y_before, y_after).
      flip_filter: False convolves (the filter is reversed before it slides), True correlates.
      gain: factor on the result.
      impl: "auto" | "composed" | "fused".

    Returns:
      ``[N, H', W', C]``.

    Raises:
      ValueError: if a factor is below 1 or the filter does not fit into the padded image.
    """
    up_x, up_y = as_pair(up, "up")
    down_x, down_y = as_pair(down, "down")
    x0, x1, y0, y1 = as_padding(padding)
    f = np.ones([1, 1], np.float32) if f is None else np.asarray(f, np.float32)
    _check_fit(x.shape, f, (up_x, up_y), (x0, x1, y0, y1))
    if flip_filter:
        f = np.flip(f)
    if max(up_x, up_y, down_x, down_y) <= MOST_FUSED_FACTOR and max(f.shape) <= MOST_FUSED_TAPS:
        ops = fused_ops(impl, x)
        if ops is not None:
            from tfstylegan.custom_ops import calls

            return calls.upfirdn2d(ops, x, np.flip(f), (up_x, up_y), (down_x, down_y), (x0, x1, y0, y1), gain)
    if up_x == up_y > 1 and (down_x, down_y) == (1, 1) and x.shape[3] <= FEW_CHANNELS:
        f = np.outer(f, f) if f.ndim == 1 else f
        return _upsample_by_convolution(x, np.flip(f) * float(gain), up_x, (x0, x1), (y0, y1))
    if (up_x, up_y) != (1, 1):
        x = _insert_zeros(x, up_x, up_y)
    pads = (x0, x1, y0, y1)
    if f.ndim == 1:
        x = _correlate(pad_or_crop(x, pads), np.flip(f)[:, None], (1, down_y))
        return _correlate(x, np.flip(f)[None, :] * float(gain), (down_x, 1))
    if down_x == down_y and f.size > 1 and is_same_padding(x.shape, f.shape, down_x, pads):
        return _correlate(x, np.flip(f) * float(gain), (down_x, down_y), padding="same")
    return _correlate(pad_or_crop(x, pads), np.flip(f) * float(gain), (down_x, down_y))


def filter2d(x, f, padding: Padding = 0, flip_filter: bool = False, gain: float = 1.0, impl: str = "auto"):
    """Filters ``x`` ``[N, H, W, C]`` with ``f``; without ``padding`` the size stays."""
    fh, fw = filter_size(f)
    x0, x1, y0, y1 = as_padding(padding)
    padding = [x0 + fw // 2, x1 + (fw - 1) // 2, y0 + fh // 2, y1 + (fh - 1) // 2]
    return upfirdn2d(x, f, padding=padding, flip_filter=flip_filter, gain=gain, impl=impl)


def upsample2d(
    x, f, up: Pair = 2, padding: Padding = 0, flip_filter: bool = False, gain: float = 1.0, impl: str = "auto"
):
    """Enlarges ``x`` ``[N, H, W, C]`` ``up`` times, keeping its mean; ``padding`` is at the new rate."""
    up_x, up_y = as_pair(up, "up")
    pads = add_padding(padding, upsampling_padding(f, up_x, up_y))
    gain = gain * up_x * up_y
    return upfirdn2d(x, f, up=(up_x, up_y), padding=pads, flip_filter=flip_filter, gain=gain, impl=impl)


def downsample2d(
    x, f, down: Pair = 2, padding: Padding = 0, flip_filter: bool = False, gain: float = 1.0, impl: str = "auto"
):
    """Reduces ``x`` ``[N, H, W, C]`` ``down`` times; ``padding`` is at the old rate."""
    down_x, down_y = as_pair(down, "down")
    pads = add_padding(padding, downsampling_padding(f, down_x, down_y))
    return upfirdn2d(x, f, down=(down_x, down_y), padding=pads, flip_filter=flip_filter, gain=gain, impl=impl)


def upsampling_padding(f, up_x: int, up_y: int) -> tuple[int, int, int, int]:
    """Padding that centres ``f`` on the samples of an image enlarged by (up_x, up_y)."""
    fh, fw = filter_size(f)
    return (fw + up_x - 1) // 2, (fw - up_x) // 2, (fh + up_y - 1) // 2, (fh - up_y) // 2


def downsampling_padding(f, down_x: int, down_y: int) -> tuple[int, int, int, int]:
    """Padding that centres ``f`` on the samples of an image to be reduced by (down_x, down_y)."""
    fh, fw = filter_size(f)
    return (fw - down_x + 1) // 2, (fw - down_x) // 2, (fh - down_y + 1) // 2, (fh - down_y) // 2


def as_pair(value: Pair, name: str) -> tuple[int, int]:
    """(x, y) from one positive integer or two."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or any(int(v) != v or v < 1 for v in pair):
        raise ValueError(f"{name} must be a positive integer or a pair (x, y) of them; got {value}")
    return int(pair[0]), int(pair[1])


def as_padding(padding: Padding) -> tuple[int, int, int, int]:
    """(x_before, x_after, y_before, y_after) from one number, (x, y), or all four."""
    values = (padding,) if isinstance(padding, int) else tuple(padding)
    if len(values) == 1:
        return (values[0],) * 4
    if len(values) == 2:
        return values[0], values[0], values[1], values[1]
    if len(values) == 4:
        return values
    raise ValueError(f"padding must be 1, 2 or 4 integers, x before y; got {padding}")


def add_padding(padding: Padding, more: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Sum of two paddings, as (x_before, x_after, y_before, y_after)."""
    x0, x1, y0, y1 = (a + b for a, b in zip(as_padding(padding), more, strict=True))
    return x0, x1, y0, y1


def pad_or_crop(x, padding: tuple[int, int, int, int]):
    """Pads ``x`` ``[N, H, W, C]`` with zeros by (x0, x1, y0, y1); negative numbers crop."""
    x0, x1, y0, y1 = padding
    if min(padding) < 0:
        height, width = x.shape[1], x.shape[2]
        x = x[:, max(-y0, 0) : height - max(-y1, 0), max(-x0, 0) : width - max(-x1, 0), :]
    if max(padding) > 0:
        x = kops.pad(x, [[0, 0], [max(y0, 0), max(y1, 0)], [max(x0, 0), max(x1, 0)], [0, 0]])
    return x


def is_same_padding(shape, size: tuple[int, int], stride: int, padding: tuple[int, int, int, int]) -> bool:
    """Whether a convolution's "same" padding is this one; it saves a pass over the image.

    Args:
      shape: of the image, ``[N, H, W, C]``.
      size: of the kernel, (height, width).
      stride: for both axes.
      padding: (x0, x1, y0, y1).
    """

    def same(length: int, taps: int) -> tuple[int, int]:
        total = max((-(-length // stride) - 1) * stride + taps - length, 0)
        return total // 2, total - total // 2

    return padding == (*same(shape[2], size[1]), *same(shape[1], size[0]))


def _check_fit(shape, f, up, padding) -> None:
    fh, fw = filter_size(f)
    if len(shape) != 4:
        raise ValueError(f"x must be [N, H, W, C]; got shape {tuple(shape)}")
    for axis, name, taps, factor, before, after in (
        (1, "height", fh, up[1], padding[2], padding[3]),
        (2, "width", fw, up[0], padding[0], padding[1]),
    ):
        if shape[axis] is not None and shape[axis] * factor + before + after < taps:
            raise ValueError(
                f"a filter of {fh}x{fw} taps does not fit into an image of shape {tuple(shape)} "
                f"upsampled by {factor} and padded by {before} and {after}: the {name} is too small"
            )


def _insert_zeros(x, up_x: int, up_y: int):
    _, height, width, channels = x.shape
    # [N, H, W, C] -> [N, H, up, W, C] -> [N, H*up, W, C], and the same along x.
    x = kops.pad(kops.expand_dims(x, 2), [[0, 0], [0, 0], [0, up_y - 1], [0, 0], [0, 0]])
    x = kops.reshape(x, [-1, height * up_y, width, channels])
    x = kops.pad(kops.expand_dims(x, 3), [[0, 0], [0, 0], [0, 0], [0, up_x - 1], [0, 0]])
    return kops.reshape(x, [-1, height * up_y, width * up_x, channels])


def _correlate(x, f: np.ndarray, stride: tuple[int, int], padding: str = "valid"):
    """Correlates every channel with ``f`` ``[fh, fw]``, keeping every stride-th position, stride = (x, y)."""
    if f.shape == (1, 1):
        x = x[:, :: stride[1], :: stride[0], :]
        return x if f[0, 0] == 1 else x * float(f[0, 0])
    channels = x.shape[3]
    kernel = np.ascontiguousarray(np.broadcast_to(f[:, :, None, None], [*f.shape, channels, 1]))
    kernel = kops.cast(kops.convert_to_tensor(kernel), x.dtype)
    square = stride[0] == stride[1]  # depthwise convolutions take one stride for both axes
    x = kops.depthwise_conv(x, kernel, strides=stride[0] if square else 1, padding=padding, data_format=LAYOUT)
    return x if square else x[:, :: stride[1], :: stride[0], :]


def _phases(length: int, taps: int, up: int, padding: tuple[int, int]):
    """How one axis is upsampled without making zeros.

    In the padded, zero-stuffed signal, output o reads positions o .. o+taps-1, and real samples sit where
    (position - padding) is a multiple of ``up``. So output ``up*q + r`` reads input ``q + offset`` by tap ``t`` for
    the (offset, t) in ``terms[r]``.

    Returns:
      (terms, number of outputs, samples of each phase, zeros needed before, zeros needed after).
    """
    outputs = length * up + padding[0] + padding[1] - taps + 1
    groups = -(-outputs // up)
    terms = [
        [((r + t - padding[0]) // up, t) for t in range(taps) if (r + t - padding[0]) % up == 0] for r in range(up)
    ]
    offsets = [offset for phase in terms for offset, _ in phase]
    return terms, outputs, groups, -min(offsets), max(offsets) + groups - length


def _upsample_by_convolution(x, f: np.ndarray, up: int, x_padding, y_padding):
    """Correlates the zero-stuffed image with ``f``: a convolution to ``up²`` images, interleaved."""
    _, height, width, channels = x.shape
    y_terms, y_outputs, y_groups, y_before, y_after = _phases(height, f.shape[0], up, y_padding)
    x_terms, x_outputs, x_groups, x_before, x_after = _phases(width, f.shape[1], up, x_padding)
    size = (height + y_before + y_after - y_groups + 1, width + x_before + x_after - x_groups + 1)
    kernel = np.zeros([*size, channels, up, up, channels], np.float32)
    for (ry, y_phase), (rx, x_phase) in itertools.product(enumerate(y_terms), enumerate(x_terms)):
        for (dy, ty), (dx, tx) in itertools.product(y_phase, x_phase):
            for c in range(channels):
                kernel[dy + y_before, dx + x_before, c, ry, rx, c] = f[ty, tx]
    kernel = kops.cast(kops.convert_to_tensor(kernel.reshape(*size, channels, up * up * channels)), x.dtype)
    x = pad_or_crop(x, (x_before, x_after, y_before, y_after))
    x = depth_to_space(kops.conv(x, kernel, padding="valid", data_format=LAYOUT), up)
    if (y_outputs, x_outputs) != (y_groups * up, x_groups * up):
        x = x[:, :y_outputs, :x_outputs, :]
    return x


def depth_to_space(x, block: int):
    """``[N, H, W, block² C] -> [N, block H, block W, C]``, channel order (row, column, C)."""
    if hasattr(kops, "depth_to_space"):  # Keras 3.13 and later
        return kops.depth_to_space(x, block, data_format=LAYOUT)
    _, height, width, depth = x.shape
    # Within a pixel (column, C) already is the order of the wider row, so one transpose of rank 5 is enough.
    x = kops.reshape(x, [-1, height, width, block, depth // block])
    x = kops.transpose(x, [0, 1, 3, 2, 4])
    return kops.reshape(x, [-1, height * block, width * block, depth // block**2])
