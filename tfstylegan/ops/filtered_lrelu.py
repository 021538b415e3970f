"""Leaky ReLU at a higher sampling rate (Karras et al. 2021, "Alias-Free Generative Adversarial Networks", 3.2)."""

import math
from dataclasses import dataclass

import numpy as np
from keras import ops as kops

from tfstylegan.ops.banded_resampling import banded, factorize
from tfstylegan.ops.bias_act import SQRT_2, clip
from tfstylegan.ops.dispatch import fused_ops
from tfstylegan.ops.filters import filter_size
from tfstylegan.ops.upfirdn2d import MOST_FUSED_FACTOR, Padding, as_padding, pad_or_crop

# The upsampled image is worked on in pieces, which stay in the caches and whose matrices are small. Whole it was
# measured up to 2.3 times slower. Pieces have about so many elements, but very small ones overlap too much, and very
# many make the graph large for little.
TILE_ELEMENTS = 2_000_000
MOST_FUSED_TAPS = 32  # a side, of the fused op; longer filters take the composed form
LEAST_TILE = 16  # outputs along an axis
MOST_TILES = 6  # along an axis


def filtered_lrelu(
    x,
    fu: np.ndarray | None = None,
    fd: np.ndarray | None = None,
    b=None,
    up: int = 1,
    down: int = 1,
    padding: Padding = 0,
    gain: float = SQRT_2,
    slope: float = 0.2,
    clamp: float | None = None,
    flip_filter: bool = False,
    impl: str = "auto",
):
    """Adds a bias, upsamples, applies leaky ReLU, gain and clamp, and downsamples.

    The ReLU makes frequencies without bound; at the higher rate they do not alias, and the downsampling filter takes
    away what the lower rate cannot hold. Equals ``upfirdn2d(act(upfirdn2d(x + b, fu, up, padding, gain=up²)), fd,
    down)``.

    Args:
      x: ``[N, H, W, C]``, H and W static.
      fu: upsampling filter, ``[fh, fw]`` or separable ``[taps]``; None is the identity.
      fd: downsampling filter, likewise.
      b: bias ``[C]``, or None.
      up: integer upsampling factor.
      down: integer downsampling factor.
      padding: at the upsampled rate: a number, (x, y), or (x_before, x_after, y_before, y_after); negative crops.
      gain: factor after the leaky ReLU.
      slope: of the leaky ReLU for negative input.
      clamp: bound on the magnitude before downsampling, or None.
      flip_filter: False convolves with the filters (they are reversed before they slide), True correlates.
      impl: "auto" | "composed" | "fused".

    Returns:
      ``[N, H', W', C]``.

    Raises:
      ValueError: if a factor is below 1, ``clamp`` is negative, or the image is smaller than the filters.
    """
    for name, factor in (("up", up), ("down", down)):
        if int(factor) != factor or factor < 1:
            raise ValueError(f"{name} must be a positive integer; got {factor}")
    if clamp is not None and clamp < 0:
        raise ValueError(f"clamp must not be negative; got {clamp}")
    if len(x.shape) != 4 or x.shape[1] is None or x.shape[2] is None:
        raise ValueError(f"x must be [N, H, W, C] with static H and W; got shape {tuple(x.shape)}")
    gain = float(gain)
    pads = as_padding(padding)
    if max(up, down) <= MOST_FUSED_FACTOR and max(*filter_size(fu), *filter_size(fd)) <= MOST_FUSED_TAPS:
        ops = fused_ops(impl, x, b)
        if ops is not None:
            return _fused(ops, x, fu, fd, b, int(up), int(down), pads, gain, float(slope), clamp, flip_filter)
    if b is not None:
        x = x + b
    if fu is None and fd is None and up == down == 1 and not any(pads):
        return _act(x, gain, slope, clamp)
    fu = fu if flip_filter or fu is None else np.flip(fu)
    fd = fd if flip_filter or fd is None else np.flip(fd)
    # A gain that is not negative commutes with the leaky ReLU: in the matrices it costs nothing.
    folded, gain = (gain, 1.0) if gain >= 0 else (1.0, gain)
    rows, columns = _plan(x.shape, fu, fd, up, down, pads)
    upsample = banded(
        fu,
        up,
        1,
        before=(rows.offset, columns.offset),
        inputs=(rows.window, columns.window),
        outputs=(rows.between, columns.between),
        gain=up**2 * folded,
        dtype=x.dtype,
    )
    downsample = banded(
        fd,
        1,
        down,
        before=(0, 0),
        inputs=(rows.between, columns.between),
        outputs=(rows.tile, columns.tile),
        dtype=x.dtype,
    )
    bands = []
    for band in rows.windows(x, axis=1):
        pieces = []
        for piece in columns.windows(band, axis=2):
            piece = upsample(piece)
            piece = _act(piece, gain, slope, clamp)
            pieces.append(downsample(piece))
        bands.append(_joined(pieces, axis=2))
    x = _joined(bands, axis=1)
    if (x.shape[1], x.shape[2]) != (rows.outputs, columns.outputs):
        x = x[:, : rows.outputs, : columns.outputs]
    return x


def _fused(ops, x, fu, fd, b, up, down, pads, gain, slope, clamp, flip_filter):
    """The fused op, after the checks that make its errors those of the composed form."""
    from tfstylegan.custom_ops import calls

    b = None if b is None else kops.convert_to_tensor(b)
    if fu is None and fd is None and up == down == 1 and not any(pads) and slope >= 0 and gain > 0 and clamp != 0:
        return calls.bias_act(ops, x, b, "lrelu" if slope != 1 else "linear", slope, gain, clamp)
    _plan(x.shape, fu, fd, up, down, pads)
    fu = fu if flip_filter or fu is None else np.flip(fu)
    fd = fd if flip_filter or fd is None else np.flip(fd)
    return calls.filtered_lrelu(ops, x, fu, fd, b, up, down, pads, gain, slope, clamp)


@dataclass(frozen=True)
class _Axis:
    """How one axis is cut into pieces, all alike, which overlap in the input and adjoin in the output."""

    size: int  # of the input
    outputs: int
    tiles: int
    tile: int  # outputs of a piece; the last may run past the end
    step: int  # inputs from the start of a piece to that of the next
    first: int  # input at which the first piece starts; negative is padding
    window: int  # inputs that a piece reads
    offset: int  # where a piece's first input sits, at the upsampled rate
    between: int  # samples of a piece at the upsampled rate

    def windows(self, x, axis: int) -> list:
        """The pieces of ``x`` along ``axis``, 1 or 2."""
        if self.tiles == 1:
            return [x]
        # Blocks of one step: a piece is a block and the beginning of the next. Slices of the whole would do, but
        # their gradients are each as large as the whole.
        pads = (-self.first, (self.tiles + 1) * self.step + self.first - self.size)
        x = pad_or_crop(x, (0, 0, *pads) if axis == 1 else (*pads, 0, 0))
        blocks = kops.split(x, self.tiles + 1, axis=axis)
        more = self.window - self.step
        if more == 0:
            return blocks[:-1]
        heads = [block[:, :more] if axis == 1 else block[:, :, :more] for block in blocks[1:]]
        return [kops.concatenate(pair, axis=axis) for pair in zip(blocks[:-1], heads, strict=True)]


def _plan(shape, fu, fd, up: int, down: int, pads: tuple[int, int, int, int]) -> tuple[_Axis, _Axis]:
    """(rows, columns), in as many pieces as the upsampled image is large."""
    _, height, width, channels = shape
    (fu_height, fu_width), (fd_height, fd_width) = filter_size(fu), filter_size(fd)
    rows = (height, fu_height, fd_height, up, down, pads[2], pads[3])
    columns = (width, fu_width, fd_width, up, down, pads[0], pads[1])
    whole = _axis(*rows), _axis(*columns)
    elements = whole[0].between * whole[1].between * channels
    elements *= (len(factorize(fd)) + 1) / 2  # the first of downsampling's passes makes all the terms
    wanted = min(round((elements / TILE_ELEMENTS) ** 0.5), MOST_TILES)
    row_tiles, column_tiles = (max(min(wanted, axis.outputs // LEAST_TILE), 1) for axis in whole)
    return _axis(*rows, row_tiles), _axis(*columns, column_tiles)


def _axis(size: int, fu_taps: int, fd_taps: int, up: int, down: int, before: int, after: int, tiles: int = 1) -> _Axis:
    upsampled = size * up + before + after - fu_taps + 1
    outputs = (upsampled - fd_taps) // down + 1
    if upsampled < 1 or outputs < 1:
        raise ValueError(
            f"filters of {fu_taps} and {fd_taps} taps do not fit into {size} pixels upsampled by {up} and padded by "
            f"{before} and {after}"
        )
    if tiles == 1:
        between = (outputs - 1) * down + fd_taps
        return _Axis(size, outputs, 1, outputs, 0, 0, size, before, between)
    grain = up // math.gcd(up, down)  # pieces start at whole inputs
    tile = -(-outputs // (tiles * grain)) * grain
    step = tile * down // up
    between = (tile - 1) * down + fd_taps
    first = -(before // up)
    window = max((between + fu_taps - 2 - before) // up - first + 1, step)
    if window > 2 * step:  # so short that a piece would reach into the next but one
        return _axis(size, fu_taps, fd_taps, up, down, before, after, tiles - 1)
    return _Axis(size, outputs, -(-outputs // tile), tile, step, first, window, first * up + before, between)


def _act(x, gain: float, slope: float, clamp: float | None):
    if slope != 1:
        x = kops.leaky_relu(x, slope)
    if gain != 1:
        x = x * gain
    return clip(x, clamp)


def _joined(pieces: list, axis: int):
    return pieces[0] if len(pieces) == 1 else kops.concatenate(pieces, axis=axis)
