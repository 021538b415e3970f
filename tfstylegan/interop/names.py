"""From official names and layouts to ours: how the tables of each family are read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tfstylegan.interop.limits import Budget, Refused, readable

PYTORCH, TF1, STATE_DICT = "PyTorch", "TensorFlow 1", "state dict"


class Line(NamedTuple):
    """A variable in a table.

    ``shape`` lists sizes and names of sizes; a layout is a key of :data:`LAYOUTS`.
    """

    ours: str
    shape: str
    pytorch: str
    pytorch_layout: str
    tf1: str = ""
    tf1_layout: str = ""


class Part:
    """A part of a network: the paths of its variables begin alike. Names have placeholders in braces.

    Args:
      ours: what the paths of our variables begin with.
      pytorch: what the names in a PyTorch state dict begin with.
      tf1: what the names of TensorFlow 1 variables begin with.
      lines: (our path, shape of ours, PyTorch name, layout, TensorFlow 1 name, layout) of every variable.
    """

    def __init__(self, ours: str, pytorch: str, tf1: str, *lines: tuple[str, ...]):
        self.lines = [
            line._replace(
                ours=f"{ours}/{line.ours}",
                pytorch=".".join(filter(None, [pytorch, line.pytorch])),
                tf1="/".join(filter(None, [tf1, line.tf1])),
            )
            for line in (Line(*given) for given in lines)
        ]


def tf1_part(ours: str, tf1: str, *lines: tuple[str, str, str, str]) -> Part:
    """A part of a family that there is in TensorFlow 1 only: (our path, shape of ours, official name, layout)."""
    return Part(ours, "", tf1, *((path, shape, "", "", name, layout) for path, shape, name, layout in lines))


@dataclass(frozen=True)
class Row:
    """A line filled in: one variable of one network."""

    ours: str
    shape: tuple[int, ...]
    official: str
    layout: str


@dataclass(frozen=True)
class Weights:
    """Everything that makes up a network: its config, and its variables by our path, in our layout.

    The arrays may be views of the file's bytes, and of any floating type.
    """

    config: Any
    arrays: dict[str, np.ndarray]


def _flattened(x: np.ndarray) -> np.ndarray:
    """``[C * 4 * 4, out] -> [4 * 4 * C, out]``: a dense layer behind an image that was stored channels first."""
    return np.transpose(x.reshape(-1, 4, 4, x.shape[1]), [1, 2, 0, 3]).reshape(x.shape)


def _unflattened(x: np.ndarray) -> np.ndarray:
    """``[in, C * 4 * 4] -> [in, 4 * 4 * C]``: a dense layer that makes an image channels first."""
    return np.transpose(x.reshape(x.shape[0], -1, 4, 4), [0, 2, 3, 1]).reshape(x.shape)


# What is stored, and how it becomes ours: images HWC, kernels HWIO, dense kernels [in, out].
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as is": lambda x: x,
    "[out, in]": lambda x: np.transpose(x, [1, 0]),
    "OIHW": lambda x: np.transpose(x, [2, 3, 1, 0]),
    "CHW": lambda x: np.transpose(x, [1, 2, 0]),
    "[out, CHW]": lambda x: _flattened(np.transpose(x, [1, 0])),
    # TensorFlow 1 keeps kernels HWIO and dense kernels [in, out], as we do.
    "[CHW, out]": _flattened,
    "[in, CHW]": _unflattened,
    "1CHW": lambda x: np.squeeze(np.transpose(x, [0, 2, 3, 1]), 0),
    "11HW": lambda x: np.squeeze(x, (0, 1)),
    # Community state dicts keep axes for a batch, and for an image's sides, that are of size 1.
    "1OIHW": lambda x: np.transpose(np.squeeze(x, 0), [2, 3, 1, 0]),
    "1C11": lambda x: np.squeeze(x, (0, 2, 3)),
    "[1]": lambda x: np.squeeze(x, 0),
    "mirrored": lambda x: x[::-1, ::-1, :, :],  # its upsampling correlates, where PyTorch's (and ours) convolves
    "plus one": lambda x: x + np.float32(1),  # its styles are affine(w) + 1, ours have the 1 in the bias
}


def fill(part: Part, era: str, **values: Any) -> Iterator[Row]:
    """Rows for a part of a network.

    Args:
      part: an entry of a table.
      era: :data:`PYTORCH` or :data:`TF1`.
      **values: what the placeholders and the names of sizes stand for; the size ``in`` is given as ``inputs``.
    """
    sizes: dict[str, Any] = {**values, "in": values.get("inputs")}
    for line in part.lines:
        shape = tuple(int(size) if size.isdecimal() else sizes[size] for size in line.shape.split())
        if era == TF1:
            name, layout = line.tf1, line.tf1_layout
        else:
            name, layout = line.pytorch, line.pytorch_layout
        yield Row(line.ours.format(**values), shape, name.format(**values), layout)


def arrange(
    rows: Iterable[Row],
    official: Mapping[str, Any],
    as_array: Callable[[Any], np.ndarray],
    budget: Budget,
    is_known: Callable[[str], bool] = lambda name: False,
) -> dict[str, np.ndarray]:
    """Picks the array for every row and brings it into our layout.

    Args:
      rows: what the network consists of.
      official: what the file holds, by official name.
      as_array: makes an array of one of those.
      budget: what this may cost.
      is_known: says of an official name that it needs no place.

    Raises:
      Refused: if something is missing, left over, or of the wrong shape or type. Because the rows follow from the
        config, and rows end at the first name that is missing, this is also the check of a config's sizes.
    """
    arrays: dict[str, np.ndarray] = {}
    used = set()
    for row in rows:
        if row.official not in official:
            raise Refused(f"it lacks {row.official}, which a network with its hyperparameters has")
        array = as_array(official[row.official])
        if array.dtype.kind != "f":
            raise Refused(f"its {row.official} holds numbers of type {array.dtype}")
        budget.spend_elements(array.size)
        arrays[row.ours] = _in_our_layout(row, array)
        used.add(row.official)
    for name in official:
        if name not in used and not is_known(name):
            raise Refused(f"it has weights called {readable(name)}, which a network with its hyperparameters has not")
    return arrays


def _in_our_layout(row: Row, array: np.ndarray) -> np.ndarray:
    try:
        ours = LAYOUTS[row.layout](array)
    except ValueError:  # the number of dimensions is wrong
        ours = None
    if ours is None or ours.shape != row.shape:
        raise Refused(f"its {row.official} has shape {array.shape}, which does not fit its hyperparameters")
    return ours
