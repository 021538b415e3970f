"""Writes artefacts for the tests, and runs them in this process."""

import numpy as np
import tensorflow as tf

from tests import tiny_networks
from tfstylegan import export

FORMATS = ("saved_model", "tflite", "onnx")
SUFFIXES = {"saved_model": "", "tflite": ".tflite", "onnx": ".onnx"}

CASES = {
    "rgb": {},
    "labels": {"c_dim": 3},
    "labels only": {"z_dim": 0, "c_dim": 3},
    "gray and clamp": {"img_channels": 1, "conv_clamp": 0.8},
    "resnet": {"architecture": "resnet"},
    "orig": {"architecture": "orig", "resample_filter": (1, 2, 1)},
    "no noise": {"use_noise": False, "img_resolution": 32},
    "not square": {"img_resolution": (24, 16), "architecture": "resnet"},
    "swish": {"activation": "swish", "img_resolution": 8},
}


def generator(case: str = "rgb", seed: int = 0, **overrides):
    return tiny_networks.generator(seed, **{**CASES[case], **overrides})


def write(name: str, model, directory, **options):
    """Exports ``model`` to a file or directory called "artefact"."""
    return getattr(export, name)(model, directory / f"artefact{SUFFIXES[name]}", **options)


def run(name: str, path, inputs: dict, signature: str = "serving_default") -> np.ndarray:
    """The one output of a signature, from the runtime of the format."""
    if name == "saved_model":
        loaded = tf.saved_model.load(str(path))
        outputs = loaded.signatures[signature](**{key: tf.constant(value) for key, value in inputs.items()})
        return next(iter(outputs.values())).numpy()
    if name == "tflite":
        from ai_edge_litert.interpreter import Interpreter

        return next(iter(Interpreter(str(path)).get_signature_runner(signature)(**inputs).values()))
    import onnxruntime

    assert signature == "serving_default"
    return onnxruntime.InferenceSession(str(path)).run(None, inputs)[0]


def latents(model, rows: int) -> dict:
    """z and c for a few images, as the model takes them."""
    random = np.random.RandomState(7)
    inputs = {}
    if model.z_dim:
        inputs["z"] = random.randn(rows, model.z_dim).astype(np.float32)
    if model.c_dim:
        inputs["c"] = np.eye(model.c_dim, dtype=np.float32)[np.arange(rows) % model.c_dim]
    return inputs


def column(*values: float) -> np.ndarray:
    return np.asarray(values, np.float32)[:, None]
