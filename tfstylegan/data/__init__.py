"""Where images come from: folders, zips and built-in sets, and the stream of batches that training reads.

  * ``open_source(spec, resolution, ...)`` finds, checks and prepares the images: an ``ImageSource``.
  * ``pipeline.batches(source, batch_size, ...)`` is the endless shuffled stream of them, for ``tf.data``.

Only ``pipeline`` needs TensorFlow; nothing is imported before it is used.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfstylegan.data import containers, decoding, faces, opening, pipeline, report, sources
    from tfstylegan.data.decoding import RESIZE_FILTERS
    from tfstylegan.data.opening import open_source
    from tfstylegan.data.report import SourceReport
    from tfstylegan.data.sources import ImageSource

_SUBMODULES = ("containers", "decoding", "faces", "opening", "pipeline", "report", "sources")
_NAMES = {
    "RESIZE_FILTERS": "tfstylegan.data.decoding",
    "ImageSource": "tfstylegan.data.sources",
    "SourceReport": "tfstylegan.data.report",
    "open_source": "tfstylegan.data.opening",
}

__all__ = [
    "RESIZE_FILTERS",
    "ImageSource",
    "SourceReport",
    "containers",
    "decoding",
    "faces",
    "open_source",
    "opening",
    "pipeline",
    "report",
    "sources",
]


def __getattr__(name: str):
    if name in _SUBMODULES:
        return importlib.import_module(f"tfstylegan.data.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'tfstylegan.data' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
