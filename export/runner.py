"""Runs an exported generator in its own runtime, in a process of its own.

usage: python runner.py saved_model|tflite|onnx ARTEFACT REQUEST.npz RESPONSE.npz

The request has an array for every input, a row per image. The response has ``image``, ``milliseconds`` (per image,
without loading and warming up), ``runtime``, ``precision`` (of the weights) and ``batch`` (0 is any).

This file is run by its path. It needs NumPy and the one runtime; everything that artefacts must do without cannot
be imported here.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator

import numpy as np

ANY_BATCH = 0
TIMED_SECONDS, TIMED_CALLS = 2.0, 20  # whichever ends first

# A module that is None in sys.modules cannot be imported.
UNNEEDED = {
    "saved_model": ("tfstylegan", "keras", "tf_keras"),
    "tflite": ("tfstylegan", "keras", "tensorflow"),
    "onnx": ("tfstylegan", "keras", "tensorflow"),
}


class Runtime:
    """An artefact, opened."""

    runtime: str  # its name and version
    shapes: dict[str, tuple]  # of the inputs; the first number is the batch size if it is fixed
    precision = "float32"  # of the weights

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """The images of one batch."""
        raise NotImplementedError


class SavedModel(Runtime):
    """A SavedModel in TensorFlow."""

    def __init__(self, path: str):
        import tensorflow as tf

        self.runtime = f"TensorFlow {tf.__version__}"
        self.constant = tf.constant
        self.loaded = tf.saved_model.load(path)  # owns the variables that the signature uses
        self.function = self.loaded.signatures["serving_default"]
        specs = self.function.structured_input_signature[1]
        self.shapes = {name: tuple(spec.shape) for name, spec in specs.items()}

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self.function(**{name: self.constant(rows) for name, rows in inputs.items()})["image"].numpy()


class TFLite(Runtime):
    """A TFLite file in LiteRT, with built-in operations only."""

    def __init__(self, path: str):
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        self.runtime = f"LiteRT {version('ai-edge-litert')}"
        self.interpreter = Interpreter(model_path=path, num_threads=os.cpu_count())
        self.signature = self.interpreter.get_signature_runner("serving_default")
        details = self.signature.get_input_details()
        self.shapes = {name: tuple(map(int, detail["shape_signature"])) for name, detail in details.items()}
        kinds = {np.dtype(detail["dtype"]).name for detail in self.interpreter.get_tensor_details()}
        self.precision = next((kind for kind in ("int8", "float16") if kind in kinds), "float32")

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self.signature(**inputs)["image"]


class Onnx(Runtime):
    """An ONNX file in ONNX Runtime, on the CPU."""

    def __init__(self, path: str):
        import onnxruntime

        self.runtime = f"ONNX Runtime {onnxruntime.__version__}"
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.shapes = {value.name: tuple(value.shape) for value in self.session.get_inputs()}

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self.session.run(["image"], inputs)[0]


RUNTIMES: dict[str, Callable[[str], Runtime]] = {"saved_model": SavedModel, "tflite": TFLite, "onnx": Onnx}


def respond(kind: str, artefact: str, request: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Opens ``artefact`` and runs every row of ``request``."""
    model = RUNTIMES[kind](artefact)
    check_inputs(model.shapes, request)
    sizes = [shape[0] for shape in model.shapes.values()]
    batch = sizes[0] if isinstance(sizes[0], int) and sizes[0] > 0 else ANY_BATCH
    images = []
    for rows in chunks(len(next(iter(request.values()))), batch):
        made = model.run({name: array[rows] for name, array in request.items()})
        images.append(made[: len(np.unique(rows))])
    first = next(chunks(1, batch))
    milliseconds = time_calls(lambda: model.run({name: array[first] for name, array in request.items()}))
    return {
        "image": np.concatenate(images),
        "milliseconds": np.asarray(milliseconds / len(first)),
        "runtime": np.asarray(model.runtime),
        "precision": np.asarray(model.precision),
        "batch": np.asarray(batch),
    }


def check_inputs(shapes: dict[str, tuple], request: dict[str, np.ndarray]) -> None:
    """Requires the artefact to take what the request holds."""
    found = ", ".join(f"{name} of size {shape[-1]}" for name, shape in sorted(shapes.items()))
    given = ", ".join(f"{name} of size {array.shape[-1]}" for name, array in sorted(request.items()))
    if found != given:
        sys.exit(f"mismatch: its inputs are {found}; the model's are {given}")


def chunks(rows: int, batch: int) -> Iterator[np.ndarray]:
    """Row numbers for each call: ``batch`` of them, the last one repeated to fill up, or 1, 3, 4, 4, ... of any."""
    start = 0
    while start < rows:
        size = batch or min(1 if start == 0 else 3 if start == 1 else 4, rows - start)
        yield np.minimum(np.arange(start, start + size), rows - 1)
        start += size


def time_calls(call) -> float:
    """Median milliseconds of a call."""
    call()
    times: list[float] = []
    end = time.perf_counter() + TIMED_SECONDS
    while not times or (len(times) < TIMED_CALLS and time.perf_counter() < end):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def main(kind: str, artefact: str, request: str, response: str) -> None:
    """Reads the request and writes the response.

    The last line on stderr starts with ``mismatch:`` if the artefact takes other inputs, or with ``error:`` if it
    cannot be run.
    """
    sys.modules.update(dict.fromkeys(UNNEEDED[kind]))  # type: ignore[arg-type]
    try:
        with np.load(request) as arrays:
            answer = respond(kind, artefact, dict(arrays))
        np.savez(response, **answer)  # type: ignore[arg-type]
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"error: {' '.join(str(error).split()) or type(error).__name__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
