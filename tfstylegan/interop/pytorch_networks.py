"""From pickled PyTorch modules to our configs and variables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator, StyleGAN3
from tfstylegan.configs.resolution import block_name
from tfstylegan.interop import names_stylegan2, names_stylegan3
from tfstylegan.interop.hyperparameters import Always, Options, make_config, translate
from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.names import PYTORCH, Row, Weights, arrange
from tfstylegan.interop.pytorch_era import Module, tensors
from tfstylegan.interop.torch_storage import Tensor

SEPARABLE_FROM_TAPS = 8  # shorter filters are stored two-dimensional
MAX_TAPS = 128  # of StyleGAN3's filters; official networks have 24

# The arguments of the official constructors, and our fields; None: of no bearing on the numbers. The defaults of
# conv_clamp and w_avg_beta differ between the two code bases; the pickled layers say what they are.
SAME: Options = {name: name for name in ("c_dim", "img_resolution", "img_channels", "channel_base", "channel_max")}
BLOCKS: Options = {
    "architecture": "architecture",
    "activation": "activation",
    "resample_filter": "resample_filter",
    "use_noise": "use_noise",
    "conv_clamp": None,
    "num_fp16_res": None,
    "fp16_channels_last": None,
    "fused_modconv_default": None,
}
MAPPING: Options = {
    "num_layers": "mapping_layers",
    "embed_features": "mapping_embed_features",
    "layer_features": "mapping_layer_features",
    "lr_multiplier": "mapping_lr_multiplier",
    "activation": Always("lrelu"),
    "w_avg_beta": None,
}
GENERATOR: Options = {**SAME, **BLOCKS, "z_dim": "z_dim", "w_dim": "w_dim"}
SYNTHESIS: Options = {**BLOCKS, "channel_base": "channel_base", "channel_max": "channel_max"}
DISCRIMINATOR: Options = {
    **SAME,
    "architecture": "architecture",
    "cmap_dim": "cmap_dim",
    "conv_clamp": None,
    "num_fp16_res": None,
}
DISCRIMINATOR_BLOCK: Options = {
    "activation": "activation",
    "resample_filter": "resample_filter",
    "fp16_channels_last": None,
    "freeze_layers": None,
}
DISCRIMINATOR_EPILOGUE: Options = {
    "mbstd_group_size": "mbstd_group_size",
    "mbstd_num_channels": "mbstd_num_channels",
    "activation": "epilogue_activation",
}
STYLEGAN3: Options = {
    **SAME,
    **{
        name: name
        for name in (
            "z_dim", "w_dim", "num_layers", "num_critical", "first_cutoff", "first_stopband", "last_stopband_rel",
            "margin_size", "output_scale", "conv_kernel", "filter_size", "lrelu_upsampling", "use_radial_filters",
            "conv_clamp", "magnitude_ema_beta",
        )
    },
    "num_fp16_res": None,
}  # fmt: skip
STYLEGAN3_MAPPING: Options = {
    "num_layers": "mapping_layers",
    "lr_multiplier": "mapping_lr_multiplier",
    "w_avg_beta": "w_avg_beta",
}


@dataclass(frozen=True)
class Family:
    """How a kind of network is read.

    Args:
      config: makes the config of a module.
      rows: lists the variables for a config.
      computed: endings of the names of buffers that follow from the config.
      check: compares those buffers with the config.
    """

    config: Callable[[Module], Any]
    rows: Callable[[Any, str], Iterator[Row]]
    computed: tuple[str, ...]
    check: Callable[[Any, Mapping[str, Tensor]], None]


def weights(module: Module, budget: Budget) -> Weights:
    """The config and variables of a generator or discriminator.

    Raises:
      Refused: if it is neither, or its variables are not those of its hyperparameters.
    """
    official = dict(tensors(module, budget))
    if module.attribute("_init_args"):
        raise Refused(f"its {module.class_name} was made with unnamed arguments")
    family = FAMILIES.get(_kind(module))
    if family is None:
        raise Refused(f"it holds a {_kind(module)}, which is not supported in this version")
    config = family.config(module)
    rows = family.rows(config, PYTORCH)
    arrays = arrange(rows, official, Tensor.array, budget, is_known=lambda name: name.endswith(family.computed))
    family.check(config, official)
    return Weights(config, arrays)


def _kind(module: Module) -> str:
    if module.class_name == "Generator":
        is_stylegan3 = "input" in module.child("synthesis").part("_modules")
        return "StyleGAN3 generator" if is_stylegan3 else "StyleGAN2 generator"
    return "StyleGAN2 discriminator" if module.class_name == "Discriminator" else module.class_name


def _stylegan2(module: Module) -> StyleGAN2:
    options = dict(module.part("_init_kwargs"))
    mapping = translate(options.pop("mapping_kwargs", {}), MAPPING, "mapping network")
    synthesis = translate(options.pop("synthesis_kwargs", {}), SYNTHESIS, "synthesis network")
    fields = {
        **translate(options, GENERATOR, "generator"),
        **synthesis,
        **mapping,
        "conv_clamp": module.child("synthesis.b4.conv1").attribute("conv_clamp"),
        "w_avg_beta": module.child("mapping").attribute("w_avg_beta"),
    }
    return make_config(StyleGAN2, fields, "generator")


def _stylegan2_discriminator(module: Module) -> StyleGAN2Discriminator:
    options = dict(module.part("_init_kwargs"))
    block = translate(options.pop("block_kwargs", {}), DISCRIMINATOR_BLOCK, "discriminator")
    mapping = translate(options.pop("mapping_kwargs", {}), MAPPING, "mapping network")
    epilogue = translate(options.pop("epilogue_kwargs", {}), DISCRIMINATOR_EPILOGUE, "discriminator")
    fields = {
        **translate(options, DISCRIMINATOR, "discriminator"),
        **block,
        **mapping,
        **epilogue,
        "conv_clamp": module.child("b4.conv").attribute("conv_clamp"),
    }
    return make_config(StyleGAN2Discriminator, fields, "discriminator")


def _check_filters(prefix: str) -> Callable[[Any, Mapping[str, Tensor]], None]:
    """Compares the filters of the blocks with the one that the hyperparameters name."""

    def check(config: StyleGAN2 | StyleGAN2Discriminator, official: Mapping[str, Tensor]) -> None:
        taps = np.asarray(config.resample_filter, np.float64)
        expected = np.outer(taps, taps) if len(taps) < SEPARABLE_FROM_TAPS else taps
        for size in config.sizes:
            stored = official.get(f"{prefix}{block_name(size)}.resample_filter")
            with np.errstate(all="ignore"):
                if stored is not None and not _are_close(stored.array(), expected / expected.sum()):
                    raise Refused("its resampling filter is not the one that its hyperparameters name")

    return check


def _are_close(stored: np.ndarray, expected: np.ndarray) -> bool:
    return stored.shape == expected.shape and bool(np.allclose(stored, expected, rtol=0, atol=1e-6))


def _stylegan3(module: Module) -> StyleGAN3:
    options = dict(module.part("_init_kwargs"))
    mapping = translate(options.pop("mapping_kwargs", {}), STYLEGAN3_MAPPING, "mapping network")
    config = make_config(StyleGAN3, {**translate(options, STYLEGAN3, "generator"), **mapping}, "generator")
    if config.num_layers + 2 != len(module.child("synthesis").part("_modules")):
        raise Refused(f"its synthesis network has not the {config.num_layers} layers of its hyperparameters")
    try:
        taps = [taps for layer in config.layers for taps in (layer.up_taps, layer.down_taps)]
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Refused("its hyperparameters make no synthesis network") from error
    if max(taps) > MAX_TAPS:
        raise Refused(f"it has filters of {max(taps)} taps, far more than any official network")
    return config


def _check_layers(config: StyleGAN3, official: Mapping[str, Tensor]) -> None:
    """Compares the size of every filter with the one that follows from the hyperparameters."""
    for layer in config.layers:
        for name, taps, is_radial in (
            ("up_filter", layer.up_taps, False),
            ("down_filter", layer.down_taps, layer.down_radial),
        ):
            stored = official.get(f"synthesis.{layer.name}.{name}")
            expected = None if taps == 1 else (taps, taps) if is_radial else (taps,)
            if (None if stored is None else stored.shape) != expected:
                raise Refused(f"its {layer.name} has not the {name} of its hyperparameters")


FAMILIES = {
    "StyleGAN2 generator": Family(
        _stylegan2, names_stylegan2.generator_rows, ("resample_filter",), _check_filters("synthesis.")
    ),
    "StyleGAN2 discriminator": Family(
        _stylegan2_discriminator, names_stylegan2.discriminator_rows, ("resample_filter",), _check_filters("")
    ),
    "StyleGAN3 generator": Family(
        _stylegan3, names_stylegan3.generator_rows, (".up_filter", ".down_filter"), _check_layers
    ),
}
