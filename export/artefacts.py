"""Runs artefacts, each in its own runtime and in a fresh process."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfstylegan.errors import UserError
from tfstylegan.export import checks

RUNNER = Path(__file__).with_name("runner.py")


class VerificationError(UserError):
    """An artefact could not be run at all. ``log`` has the end of what its runtime printed."""

    def __init__(self, message: str, log: str = ""):
        super().__init__(message)
        self.log = log


@dataclass(frozen=True)
class Format:
    """A kind of artefact and what runs it."""

    name: str
    runtime: str
    package: str  # import name
    extra: str  # of tfstylegan, that installs it


FORMATS = {
    "saved_model": Format("saved_model", "TensorFlow", "tensorflow", "cpu"),
    "tflite": Format("tflite", "LiteRT", "ai_edge_litert", "tflite"),
    "onnx": Format("onnx", "ONNX Runtime", "onnxruntime", "onnx"),
}


def format_of(path: str | os.PathLike) -> Format:
    """The format of an artefact: a SavedModel's directory, a ``.tflite`` file or an ``.onnx`` file.

    Raises:
      UserError: if it is not there, or none of these.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file or directory")
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise UserError(f"{path} is not a SavedModel: it has no saved_model.pb")
        return FORMATS["saved_model"]
    if path.suffix not in (".tflite", ".onnx"):
        raise UserError(f"{path} is not an artefact: a SavedModel directory, a .tflite or an .onnx file is needed")
    return FORMATS[path.suffix[1:]]


def check_runtime(path: str | os.PathLike) -> Format:
    """The format of an artefact whose runtime is installed.

    Raises:
      UserError: as :func:`format_of`, or if the runtime is missing.
    """
    kind = format_of(path)
    checks.require(kind.package, f"running {path}", kind.extra)
    return kind


def run_artefact(path: str | os.PathLike, inputs: dict[str, np.ndarray], timeout: float) -> dict[str, np.ndarray]:
    """Runs an artefact in a fresh process that imports nothing but NumPy and the artefact's runtime.

    Args:
      path: the artefact.
      inputs: an array for every input, a row per image.
      timeout: seconds.

    Returns:
      ``image [rows, H, W, C]``, ``milliseconds`` per image, and ``runtime``, ``precision``, ``batch``.

    Raises:
      VerificationError: if it cannot be run, with the reason that the runtime gave.
    """
    kind = check_runtime(path)
    with tempfile.TemporaryDirectory(prefix="tfstylegan-") as directory:
        request, response = Path(directory, "request.npz"), Path(directory, "response.npz")
        np.savez(request, **inputs)  # type: ignore[arg-type]
        _run_child(kind, [kind.name, os.fspath(path), os.fspath(request), os.fspath(response)], path, timeout)
        with np.load(response) as arrays:
            return dict(arrays)


def _run_child(kind: Format, arguments: list[str], path: str | os.PathLike, timeout: float) -> None:
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
    try:
        child = subprocess.run(
            [sys.executable, os.fspath(RUNNER), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        log = (error.stderr or b"").decode(errors="replace")
        raise VerificationError(
            f"{path}: {kind.runtime} did not finish within {timeout:g} seconds; give it more time", log
        ) from error
    if child.returncode:
        log = child.stderr.decode(errors="replace")[-10_000:]
        raise VerificationError(f"{path} {_explain(kind, child.returncode, log)}", log)


def _explain(kind: Format, returncode: int, log: str) -> str:
    """Why a child failed, from its exit status and the last lines on its stderr."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if last.startswith("mismatch: "):
        return f"is not an export of this model: {last.removeprefix('mismatch: ')}"
    failed = f"could not be run by {kind.runtime}; if it is damaged, export it again"
    if last.startswith("error: "):
        return f"{failed}: {last.removeprefix('error: ')}"
    how = f"was killed by {_signal_name(-returncode)}" if returncode < 0 else f"ended with status {returncode}"
    return f"{failed}: the process {how}; its last lines: {' | '.join(lines[-3:]) or '(none)'}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
