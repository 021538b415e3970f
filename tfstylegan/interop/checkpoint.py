"""Opens a checkpoint: what is in it, and the weights of each of its networks."""

import os
import stat
from pathlib import Path
from typing import Any

from tfstylegan.interop import (
    numpy_data,
    pytorch_era,
    pytorch_networks,
    state_dicts,
    tf1_era,
    tf1_networks,
    torch_storage,
    torch_zip,
)
from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.names import PYTORCH, STATE_DICT, TF1, Weights
from tfstylegan.interop.unpickling import Constructor, Unpickler, empty_dictionary

NETWORKS = ("G_ema", "G", "D")
PICKLE = 0x80  # the first byte of every pickle since Python 2.3
HEAD = 1024  # bytes of a file that tell what it is
ERAS = {PYTORCH: pytorch_networks, TF1: tf1_networks, STATE_DICT: state_dicts}


class Checkpoint:
    """A checkpoint, read but not yet understood.

    Args:
      era: which code wrote it, a key of :data:`ERAS`.
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
        return ERAS[self.era].weights(self.networks[network], self._budget)


def read(path: str | os.PathLike) -> Checkpoint:
    """Reads a ``.pkl`` file of any official code base, or a ``.pt`` file of state dicts.

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
    view, table = memoryview(data), constructors(budget)
    of_torch, unknown_name = {**table, **state_dicts.CONSTRUCTORS}, state_dicts.UNKNOWN_NAME
    if data[:2] == torch_zip.SIGNATURE:
        return _of_torch(torch_zip.read_archive(view, of_torch, budget, unknown_name), budget)
    root = Unpickler(view, table, budget).load()
    if type(root) is int and root == torch_storage.MAGIC:
        return _of_torch(torch_storage.read_stream(view, of_torch, budget, unknown_name), budget)
    modules = _modules(root)
    if modules:
        return Checkpoint(PYTORCH, modules, budget)
    if type(root) is tuple and len(root) == 3 and all(isinstance(part, tf1_era.Network) for part in root):
        generator, discriminator, averaged = root
        return Checkpoint(TF1, {"G_ema": averaged, "G": generator, "D": discriminator}, budget)
    raise Refused(f"it holds an object of type {type(root).__name__}, and not G, D and G_ema")


def _of_torch(root: Any, budget: Budget) -> Checkpoint:
    """What was found in a file of ``torch.save``."""
    modules = _modules(root)
    return Checkpoint(PYTORCH, modules, budget) if modules else Checkpoint(STATE_DICT, state_dicts.find(root), budget)


def _modules(root: Any) -> dict[str, pytorch_era.Module]:
    if type(root) is not dict:
        return {}
    return {name: root[name] for name in NETWORKS if isinstance(root.get(name), pytorch_era.Module)}


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
    if data[0] != PICKLE and data[:2] != torch_zip.SIGNATURE:
        raise Refused("it is not a pickle")


def looks_official(path: str | os.PathLike) -> bool:
    """Whether a file is to be read as such a checkpoint, by its name or by how it begins."""
    path = Path(path)
    if path.suffix in (".pkl", ".pickle", ".pt", ".pth"):
        return True
    if path.suffix == ".keras":
        return False
    with open(path, "rb") as file:
        head = file.read(HEAD)
    return head[:1] == bytes([PICKLE]) or torch_zip.looks_like_archive(head)
