"""The StyleGAN family for TensorFlow and Keras 3.

Importing this package imports nothing heavy: submodules and functions are loaded when they are first used, so
that ``tfstylegan --help`` answers at once.
"""

import importlib
from typing import TYPE_CHECKING

from tfstylegan.version import __version__

if TYPE_CHECKING:
    from tfstylegan import configs, data, export, interop, latents, layers, networks, ops, training
    from tfstylegan.latents.seeds import z_from_seeds
    from tfstylegan.loading import load

_SUBMODULES = ("configs", "data", "export", "interop", "latents", "layers", "networks", "ops", "training")
_FUNCTIONS = {
    "load": "tfstylegan.loading",
    "z_from_seeds": "tfstylegan.latents.seeds",
}

__all__ = [
    "__version__",
    "configs",
    "data",
    "export",
    "interop",
    "latents",
    "layers",
    "load",
    "networks",
    "ops",
    "training",
    "z_from_seeds",
]


def __getattr__(name: str):
    if name in _SUBMODULES:
        return importlib.import_module(f"tfstylegan.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(_FUNCTIONS[name]), name)
    raise AttributeError(f"module 'tfstylegan' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
