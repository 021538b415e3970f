"""PyTorch tensors and the legacy streams their storages are kept in, read with numpy.

A stream is five pickles (a magic number, a protocol number, facts about the machine, the object, the keys of its
storages), and then, for every key, the number of elements and the elements.
"""

import math
import struct

import numpy as np

from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.numpy_data import checked_shape
from tfstylegan.interop.unpickling import Constructor, Unpickler

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
COUNT = struct.Struct("<q")
ITEM_TYPES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "CharStorage": "<i1",
    "ShortStorage": "<i2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}


class StorageType:
    """The class of a storage, as a token."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype


STORAGE_TYPES = {("torch", name): StorageType(np.dtype(code)) for name, code in ITEM_TYPES.items()}


class Storage:
    """A run of numbers that tensors are views of."""

    __slots__ = ("dtype", "length", "values")

    def __init__(self, dtype: np.dtype, length: int):
        self.dtype = dtype
        self.length = length
        self.values: np.ndarray | None = None


class Tensor:
    """A strided view of a storage. Nothing is looked at until :meth:`array`."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(self, storage, offset, shape, strides, requires_grad=False, hooks=None, metadata=None):
        if not isinstance(storage, Storage) or metadata:
            raise Refused("it holds a tensor that is no plain view of a storage")
        self.storage = storage
        self.offset = offset
        self.shape = checked_shape(shape)
        self.strides = checked_shape(strides)

    def array(self) -> np.ndarray:
        """A read-only view, without a copy.

        Raises:
          Refused: if the tensor reaches outside of its storage.
        """
        values, shape, strides = self.storage.values, self.shape, self.strides
        if values is None or len(shape) != len(strides) or type(self.offset) is not int or self.offset < 0:
            raise Refused("it holds a tensor that cannot be read")
        if not math.prod(shape):
            return np.zeros(shape, values.dtype)
        last = self.offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
        if last >= len(values):
            raise Refused(f"it holds a tensor of shape {shape} in a storage of {len(values)} numbers")
        steps = [stride * values.itemsize for stride in strides]
        return np.lib.stride_tricks.as_strided(values[self.offset :], shape, steps, writeable=False)


def constructors(budget: Budget) -> dict[tuple[str, str], Constructor]:
    """The table for an :class:`~tfstylegan.interop.unpickling.Unpickler` of a pickle with tensors in it."""

    def load_from_bytes(data):
        if not isinstance(data, memoryview):
            raise Refused(f"it reads a storage from an object of type {type(data).__name__}")
        budget.spend_nested_bytes(len(data))
        return read_stream(data, budget)

    def parameter(data, *unused):
        if not isinstance(data, Tensor):
            raise Refused("it holds a parameter that is no tensor")
        return data

    return {
        ("torch._utils", "_rebuild_tensor_v2"): Constructor(call=Tensor),
        ("torch._utils", "_rebuild_parameter"): Constructor(call=parameter),
        ("torch.storage", "_load_from_bytes"): Constructor(call=load_from_bytes),
    }


def read_stream(data: memoryview, budget: Budget) -> Storage:
    """The storage that a legacy stream holds.

    Raises:
      Refused: if it is damaged, cut off, or holds anything else.
    """
    storages: dict[str, Storage] = {}

    def persistent_load(identifier):
        kind, storage_type, key, _, length, view = identifier
        known = isinstance(storage_type, StorageType) and type(key) is str and type(length) is int
        if kind != "storage" or view is not None or not known:
            raise Refused("it refers to a storage in a way that cannot be read")
        return storages.setdefault(key, Storage(storage_type.dtype, length))

    position, parts = 0, []
    for _ in range(5):
        reader = Unpickler(data, STORAGE_TYPES, budget, position, persistent_load)
        parts.append(reader.load())
        position = reader.position
    magic, protocol, machine, found, keys = parts
    if magic != MAGIC or protocol != PROTOCOL:
        raise Refused("it holds a tensor in an unknown format")
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise Refused("it holds tensors of a big-endian machine")
    if not isinstance(found, Storage) or keys != list(storages):
        raise Refused("it holds a tensor stream without a storage")
    _fill(found, data[position:])
    return found


def _fill(storage: Storage, data: memoryview) -> None:
    if len(data) < COUNT.size:
        raise Refused("it is cut off: a tensor has no data")
    count = COUNT.unpack(data[: COUNT.size])[0]
    available = len(data) - COUNT.size
    if count != storage.length or count < 0 or count * storage.dtype.itemsize > available:
        raise Refused(
            f"it is cut off: a tensor declares {count} numbers of {storage.dtype.itemsize} bytes "
            f"where {available} bytes are left"
        )
    storage.values = np.frombuffer(data[COUNT.size :], storage.dtype, count)
