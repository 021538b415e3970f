"""PyTorch tensors and the legacy streams their storages are kept in, read with numpy.

A stream is five pickles (a magic number, a protocol number, facts about the machine, the object, the keys of its
storages), and then, for every key, the number of elements and the elements.
"""

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.numpy_data import checked_shape
from tfstylegan.interop.unpickling import UNKNOWN_NAME, Constructor, Unpickler

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
OBJECT = 3  # the place of the object among the pickles
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
        found = read_stream(data, {}, budget)
        if not isinstance(found, Storage):
            raise Refused("it holds a tensor stream without a storage")
        return found

    def parameter(data, *unused):
        if not isinstance(data, Tensor):
            raise Refused("it holds a parameter that is no tensor")
        return data

    return {
        ("torch._utils", "_rebuild_tensor_v2"): Constructor(call=Tensor),
        ("torch._utils", "_rebuild_parameter"): Constructor(call=parameter),
        ("torch.storage", "_load_from_bytes"): Constructor(call=load_from_bytes),
    }


def read_stream(
    data: memoryview,
    constructors: Mapping[tuple[str, str], Any],
    budget: Budget,
    unknown_name: str = UNKNOWN_NAME,
) -> Any:
    """The object that a legacy stream holds, with its storages filled.

    Args:
      data: the stream, and nothing before it.
      constructors: what the object may ask for besides the types of storages.
      budget: what this may cost.
      unknown_name: what is said of a name that it may not ask for.

    Raises:
      Refused: if it is damaged, cut off, or hostile.
    """
    storages: dict[str, Storage] = {}

    def persistent_load(identifier):
        kind, storage_type, key, _, length, view = identifier
        known = isinstance(storage_type, StorageType) and type(key) is str and type(length) is int
        if type(view) is tuple:
            raise Refused("it holds storages that are views of others, as versions of PyTorch before 0.4 wrote them")
        if kind != "storage" or view is not None or not known:
            raise Refused("it refers to a storage in a way that cannot be read")
        return storages.setdefault(key, Storage(storage_type.dtype, length))

    position, parts = 0, list[Any]()
    for _ in range(5):
        table = {**constructors, **STORAGE_TYPES} if len(parts) == OBJECT else STORAGE_TYPES
        reader = Unpickler(data, table, budget, position, persistent_load, unknown_name)
        parts.append(reader.load())
        position = reader.position
    magic, protocol, machine, found, keys = parts
    if magic != MAGIC or protocol != PROTOCOL:
        raise Refused("it holds a tensor in an unknown format")
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise Refused("it holds tensors of a big-endian machine")
    if type(keys) is not list or len(keys) != len(storages):
        raise Refused(f"it is damaged: it refers to {len(storages)} storages, and lists others")
    for key in keys:
        if type(key) is not str or key not in storages or storages[key].values is not None:
            raise Refused(f"it is damaged: it refers to {len(storages)} storages, and lists others")
        position = _fill(storages[key], data, position)
    return found


def _fill(storage: Storage, data: memoryview, position: int) -> int:
    """Gives a storage its numbers, which begin at ``position``; returns where they end."""
    begin = position + COUNT.size
    if len(data) < begin:
        raise Refused("it is cut off: a tensor has no data")
    count = COUNT.unpack(data[position:begin])[0]
    size, available = storage.dtype.itemsize, len(data) - begin
    if count != storage.length:
        raise Refused(f"it is damaged: a storage of {storage.length} numbers has {count}")
    if count < 0 or count * size > available:
        raise Refused(
            f"it is cut off: a tensor declares {count} numbers of {size} bytes where {available} bytes are left"
        )
    storage.values = np.frombuffer(data[begin:], storage.dtype, count)
    return begin + count * size
