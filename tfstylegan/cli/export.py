"""``tfstylegan export``: a generator as SavedModel, TFLite and ONNX."""

import sys
from pathlib import Path

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import EXIT_OK, Program, new_flags
from tfstylegan.cli.verify import report_line, say_different, size_line
from tfstylegan.errors import UserError
from tfstylegan.export.checks import OPSETS, QUANTIZATIONS

FILES = {"saved_model": "saved_model", "tflite": "generator.tflite", "onnx": "generator.onnx"}

FLAGS = new_flags()
picture_flags.define_model_flag(FLAGS)
absl_flags.DEFINE_list("format", list(FILES), f"any of {', '.join(FILES)}", flag_values=FLAGS)
absl_flags.DEFINE_string("outdir", "exported", f"directory to write {', '.join(FILES.values())} to", flag_values=FLAGS)
absl_flags.DEFINE_enum(
    "quantize",
    "none",
    list(QUANTIZATIONS),
    f"weights of the TFLite file: {'; '.join(f'{name}: {text}' for name, text in QUANTIZATIONS.items())}",
    flag_values=FLAGS,
)
absl_flags.DEFINE_integer(
    "batch",
    None,
    "fixed batch size, 0 for any; if not given, 1 for TFLite and any for the others",
    lower_bound=0,
    flag_values=FLAGS,
)
absl_flags.DEFINE_enum("opset", str(OPSETS[0]), list(map(str, OPSETS)), "ONNX operator set", flag_values=FLAGS)
absl_flags.DEFINE_bool(
    "verify", True, "run every file in its own runtime and compare its pictures with the model's", flag_values=FLAGS
)


def run(flags) -> int:
    """Writes every format and prints a line about each."""
    formats = _formats(flags.format)
    picture_flags.required(flags, "model", "network.keras")
    _check_packages(formats, flags.verify)
    outdir = picture_flags.output_directory(flags)
    generator = picture_flags.open_generator(flags)

    from tfstylegan import export

    status = EXIT_OK
    for name in formats:
        path = _write(name, generator, outdir / FILES[name], flags)
        if not flags.verify:
            print(size_line(path), flush=True)
            continue
        report = export.verify(path, generator)
        print(report_line(report), flush=True)
        if not report.ok:
            status = say_different("export", report)
    return status


def _formats(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in FILES]
    if unknown or not names:
        raise UserError(f"--format takes any of {','.join(FILES)}; got {','.join(names)!r}")
    return list(dict.fromkeys(names))


def _check_packages(formats: list[str], verify: bool) -> None:
    """Better to fail now than after the first format."""
    from tfstylegan.export.artefacts import FORMATS
    from tfstylegan.export.checks import require

    require("tensorflow", "exporting", "cpu")
    if "onnx" in formats:
        require("tf2onnx", "exporting to ONNX", "onnx")
    for name in formats if verify else ():
        kind = FORMATS[name]
        require(kind.package, f"verifying the {name} export (leave it out with --noverify)", kind.extra)


def _write(name: str, generator, path: Path, flags) -> Path:
    from tfstylegan import export

    batch = {} if flags.batch is None else {"batch": flags.batch}
    if name == "saved_model":
        return export.saved_model(generator, path, **batch)
    if name == "tflite":
        return export.tflite(generator, path, quantize=flags.quantize, **batch)
    return export.onnx(generator, path, opset=int(flags.opset), **batch)


PROGRAM = Program(
    name="export",
    summary="Writes a generator as SavedModel, TFLite and ONNX, runs each file in its own runtime, and compares its "
    "pictures with the model's. Inputs are z, c (labels, if it was trained with them), psi (truncation) and "
    "noise_gain, each with a batch dimension; the output is image.",
    examples=(
        "tfstylegan export --model=network.keras --outdir=exported",
        "tfstylegan export --model=runs/faces --format=tflite --quantize=float16",
        "tfstylegan export --model=network.keras --format=onnx --batch=4",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
