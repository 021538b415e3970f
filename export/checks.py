"""What the exporters ask of their arguments; every message says what to do."""

import importlib.util
import os
from pathlib import Path

from tfstylegan.errors import UserError

QUANTIZATIONS = {
    "none": "float32 weights",
    "float16": "float16 weights, half the size; computed in float32 where there is no half precision",
    "dynamic": "int8 weights of convolutions and dense layers, float32 activations",
}
OPSETS = (17, 18)  # what tf2onnx writes and current runtimes read


def require(module: str, what: str, extra: str) -> None:
    """Makes sure that an optional package is there.

    Raises:
      UserError: if not, with the command that installs it.
    """
    if importlib.util.find_spec(module) is None:
        raise UserError(f"{what} needs the package {module}: pip install 'tfstylegan[{extra}]'")


def check_generator(generator) -> None:
    """Requires a Generator, under the TensorFlow backend of Keras."""
    require("tensorflow", "exporting", "cpu")
    import keras

    from tfstylegan import networks

    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"exporting runs under TensorFlow, not under KERAS_BACKEND={keras.backend.backend()}: "
            "start again with KERAS_BACKEND=tensorflow"
        )
    if not isinstance(generator, networks.Generator):
        raise UserError(f"only a Generator can be exported; got a {type(generator).__name__}")


def checked_batch(batch: int | None) -> int | None:
    """``batch`` as a fixed size, or None for a dynamic one, which 0 stands for as well."""
    if batch is None or batch == 0:
        return None
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 0:
        raise UserError(f"batch must be a positive number, or None (or 0) for any size; got {batch!r}")
    return batch


def check_quantization(quantize: str) -> None:
    """Requires one of the names in :data:`QUANTIZATIONS`."""
    if quantize not in QUANTIZATIONS:
        raise UserError(f"quantize must be one of {', '.join(QUANTIZATIONS)}; got {quantize!r}")


def check_opset(opset: int) -> None:
    """Requires one of :data:`OPSETS`."""
    if opset not in OPSETS:
        raise UserError(f"opset must be {' or '.join(map(str, OPSETS))}; got {opset!r}")


def checked_file(path: str | os.PathLike, suffix: str) -> Path:
    """A path to write a file to, with the suffix that tells its format."""
    path = Path(path)
    if path.suffix != suffix:
        raise UserError(f"{path}: the name must end in {suffix}")
    if path.is_dir():
        raise UserError(f"{path} is a directory; name a file in it, such as {path / f'generator{suffix}'}")
    return path


def checked_directory(path: str | os.PathLike) -> Path:
    """A path to write a SavedModel to: nothing but an older SavedModel may be lost there."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file; a SavedModel is a directory: choose another name")
    if path.is_dir() and any(path.iterdir()) and not (path / "saved_model.pb").is_file():
        raise UserError(f"{path} is a directory with other files in it; choose a new name, such as {path / '1'}")
    return path
