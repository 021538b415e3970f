"""Exports of a generator: SavedModel, TFLite and ONNX, and their verification in their own runtimes.

Every artefact takes the same inputs and gives the same output, all float32 and with a batch dimension:

==============  ================  ===================================================================================
``z``           ``[N, z_dim]``    latents from N(0, 1); absent if the generator has none
``c``           ``[N, c_dim]``    labels; absent for an unconditional generator
``psi``         ``[N, 1]``        truncation: 1 is the full distribution, towards 0 more typical pictures
``noise_gain``  ``[N, 1]``        factor on the fixed noise maps: 1 as trained, 0 without; absent if there are none
``image``       ``[N, H, W, C]``  the result, nominally in [-1, 1]
==============  ================  ===================================================================================

No input has a default. SavedModel and TFLite files also have the signatures ``mapping`` (``z``, ``c``, ``psi`` to
``ws`` ``[N, num_ws, w_dim]``) and ``synthesis`` (``ws``, ``noise_gain`` to ``image``), which share the weights.

Importing this package imports nothing heavy.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfstylegan.export.to_onnx import onnx
    from tfstylegan.export.to_saved_model import saved_model
    from tfstylegan.export.to_tflite import tflite
    from tfstylegan.export.verification import VerificationError, VerificationReport, verify

_MODULES = {
    "VerificationError": "verification",
    "VerificationReport": "verification",
    "onnx": "to_onnx",
    "saved_model": "to_saved_model",
    "tflite": "to_tflite",
    "verify": "verification",
}

__all__ = ["VerificationError", "VerificationReport", "onnx", "saved_model", "tflite", "verify"]


def __getattr__(name: str):
    if name in _MODULES:
        return getattr(importlib.import_module(f"tfstylegan.export.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'tfstylegan.export' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
