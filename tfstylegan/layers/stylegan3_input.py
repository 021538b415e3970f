"""StyleGAN3's input: a picture of sine waves (Karras et al. 2021, "Alias-Free Generative Adversarial Networks")."""

import math

import keras
import numpy as np
from keras import ops as kops

from tfstylegan.layers.dense import Dense


@keras.saving.register_keras_serializable("tfstylegan")
class FourierInput(keras.layers.Layer):
    """Fourier features of an infinite plane, moved and turned by w, mixed by a learned matrix (section 3.1 and 3.2 H).

    Channel c is ``sin(2 pi (f_c · p + phase_c))`` at position p, with frequencies spread over a disc of radius
    ``bandwidth``. ``affine(w) = (rc, rs, tx, ty)``, divided by the length of (rc, rs), says where the window onto the
    plane lies: rotation by (rc, rs), about the middle of the picture, and translation by (tx, ty). What a transform
    pushes beyond the bandwidth fades out, and is gone at half the sampling rate.

    ``transform`` ``[3, 3]`` is a matrix of the user's, not trained, in homogeneous coordinates (x, y, 1) with x to the
    right and y down: the *inverse* of what is to happen to the picture. It is the identity until it is assigned.

    Lengths are in the unit of :class:`tfstylegan.configs.StyleGAN3`, along both axes: a pixel of the image is 1 / unit.
    A square image whose side is a power of two is one unit wide.

    Input ``w [N, w_dim]``, output ``[N, height, width, channels]``. Positions need full precision, so under a mixed
    precision policy the layer computes in the type of its variables.

    Args:
      channels: output channels.
      size: (height, width) of the output in pixels, margins included.
      sampling_rate: pixels per unit of length.
      bandwidth: largest frequency, in cycles per unit of length; below half the sampling rate.
    """

    def __init__(self, channels: int, size: tuple[int, int], sampling_rate: float, bandwidth: float, **kwargs):
        super().__init__(**kwargs)
        if bandwidth >= sampling_rate / 2:
            raise ValueError(f"bandwidth={bandwidth} must be below half the sampling rate of {sampling_rate}")
        self.dtype_policy = keras.DTypePolicy(self.variable_dtype)
        self.channels = channels
        self.size = tuple(size)
        self.sampling_rate = sampling_rate
        self.bandwidth = float(bandwidth)

    def build(self, w_shape):
        self.affine = Dense(4, dtype=self.dtype_policy, name="affine")
        self.affine.build(w_shape)
        # No rotation, no translation, whatever w is.
        self.affine.kernel.assign(np.zeros(self.affine.kernel.shape))
        assert self.affine.bias is not None
        self.affine.bias.assign(np.array([1.0, 0.0, 0.0, 0.0]))
        self.kernel_gain = 1.0 / float(self.channels) ** 0.5
        self.kernel = self.add_weight(
            shape=[self.channels, self.channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        self.freqs = self.add_weight(
            shape=[self.channels, 2], initializer=self._draw_frequencies, trainable=False, name="freqs"
        )
        self.phases = self.add_weight(
            shape=[self.channels],
            initializer=keras.initializers.RandomUniform(-0.5, 0.5),
            trainable=False,
            name="phases",
        )
        self.transform = self.add_weight(
            shape=[3, 3], initializer=keras.initializers.Identity(), trainable=False, name="transform"
        )
        self.built = True

    def call(self, w, style=None):
        """Runs the layer; ``style [N, 4]``, if given, takes the place of ``affine(w)``."""
        waves = self._waves(self.affine(w) if style is None else style)
        x_freqs, y_freqs, shifts = (kops.reshape(waves[..., k], [-1, 1, 1, self.channels]) for k in range(3))
        phases = shifts + self.phases
        length = kops.sqrt(x_freqs * x_freqs + y_freqs * y_freqs)
        amplitudes = 1.0 - (length - self.bandwidth) / (self.sampling_rate / 2 - self.bandwidth)
        amplitudes = kops.clip(amplitudes, 0.0, 1.0)
        height, width = self.size
        along_x = x_freqs * kops.reshape(self._angles(width), [1, 1, width, 1])
        along_y = y_freqs * kops.reshape(self._angles(height), [1, height, 1, 1]) + phases * (2 * math.pi)
        features = kops.sin(along_x + along_y) * amplitudes
        mixed = kops.matmul(kops.reshape(features, [-1, self.channels]), self.kernel * self.kernel_gain)
        return kops.reshape(mixed, [-1, height, width, self.channels])

    def _angles(self, pixels: int):
        """2 pi times the positions of the pixels' centres along an axis, from the middle of the picture."""
        positions = (np.arange(pixels) + 0.5 - pixels / 2) / self.sampling_rate * (2 * math.pi)
        return kops.cast(kops.convert_to_tensor(positions.astype(np.float32)), self.compute_dtype)

    def _waves(self, t):
        """``[N, C, 3]``: frequency along x, along y, and shift of the phase, after both transforms.

        A point p of the window lies at R T U p in the plane, with the learned rotation R and translation T, and the
        user's transform U; so the frequency is f (R T U)[:2, :2] and the phase moves by f (R T U)[:2, 2].
        """
        t = t * kops.rsqrt(kops.sum(t[:, :2] * t[:, :2], axis=1, keepdims=True))
        rc, rs, tx, ty = (t[:, k : k + 1] for k in range(4))
        rows = [rc, -rs, rs * ty - rc * tx, rs, rc, -rs * tx - rc * ty]  # of R T, without its last
        moved = kops.reshape(kops.concatenate(rows, axis=1), [-1, 3])
        moved = kops.reshape(kops.matmul(moved, self.transform), [-1, 2, 3])
        return kops.matmul(self.freqs, moved)

    def _draw_frequencies(self, shape, dtype=None):
        """Spread over the disc of radius ``bandwidth``: few near its rim, none far beyond it."""
        g = keras.random.normal(shape, dtype=dtype)
        square = kops.sum(g * g, axis=1, keepdims=True)
        return g * kops.rsqrt(square) * kops.exp(-0.25 * square) * self.bandwidth

    def compute_output_shape(self, w_shape):
        return (w_shape[0], *self.size, self.channels)

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "size": self.size,
            "sampling_rate": self.sampling_rate,
            "bandwidth": self.bandwidth,
        }
