"""Reads the reference outputs in tests/golden and compares with them.

The files hold arrays in the layouts of the official code (images NCHW, kernels OIHW, dense [out, in]); the
helpers here turn them into this project's (NHWC, HWIO, [in, out]).
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "golden"


class Golden:
    """A reference file: ``golden["name"]`` is an array, ``golden.json("name")`` a decoded JSON string."""

    def __init__(self, name: str):
        with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as data:
            self.arrays = {key: data[key] for key in data.files}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def json(self, name: str):
        return json.loads(str(self.arrays[name]))

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """All arrays whose name starts with ``prefix``, by the rest of their name."""
        return {key[len(prefix) :]: value for key, value in self.arrays.items() if key.startswith(prefix)}


def cases(name: str) -> list[tuple[Golden, str]]:
    """The cases of a case pack, for ``pytest.mark.parametrize``."""
    golden = Golden(name)
    return [(golden, case) for case in golden.json("cases")]


def nhwc(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.transpose(x, [0, 2, 3, 1]))


def nchw(x) -> np.ndarray:
    return np.transpose(np.asarray(x), [0, 3, 1, 2])


def hwio(w: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.transpose(w, [2, 3, 1, 0]))


def oihw(w) -> np.ndarray:
    return np.transpose(np.asarray(w), [3, 2, 0, 1])


def assert_close(actual, expected, tolerance: float, what: str = "") -> None:
    """Checks max|actual - expected| <= tolerance * max|expected|, the measure the references are stated in."""
    actual = np.asarray(actual, np.float64)
    expected = np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    if expected.size == 0:
        return
    error = np.abs(actual - expected).max()
    scale = np.abs(expected).max()
    assert (np.isfinite(error) and error <= tolerance * max(scale, 1e-30)) or error == 0, (
        f"{what}: max error {error:.3g}, {error / max(scale, 1e-30):.3g} of the largest value {scale:.3g}; "
        f"allowed {tolerance:.3g}"
    )
