"""Which mapping network a family has."""

from tfstylegan import configs
from tfstylegan.networks.joint_mapping import JointMapping
from tfstylegan.networks.latent_input import LatentInput
from tfstylegan.networks.mapping import MappingNetwork


def make_mapping(config, **options) -> MappingNetwork:
    """The mapping network of a generator.

    Args:
      config: the generator's hyperparameters.
      **options: of a Keras layer: ``name`` and ``dtype``.
    """
    if isinstance(config, configs.ProGAN):
        return LatentInput(config.z_dim, config.c_dim, config.normalize_latents, config.pixel_norm_epsilon, **options)
    if isinstance(config, configs.DCGAN):
        return LatentInput(config.z_dim, config.c_dim, **options)
    if isinstance(config, configs.StyleGAN) or (
        isinstance(config, configs.StyleGAN2) and config.mapping_labels == "joint"
    ):
        return JointMapping(
            z_dim=config.z_dim,
            c_dim=config.c_dim,
            w_dim=config.w_dim,
            num_ws=config.num_ws,
            num_layers=config.mapping_layers,
            layer_features=config.mapping_layer_features,
            lr_multiplier=config.mapping_lr_multiplier,
            w_avg_beta=config.w_avg_beta,
            activation=config.mapping_activation,
            normalize_latents=config.normalize_latents,
            he_gain=isinstance(config, configs.StyleGAN),
            use_wscale=getattr(config, "use_wscale", True),
            **options,
        )
    return MappingNetwork(
        z_dim=config.z_dim,
        c_dim=config.c_dim,
        w_dim=config.w_dim,
        num_ws=config.num_ws,
        num_layers=config.mapping_layers,
        embed_features=config.mapping_embed_features,
        layer_features=config.mapping_layer_features,
        lr_multiplier=config.mapping_lr_multiplier,
        w_avg_beta=config.w_avg_beta,
        **options,
    )
