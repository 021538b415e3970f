"""``tfstylegan_ops.h`` and ``tfstylegan_cuda.h`` by ctypes: for the harness and tests, not for TensorFlow."""

import ctypes
from ctypes import POINTER, c_float, c_int, c_int32, c_int64, c_void_p
from pathlib import Path

import numpy as np

from tfstylegan.custom_ops.reference import ACTIVATIONS, Activation

ABI_VERSION = 1
OK, INVALID_ARGUMENT, UNIMPLEMENTED = 0, 3, 12
DTYPES = {"float32": 0, "float16": 1, "bfloat16": 2}


class CActivation(ctypes.Structure):
    _fields_ = (("kind", c_int32), ("alpha", c_float), ("gain", c_float), ("clamp", c_float))


class CFilter(ctypes.Structure):
    _fields_ = (("height", c_int32), ("width", c_int32), ("y", POINTER(c_float)), ("x", POINTER(c_float)))


def _fields(**types: str):
    """Fields of a structure by type, in the order of the header: names separated by spaces."""
    known = {
        "i32": c_int32,
        "i64": c_int64,
        "f32": c_float,
        "pointers": c_void_p,
        "act": CActivation,
        "filters": CFilter,
    }
    return [(name, known[kind.rstrip("_")]) for kind, names in types.items() for name in names.split()]


class BiasActArgs(ctypes.Structure):
    _fields_ = _fields(i32="dtype order", act="act", i64="rows channels", pointers="x b y_ref dy gb dd y dyb")


_SIZES = "batch pixels channels noise_batch strength_channels"


class StyleEpilogueArgs(ctypes.Structure):
    _fields_ = _fields(i32="dtype", act="act", i64=_SIZES, pointers="x d noise strength b y")


class StyleEpilogueGradArgs(ctypes.Structure):
    _fields_ = _fields(i32="dtype", act="act", i64=_SIZES, pointers="dy y x d noise strength dx dd dnoise dstrength db")


class StyleEpilogueGradGradArgs(ctypes.Structure):
    _fields_ = _fields(
        i32="dtype",
        act="act",
        i64=_SIZES,
        pointers="gdx gdd gdnoise gdstrength gdb dy y x d noise strength ddy gx gd gnoise gstrength",
    )


class NormEpilogueArgs(ctypes.Structure):
    _fields_ = _fields(
        i32="dtype", act="act", f32="epsilon", i64=_SIZES, pointers="x noise strength b scale shift y mean rstd"
    )


class NormEpilogueGradArgs(ctypes.Structure):
    _fields_ = _fields(
        i32="dtype",
        act="act",
        f32="epsilon",
        i64=_SIZES,
        pointers="dy x noise strength b scale mean rstd dx dnoise dstrength db dscale dshift",
    )


class Upfirdn2dArgs(ctypes.Structure):
    _fields_ = _fields(
        i32="dtype",
        i64="batch channels in_h in_w out_h out_w",
        i32_="up_x up_y down_x down_y pad_x0 pad_x1 pad_y0 pad_y1",
        filters="f",
        pointers="x add y",
    )


class FilteredLreluArgs(ctypes.Structure):
    _fields_ = _fields(
        i32="dtype read_codes",
        i64="batch channels in_h in_w out_h out_w",
        i32_="up down pad_x0 pad_x1 pad_y0 pad_y1",
        filters="fu fd",
        f32="gain slope clamp",
        i64_="code_h code_w",
        i32__="code_x0 code_y0",
        pointers="x b codes y",
    )


# In the order of the numbers TFSG_OP_... of tfstylegan_cuda.h.
ARGUMENTS = {
    "bias_act": BiasActArgs,
    "style_epilogue": StyleEpilogueArgs,
    "style_epilogue_grad": StyleEpilogueGradArgs,
    "style_epilogue_grad_grad": StyleEpilogueGradGradArgs,
    "norm_epilogue": NormEpilogueArgs,
    "norm_epilogue_grad": NormEpilogueGradArgs,
    "upfirdn2d": Upfirdn2dArgs,
    "filtered_lrelu": FilteredLreluArgs,
}


def c_activation(act: Activation) -> CActivation:
    return CActivation(ACTIVATIONS.index(act.kind), act.alpha, act.gain, act.clamp)


def c_filter(y: np.ndarray, x: np.ndarray | None = None) -> CFilter:
    """2-D taps y, or a separable pair. The structure keeps its taps alive."""
    y = np.ascontiguousarray(y, np.float32)
    if x is None:
        filter_ = CFilter(*y.shape, y.ctypes.data_as(POINTER(c_float)), None)
    else:
        x = np.ascontiguousarray(x, np.float32)
        filter_ = CFilter(len(y), len(x), y.ctypes.data_as(POINTER(c_float)), x.ctypes.data_as(POINTER(c_float)))
    filter_.taps = (y, x)
    return filter_


class OpError(Exception):
    """An op refused its arguments, or failed."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class CudaLibrary:
    """The CUDA library, or its emulation, at ``path``."""

    def __init__(self, path: str | Path):
        self.c = ctypes.CDLL(str(path))
        for name in ("tfsg_cuda_error", "tfsg_cuda_list_kernels"):
            getattr(self.c, name).restype = ctypes.c_char_p
        self.c.tfsg_cuda_workspace_bytes.argtypes = (c_int32, c_void_p)
        self.c.tfsg_cuda_workspace_bytes.restype = c_int64
        for name in ARGUMENTS:
            function = getattr(self.c, f"tfsg_cuda_{name}")
            function.argtypes, function.restype = (c_void_p, c_void_p, c_void_p), c_int
        version = self.c.tfsg_cuda_abi_version()
        if version != ABI_VERSION:
            raise OpError(INVALID_ARGUMENT, f"{path} has version {version} of the interface, this is {ABI_VERSION}.")

    def _error(self, code: int) -> OpError:
        return OpError(code, self.c.tfsg_cuda_error().decode(errors="replace"))

    def kernels(self) -> list[str]:
        return self.c.tfsg_cuda_list_kernels().decode().split()

    def check_device(self):
        """Raises OpError if there is no driver, or no device in use in this thread."""
        code = self.c.tfsg_cuda_device_ready()
        if code != OK:
            raise self._error(code)

    def workspace_bytes(self, name: str, args: ctypes.Structure) -> int:
        size = self.c.tfsg_cuda_workspace_bytes(list(ARGUMENTS).index(name), ctypes.addressof(args))
        if size < 0:
            raise self._error(-size)
        return size

    def call(self, name: str, args: ctypes.Structure, workspace: int | None, stream: int | None = None):
        """Queues an op; workspace and stream are addresses. Raises OpError."""
        code = getattr(self.c, f"tfsg_cuda_{name}")(ctypes.addressof(args), workspace, stream)
        if code != OK:
            raise self._error(code)
