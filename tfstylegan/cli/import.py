"""``tfstylegan import``: a checkpoint of another code base as a ``.keras`` file."""

import math
import sys

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags
from tfstylegan.errors import UserError

FLAGS = new_flags()
absl_flags.DEFINE_string(
    "source", None, "the checkpoint: an official .pkl file, or a .pt file of state dicts", flag_values=FLAGS
)
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

    model = interop.load(source, flags.which)
    with atomic_path(output) as temporary:
        model.save(temporary)
    height, width = model.img_size
    parameters = sum(math.prod(variable.shape) for variable in model.trainable_weights)
    print(
        f"wrote {output}: {flags.which} of {source}, {type(model.config).__name__}, "
        f"{height}x{width} pixels, {model.img_channels} channels, {parameters:,} parameters"
    )


PROGRAM = Program(
    name="import",
    summary="Turns a checkpoint written by an official code base (ProGAN, StyleGAN, StyleGAN2 or StyleGAN2-ADA in "
    "TensorFlow 1, stylegan2-ada-pytorch or stylegan3), or StyleGAN2 state dicts of the community's PyTorch format "
    "(.pt), into a .keras file. The same seeds give the same pictures. Nothing in the checkpoint is executed, and "
    "neither PyTorch nor TensorFlow 1 is needed.",
    examples=(
        "tfstylegan import --source=network.pkl --output=network.keras",
        "tfstylegan import network.pkl --output=discriminator.keras --which=D",
        "tfstylegan import --source=550000.pt --output=network.keras",
    ),
    flags=FLAGS,
    run=run,
    positional="source",
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
