"""``tfstylegan verify``: does an exported file make the model's pictures?"""

import os
import sys
from pathlib import Path

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import EXIT_FAILED, EXIT_OK, Program, new_flags, seeds_from_text

FLAGS = new_flags()
absl_flags.DEFINE_string("artefact", None, "a SavedModel directory, a .tflite or an .onnx file", flag_values=FLAGS)
picture_flags.define_model_flag(FLAGS)
absl_flags.DEFINE_string("seeds", "0,1", "numbers and ranges, such as 0-5,9, to compare pictures of", flag_values=FLAGS)
absl_flags.DEFINE_float(
    "tolerance",
    None,
    "largest difference allowed, as a part of the value range; if not given, 0.001 for float32 weights, 0.02 for "
    "float16, 0.2 for int8",
    lower_bound=0,
    flag_values=FLAGS,
)
absl_flags.DEFINE_float("timeout", 600, "seconds that the file may take", lower_bound=1, flag_values=FLAGS)


def run(flags) -> int:
    """Prints a line about the artefact."""
    path = picture_flags.required(flags, "artefact", "exported/generator.tflite")
    seeds = seeds_from_text(flags.seeds)
    picture_flags.required(flags, "model", "network.keras")
    from tfstylegan.export.artefacts import check_runtime

    check_runtime(path)
    generator = picture_flags.open_generator(flags)

    from tfstylegan import export

    report = export.verify(path, generator, seeds=seeds, tolerance=flags.tolerance, timeout=flags.timeout)
    print(report_line(report))
    return EXIT_OK if report.ok else say_different("verify", report)


def report_line(report) -> str:
    """Path, size, difference and time of an artefact, from its VerificationReport."""
    return (
        f"{size_line(report.artefact)}  largest difference {report.relative_difference:.1e} of the value range, "
        f"PSNR {report.psnr_db:.0f} dB  {report.milliseconds:.1f} ms per image in {report.runtime}"
    )


def size_line(path: Path) -> str:
    """An artefact's path and size."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return f"{os.fspath(path):<32}  {sum(file.stat().st_size for file in files) / 1e6:8.2f} MB"


def say_different(program: str, report) -> int:
    """Says on stderr that an artefact's pictures are not the model's; gives the exit status."""
    print(
        f"tfstylegan {program}: {report.artefact} does not make the model's pictures: the largest difference is "
        f"{report.relative_difference:.2g} of the value range, and {report.tolerance:g} is allowed",
        file=sys.stderr,
    )
    return EXIT_FAILED


PROGRAM = Program(
    name="verify",
    summary="Runs an exported file in its own runtime, in a process that has neither tfstylegan nor Keras, and "
    "compares its pictures with the model's. Exits with status 1 if they differ.",
    examples=(
        "tfstylegan verify exported/generator.tflite --model=network.keras",
        "tfstylegan verify exported/saved_model --model=runs/faces --seeds=0-7",
    ),
    flags=FLAGS,
    run=run,
    positional="artefact",
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
