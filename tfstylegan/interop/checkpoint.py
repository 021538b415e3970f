"""Opens an official checkpoint: what is in it, and the weights of each of its networks."""

import os
import stat
from pathlib import Path

from tfstylegan.interop import numpy_data, pytorch_era, pytorch_networks, tf1_era, tf1_networks, torch_storage
from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.names import PYTORCH, TF1, Weights
from tfstylegan.interop.unpickling import Constructor, Unpickler, empty_dictionary

NETWORKS = ("G_ema", "G", "D")
PICKLE = 0x80  # the first byte of every pickle since Python 2.3


class Checkpoint:
    """An official checkpoint, read but not yet understood.

    Args:
      era: which code wrote it, "PyTorch" or "TensorFlow 1".
      networks: the networks it holds, by "G_ema", "G" and "D".
      budget: what is left to spend on it.
    """

    def __init__(self, era: str, networks: dict, budget: Budget):
        self.era = era
        self.networks = networks
        self._budget = budget

    def weights(self, network: str = "G_ema") -> Weights:
        """The config and variables of a network.

        Raises:
          Refused: if it is not there, of a family that is not supported, or inconsistent.
        """
        if network not in self.networks:
            raise Refused(f"it holds no {network}, only {', '.join(self.networks)}")
        era = pytorch_networks if self.era == PYTORCH else tf1_networks
        return era.weights(self.networks[network], self._budget)


def read(path: str | os.PathLike) -> Checkpoint:
    """Reads a ``.pkl`` file of any official code base.

    Nothing in the file is executed or imported; time and memory are bounded by the size of the file.

    Raises:
      Refused: if it is anything else.
      OSError: if it cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for its other end
        raise Refused("it is not a regular file")
    return parse(Path(path).read_bytes())


def parse(data: bytes) -> Checkpoint:
    """The same from the file's content."""
    _check_kind(data)
    budget = Budget(len(data))
    root = Unpickler(memoryview(data), constructors(budget), budget).load()
    if type(root) is dict:
        networks = {name: root[name] for name in NETWORKS if isinstance(root.get(name), pytorch_era.Module)}
        if networks:
            return Checkpoint(PYTORCH, networks, budget)
    if type(root) is tuple and len(root) == 3 and all(isinstance(part, tf1_era.Network) for part in root):
        generator, discriminator, averaged = root
        return Checkpoint(TF1, {"G_ema": averaged, "G": generator, "D": discriminator}, budget)
    raise Refused(f"it holds an object of type {type(root).__name__}, and not G, D and G_ema")


def constructors(budget: Budget) -> dict[tuple[str, str], Constructor]:
    """Everything that an official checkpoint may ask for."""
    return {
        ("collections", "OrderedDict"): Constructor(call=empty_dictionary),
        ("builtins", "set"): Constructor(call=_set),
        ("__builtin__", "set"): Constructor(call=_set),  # what protocol 2 calls it
        **numpy_data.constructors(budget),
        **torch_storage.constructors(budget),
        **pytorch_era.CONSTRUCTORS,
        **tf1_era.CONSTRUCTORS,
    }


def _set(items=()) -> list:
    """The sets in a checkpoint are bookkeeping; like those made by opcodes, they are lists here, and empty ones."""
    return []


def _check_kind(data: bytes) -> None:
    if not data:
        raise Refused("it is empty")
    if data[:2] == b"PK":
        raise Refused("it is a zip archive, as PyTorch's .pt files are; official checkpoints are pickles")
    if data[0] != PICKLE:
        raise Refused("it is not a pickle")


def looks_official(path: str | os.PathLike) -> bool:
    """Whether a file is to be read as an official checkpoint, by its name or its first byte."""
    path = Path(path)
    if path.suffix in (".pkl", ".pickle", ".pt", ".pth"):
        return True
    if path.suffix == ".keras":
        return False
    with open(path, "rb") as file:
        return file.read(1) == bytes([PICKLE])
