"""FIR resampling of an image as matrix products, one per axis.

A filter is a sum of separable ones (its singular value decomposition), and a separable filter with zero-insertion,
padding, cropping and decimation is a banded matrix ``[outputs, inputs]`` along either axis. For long filters this is
by far the fastest composed form on a CPU, forward and in its derivatives, although most of the matrix is zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops as kops

# Singular values below this share of the largest are rounding of the float32 filter.
RANK_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Banded:
    """The two matrices that resample an image, as constant tensors."""

    y: Any  # [out_height * rank, height], the terms of a row together
    x: Any  # [out_width, rank * width]

    def __call__(self, image):
        """``[N, height, width, C] -> [N, out_height, out_width, C]``."""
        _, height, width, channels = image.shape
        image = kops.reshape(image, [-1, height, width * channels])
        image = kops.matmul(self.y, image)
        # [N, out_height * rank, width * C] -> [N * out_height, rank * width, C]: the product sums over the terms too.
        image = kops.reshape(image, [-1, self.x.shape[1], channels])
        image = kops.matmul(self.x, image)
        out_height = self.y.shape[0] * width // self.x.shape[1]
        return kops.reshape(image, [-1, out_height, self.x.shape[0], channels])


def factorize(f: np.ndarray | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs (taps along y, taps along x) whose outer products sum to ``f``, to float32 rounding.

    Separable filters are one pair; StyleGAN3's radial filters of 12x12 taps are three to five.

    Args:
      f: ``[fh, fw]``, separable ``[taps]``, or None for the identity.
    """
    if f is None:
        return [(np.ones([1]), np.ones([1]))]
    f = np.asarray(f, np.float64)
    if f.ndim == 1:
        return [(f, f)]
    u, s, vt = np.linalg.svd(f)
    rank = max(int((s > RANK_TOLERANCE * s[0]).sum()), 1)
    return [(u[:, k] * s[k] ** 0.5, vt[k] * s[k] ** 0.5) for k in range(rank)]


def band(taps: np.ndarray, up: int, down: int, before: int, inputs: int, outputs: int) -> np.ndarray:
    """``[outputs, inputs]``: entry (o, i) is the tap by which output o reads input i.

    Output o reads positions ``o * down + t``, and input i sits at position ``i * up + before``.
    """
    t = np.arange(inputs) * up + before - np.arange(outputs)[:, None] * down
    inside = (t >= 0) & (t < taps.size)
    return np.where(inside, taps[np.clip(t, 0, taps.size - 1)], 0.0)


def banded(
    f: np.ndarray | None,
    up: int,
    down: int,
    before: tuple[int, int],
    inputs: tuple[int, int],
    outputs: tuple[int, int],
    gain: float = 1.0,
    dtype: str = "float32",
) -> Banded:
    """The matrices of a filter. Pairs are (y, x).

    Args:
      f: filter to correlate with, ``[fh, fw]`` or ``[taps]``; None is the identity.
      up, down: integer factors.
      before: zeros before the image, at the upsampled rate; negative crops.
      inputs: (height, width) of the image.
      outputs: (height, width) of the result; what there is not enough image for reads zeros.
      gain: factor on the result.
      dtype: of the image.
    """
    pairs = factorize(f)
    ys = [band(y_taps, up, down, before[0], inputs[0], outputs[0]) for y_taps, _ in pairs]
    xs = [band(x_taps, up, down, before[1], inputs[1], outputs[1]) for _, x_taps in pairs]
    # Gains far from one are shared out evenly, for half precision.
    root = abs(gain) ** 0.5
    y = np.stack(ys, axis=1).reshape(-1, inputs[0]) * root
    x = np.concatenate(xs, axis=1) * (root * np.sign(gain))
    y_matrix = _constant(y, dtype)
    return Banded(y_matrix, y_matrix if np.array_equal(x, y) else _constant(x, dtype))


def _constant(matrix: np.ndarray, dtype: str):
    return kops.cast(kops.convert_to_tensor(matrix.astype(np.float32)), dtype)
