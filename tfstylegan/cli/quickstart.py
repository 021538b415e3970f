"""``tfstylegan quickstart``: from nothing to faces and three exported files, in one command."""

import signal
import sys
from dataclasses import replace
from pathlib import Path

from absl import flags as absl_flags

from tfstylegan import configs
from tfstylegan.cli import export, generate, interpolate, mix, train
from tfstylegan.cli.program import EXIT_INTERRUPTED, EXIT_OK, Program, new_flags, require
from tfstylegan.errors import UserError

FACES = 16000  # drawn once, in the background of the first epoch

FLAGS = new_flags()
absl_flags.DEFINE_string("outdir", "runs/quickstart", "where everything goes", flag_values=FLAGS)
absl_flags.DEFINE_integer("resolution", 32, "side of the pictures in pixels, 16 to 512", flag_values=FLAGS)
absl_flags.DEFINE_float("kimg", 150, "thousands of images to train on", lower_bound=0.001, flag_values=FLAGS)
absl_flags.DEFINE_float(
    "minutes", 12, "train at most so long; the same command again goes on", lower_bound=0, flag_values=FLAGS
)
absl_flags.DEFINE_integer("gpus", None, "number of GPUs; 0 is the CPU; default: all there are", flag_values=FLAGS)
absl_flags.DEFINE_integer("seed", 0, "everything random derives from it", lower_bound=0, flag_values=FLAGS)


def run(flags: absl_flags.FlagValues) -> int:
    """Trains, draws, exports, verifies, and says where everything is."""
    config = _config(flags)
    for package, extra in (
        ("tensorflow", "cpu"),
        ("tf2onnx", "onnx"),
        ("onnxruntime", "onnx"),
        ("ai_edge_litert", "tflite"),
    ):
        require(package, "quickstart", extra)
    outdir = Path(flags.outdir)
    _heading(f"Training a StyleGAN2 on {FACES:,} drawn faces, {flags.minutes:g} minutes at most. Ctrl-C and the same")
    print("command again continues where it stopped. Look at the samples folder meanwhile.", flush=True)
    outcome = train.run_training(config, flags.outdir, flags.gpus, 1, flags.minutes * 60)
    if outcome.stop_signal is not None:
        return EXIT_INTERRUPTED if outcome.stop_signal == signal.SIGINT else 128 + outcome.stop_signal

    _heading("Drawing pictures")
    for command, arguments in _pictures(outdir):
        status = command.main(arguments)
        if status != EXIT_OK:
            return status
    _heading("Exporting, and checking every file in its own runtime")
    status = export.main([f"--model={outdir}", f"--outdir={outdir / 'exported'}"])
    if status == EXIT_OK:
        print(_summary(outdir, outcome.finished))
    return status


def _config(flags: absl_flags.FlagValues) -> configs.RunConfig:
    preset = configs.PRESETS["tiny"]
    if not 16 <= flags.resolution <= 512:
        raise UserError(f"--resolution={flags.resolution}: faces are drawn at 16 to 512 pixels")
    # At least 16 channels at the highest resolution.
    channel_base = max(preset.generator_config.channel_base, 16 * flags.resolution)
    try:
        return configs.RunConfig(
            data=configs.DataConfig("builtin:faces", count=FACES),
            generator=replace(preset.generator(flags.resolution), channel_base=channel_base),
            discriminator=replace(preset.discriminator(flags.resolution), channel_base=channel_base),
            training=replace(preset.training, total_kimg=flags.kimg, seed=flags.seed),
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _pictures(outdir: Path):
    model, pictures = f"--model={outdir}", outdir / "pictures"
    return (
        (generate, [model, "--seeds=0-47", "--grid=12x4", "--trunc=0.7", f"--outdir={pictures}"]),
        (mix, [model, "--rows=0-4", "--cols=10-16", "--trunc=0.7", f"--outdir={pictures / 'mix'}"]),
        (interpolate, [model, "--seeds=0-5", "--frames=24", "--trunc=0.7", f"--output={pictures / 'walk.webp'}"]),
    )


def _heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def _summary(outdir: Path, finished: bool) -> str:
    again = "" if finished else "\n  tfstylegan quickstart                             train on: pictures get better"
    return f"""
Everything is in {outdir}:
  pictures/grid.png      new faces; samples/ shows how they came about, samples/reals.png what they learned from
  pictures/walk.webp     an animated walk between faces; pictures/mix/grid.png mixes the styles of two
  curve.png              the training curve; tensorboard/ has the details
  snapshots/             the generator as .keras
  exported/              the generator as SavedModel, TFLite and ONNX, each checked against the .keras

Try next:{again}
  tfstylegan generate --model={outdir} --seeds=100-115 --outdir=out
  tfstylegan info --model={outdir}
  tfstylegan train --data=FOLDER --resolution=64 --outdir=runs/mine    train on your own images"""


PROGRAM = Program(
    name="quickstart",
    summary=(
        "Trains a small StyleGAN2 on built-in drawn faces, makes pictures, exports the generator as SavedModel, TFLite "
        "and ONNX, checks each of them in its own runtime, and says where everything is. About a quarter of an hour "
        "on two CPU cores, with less than 4 GB of memory. Ctrl-C and the same command again continues."
    ),
    examples=(
        "tfstylegan quickstart",
        "tfstylegan quickstart --outdir=runs/bigger --resolution=64 --kimg=1000 --minutes=300",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
