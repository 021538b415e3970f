"""Choice between the composed form of an op (``keras.ops``) and its fused twin."""

import contextlib
import contextvars
from collections.abc import Iterator

import keras
import numpy as np

IMPLEMENTATIONS = ("auto", "composed", "fused")
GPU_TYPES = ("float32", "float16", "bfloat16")  # on a CPU the ops are float32
_preferred: contextvars.ContextVar[str] = contextvars.ContextVar("tfstylegan.ops.implementation", default="auto")


@contextlib.contextmanager
def implementation(impl: str) -> Iterator[None]:
    """Within it, ops that are asked for "auto" are ``impl``; graphs traced within keep it.

    Exporters trace with "composed", which every runtime has. It holds for the thread that enters it.

    Args:
      impl: "auto" | "composed" | "fused".

    Raises:
      ValueError: if ``impl`` is none of the three.
    """
    _check_name(impl)
    token = _preferred.set(impl)
    try:
        yield
    finally:
        _preferred.reset(token)


def fused_ops(impl: str, x, *others):
    """The module of raw fused ops if they are to be used for these tensors, else None.

    "auto" uses them when the library is loaded, the Keras backend is TensorFlow, all tensors are float32 with static
    sizes but for the batch, and the graph that is being made is not one for XLA.

    Args:
      impl: "auto" | "composed" | "fused".
      x: ``[..., C]``, the tensor that the op works on.
      *others: its other tensors or variables, or None.

    Raises:
      ValueError: if ``impl`` is none of the three names.
      RuntimeError: if ``impl`` is "fused", here or by :func:`implementation`, and cannot be; with the reason.
    """
    _check_name(impl)
    impl = _preferred.get() if impl == "auto" else impl
    if impl == "composed":
        return None
    if keras.backend.backend() != "tensorflow":
        return _unless_forced(impl, f"the Keras backend is {keras.backend.backend()}")
    from tfstylegan.custom_ops import loading

    if loading.is_switched_off():
        return _unless_forced(impl, f"{loading.SWITCH} switches them off")
    loaded = loading.load_cpu()
    if loaded.ops is None:
        return _unless_forced(impl, loaded.reason)
    reason = _why_not(x, others)
    return _unless_forced(impl, reason) if reason else loaded.ops


def as_tensor(x):
    """A tensor or variable as the tensor that a fused op takes; None stays None."""
    return None if x is None else keras.ops.convert_to_tensor(x)


def _check_name(impl: str) -> None:
    if impl not in IMPLEMENTATIONS:
        raise ValueError(f"impl must be one of {', '.join(IMPLEMENTATIONS)}; got {impl!r}")


def _unless_forced(impl: str, reason: str) -> None:
    if impl == "fused":
        raise RuntimeError(f"impl='fused': {reason}; use impl='auto' or 'composed'")


def _why_not(x, others) -> str:
    """Why these tensors cannot go to the fused ops; empty if they can."""
    import tensorflow as tf

    if not (tf.is_tensor(x) or isinstance(x, np.ndarray)):
        return f"{type(x).__name__} is not a TensorFlow tensor"
    from tfstylegan.custom_ops import loading

    types: tuple[str, ...] = GPU_TYPES
    if not tf.config.list_physical_devices("GPU"):
        types = ("float32",)
    elif loading.load_gpu().ops is None:
        return f"TensorFlow uses a GPU, and {loading.load_gpu().reason}"
    for tensor in (x, *others):
        if tensor is None:
            continue
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if dtype not in types or dtype != keras.backend.standardize_dtype(x.dtype):
            return f"they take one type of {', '.join(types)} here, and a tensor is {dtype}"
    if x.shape == tf.TensorShape(None) or None in tuple(x.shape)[1:]:
        return f"shape {x.shape} is not static"
    return "the graph is compiled by XLA" if _is_in_xla_context(tf) else ""


def _is_in_xla_context(tf) -> bool:
    """Whether the function being traced was asked for with ``jit_compile=True``. There is no public way to ask."""
    if tf.executing_eagerly():
        return False
    from tensorflow.python.ops import control_flow_util

    return control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
