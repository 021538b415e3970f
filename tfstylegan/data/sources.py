"""A data set as the training loop sees it: so many pictures of one shape, to be had by number."""

import abc
import collections
import concurrent.futures
import operator
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from tfstylegan.data import decoding
from tfstylegan.data.containers import Container, Member, Unreadable
from tfstylegan.data.report import SourceReport, printable
from tfstylegan.errors import UserError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class ImageSource(abc.ABC):
    """Pictures of one shape, numbered from 0. Any thread may read.

    Attributes:
      name: the data set as the user named it, for logs.
      shape: (height, width, channels) of every picture.
      fingerprint: a short hexadecimal digest that changes when the pictures, their order or their preparation
        do, so that a continued run can refuse another data set.
      report: what was found at opening.
    """

    def __init__(self, name: str, shape: tuple[int, int, int], fingerprint: str, report: SourceReport):
        self.name = name
        self.shape = shape
        self.fingerprint = fingerprint
        self.report = report

    def __len__(self) -> int:
        return self.report.used

    def __getitem__(self, index: int) -> np.ndarray:
        """Picture ``index``: uint8 [height, width, channels]. Raises IndexError beyond the end."""
        return self.batch([operator.index(index)])[0]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The pictures at ``indices``, in that order; a new array.

        Args:
          indices: integers [N], each as in indexing a list; repeats are welcome.

        Returns:
          uint8 [N, height, width, channels].

        Raises:
          IndexError: when an index is beyond the end.
          UserError: when a file that was whole at opening can't be read any more.
        """
        positions = np.asarray(indices, np.int64).reshape(-1)
        if positions.size and not (-len(self) <= positions.min() and positions.max() < len(self)):
            raise IndexError(f"{self.name} has {len(self)} images, but was asked for {positions.tolist()}")
        return self._gather(positions % len(self))

    @abc.abstractmethod
    def close(self) -> None:
        """Lets go of memory, threads and files; no picture can be had afterwards. Again is harmless."""

    @abc.abstractmethod
    def _gather(self, positions: np.ndarray) -> np.ndarray:
        """``batch`` for int64 positions [N] that are all in range and not negative."""


class ArraySource(ImageSource):
    """Pictures that lie decoded in memory."""

    def __init__(self, images: np.ndarray, **description: Any):
        """Takes ``images``, uint8 [N, height, width, channels], and the attributes of an ImageSource."""
        super().__init__(**description)
        self._images: np.ndarray | None = images

    def close(self) -> None:
        self._images = None

    def _gather(self, positions: np.ndarray) -> np.ndarray:
        if self._images is None:
            raise _closed(self.name)
        return self._images.take(positions, axis=0)


class FileSource(ImageSource):
    """Pictures that are decoded whenever they are asked for, by several threads."""

    def __init__(self, container: Container, members: Sequence[Member], recipe: decoding.Recipe, **description: Any):
        """Takes files that were decoded once without fault, how to, and the attributes of an ImageSource."""
        super().__init__(**description)
        self._container = container
        self._members = members
        self._recipe = recipe
        self._pool = concurrent.futures.ThreadPoolExecutor(workers(), "tfstylegan-decode")
        self._is_closed = False

    def close(self) -> None:
        self._is_closed = True
        self._pool.shutdown(cancel_futures=True)
        self._container.close()

    def _gather(self, positions: np.ndarray) -> np.ndarray:
        if self._is_closed:
            raise _closed(self.name)
        pictures = np.empty((len(positions), *self.shape), np.uint8)
        for place, picture in enumerate(in_order(self._pool, self._decode, positions)):
            pictures[place] = picture
        return pictures

    def _decode(self, position: int) -> np.ndarray:
        member = self._members[position]
        try:
            return decoding.decode(self._container.read(member), self._recipe)
        except (Unreadable, decoding.ImageRejected) as error:
            raise UserError(
                f"{printable(member.name)} in {self.name} was a good image when the data set was opened, "
                f"and is none now: {error}; put it back, or open the data set again."
            ) from error


class FacesSource(ImageSource):
    """The built-in faces. Each is drawn when it is first asked for, and kept if all fit into memory."""

    def __init__(self, faces: Any, recipe: decoding.Recipe, keep: bool, **description: Any):
        """Takes ``data.faces.Faces`` as large as the longer side, and the attributes of an ImageSource."""
        super().__init__(**description)
        self._faces = faces
        self._recipe = recipe
        self._lock = threading.Lock()
        self._drawn = np.zeros(len(faces), bool)
        self._images = np.empty((len(faces), *self.shape), np.uint8) if keep else None
        self._is_closed = False

    def close(self) -> None:
        self._is_closed = True
        self._images = None

    def _gather(self, positions: np.ndarray) -> np.ndarray:
        with self._lock:
            if self._is_closed:
                raise _closed(self.name)
            if self._images is None:
                return self._draw(positions)
            missing = np.unique(positions[~self._drawn[positions]])
            if missing.size:
                self._images[missing] = self._draw(missing)
                self._drawn[missing] = True
            return self._images.take(positions, axis=0)

    def _draw(self, positions: np.ndarray) -> np.ndarray:
        return decoding.fit(self._faces.batch(positions), self._recipe)


def workers() -> int:
    """How many threads decode: one for each processor that this process may use, and at most 16."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, 16)


def in_order(
    pool: concurrent.futures.Executor,
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    ahead: int = 64,
) -> Iterator[_Result]:
    """Yields ``function(item)`` for each item in turn, with up to ``ahead`` of them under way."""
    pending: collections.deque = collections.deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _closed(name: str) -> UserError:
    return UserError(f"{name} was closed, and no image can be had from it any more; open it again.")
