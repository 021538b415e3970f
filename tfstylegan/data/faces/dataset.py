"""A set of drawn faces, as a sequence of pictures with labels."""

import operator
from collections.abc import Iterable, Iterator

import numpy as np

from tfstylegan.data.faces.drawing import checked_resolution, draw
from tfstylegan.data.faces.factors import sample
from tfstylegan.errors import UserError


class Faces:
    """Drawn faces: picture ``i`` is always the same, and :meth:`factors` tells what it shows.

    Nothing is stored and nothing is shared between calls, so several threads may read from one set.

    Example:
      >>> faces = Faces(resolution=64, count=10_000)
      >>> faces[7].shape
      (64, 64, 3)
      >>> faces.factors([7])["glasses"]
      array([False])
    """

    def __init__(self, resolution: int, count: int, seed: int = 0):
        """Describes a set; nothing is drawn yet.

        Args:
          resolution: width and height of every picture, 16 to 512. Faces are the same at every resolution.
          count: number of faces, at least 1. A larger set begins with the faces of a smaller one.
          seed: names the set: another seed gives other faces.

        Raises:
          UserError: one of them is out of its range.
        """
        self._resolution = checked_resolution(resolution)
        self._count = _checked_count(count)
        self._seed = operator.index(seed)

    @property
    def resolution(self) -> int:
        """Width and height of every picture."""
        return self._resolution

    @property
    def seed(self) -> int:
        """The seed that names the set."""
        return self._seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> np.ndarray:
        """Draws picture ``index``: uint8 [resolution, resolution, 3]. Raises IndexError beyond the end."""
        return self.batch([index])[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self._count))

    def factors(self, indices: Iterable[int] | None = None) -> dict[str, np.ndarray]:
        """Returns the factors of the faces at ``indices`` (all of them by default).

        Args:
          indices: integers, [N], each as in indexing a list.

        Returns:
          A dict of arrays [N], as :func:`~tfstylegan.data.faces.factors.sample` returns.
        """
        return sample(self._positions(indices), self._seed)

    def batch(self, indices: Iterable[int]) -> np.ndarray:
        """Draws the pictures at ``indices``, integers [N]: uint8 [N, resolution, resolution, 3]."""
        factors = self.factors(indices)
        count = len(next(iter(factors.values())))
        pictures = np.empty((count, self._resolution, self._resolution, 3), np.uint8)
        for position in range(count):
            pictures[position] = draw({name: values[position] for name, values in factors.items()}, self._resolution)
        return pictures

    def _positions(self, indices: Iterable[int] | None) -> np.ndarray:
        if indices is None:
            return np.arange(self._count)
        everything = range(self._count)
        return np.array([everything[operator.index(index)] for index in indices], np.int64)


def _checked_count(count: int) -> int:
    try:
        number = operator.index(count)
    except TypeError:
        number = 0
    if isinstance(count, bool) or number < 1:
        raise UserError(f"the count of drawn faces must be a whole number of at least 1, but is {count!r}.")
    return number
