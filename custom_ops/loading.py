"""Finds and loads the libraries of fused ops, once, when they are first wanted."""

import ctypes
import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

SWITCH = "TFSTYLEGAN_OPS"  # "off" disables the fused ops
ABI_VERSION = 1  # of include/tfstylegan_ops.h
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
CPU_LIBRARY = Path(__file__).parent / f"libtfstylegan_cpu{SUFFIX}"


@dataclass(frozen=True)
class Loaded:
    """The outcome of loading: the ops, or why there are none.

    Attributes:
      ops: TensorFlow's module of the raw ops, or None.
      reason: why ``ops`` is None, in one line; empty otherwise.
      instruction_set: what the CPU kernels were chosen for, such as "avx512".
      threads: threads that a CPU kernel may use.
    """

    ops: ModuleType | None
    reason: str = ""
    instruction_set: str = ""
    threads: int = 0


def is_switched_off() -> bool:
    """Whether the environment disables the fused ops. It is looked at on every call, so tests may change it."""
    return os.environ.get(SWITCH, "").lower() in ("off", "0", "no", "false")


@functools.cache
def load_cpu() -> Loaded:
    """Loads the CPU library into TensorFlow and registers gradients. The outcome is kept for the process."""
    if not CPU_LIBRARY.is_file():
        return Loaded(
            None, f"{CPU_LIBRARY.name} was not built when the package was installed; that takes a C++ compiler"
        )
    try:
        import tensorflow as tf
    except ImportError:
        return Loaded(None, "TensorFlow is not installed")
    try:
        ops = tf.load_op_library(str(CPU_LIBRARY))
        # Only after TensorFlow: it finds ops by what is registered while it loads a library for the first time.
        library = open_library(CPU_LIBRARY)
    except (tf.errors.OpError, OSError, RuntimeError) as error:
        return Loaded(None, f"{CPU_LIBRARY.name} does not load: {str(error).splitlines()[0]}")
    if not hasattr(ops, "tfstylegan_filtered_lrelu_grad"):
        return Loaded(None, f"{CPU_LIBRARY.name} could not register its ops with TensorFlow {tf.__version__}")
    from tfstylegan.custom_ops import gradients

    gradients.register(ops)
    return Loaded(
        ops,
        instruction_set=library.tfsg_cpu_instruction_set().decode(),
        threads=library.tfsg_cpu_num_threads(),
    )


@functools.cache
def load_gpu() -> Loaded:
    """Loads the CUDA library's kernels for the same ops, if TensorFlow has a GPU and one was built for this version.

    :func:`load_cpu` comes first: the ops themselves are registered by the CPU library.
    """
    import tensorflow as tf

    from tfstylegan.custom_ops import build_cuda

    if not tf.config.list_physical_devices("GPU"):
        return Loaded(None, "TensorFlow sees no GPU")
    path = build_cuda.find_built(tf.__version__)
    if path is None:
        return Loaded(None, "no CUDA library was built: run python -m tfstylegan.custom_ops.build --cuda")
    try:
        return Loaded(tf.load_op_library(str(path)))
    except (tf.errors.OpError, OSError, RuntimeError) as error:
        return Loaded(None, f"{path.name} does not load: {str(error).splitlines()[0]}")


def open_library(path: Path) -> ctypes.CDLL:
    """The C functions of the CPU library by ctypes; it needs no TensorFlow.

    Raises:
      OSError: if it cannot be loaded.
      RuntimeError: if it is of another version of the interface.
    """
    library = ctypes.CDLL(str(path))
    for name in ("tfsg_cpu_instruction_set", "tfsg_cpu_error"):
        getattr(library, name).restype = ctypes.c_char_p
    version = library.tfsg_cpu_abi_version()
    if version != ABI_VERSION:
        raise RuntimeError(f"its interface is version {version}, this package needs {ABI_VERSION}; install it again")
    return library


def describe() -> str:
    """What is loaded, for which instruction set, or why nothing is; one line."""
    if is_switched_off():
        return f"fused ops: off ({SWITCH}={os.environ[SWITCH]})"
    loaded = load_cpu()
    if loaded.ops is None:
        return f"fused ops: none ({loaded.reason}); the composed forms are used"
    threads = f"{loaded.threads} thread{'s' if loaded.threads != 1 else ''}"
    gpu = load_gpu()
    devices = "CPU and GPU" if gpu.ops is not None else "CPU"
    # A machine without a GPU misses nothing; one with it should know what it lacks.
    rest = f"; none on the GPU: {gpu.reason}" if gpu.ops is None and "sees no GPU" not in gpu.reason else ""
    return f"fused ops: {devices}, {loaded.instruction_set}, {threads} ({CPU_LIBRARY}){rest}"
