"""Where the arrays of the harness are: in NumPy for the emulation, on a GPU by PyTorch otherwise."""

from typing import Any, Protocol

import numpy as np

GUARD = 256  # bytes behind every array, which no op may touch
POISON = 0xFF  # every element type reads this as NaN


def to_storage(array: np.ndarray, dtype: str) -> np.ndarray:
    """Rounds to an element type; bfloat16 comes as uint16."""
    array = np.asarray(array, np.float32)
    if dtype == "float32":
        return array
    if dtype == "float16":
        return array.astype(np.float16)
    bits = array.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_storage(array: np.ndarray) -> np.ndarray:
    """float64 of what to_storage returns."""
    if array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float64)


def storage_type(dtype: str) -> np.dtype:
    """The NumPy type that holds an element type."""
    return np.dtype({"bfloat16": "uint16"}.get(dtype, dtype))


class Memory(Protocol):
    """Allocates poisoned bytes, and copies to and from them."""

    @property
    def stream(self) -> int | None: ...

    def allocate(self, size: int) -> Any: ...

    def pointer(self, block: Any) -> int: ...

    def write(self, block: Any, data: np.ndarray): ...

    def read(self, block: Any) -> np.ndarray: ...


class HostMemory:
    """Of the process."""

    stream = None

    def allocate(self, size: int):
        room = np.full(size + 256, POISON, np.uint8)
        start = -room.ctypes.data % 256
        return room[start : start + size]

    def pointer(self, block):
        return block.ctypes.data

    def write(self, block, data):
        block[: data.size] = data

    def read(self, block):
        return block


class TorchMemory:
    """Of PyTorch's current CUDA device."""

    def __init__(self):
        import torch

        self.torch = torch
        torch.cuda.init()
        torch.zeros(1, device="cuda")  # makes the context current
        self.stream = torch.cuda.current_stream().cuda_stream

    def allocate(self, size: int):
        return self.torch.full((size,), POISON, dtype=self.torch.uint8, device="cuda")

    def pointer(self, block):
        return block.data_ptr()

    def write(self, block, data):
        block[: data.size] = self.torch.from_numpy(data.copy()).to("cuda")

    def read(self, block):
        return block.cpu().numpy()


class Buffer:
    """An array in a memory, followed by a guard."""

    def __init__(self, memory: Memory, shape: tuple[int, ...], dtype: str, offset: int = 0):
        self.memory, self.shape, self.dtype, self.offset = memory, tuple(shape), storage_type(dtype), offset
        self.size = int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize
        self.block = memory.allocate(offset + self.size + GUARD)

    @property
    def pointer(self) -> int:
        return self.memory.pointer(self.block) + self.offset

    def get(self) -> np.ndarray:
        """The array as it is stored. Raises AssertionError if something was written around it."""
        data = np.ascontiguousarray(self.memory.read(self.block))
        outside = np.concatenate([data[: self.offset], data[self.offset + self.size :]])
        assert (outside == POISON).all(), "an op wrote outside of an array"
        return data[self.offset : self.offset + self.size].copy().view(self.dtype).reshape(self.shape)

    def set(self, array: np.ndarray) -> "Buffer":
        data = np.frombuffer(np.ascontiguousarray(array, self.dtype).tobytes(), np.uint8)
        whole = np.full(self.offset, POISON, np.uint8)
        self.memory.write(self.block, np.concatenate([whole, data]))
        return self
