"""StyleGAN2 and StyleGAN2-ADA of TensorFlow 1: from their arguments to our configs."""

import dataclasses

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.interop.hyperparameters import Always, Options, make_config, translate
from tfstylegan.interop.limits import Refused
from tfstylegan.interop.tf1_era import Network, doubled_channel_base, level_of_detail, width_of, without_statistics

# The code bases, and the progressively grown configurations B to D.
STYLEGAN2, ADA, REVISED = "StyleGAN2", "StyleGAN2-ADA", "StyleGAN2, revised StyleGAN"

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
    "mapping_nonlinearity": "mapping_activation",
    "use_wscale": Always(True),
    "fmap_decay": Always(1),
    "fmap_min": Always(1),
    **dict.fromkeys(("num_fp16_res", "dtype", "fused_modconv", "randomize_noise", "is_training", "is_validation")),
    **dict.fromkeys(("structure", "is_template_graph", "force_clean_graph")),
}
GENERATOR: Options = {
    **SHARED,
    "latent_size": "z_dim",
    "dlatent_size": "w_dim",
    "mapping_fmaps": "mapping_layer_features",
    "dlatent_avg_beta": "w_avg_beta",
    "normalize_latents": "normalize_latents",
    **dict.fromkeys(("truncation_psi", "truncation_cutoff", "truncation_psi_val", "truncation_cutoff_val")),
    **dict.fromkeys(("style_mixing_prob", "synthesis_func", "mapping_func", "dlatent_broadcast")),
}
DISCRIMINATOR: Options = {
    **SHARED,
    "mapping_nonlinearity": Always("lrelu"),
    "mapping_fmaps": "cmap_dim",
    "mbstd_group_size": "mbstd_group_size",
    "mbstd_num_features": "mbstd_num_channels",
}
GENERATOR_DEFAULTS = {"img_resolution": 1024, "channel_base": 16384, "w_avg_beta": 0.995}
DISCRIMINATOR_DEFAULTS = {"img_resolution": 1024, "channel_base": 16384}


def generator_config(network: Network, official: dict, code: str) -> StyleGAN2:
    """The config of a generator, whose synthesis network is that of ``code``.

    Raises:
      Refused: if it has options that are not supported.
    """
    options = network.get("static_kwargs", dict)
    fields = {**GENERATOR_DEFAULTS, **translate(options, GENERATOR, "generator")}
    is_plain = fields.get("normalize_latents", True) and fields.get("mapping_activation", "lrelu") == "lrelu"
    if code == ADA:
        if not is_plain:
            raise Refused("its mapping network has other options than any official one")
        if fields.get("c_dim"):
            fields["mapping_embed_features"] = width_of("G_mapping/LabelEmbed/weight", official)
    else:
        fields.setdefault("mapping_layer_features", 512)
        if fields.get("c_dim") or not is_plain:
            fields["mapping_labels"] = "joint"
    if code == REVISED:
        fields.update(architecture="progressive", lod=level_of_detail(options, official))
    return make_config(StyleGAN2, doubled_channel_base(fields), "generator")


def discriminator_config(network: Network, official: dict, code: str) -> StyleGAN2Discriminator:
    """The config of a discriminator of ``code``.

    Raises:
      Refused: if it has options that are not supported.
    """
    options = network.get("static_kwargs", dict)
    fields = {**DISCRIMINATOR_DEFAULTS, **translate(options, DISCRIMINATOR, "discriminator")}
    if code == ADA:
        fields.setdefault("mbstd_group_size", None)
        fields.setdefault("mapping_lr_multiplier", 0.1)
        if fields.get("c_dim"):
            fields["mapping_embed_features"] = width_of("LabelEmbed/weight", official)
            fields["cmap_dim"] = fields.get("cmap_dim") or width_of("Output/weight", official)
            fields["mapping_layers"] = sum(name.startswith("Mapping") and name.endswith("/weight") for name in official)
    elif fields.get("c_dim"):
        fields["projection"] = "direct"
    if code == REVISED:
        fields.update(architecture="progressive", lod=level_of_detail(options, official))
    fields["epilogue_activation"] = fields.get("activation", "lrelu")
    fields["dense_features"] = width_of("4x4/Dense0/weight", official)
    config = make_config(StyleGAN2Discriminator, doubled_channel_base(without_statistics(fields)), "discriminator")
    is_default = config.dense_features == config.channels(4)
    return dataclasses.replace(config, dense_features=None) if is_default else config
