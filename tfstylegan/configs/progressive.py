"""What the progressively grown families, StyleGAN and ProGAN, have in common."""

from tfstylegan.configs import checks
from tfstylegan.configs.resolution import check_channels, check_resolution, longer_side

ACTIVATIONS = ("lrelu", "relu")


def decayed_channels(config, resolution: float) -> int:
    """min(channel_base / resolution, channel_max), or less steeply with a ``channel_decay`` below 1.

    The official nf(stage) = min(fmap_base / 2^(stage * decay), max), at stage log2(resolution) - 1; ``channel_base`` is
    twice ``fmap_base``.
    """
    return min(int(config.channel_base / 2 / (resolution / 2) ** config.channel_decay), config.channel_max)


def check_progressive(config) -> None:
    """Checks the fields that the configs of these families share; makes ``img_resolution`` a number if it is square.

    Raises:
      ValueError: if one is wrong.
    """
    check_resolution(config)
    checks.positive(config, "img_channels", "channel_base", "channel_max", "channel_decay")
    checks.not_negative(config, "c_dim")
    checks.one_of(config, "activation", ACTIVATIONS)
    if config.channels(longer_side(config.img_resolution)) < 1:
        check_channels(config)
        raise ValueError(f"{type(config).__name__}: channel_decay={config.channel_decay} leaves no channel")
    checks.within(config, "lod", 0, len(config.sizes) - 1)


def check_minibatch_stddev(config) -> None:
    """Checks ``mbstd_group_size`` and ``mbstd_num_channels``.

    Raises:
      ValueError: if one is wrong.
    """
    checks.not_negative(config, "mbstd_num_channels")
    if config.mbstd_group_size is not None:
        checks.positive(config, "mbstd_group_size")
