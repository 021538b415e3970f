"""Does an artefact make the pictures of the Keras model that it came from?"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from tfstylegan.errors import UserError
from tfstylegan.export import checks
from tfstylegan.export.artefacts import VerificationError, format_of, run_artefact

__all__ = ["TOLERANCES", "VerificationError", "VerificationReport", "verify"]

# The largest difference allowed, as a part of the value range, by the precision of the weights.
TOLERANCES = {"float32": 1e-3, "float16": 2e-2, "int8": 2e-1}

NOISE_GAINS = {1.0: "const", 0.0: "none"}  # the noise_mode that each stands for


@dataclass(frozen=True)
class VerificationReport:
    """How close an artefact's images are to the model's."""

    artefact: Path
    runtime: str  # what ran it, with its version
    precision: str  # of the weights
    images: int  # compared
    max_abs_difference: float
    value_range: float  # largest minus smallest value of the model's images
    psnr_db: float  # with the value range as the peak
    milliseconds: float  # per image, in the runtime
    tolerance: float  # of relative_difference

    @property
    def relative_difference(self) -> float:
        """Largest difference as a part of the value range."""
        if self.max_abs_difference == 0:
            return 0.0
        return self.max_abs_difference / self.value_range if self.value_range else math.inf

    @property
    def ok(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.relative_difference <= self.tolerance


def verify(
    path: str | os.PathLike,
    generator,
    *,
    seeds: Sequence[int] = (0, 1),
    psi: Sequence[float] = (1.0, 0.7),
    tolerance: float | None = None,
    timeout: float = 600.0,
) -> VerificationReport:
    """Runs an artefact in its own runtime, in a fresh process, and compares its images with the model's.

    Every seed is run with every ``psi``, with noise and without; labels of a conditional generator are one-hot,
    of class ``seed % c_dim``. An artefact with a dynamic batch is run with several sizes.

    Args:
      path: a SavedModel directory, a ``.tflite`` or an ``.onnx`` file.
      generator: the :class:`tfstylegan.networks.Generator` that was exported.
      seeds: seeds of the latents, at least one.
      psi: truncations, at least one.
      tolerance: largest difference allowed, as a part of the value range; None is 1e-3 for float32 weights, 0.02
        for float16 and 0.2 for int8.
      timeout: seconds that the artefact may take.

    Returns:
      A report; its ``ok`` tells whether the images agree.

    Raises:
      UserError: if there is no artefact, or it is of no known format.
      VerificationError: if the artefact cannot be run, because it is damaged or is not of such a generator.
    """
    format_of(path)
    checks.check_generator(generator)
    if not seeds or not psi:
        raise UserError("verify needs at least one seed and one psi")
    inputs = _inputs(generator, list(product(seeds, psi, NOISE_GAINS)))
    response = run_artefact(path, inputs, timeout)
    expected = _expected_images(generator, inputs)
    images = response["image"]
    if images.shape != expected.shape:
        shapes = f"{list(images.shape[1:])}, the model's {list(expected.shape[1:])}"
        raise VerificationError(f"{path} is not an export of this model: its images have shape {shapes}")
    precision = str(response["precision"])
    value_range = float(np.ptp(expected))
    return VerificationReport(
        artefact=Path(path),
        runtime=str(response["runtime"]),
        precision=precision,
        images=len(images),
        max_abs_difference=float(np.max(np.abs(images - expected))),
        value_range=value_range,
        psnr_db=_psnr(images, expected, value_range),
        milliseconds=float(response["milliseconds"]),
        tolerance=TOLERANCES[precision] if tolerance is None else float(tolerance),
    )


def _inputs(generator, cases: list[tuple[int, float, float]]) -> dict[str, np.ndarray]:
    """Rows for every (seed, psi, noise_gain), under the names that artefacts know them by."""
    from tfstylegan.export.functions import has_noise

    seeds, psi, gains = zip(*cases, strict=True)
    rows = {"psi": np.asarray(psi, np.float32)[:, None]}
    if generator.z_dim:
        latents = [np.random.RandomState(seed).randn(generator.z_dim) for seed in seeds]
        rows["z"] = np.asarray(latents, np.float32)
    if generator.c_dim:
        rows["c"] = np.eye(generator.c_dim, dtype=np.float32)[np.asarray(seeds) % generator.c_dim]
    if has_noise(generator):
        rows["noise_gain"] = np.asarray(gains, np.float32)[:, None]
    return rows


def _expected_images(generator, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """What the model makes of the rows, called as everybody calls it, one row at a time."""
    from tfstylegan.export.functions import in_float32

    generator = in_float32(generator)
    images = []
    for row in range(len(inputs["psi"])):
        one = {name: array[row : row + 1] for name, array in inputs.items()}
        gain = float(one.get("noise_gain", np.zeros([1, 1]))[0, 0])
        image = generator(
            one.get("z"),
            one.get("c"),
            truncation_psi=float(one["psi"][0, 0]),
            noise_mode=NOISE_GAINS[gain],
        )
        images.append(np.asarray(image))
    return np.concatenate(images)


def _psnr(images: np.ndarray, expected: np.ndarray, peak: float) -> float:
    error = float(np.mean(np.square(images.astype(np.float64) - expected)))
    if error == 0:
        return math.inf
    return 10 * math.log10(peak * peak / error) if peak else -math.inf
