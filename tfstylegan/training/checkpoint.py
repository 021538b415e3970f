"""Checkpoints: one file each, whole or absent, and self-checking."""

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfstylegan.errors import UserError
from tfstylegan.files import atomic_path

FORMAT = 1
_META = "meta.json"
_NAME = re.compile(r"state-(\d{9})\.npz")


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint."""

    step: int
    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]


def save(directory: Path, step: int, variables: Mapping[str, Any], meta: Mapping[str, Any], keep: int) -> Path:
    """Writes ``state-<step>.npz`` and removes all but the newest ``keep`` checkpoints.

    The file is a zip of ``.npy`` members, which NumPy reads without this package; every member carries a
    checksum. Arrays are written one at a time, so that memory does not double.

    Args:
      directory: where checkpoints are.
      step: optimizer steps taken.
      variables: arrays, or variables with ``numpy()``, by name.
      meta: JSON-compatible facts to keep with them.
      keep: number of checkpoints to keep.
    """
    path = directory / f"state-{step:09d}.npz"
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_META, json.dumps({"format": FORMAT, "step": step, **meta}))
        for name, variable in variables.items():
            value = np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, value, allow_pickle=False)
    for old in paths(directory)[:-keep]:
        old.unlink(missing_ok=True)
    return path


def load(path: Path, prefix: str = "") -> Checkpoint:
    """Reads a checkpoint, verifying every checksum.

    Args:
      path: the file.
      prefix: read only arrays whose name starts so.

    Raises:
      UserError: if the file is damaged or of a newer format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read(_META))
            if meta["format"] != FORMAT:
                raise UserError(f"{path} has format {meta['format']}; this version reads format {FORMAT}")
            arrays = {}
            for name in archive.namelist():
                if name.endswith(".npy") and name.startswith(prefix):
                    with archive.open(name) as member:
                        arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
                        if member.read(1):
                            raise ValueError(f"{name} has surplus bytes")
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise UserError(f"{path} is damaged ({error})") from error
    return Checkpoint(int(meta["step"]), arrays, meta)


def paths(directory: Path) -> list[Path]:
    """All checkpoints in a directory, oldest first."""
    return sorted(path for path in directory.glob("state-*.npz") if _NAME.fullmatch(path.name))


def load_newest(directory: Path, log: Callable[[str], None], prefix: str = "") -> Checkpoint | None:
    """The newest checkpoint that can be read, or None if there is no checkpoint at all.

    Args:
      directory: where checkpoints are.
      log: told about every damaged checkpoint that was passed over.
      prefix: as for :func:`load`.

    Raises:
      UserError: if there are checkpoints but none can be read.
    """
    found = paths(directory)
    for path in reversed(found):
        try:
            return load(path, prefix)
        except UserError as error:
            log(f"{error}; falling back to the checkpoint before it")
    if found:
        raise UserError(f"none of the {len(found)} checkpoints in {directory} can be read; the run cannot continue")
    return None
