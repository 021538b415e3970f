"""``tfstylegan import``: an official checkpoint as a ``.keras`` file."""

import math
import sys

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags
from tfstylegan.errors import UserError

FLAGS = new_flags()
absl_flags.DEFINE_string("source", None, "the official checkpoint, a .pkl file", flag_values=FLAGS)
absl_flags.DEFINE_string("output", None, "the .keras file to write", flag_values=FLAGS)
absl_flags.DEFINE_enum(
    "which",
    "G_ema",
    ["G_ema", "G", "D"],
    "the generator with averaged weights, the one that was trained, or the discriminator",
    flag_values=FLAGS,
)


def run(flags) -> None:
    """Writes the network and prints a line about it."""
    source = picture_flags.required(flags, "source", "network.pkl")
    output = picture_flags.required(flags, "output", "network.keras")
    if not output.endswith(".keras"):
        raise UserError(f"--output={output}: the name has to end in .keras")
    picture_flags.check_output_file(output)

    from tfstylegan import interop
    from tfstylegan.files import atomic_path

    weights = interop.read_weights(source, flags.which)
    with atomic_path(output) as temporary:
        interop.build(weights).save(temporary)
    numbers = sum(math.prod(array.shape) for array in weights.arrays.values())
    config = weights.config
    size = f"{config.img_resolution}x{config.img_resolution} pixels, {config.img_channels} channels"
    print(f"wrote {output}: {flags.which} of {source}, {type(config).__name__}, {size}, {numbers:,} numbers")


PROGRAM = Program(
    name="import",
    summary="Turns a checkpoint written by an official code base, StyleGAN2 or StyleGAN2-ADA in TensorFlow 1, "
    "stylegan2-ada-pytorch or stylegan3, into a .keras file. The same seeds give the same pictures. Nothing in the "
    "checkpoint is executed, and neither PyTorch nor TensorFlow 1 is needed.",
    examples=(
        "tfstylegan import --source=network.pkl --output=network.keras",
        "tfstylegan import network.pkl --output=discriminator.keras --which=D",
    ),
    flags=FLAGS,
    run=run,
    positional="source",
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
