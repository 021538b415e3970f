"""The endless stream of training batches, as a ``tf.data.Dataset`` that can start anywhere.

Sample number k of a run (k = 0, 1, 2, ...) shows image ``permutation(seed, k // n)[k % n]`` of a set of n:
every epoch is a fresh shuffle, and each image comes once in it. Which samples are mirrored is a function of
(seed, k) as well. So a stream that starts at sample k equals the rest of one that started at 0, and no state
needs saving.
"""

import contextlib
import re
import weakref
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from tfstylegan.data.sources import ImageSource
from tfstylegan.errors import UserError

_SHUFFLE, _MIRROR = 1, 2  # purposes of random numbers


def batches(
    source: ImageSource,
    batch_size: int,
    *,
    seed: int,
    start: int = 0,
    mirror: bool = False,
    prefetch: int = 2,
    order: Sequence[int] | np.ndarray | None = None,
) -> tf.data.Dataset:
    """Makes the endless stream of shuffled batches.

    The batches are made in the background, up to ``prefetch`` ahead. The dataset, and the datasets and
    iterators made from it, keep ``source`` alive; when they and the caller's own references are gone, so is
    the source. Under ``strategy.experimental_distribute_dataset`` replica i of r gets the i-th of r equal
    parts of each batch.

    Args:
      source: where the images come from.
      batch_size: images in a batch, over all replicas.
      seed: names the shuffles and the mirrored samples.
      start: samples already consumed; a continued run passes the number it had seen.
      mirror: whether half of the samples, chosen at random, are flipped left to right.
      prefetch: batches to make ahead; 0 makes each when it is asked for.
      order: a permutation of ``range(batch_size)``: place i in a batch gets its sample ``order[i]``. None
        leaves them as they come.

    Returns:
      A dataset of uint8 [batch_size, height, width, channels], of static shape. An error in it arrives as a
      ``tf.errors.OpError``; ``user_errors`` turns a user's mistake back into a ``UserError``.

    Raises:
      UserError: when an argument is out of its range.
    """
    if batch_size < 1:
        raise UserError(f"batch_size={batch_size} must be at least 1.")
    if start < 0:
        raise UserError(f"start={start} must not be negative.")
    places = np.arange(batch_size) if order is None else np.asarray(order)
    if not np.array_equal(np.sort(places), np.arange(batch_size)):
        raise UserError(f"order must hold each number from 0 to {batch_size - 1} once.")

    feeder = _Feeder(source, seed, start, mirror, places)
    # TensorFlow never lets go of a function that it may call, nor of what that holds. So the function holds
    # the feeder weakly, and the dataset holds it for as long as it is used.
    feeder_or_none = weakref.ref(feeder)

    def fetch(number):
        feeder = feeder_or_none()
        if feeder is None:
            raise RuntimeError("the dataset that this batch belongs to is gone")
        return feeder.batch(int(number))

    def tensor(number):
        return tf.ensure_shape(tf.numpy_function(fetch, [number], tf.uint8), (batch_size, *source.shape))

    numbers = tf.data.Dataset.range(np.iinfo(np.int64).max)
    dataset = numbers.map(tf.autograph.experimental.do_not_convert(tensor))
    dataset.tfstylegan_feeder = feeder
    if prefetch:
        dataset = dataset.prefetch(prefetch)
    return dataset.with_options(_options())


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Around the reading of batches: raises the UserError that TensorFlow has wrapped into one of its own."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search(r"\bUserError: (.*?)\nTraceback", error.message, re.DOTALL)
        if found is None:
            raise
        raise UserError(found[1]) from error


def permutation(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of the images in an epoch: int64 [size], each number below ``size`` once."""
    return _random(seed, _SHUFFLE, epoch).permutation(size)


def mirrored(seed: int, epoch: int, size: int) -> np.ndarray:
    """Which samples of an epoch are flipped: bool [size], in the order of the samples."""
    return _random(seed, _MIRROR, epoch).randint(2, size=size, dtype=np.uint8).astype(bool)


def _random(seed: int, purpose: int, epoch: int) -> np.random.RandomState:
    """A stream of its own for each (seed, purpose, epoch), the same under every version of numpy."""
    entropy = np.random.SeedSequence([seed % 2**64, purpose, epoch])
    return np.random.RandomState(np.random.MT19937(entropy))


class _Feeder:
    """Makes batch number b of a run, for any b; remembers the epoch that it is in."""

    def __init__(self, source: ImageSource, seed: int, start: int, mirror: bool, places: np.ndarray):
        self._source = source
        self._seed = seed
        self._start = start
        self._mirror = mirror
        self._places = places
        self._epochs: dict[int, tuple[np.ndarray, np.ndarray | None]] = {}

    def batch(self, number: int) -> np.ndarray:
        """uint8 [batch_size, height, width, channels]."""
        samples = self._start + number * len(self._places) + self._places
        epochs, positions = np.divmod(samples, len(self._source))
        indices = np.empty(len(samples), np.int64)
        flips = np.zeros(len(samples), bool)
        for epoch in np.unique(epochs):
            shuffle, mirror = self._epoch(int(epoch))
            here = epochs == epoch
            indices[here] = shuffle[positions[here]]
            if mirror is not None:
                flips[here] = mirror[positions[here]]
        images = self._source.batch(indices)
        if flips.any():
            images[flips] = images[flips, :, ::-1]
        return images

    def _epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray | None]:
        if epoch not in self._epochs:
            size = len(self._source)
            flips = mirrored(self._seed, epoch, size) if self._mirror else None
            self._epochs[epoch] = permutation(self._seed, epoch, size), flips
            while len(self._epochs) > 2:  # a batch may lie across the end of one
                del self._epochs[next(iter(self._epochs))]  # the oldest
        return self._epochs[epoch]


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 2
    options.threading.max_intra_op_parallelism = 1
    # Every replica reads from this one stream; it is split by batch, not by element.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return options
