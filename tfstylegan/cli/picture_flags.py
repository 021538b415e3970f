"""What the commands that make pictures share: flags, and the steps from flags to a generator."""

import hashlib
import math
import os
import re
from pathlib import Path

from absl import flags as absl_flags

from tfstylegan.errors import UserError
from tfstylegan.version import __version__

MODEL_HELP = "a .keras file, the directory of a training run, or a .pkl or .pt checkpoint"


def define_generator_flags(values: absl_flags.FlagValues) -> None:
    """Defines the flags that say which generator to use and how."""
    define_model_flag(values)
    absl_flags.DEFINE_float(
        "trunc", 1.0, "truncation psi: 1 is full variety, towards 0 more typical pictures", flag_values=values
    )
    absl_flags.DEFINE_alias("truncation_psi", "trunc", flag_values=values)
    absl_flags.DEFINE_integer(
        "truncation_cutoff",
        None,
        "truncate the first so many styles only, all if not given",
        lower_bound=0,
        flag_values=values,
    )
    absl_flags.DEFINE_enum(
        "noise_mode",
        "const",
        ["const", "random", "none"],
        "per-pixel noise: the same for every picture, fresh for each, or none",
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "class", None, "class to make, from 0; for networks trained with labels", lower_bound=0, flag_values=values
    )
    absl_flags.DEFINE_integer("batch", 8, "pictures computed at a time", lower_bound=1, flag_values=values)


def define_model_flag(values: absl_flags.FlagValues) -> None:
    """Defines --model and its official name, --network."""
    absl_flags.DEFINE_string("model", None, MODEL_HELP, flag_values=values)
    absl_flags.DEFINE_alias("network", "model", flag_values=values)


def required(flags: absl_flags.FlagValues, name: str, example: str) -> str:
    """The value of a flag that has to be given.

    Raises:
      UserError: if it was not.
    """
    value = flags[name].value
    if not value:
        raise UserError(f"--{name.replace('_', '-')} is missing; for instance --{name.replace('_', '-')}={example}")
    return value


def truncation(flags: absl_flags.FlagValues) -> dict:
    """The truncation flags, named as ``Generator.mapping`` names them."""
    if not math.isfinite(flags.trunc):
        raise UserError(f"--trunc must be a finite number; got {flags.trunc}")
    return {"truncation_psi": flags.trunc, "truncation_cutoff": flags.truncation_cutoff}


def output_directory(flags: absl_flags.FlagValues) -> Path:
    """``--outdir``, made if it is not there.

    Raises:
      UserError: if it cannot be made or written to.
    """
    directory = Path(required(flags, "outdir", "out"))
    _make_writable(directory, f"--outdir={directory}")
    return directory


def check_output_file(path: str) -> None:
    """Makes the directory of ``--output`` if it is not there.

    Raises:
      UserError: if the file could not be written.
    """
    if os.path.isdir(path):
        raise UserError(f"--output={path} is a directory; name a file in it")
    _make_writable(Path(path).parent, f"--output={path}")


def _make_writable(directory: Path, flag: str) -> None:
    """Better to fail now than after an hour of computing."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{flag}: the directory cannot be made: {error.strerror or error}") from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UserError(f"{flag}: the directory cannot be written to")


def open_generator(flags: absl_flags.FlagValues):
    """The generator that ``--model`` names.

    Raises:
      UserError: if there is none.
    """
    path = required(flags, "model", "network.keras")
    import tfstylegan

    model = tfstylegan.load(path)
    from tfstylegan import networks  # after load, which finds a missing file sooner than TensorFlow is imported

    if not isinstance(model, networks.Generator):
        raise UserError(f"{path} holds a {type(model).__name__}, which makes no pictures; a Generator is needed")
    from tfstylegan.images import PILLOW_MODES

    if model.img_channels not in PILLOW_MODES:
        raise UserError(f"{path} makes images of {model.img_channels} channels; a picture file holds 1, 3 or 4")
    return model


def class_label(flags: absl_flags.FlagValues, generator) -> list[float] | None:
    """``--class`` as a one-hot label, None for an unconditional generator.

    Raises:
      UserError: if the class is missing, out of range, or not known to the generator.
    """
    chosen, classes = flags["class"].value, generator.c_dim
    if not classes:
        if chosen is not None:
            raise UserError(f"--class={chosen}: this network was trained without classes; leave --class out")
        return None
    if chosen is None:
        raise UserError(f"this network has {classes} classes: choose one with --class=0 to --class={classes - 1}")
    if chosen >= classes:
        raise UserError(f"--class={chosen}: this network's {classes} classes are 0 to {classes - 1}")
    return [float(index == chosen) for index in range(classes)]


def grid_from_text(text: str) -> tuple[int, int | None]:
    """``"4x2"`` to (4 columns, 2 rows), ``"4"`` to (4, None).

    Raises:
      UserError: for anything else.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?", text.strip().lower())
    if match is None:
        raise UserError(f"--grid takes COLUMNSxROWS, such as 4x2, or COLUMNS; got {text!r}")
    return int(match[1]), int(match[2]) if match[2] else None


def metadata(flags: absl_flags.FlagValues) -> dict[str, object]:
    """What a picture's file says about how it was made; the command adds the seed."""
    file = _model_file(Path(flags.model))
    return {
        "Software": f"tfstylegan {__version__}",
        "model": file.name,
        "model_sha256": _short_hash(file) if file.is_file() else None,
        "truncation_psi": flags.trunc,
        "truncation_cutoff": flags.truncation_cutoff,
        "noise_mode": flags.noise_mode,
        "class": flags["class"].value,
    }


def _model_file(path: Path) -> Path:
    from tfstylegan.loading import newest_snapshot

    return (newest_snapshot(path) or path.resolve()) if path.is_dir() else path


def _short_hash(path: Path) -> str:
    """The first 16 hexadecimal digits of the file's SHA-256."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]
