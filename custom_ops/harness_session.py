"""Calls ops of the CUDA library on arrays and compares what they return."""

from typing import overload

import numpy as np

from tfstylegan.custom_ops.c_interface import ARGUMENTS, DTYPES, CudaLibrary
from tfstylegan.custom_ops.harness_memory import Buffer, Memory, from_storage, to_storage

# Of the largest value of an array. Stored results are rounded once, and up to a few times where an op reads its own
# result or a sum nearly cancels; float32 sums of thousands of terms lose a few more bits.
TOLERANCES = {"float32": 1e-5, "float16": 2.0**-11 * 4, "bfloat16": 2.0**-8 * 4}


class Session:
    """A library, a memory, and the element type of activations."""

    def __init__(self, library: CudaLibrary, memory: Memory, dtype: str = "float32", misalign: int = 0):
        self.library, self.memory, self.dtype = library, memory, dtype
        self.misalign = misalign  # elements by which every array is moved off its alignment
        self.worst: dict[str, float] = {}  # by output, the largest error as a part of the tolerance

    @overload
    def put(self, array: None, dtype: str | None = None) -> None: ...

    @overload
    def put(self, array: np.ndarray, dtype: str | None = None) -> Buffer: ...

    def put(self, array, dtype=None):
        """A copy in the memory, rounded to the element type; None stays None."""
        if array is None:
            return None
        dtype = dtype or self.dtype
        stored = np.asarray(array, np.uint8) if dtype == "uint8" else to_storage(array, dtype)
        return self.empty(stored.shape, dtype).set(stored)

    def empty(self, shape, dtype: str | None = None) -> Buffer:
        dtype = dtype or self.dtype
        return Buffer(self.memory, shape, dtype, self.misalign * (1 if dtype == "uint8" else 4))

    def rounded(self, array):
        """What put() stores, in float64."""
        return None if array is None else from_storage(to_storage(array, self.dtype))

    def call(self, name: str, **fields):
        """Calls an op. Buffers stand for their pointers."""
        values = {key: value.pointer if isinstance(value, Buffer) else value for key, value in fields.items()}
        if "dtype" not in values:
            values["dtype"] = DTYPES[self.dtype]
        args = ARGUMENTS[name](**values)
        size = self.library.workspace_bytes(name, args)
        workspace = Buffer(self.memory, (size,), "uint8") if size else None
        self.library.call(name, args, workspace.pointer if workspace else None, self.memory.stream)
        if workspace:
            workspace.get()

    def value(self, buffer: Buffer) -> np.ndarray:
        return from_storage(buffer.get())

    def compare(
        self, name: str, buffer: Buffer, expected: np.ndarray, tolerance: float | None = None, scale: float = 0.0
    ):
        """Raises AssertionError unless the buffer holds what is expected.

        The tolerance is a part of the largest value, or of scale if that is larger: sums that nearly cancel are as
        good as their terms.
        """
        tolerance = tolerance or TOLERANCES[self.dtype]
        got, expected = self.value(buffer), np.asarray(expected, np.float64)
        assert got.shape == expected.shape, f"{name}: shape {got.shape}, not {expected.shape}"
        if not expected.size:
            return
        assert np.isfinite(got).all(), f"{name}: {np.count_nonzero(~np.isfinite(got))} of {got.size} are not finite"
        scale = max(np.abs(expected).max(), scale, 1e-6)
        error = np.abs(got - expected).max() / scale
        self.worst[name] = max(self.worst.get(name, 0.0), float(error / tolerance))
        where = np.unravel_index(np.abs(got - expected).argmax(), got.shape)
        assert error <= tolerance, (
            f"{name}: {got[where]:g} at {tuple(map(int, where))}, not {expected[where]:g}: off by {error:.2g} of the "
            f"largest value, {tolerance:.2g} allowed"
        )
