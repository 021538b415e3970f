"""StyleGAN2 (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN")."""

from dataclasses import dataclass

from tfstylegan.configs import checks
from tfstylegan.configs.resolution import Resolution, check_channels, check_resolution, doubling_sizes

ACTIVATION_NAMES = ("linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish")
ARCHITECTURES = ("orig", "skip", "resnet", "progressive")


@dataclass(frozen=True)
class StyleGAN2:
    """Hyperparameters of a StyleGAN2 generator. The defaults are the published configuration F at 256 px.

    The rows of the paper's ablation (table 1): configurations B to D, the revised StyleGAN, have
    ``architecture="progressive"`` and half the width (``channel_base=16384``); E has ``architecture="skip"`` at that
    width, F twice the width.
    """

    img_resolution: Resolution = 256  # side in pixels, as published a power of two from 4 up; or (height, width)
    img_channels: int = 3  # 1 grayscale, 3 RGB, 4 RGBA
    z_dim: int = 512  # latent size; 0 for a generator driven by labels only
    c_dim: int = 0  # label size; 0 is unconditional
    w_dim: int = 512  # intermediate latent size
    channel_base: int = 32768  # channels(res) = min(channel_base / res, channel_max)
    channel_max: int = 512
    architecture: str = "skip"  # orig | skip | resnet | progressive
    mapping_layers: int = 8
    mapping_embed_features: int | None = None  # width of the label embedding; None is w_dim
    mapping_layer_features: int | None = None  # hidden width; None is w_dim
    mapping_lr_multiplier: float = 0.01
    w_avg_beta: float = 0.998  # decay of the running mean of w; stylegan2-ada uses 0.995
    activation: str = "lrelu"
    use_noise: bool = True
    resample_filter: tuple[float, ...] = (1, 3, 3, 1)
    conv_clamp: float | None = None  # bound on activations, for half precision; 256 as published
    mapping_labels: str = "separate"  # separate: embedded labels are normalised by themselves; joint: with the latents
    mapping_activation: str = "lrelu"  # another one needs mapping_labels="joint"
    normalize_latents: bool = True  # False needs mapping_labels="joint"
    lod: float = 0.0  # level of detail of the progressive architecture: 0 is full resolution, 1 half of it

    def __post_init__(self):
        object.__setattr__(self, "resample_filter", tuple(self.resample_filter))
        _check_common(self)
        checks.positive(self, "w_dim", "mapping_lr_multiplier")
        checks.not_negative(self, "z_dim", "mapping_layers")
        checks.within(self, "w_avg_beta", 0, 1)
        if self.z_dim == 0 and self.c_dim == 0:
            raise ValueError("StyleGAN2: z_dim and c_dim are both 0: the generator would have no input")
        checks.one_of(self, "mapping_labels", ("separate", "joint"))
        checks.one_of(self, "mapping_activation", ACTIVATION_NAMES)
        if self.mapping_labels == "separate" and not (self.normalize_latents and self.mapping_activation == "lrelu"):
            raise ValueError(
                'StyleGAN2: normalize_latents and mapping_activation take effect with mapping_labels="joint"'
            )
        if self.mapping_labels == "joint" and self.z_dim == 0:
            raise ValueError('StyleGAN2: mapping_labels="joint" embeds labels with the size of z, so z_dim cannot be 0')

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, the smallest first: 4x4 if the image is a square power of two."""
        return doubling_sizes(self.img_resolution)

    @property
    def num_ws(self) -> int:
        """Number of style inputs: two for every block."""
        return 2 * len(self.sizes)

    def channels(self, resolution: int) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return min(self.channel_base // resolution, self.channel_max)


@dataclass(frozen=True)
class StyleGAN2Discriminator:
    """Hyperparameters of a StyleGAN2 discriminator."""

    img_resolution: Resolution = 256
    img_channels: int = 3
    c_dim: int = 0
    channel_base: int = 32768
    channel_max: int = 512
    architecture: str = "resnet"  # orig | skip | resnet | progressive
    cmap_dim: int | None = None  # width of the label projection; None is the channels at the end
    mapping_layers: int = 8
    mapping_embed_features: int | None = None
    mapping_layer_features: int | None = None
    mapping_lr_multiplier: float = 0.01
    activation: str = "lrelu"  # of the blocks
    resample_filter: tuple[float, ...] = (1, 3, 3, 1)
    conv_clamp: float | None = None
    mbstd_group_size: int | None = 4  # samples per minibatch stddev group; None is the whole batch
    mbstd_num_channels: int = 1  # 0 leaves the minibatch stddev out
    projection: str = "mapped"  # labels weight the outputs mapped by a network, or "direct": an output for every class
    dense_features: int | None = None  # width of the dense layer before the last; None is the channels
    epilogue_activation: str = "lrelu"  # of the last layers, which the PyTorch code bases always leave at lrelu
    lod: float = 0.0  # level of detail of the progressive architecture

    def __post_init__(self):
        object.__setattr__(self, "resample_filter", tuple(self.resample_filter))
        _check_common(self)
        checks.not_negative(self, "mbstd_num_channels", "mapping_layers")
        if self.mbstd_group_size is not None:
            checks.positive(self, "mbstd_group_size")
        if self.dense_features is not None:
            checks.positive(self, "dense_features")
        checks.one_of(self, "projection", ("mapped", "direct"))
        checks.one_of(self, "epilogue_activation", ACTIVATION_NAMES)

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, full resolution first."""
        return doubling_sizes(self.img_resolution)[::-1]

    def channels(self, resolution: int) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return min(self.channel_base // resolution, self.channel_max)


def _check_common(config: StyleGAN2 | StyleGAN2Discriminator) -> None:
    check_resolution(config)
    checks.positive(config, "img_channels", "channel_base", "channel_max")
    checks.not_negative(config, "c_dim")
    checks.one_of(config, "architecture", ARCHITECTURES)
    checks.one_of(config, "activation", ACTIVATION_NAMES)
    if config.conv_clamp is not None:
        checks.positive(config, "conv_clamp")
    checks.within(config, "lod", 0, len(config.sizes) - 1)
    if config.lod and config.architecture != "progressive":
        raise ValueError(
            f'{type(config).__name__}: lod={config.lod} needs architecture="progressive"; got {config.architecture!r}'
        )
    check_channels(config)
