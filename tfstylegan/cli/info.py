"""``tfstylegan info``: the layers of a network, or which fused ops are loaded."""

import sys

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags
from tfstylegan.cli.resolution_flag import as_text, define_resolution
from tfstylegan.configs import Resolution
from tfstylegan.errors import UserError

FLAGS = new_flags()
picture_flags.define_model_flag(FLAGS)
absl_flags.DEFINE_string(
    "preset", None, "a published configuration, in place of --model: both of its networks", flag_values=FLAGS
)
define_resolution(FLAGS, "side of the image in pixels, or HxW, with --preset; if not given the preset's")
absl_flags.DEFINE_bool(
    "ops",
    False,
    "in place of a network: which fused ops are loaded, for which instruction set, or why none are",
    flag_values=FLAGS,
)


def run(flags) -> None:
    """Prints a table for each network."""
    if flags.ops:
        if flags.model or flags.preset or flags.resolution is not None:
            raise UserError("--ops is about this machine; give it without --model, --preset and --resolution")
        from tfstylegan.custom_ops import loading

        print(loading.describe())
        return
    if bool(flags.model) == bool(flags.preset):
        raise UserError("give either --model, a file, or --preset, a configuration's name; or --ops")
    if flags.resolution is not None and not flags.preset:
        raise UserError("--resolution goes with --preset; a file's resolution cannot be changed")
    configs = _preset_configs(flags.preset, flags.resolution) if flags.preset else ()

    import tfstylegan
    from tfstylegan.networks import build, summary

    models = map(build, configs) if configs else [tfstylegan.load(flags.model)]
    for index, model in enumerate(models):
        print("\n" * bool(index) + describe(model.config))
        print(f"\n{summary.format_table(summary.layer_table(model))}")


def describe(config) -> str:
    """The hyperparameters as text: the family's name and ``field = value`` lines."""
    from tfstylegan.configs import to_dict

    values = to_dict(config)
    width = max(map(len, values))
    return "\n".join([values.pop("family"), *(f"  {name:<{width}}  {value}" for name, value in values.items())])


def _preset_configs(name: str, resolution: Resolution | None) -> tuple:
    from tfstylegan.configs import PRESETS

    if name not in PRESETS:
        raise UserError(f"--preset={name} is not one of {', '.join(PRESETS)}")
    preset = PRESETS[name]
    try:
        return preset.generator(resolution), preset.discriminator(resolution)
    except ValueError as error:
        given = "" if resolution is None else f"--resolution={as_text(resolution)}: "
        raise UserError(f"{given}{error}") from error


PROGRAM = Program(
    name="info",
    summary="Prints a network's hyperparameters and its layers: output shape, trainable parameters, other stored "
    "numbers (buffers), and the multiply-adds that one picture costs in convolutions and matrix products; or which "
    "fused ops are loaded.",
    examples=(
        "tfstylegan info --model=network.keras",
        "tfstylegan info --preset=stylegan2 --resolution=512",
        "tfstylegan info --ops",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
