"""Per-pixel noise, the source of StyleGAN's stochastic detail."""

import keras
from keras import ops as kops

NOISE_MODES = ("random", "const", "none")


@keras.saving.register_keras_serializable("tfstylegan")
class NoiseInjection(keras.layers.Layer):
    """A noise image times a learned strength (Karras et al. 2019, section 3.2).

    Called with the activations it returns the noise to be added to them (rather than the sum), so that the
    caller can fuse the addition with what follows. ``noise_const`` is a fixed map, drawn once, that makes
    pictures reproducible; ``noise_strength`` starts at zero. StyleGAN has a strength for every channel, StyleGAN2 one
    for all.

    Args:
      height, width: size of the fixed map, in pixels.
      channels: number of strengths, or None for a single one.
    """

    def __init__(self, height: int, width: int, channels: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.height = height
        self.width = width
        self.channels = channels
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape=None):
        self.noise_const = self.add_weight(
            shape=[self.height, self.width],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="noise_const",
        )
        shape = [] if self.channels is None else [self.channels]
        self.noise_strength = self.add_weight(shape=shape, initializer="zeros", name="noise_strength")
        self.built = True

    def call(self, batch, noise_mode: str = "const", noise=None, noise_gain=None):
        """Returns ``[N or 1, H, W, 1 or channels]``, or None for ``noise_mode="none"``.

        Args:
          batch: number of samples, for ``noise_mode="random"``.
          noise_mode: "random" draws a map for every sample, "const" takes the fixed one, "none" adds nothing.
          noise: a map ``[N or 1, H, W, 1]`` to use in place of a drawn one, or None.
          noise_gain: factor on the map, or None for one. It comes before the strength: a fixed map times a strength for
            every channel would be a constant of the size of the activations to a converter.
        """
        noise, strength = self.terms(batch, noise_mode, noise, noise_gain)
        return None if noise is None else noise * strength

    def terms(self, batch, noise_mode: str = "const", noise=None, noise_gain=None):
        """The factors of what :meth:`call` returns, map and strength, for an op that multiplies them itself.

        Returns:
          (``[N or 1, H, W, 1]``, scalar or ``[channels]``), or (None, None) for ``noise_mode="none"``.
        """
        if noise is None:
            noise = self.draw(batch, noise_mode)
        if noise is None:
            return None, None
        return noise if noise_gain is None else noise * noise_gain, self.noise_strength

    def draw(self, batch, noise_mode: str):
        """The unscaled noise of ``noise_mode``."""
        if noise_mode == "none":
            return None
        if noise_mode == "const":
            return kops.reshape(self.noise_const, [1, self.height, self.width, 1])
        if noise_mode == "random":
            shape = [batch, self.height, self.width, 1]
            return keras.random.normal(shape, dtype=self.compute_dtype, seed=self.seed_generator)
        raise ValueError(f"noise_mode must be one of {', '.join(NOISE_MODES)}; got {noise_mode!r}")

    def get_config(self):
        return {**super().get_config(), "height": self.height, "width": self.width, "channels": self.channels}
