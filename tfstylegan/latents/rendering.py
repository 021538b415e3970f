"""From seeds to styles and from styles to pictures, a batch at a time."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from tfstylegan.images import to_uint8
from tfstylegan.latents.seeds import z_from_seeds


def styles_from_seeds(
    generator,
    seeds: Iterable[int],
    label=None,
    truncation_psi: float = 1.0,
    truncation_cutoff: int | None = None,
    batch: int = 64,
) -> Iterator[np.ndarray]:
    """Yields the styles ``[num_ws, w_dim]`` of every seed.

    Args:
      generator: a :class:`tfstylegan.networks.Generator`.
      seeds: integers in [0, 2^32).
      label: ``[c_dim]``, the same for all; None for an unconditional generator.
      truncation_psi, truncation_cutoff: as ``generator.mapping`` takes them.
      batch: seeds mapped at a time.
    """
    for part in _batches(seeds, batch):
        yield from styles_from_latents(
            generator, z_from_seeds(part, generator.z_dim), label, truncation_psi, truncation_cutoff
        )


def styles_from_latents(
    generator,
    z: np.ndarray,
    label=None,
    truncation_psi: float = 1.0,
    truncation_cutoff: int | None = None,
) -> np.ndarray:
    """The styles ``[N, num_ws, w_dim]`` of latents ``[N, z_dim]``, all with the same label ``[c_dim]``."""
    from keras import ops

    c = None if label is None else np.tile(np.asarray(label, np.float32), [len(z), 1])
    return ops.convert_to_numpy(
        generator.mapping(z, c, truncation_psi=truncation_psi, truncation_cutoff=truncation_cutoff)
    )


def render(generator, ws: Iterable[np.ndarray], noise_mode: str = "const", batch: int = 8) -> Iterator[np.ndarray]:
    """Yields the picture of every style set: uint8 ``[H, W, C]``, converted as the official tools do.

    Args:
      generator: a :class:`tfstylegan.networks.Generator`.
      ws: style sets ``[num_ws, w_dim]``: an array ``[N, num_ws, w_dim]``, or an iterator, which is read a batch
        at a time.
      noise_mode: "random" | "const" | "none".
      batch: pictures computed at a time.
    """
    synthesize = _synthesis(generator, noise_mode, batch)
    for part in _batches(ws, batch):
        yield from to_uint8(synthesize(np.stack(part)))


def _synthesis(generator, noise_mode: str, batch: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function from ws to images. Under TensorFlow full batches are compiled, a last, smaller one is not."""
    import keras

    def eager(ws):
        return generator.synthesis(ws, noise_mode=noise_mode)

    compiled = eager
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        compiled = tf.function(eager)

    def synthesize(ws: np.ndarray) -> np.ndarray:
        ws = keras.ops.convert_to_tensor(ws, "float32")
        return keras.ops.convert_to_numpy((compiled if len(ws) == batch else eager)(ws))

    return synthesize


def _batches(items: Iterable, size: int) -> Iterator[list]:
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part
