"""StyleGAN2 and StyleGAN2-ADA of TensorFlow 1: from their arguments to our configs."""

import numpy as np

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.interop.hyperparameters import Always, Options, make_config, translate
from tfstylegan.interop.limits import Refused
from tfstylegan.interop.tf1_era import Network, doubled_channel_base, width_of, without_statistics

STYLEGAN2, ADA = "StyleGAN2", "StyleGAN2-ADA"

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


def generator_config(network: Network, official: dict, code: str) -> StyleGAN2:
    """The config of a generator, whose synthesis network is that of ``code``.

    Raises:
      Refused: if it has options that are not supported.
    """
    fields = {**GENERATOR_DEFAULTS, **translate(network.get("static_kwargs", dict), GENERATOR, "generator")}
    if code == STYLEGAN2:
        fields.setdefault("mapping_layer_features", 512)
        if fields.get("c_dim"):
            raise Refused(
                "it holds a StyleGAN2 generator with labels that are normalised together with the latents, "
                "which is not supported in this version"
            )
    elif fields.get("c_dim"):
        fields["mapping_embed_features"] = width_of("G_mapping/LabelEmbed/weight", official)
    return make_config(StyleGAN2, doubled_channel_base(fields), "generator")


def discriminator_config(network: Network, official: dict, code: str) -> StyleGAN2Discriminator:
    """The config of a discriminator of ``code``; may add to ``official`` what its variables stand for.

    Raises:
      Refused: if it has options that are not supported.
    """
    fields = {**DISCRIMINATOR_DEFAULTS, **translate(network.get("static_kwargs", dict), DISCRIMINATOR, "discriminator")}
    if code == ADA:
        fields.setdefault("mbstd_group_size", None)
        fields.setdefault("mapping_lr_multiplier", 0.1)
    fields = without_statistics(fields)
    classes = fields.get("c_dim")
    if classes and code == ADA:
        fields["mapping_embed_features"] = width_of("LabelEmbed/weight", official)
        fields["cmap_dim"] = fields.get("cmap_dim") or width_of("Output/weight", official)
        fields["mapping_layers"] = sum(name.startswith("Mapping") and name.endswith("/weight") for name in official)
    elif classes:
        # StyleGAN2 has an output for every class and multiplies by the label. That is our projection onto the label,
        # for labels of one class each: embedded by this matrix, normalised, and divided by sqrt(cmap_dim).
        fields.update(cmap_dim=classes, mapping_layers=0)
        if type(classes) is not int or classes != width_of("Output/weight", official):
            raise Refused("its discriminator has not as many outputs as classes")
        official["LabelEmbed/weight"] = np.eye(classes, dtype=np.float32) * np.float32(classes) ** 0.5
        official["LabelEmbed/bias"] = np.zeros(classes, np.float32)
    return make_config(StyleGAN2Discriminator, doubled_channel_base(fields), "discriminator")
