"""What numpy's names stand for in a pickle: arrays and numbers, made from bytes that are there."""

import math

import numpy as np

from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.unpickling import Constructor, StandIn

# Numbers only: a dtype of objects would be a way to anything.
ITEM_TYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
BYTE_ORDERS = ("<", ">", "|", "=")
MAX_DIMENSIONS = 8
MAX_SIDE = 1 << 32


class DType(StandIn):
    """A numpy dtype; its byte order comes with the state."""

    __slots__ = ("code", "order")

    def __init__(self, code, align=False, copy=True):
        if code not in ITEM_TYPES:
            raise Refused(f"it holds numpy data of type {code!r:.40}; a checkpoint holds numbers")
        self.code = code
        self.order = "<"

    def set_state(self, state):
        if type(state) is not tuple or len(state) < 2 or state[1] not in BYTE_ORDERS:
            raise Refused("it holds a numpy dtype that cannot be read")
        self.order = state[1]

    @property
    def numpy(self) -> np.dtype:
        return np.dtype(self.order + self.code)


class Array(StandIn):
    """A numpy array; empty until its state is set."""

    __slots__ = ("budget", "value")

    def __init__(self, budget: Budget):
        self.budget = budget
        self.value: np.ndarray = np.zeros(0, np.float32)

    def set_state(self, state):
        _, shape, dtype, fortran_order, data = state
        if not isinstance(dtype, DType):
            raise Refused("it holds a numpy array without a type")
        shape = checked_shape(shape)
        data = as_bytes(data, self.budget)
        expected = math.prod(shape) * dtype.numpy.itemsize
        if len(data) != expected:
            raise Refused(f"it holds a numpy array of shape {shape} in {len(data)} bytes, not {expected}")
        self.value = np.frombuffer(data, dtype.numpy).reshape(shape, order="F" if fortran_order else "C")


def checked_shape(shape) -> tuple[int, ...]:
    """A shape of a few non-negative sizes.

    Raises:
      Refused: if it is anything else.
    """
    if type(shape) is not tuple or len(shape) > MAX_DIMENSIONS:
        raise Refused("it holds an array whose shape cannot be read")
    if not all(type(side) is int and 0 <= side < MAX_SIDE for side in shape):
        raise Refused("it holds an array whose shape is no list of sizes")
    return shape


def as_bytes(data, budget: Budget) -> memoryview:
    """Raw data, which Python 2 wrote as text.

    Raises:
      Refused: if it is neither bytes nor text.
    """
    if isinstance(data, memoryview):
        return data
    if isinstance(data, str):
        budget.spend_nested_bytes(len(data))
        return memoryview(data.encode("latin-1"))
    raise Refused(f"it holds a numpy array made of an object of type {type(data).__name__}")


def constructors(budget: Budget) -> dict[tuple[str, str], Constructor]:
    """The table for :class:`~tfstylegan.interop.unpickling.Unpickler`."""

    def scalar(dtype, data):
        if not isinstance(dtype, DType):
            raise Refused("it holds a number without a type")
        item = dtype.numpy
        data = as_bytes(data, budget)
        if len(data) != item.itemsize:
            raise Refused(f"it holds a number of {len(data)} bytes")
        return np.frombuffer(data, item)[0].item()

    def encode(text, encoding):
        if encoding not in ("latin1", "latin-1"):
            raise Refused(f"it encodes text as {encoding!r:.40}")
        return as_bytes(text, budget)

    found = {
        ("numpy", "ndarray"): Constructor(),
        ("numpy", "dtype"): Constructor(call=DType),
        ("_codecs", "encode"): Constructor(call=encode),  # how protocol 2 writes bytes
    }
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):  # before and since numpy 2
        found[module, "_reconstruct"] = Constructor(call=lambda *unused: Array(budget))
        found[module, "scalar"] = Constructor(call=scalar)
    return found
