"""From pickled TensorFlow 1 networks to our configs and variables."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.interop.hyperparameters import Always, Options, make_config, translate
from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.names import TF1, Row, Weights, arrange
from tfstylegan.interop.names_stylegan2 import discriminator_rows, generator_rows
from tfstylegan.interop.numpy_data import Array
from tfstylegan.interop.tf1_era import Network, as_array, variables

# What networks are called by the functions that built them: generators by that of their synthesis network.
UNSUPPORTED = {
    "G_style": "a StyleGAN generator",
    "D_basic": "a StyleGAN discriminator",
    "G_paper": "a ProGAN generator",
    "D_paper": "a ProGAN discriminator",
    "G_synthesis_stylegan_revised": "a progressively grown generator (configurations B to D of StyleGAN2)",
    "D_stylegan": "a progressively grown discriminator (configurations B to D of StyleGAN2)",
}
STYLEGAN2, ADA = "StyleGAN2", "StyleGAN2-ADA"
GENERATORS = {"G_synthesis_stylegan2": STYLEGAN2, "G_synthesis": ADA}
DISCRIMINATORS = {"D_stylegan2": STYLEGAN2, "D_main": ADA}

# The arguments of the functions, and our fields. What was not passed has the default; None: of no bearing.
SHARED: Options = {
    "resolution": "img_resolution",
    "num_channels": "img_channels",
    "label_size": "c_dim",
    "fmap_base": "channel_base",  # half of what PyTorch's channel_base is
    "fmap_max": "channel_max",
    "architecture": "architecture",
    "nonlinearity": "activation",
    "resample_kernel": "resample_filter",
    "conv_clamp": "conv_clamp",
    "mapping_layers": "mapping_layers",
    "mapping_lrmul": "mapping_lr_multiplier",
    "mapping_nonlinearity": Always("lrelu"),
    "normalize_latents": Always(True),
    "use_wscale": Always(True),
    "fmap_decay": Always(1),
    "fmap_min": Always(1),
    **dict.fromkeys(("num_fp16_res", "dtype", "fused_modconv", "randomize_noise", "is_training", "is_validation")),
}
GENERATOR: Options = {
    **SHARED,
    "latent_size": "z_dim",
    "dlatent_size": "w_dim",
    "mapping_fmaps": "mapping_layer_features",
    "dlatent_avg_beta": "w_avg_beta",
    **dict.fromkeys(("truncation_psi", "truncation_cutoff", "truncation_psi_val", "truncation_cutoff_val")),
    **dict.fromkeys(("style_mixing_prob", "synthesis_func", "mapping_func", "dlatent_broadcast")),
}
DISCRIMINATOR: Options = {
    **SHARED,
    "mapping_fmaps": "cmap_dim",
    "mbstd_group_size": "mbstd_group_size",
    "mbstd_num_features": "mbstd_num_channels",
}
GENERATOR_DEFAULTS = {"img_resolution": 1024, "channel_base": 16384, "w_avg_beta": 0.995}
DISCRIMINATOR_DEFAULTS = {"img_resolution": 1024, "channel_base": 16384}


def weights(network: Network, budget: Budget) -> Weights:
    """The config and variables of a generator or discriminator.

    Raises:
      Refused: if it is of a family that is not supported, or its variables are not those of its hyperparameters.
    """
    official = variables(network)
    built_by = _builder(network)
    if built_by in GENERATORS:
        generator = _generator_config(network, GENERATORS[built_by], official)
        return Weights(generator, _arrays(generator_rows(generator, TF1), official, budget))
    if built_by in DISCRIMINATORS:
        discriminator = _discriminator_config(network, DISCRIMINATORS[built_by], official)
        return Weights(discriminator, _arrays(discriminator_rows(discriminator, TF1), official, budget))
    if built_by in UNSUPPORTED:
        raise Refused(f"it holds {UNSUPPORTED[built_by]}, which is not supported in this version")
    raise Refused(f"it holds a network built by {built_by[:80]!r}, which this version does not know")


def _builder(network: Network) -> str:
    """The name of the function that tells a network's kind."""
    name = network.get("build_func_name", str)
    if name != "G_main":
        return name
    synthesis = network.get("components", dict).get("synthesis")
    return synthesis.get("build_func_name", str) if isinstance(synthesis, Network) else name


def _arrays(rows: Iterator[Row], official: dict, budget: Budget) -> dict[str, np.ndarray]:
    return arrange(rows, official, as_array, budget, is_known=lambda name: name.rpartition("/")[2] == "lod")


def _generator_config(network: Network, code: str, official: dict) -> StyleGAN2:
    fields = {**GENERATOR_DEFAULTS, **translate(network.get("static_kwargs", dict), GENERATOR, "generator")}
    if code == STYLEGAN2:
        fields.setdefault("mapping_layer_features", 512)
        if fields.get("c_dim"):
            raise Refused(
                "it holds a StyleGAN2 generator with labels that are normalised together with the latents, "
                "which is not supported in this version"
            )
    elif fields.get("c_dim"):
        fields["mapping_embed_features"] = _width_of("G_mapping/LabelEmbed/weight", official)
    return make_config(StyleGAN2, _with_channel_base(fields), "generator")


def _discriminator_config(network: Network, code: str, official: dict) -> StyleGAN2Discriminator:
    fields = {**DISCRIMINATOR_DEFAULTS, **translate(network.get("static_kwargs", dict), DISCRIMINATOR, "discriminator")}
    if code == ADA:
        fields.setdefault("mbstd_group_size", None)
        fields.setdefault("mapping_lr_multiplier", 0.1)
    if fields.get("mbstd_group_size") in (0, 1):
        fields.update(mbstd_group_size=None, mbstd_num_channels=0)
    classes = fields.get("c_dim")
    if classes and code == ADA:
        fields["mapping_embed_features"] = _width_of("LabelEmbed/weight", official)
        fields["cmap_dim"] = fields.get("cmap_dim") or _width_of("Output/weight", official)
        fields["mapping_layers"] = sum(name.startswith("Mapping") and name.endswith("/weight") for name in official)
    elif classes:
        # StyleGAN2 has an output for every class and multiplies by the label. That is our projection onto the label,
        # for labels of one class each: embedded by this matrix, normalised, and divided by sqrt(cmap_dim).
        fields.update(cmap_dim=classes, mapping_layers=0)
        if type(classes) is not int or classes != _width_of("Output/weight", official):
            raise Refused("its discriminator has not as many outputs as classes")
        official["LabelEmbed/weight"] = np.eye(classes, dtype=np.float32) * np.float32(classes) ** 0.5
        official["LabelEmbed/bias"] = np.zeros(classes, np.float32)
    return make_config(StyleGAN2Discriminator, _with_channel_base(fields), "discriminator")


def _with_channel_base(fields: dict[str, Any]) -> dict[str, Any]:
    if type(fields["channel_base"]) is not int:
        raise Refused("it has an impossible value of fmap_base")
    return {**fields, "channel_base": 2 * fields["channel_base"]}


def _width_of(name: str, official: dict) -> int:
    value = official.get(name)
    if not isinstance(value, Array) or value.value.ndim != 2:
        raise Refused(f"it lacks {name}, which a network with labels has")
    return int(value.value.shape[1])
