"""Reading official checkpoints, safely, and mapping their weights."""

from tfstylegan.interop.checkpoint import looks_official
from tfstylegan.interop.load import build, load, read_weights

__all__ = ["build", "load", "looks_official", "read_weights"]
