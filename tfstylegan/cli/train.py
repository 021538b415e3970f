"""``tfstylegan train``."""

import signal
from dataclasses import replace

from absl import flags

from tfstylegan import configs
from tfstylegan.cli.console import Console
from tfstylegan.cli.program import EXIT_INTERRUPTED, EXIT_OK, Program, new_flags
from tfstylegan.cli.resolution_flag import define_resolution
from tfstylegan.errors import UserError

FLAGS = new_flags()
flags.DEFINE_string("outdir", None, "directory of the run; an existing run there is continued", flag_values=FLAGS)
flags.DEFINE_string("data", None, "a folder of images, a .zip of them, or builtin:faces", flag_values=FLAGS)
define_resolution(FLAGS, "side of the images in pixels, such as 64, or HxW, such as 192x256; default: the preset's")
flags.DEFINE_integer("channels", 3, "image channels: 1 grayscale, 3 RGB, 4 RGBA", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_string(
    "resize_filter", "lanczos", "nearest, box, bilinear, hamming, bicubic or lanczos", flag_values=FLAGS
)
flags.DEFINE_bool("upscale", False, "use images smaller than the resolution too", flag_values=FLAGS)
flags.DEFINE_bool("strict", False, "refuse a data set with any unusable file instead of skipping it", flag_values=FLAGS)
flags.DEFINE_integer("count", None, "use so many images only; draw so many of a built-in set", flag_values=FLAGS)
flags.DEFINE_bool("mirror", False, "flip images left to right at random", flag_values=FLAGS)
flags.DEFINE_enum(
    "preset", "tiny", list(configs.PRESETS), "hyperparameters to start from; 'tiny' suits a CPU", flag_values=FLAGS
)
flags.DEFINE_alias("cfg", "preset", flag_values=FLAGS)
flags.DEFINE_integer("gpus", None, "number of GPUs; 0 is the CPU; default: all there are", flag_values=FLAGS)
flags.DEFINE_integer("cpu_devices", 1, "split the CPU into so many devices, to try a run on several", flag_values=FLAGS)
flags.DEFINE_float("kimg", None, "length of the run in thousands of images", flag_values=FLAGS)
flags.DEFINE_integer("batch", None, "images per step, over all devices", flag_values=FLAGS)
flags.DEFINE_float("gamma", None, "weight of R1 regularisation; 0 turns it off", flag_values=FLAGS)
flags.DEFINE_float("glr", None, "generator's learning rate", flag_values=FLAGS)
flags.DEFINE_float("dlr", None, "discriminator's learning rate", flag_values=FLAGS)
flags.DEFINE_float("pl_weight", None, "weight of path length regularisation; 0 turns it off", flag_values=FLAGS)
flags.DEFINE_float("style_mixing", None, "probability of style mixing", flag_values=FLAGS)
flags.DEFINE_float("ema_kimg", None, "half-life of the generator's moving average, in kimg", flag_values=FLAGS)
flags.DEFINE_integer("cbase", None, "channel_base: channels at a resolution are cbase / resolution", flag_values=FLAGS)
flags.DEFINE_integer("cmax", None, "channel_max: the most channels anywhere", flag_values=FLAGS)
flags.DEFINE_integer("z_dim", None, "size of the latents z", flag_values=FLAGS)
flags.DEFINE_integer("w_dim", None, "size of the intermediate latents w", flag_values=FLAGS)
flags.DEFINE_integer("map_depth", None, "layers of the mapping network", flag_values=FLAGS)
flags.DEFINE_integer("mbstd_group", None, "group size of the minibatch standard deviation", flag_values=FLAGS)
flags.DEFINE_integer("seed", 0, "everything random derives from it", flag_values=FLAGS)
flags.DEFINE_float("tick", None, "kimg per progress line and checkpoint", flag_values=FLAGS)
flags.DEFINE_integer("snap", None, "ticks per network snapshot; 0 is at the end only", flag_values=FLAGS)
flags.DEFINE_integer("img_snap", None, "ticks per picture grid; 0 is at the end only", flag_values=FLAGS)
flags.DEFINE_float("minutes", None, "stop after so many minutes, ready to continue", flag_values=FLAGS)

# Flags that set one field of a section each. The same table names the flag when a field cannot be changed.
FIELDS = {
    "data": {
        "data": "source",
        "resize_filter": "resize_filter",
        "upscale": "upscale",
        "strict": "strict",
        "count": "count",
    },
    "generator": {
        "resolution": "img_resolution",
        "channels": "img_channels",
        "cbase": "channel_base",
        "cmax": "channel_max",
        "z_dim": "z_dim",
        "w_dim": "w_dim",
        "map_depth": "mapping_layers",
    },
    "discriminator": {"cbase": "channel_base", "cmax": "channel_max", "mbstd_group": "mbstd_group_size"},
    "training": {
        "kimg": "total_kimg",
        "batch": "batch_size",
        "gamma": "r1_gamma",
        "glr": "g_lr",
        "dlr": "d_lr",
        "pl_weight": "pl_weight",
        "style_mixing": "style_mixing_prob",
        "ema_kimg": "ema_kimg",
        "mirror": "mirror",
        "seed": "seed",
        "tick": "kimg_per_tick",
        "snap": "network_snapshot_ticks",
        "img_snap": "image_snapshot_ticks",
    },
}
FLAG_NAMES = {
    f"{section}.{field}": f"--{flag.replace('_', '-')}"
    for section, flag_fields in FIELDS.items()
    for flag, field in flag_fields.items()
}


def config_from_flags(values: flags.FlagValues) -> configs.RunConfig:
    """The run's configuration: the preset, with every flag that was given.

    Raises:
      UserError: if a flag is missing or not allowed.
    """
    for name in ("outdir", "data"):
        if not values[name].value:
            raise UserError(f"--{name} is missing")
    preset = _trainable_preset(values.preset)

    def given(section: str) -> dict:
        found = {field: values[flag].value for flag, field in FIELDS[section].items()}
        return {field: value for field, value in found.items() if value is not None}

    try:
        return configs.RunConfig(
            data=configs.DataConfig(**given("data")),
            generator=replace(preset.generator(values.resolution, values.channels, c_dim=0), **given("generator")),
            discriminator=replace(
                preset.discriminator(values.resolution, values.channels, c_dim=0), **given("discriminator")
            ),
            training=replace(preset.training, **given("training")),
        )
    except ValueError as error:
        raise UserError(_with_flag_names(str(error))) from error


def _trainable_preset(name: str) -> configs.Preset:
    preset = configs.PRESETS[name]
    if not preset.is_trainable:
        possible = ", ".join(name for name, preset in configs.PRESETS.items() if preset.is_trainable)
        raise UserError(
            f"--preset={name} is a {type(preset.generator_config).__name__}, and training is for StyleGAN2 so far; "
            f"the presets that can be trained are {possible}"
        )
    return preset


def run_training(config: configs.RunConfig, outdir: str, gpus: int | None, cpu_devices: int, time_limit: float | None):
    """Opens the images and trains, reporting to the console; returns the loop's outcome."""
    from tfstylegan import data
    from tfstylegan.training.loop import train
    from tfstylegan.training.run_directory import RunDirectory
    from tfstylegan.training.strategy import create_strategy

    console = Console()
    strategy = create_strategy(gpus, cpu_devices)
    with console.progress("reading images") as on_progress:
        source = data.open_source(
            config.data.source,
            config.generator.img_resolution,
            img_channels=config.generator.img_channels,
            resize_filter=config.data.resize_filter,
            upscale=config.data.upscale,
            strict=config.data.strict,
            count=config.data.count,
            seed=config.training.seed,
            on_progress=on_progress,
        )
    with source:
        if source.report.skipped:
            console.message(source.report.summary())
        return train(config, source, RunDirectory(outdir), strategy, [console], time_limit, FLAG_NAMES)


def run(values: flags.FlagValues) -> int:
    config = config_from_flags(values)
    time_limit = None if values.minutes is None else values.minutes * 60
    outcome = run_training(config, values.outdir, values.gpus, values.cpu_devices, time_limit)
    if outcome.stop_signal is not None:
        return EXIT_INTERRUPTED if outcome.stop_signal == signal.SIGINT else 128 + outcome.stop_signal
    print(f"The run is in {values.outdir}. Make pictures: tfstylegan generate --model={values.outdir} --seeds=0-15")
    return EXIT_OK


def _with_flag_names(message: str) -> str:
    """A config's complaint in the words of the command line."""
    for name, flag in FLAG_NAMES.items():
        field = name.partition(".")[2]
        complaint = message.partition(": ")[2]
        if f" {field} must" in message or complaint.startswith(f"{field}="):
            return f"{flag}: {complaint}"
    return message


PROGRAM = Program(
    name="train",
    summary=(
        "Trains a StyleGAN2 on a folder or zip of images, on a CPU or on all GPUs of the machine. Writes picture "
        "grids, statistics, TensorBoard files, checkpoints and network snapshots into --outdir. Ctrl-C stops after a "
        "checkpoint; the same command continues."
    ),
    examples=(
        "tfstylegan train --outdir=runs/faces --data=builtin:faces --resolution=64 --kimg=200",
        "tfstylegan train --outdir=runs/mine --data=photos/ --preset=paper256 --gpus=2 --mirror",
        "tfstylegan train --outdir=runs/mine --data=photos.zip --resolution=128 --cbase=4096 --cmax=128 --gamma=0.5",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main
