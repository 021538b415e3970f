"""StyleGAN and ProGAN of TensorFlow 1: from their arguments to our configs."""

from typing import Any

from tfstylegan.configs import ProGAN, ProGANDiscriminator, StyleGAN, StyleGANDiscriminator
from tfstylegan.interop.hyperparameters import Options, make_config, translate
from tfstylegan.interop.limits import Refused
from tfstylegan.interop.tf1_era import Network, as_array, doubled_channel_base, level_of_detail, without_statistics

# The arguments of the functions, and our fields. What was not passed has the default; None: of no bearing.
SHARED: Options = {
    "resolution": "img_resolution",
    "num_channels": "img_channels",
    "label_size": "c_dim",
    "fmap_base": "channel_base",  # half of ours
    "fmap_max": "channel_max",
    "fmap_decay": "channel_decay",
    "use_wscale": "use_wscale",
    "fused_scale": "fused_scale",
    **dict.fromkeys(("structure", "dtype", "is_template_graph", "force_clean_graph", "is_training", "is_validation")),
}
GENERATOR: Options = {
    **SHARED,
    "latent_size": "z_dim",
    "dlatent_size": "w_dim",
    "mapping_layers": "mapping_layers",
    "mapping_fmaps": "mapping_layer_features",
    "mapping_lrmul": "mapping_lr_multiplier",
    "mapping_nonlinearity": "mapping_activation",
    "normalize_latents": "normalize_latents",
    "dlatent_avg_beta": "w_avg_beta",
    "use_styles": "use_styles",
    "const_input_layer": "const_input_layer",
    "use_noise": "use_noise",
    "use_pixel_norm": "use_pixel_norm",
    "use_instance_norm": "use_instance_norm",
    "nonlinearity": "activation",
    "blur_filter": "blur_filter",
    **dict.fromkeys(("truncation_psi", "truncation_cutoff", "truncation_psi_val", "truncation_cutoff_val")),
    **dict.fromkeys(("style_mixing_prob", "randomize_noise", "dlatent_broadcast")),
}
DISCRIMINATOR: Options = {
    **SHARED,
    "nonlinearity": "activation",
    "blur_filter": "blur_filter",
    "mbstd_group_size": "mbstd_group_size",
    "mbstd_num_features": "mbstd_num_channels",
}
PROGAN: Options = {
    **SHARED,
    "latent_size": "z_dim",
    "normalize_latents": "normalize_latents",
    "use_pixelnorm": "use_pixel_norm",
    "pixelnorm_epsilon": "pixel_norm_epsilon",
    "use_leakyrelu": "activation",
}
PROGAN_DISCRIMINATOR: Options = {
    **SHARED,
    "label_size": None,  # its score is the same with labels
    "mbstd_group_size": "mbstd_group_size",
}
GENERATOR_DEFAULTS = {"img_resolution": 1024, "channel_base": 8192, "mapping_layer_features": 512}
OTHER_DEFAULTS = {"img_resolution": 32, "img_channels": 1, "channel_base": 8192}


def generator_config(network: Network, official: dict) -> StyleGAN:
    """The config of a StyleGAN generator.

    Raises:
      Refused: if it has options that are not supported.
    """
    return make_config(StyleGAN, _fields(network, GENERATOR, GENERATOR_DEFAULTS, official), "generator")


def discriminator_config(network: Network, official: dict) -> StyleGANDiscriminator:
    """The config of a StyleGAN discriminator.

    Raises:
      Refused: if it has options that are not supported.
    """
    fields = without_statistics(_fields(network, DISCRIMINATOR, OTHER_DEFAULTS, official))
    return make_config(StyleGANDiscriminator, fields, "discriminator")


def progan_config(network: Network, official: dict) -> ProGAN:
    """The config of a ProGAN generator.

    Raises:
      Refused: if it has options that are not supported.
    """
    fields = _fields(network, PROGAN, OTHER_DEFAULTS, official)
    fields["activation"] = "lrelu" if fields.get("activation", True) else "relu"
    if fields.get("z_dim") is None:  # as many as a resolution of 1 would have channels
        fields["z_dim"] = ProGAN(channel_base=fields["channel_base"], img_resolution=4).channels(2)
    return make_config(ProGAN, fields, "generator")


def progan_discriminator_config(network: Network, official: dict) -> ProGANDiscriminator:
    """The config of a ProGAN discriminator. If it also classifies, ``official`` is left with the scores only.

    Raises:
      Refused: if it has options that are not supported.
    """
    for name in ("4x4/Dense1/weight", "4x4/Dense1/bias"):
        if name in official:
            official[name] = as_array(official[name])[..., :1]
    fields = without_statistics(_fields(network, PROGAN_DISCRIMINATOR, OTHER_DEFAULTS, official))
    return make_config(ProGANDiscriminator, fields, "discriminator")


def _fields(network: Network, table: Options, defaults: dict[str, Any], official: dict) -> dict[str, Any]:
    options = network.get("static_kwargs", dict)
    fields = {**defaults, **translate(options, table, "network")}
    if type(fields.get("channel_max", 1)) is not int:
        raise Refused("it has an impossible value of fmap_max")
    return {**doubled_channel_base(fields), "lod": level_of_detail(options, official)}
