"""StyleGAN (Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks")."""

from dataclasses import dataclass
from typing import ClassVar

from tfstylegan.configs import checks
from tfstylegan.configs.progressive import ACTIVATIONS, check_minibatch_stddev, check_progressive, decayed_channels
from tfstylegan.configs.resolution import Resolution, doubling_sizes

FUSED_FROM = 128  # pixels of the longer side, where fused_scale="auto" begins to mean True


@dataclass(frozen=True)
class StyleGAN:
    """Hyperparameters of a StyleGAN generator. The defaults are the published ones, configuration F, at 256 px.

    The rows of the paper's ablation (table 1) are fields: ``use_styles=False, use_instance_norm=False,
    use_noise=False, const_input_layer=False, mapping_layers=0, use_pixel_norm=True, blur_filter=None`` is the
    traditional generator, row A; with ``blur_filter=(1, 2, 1)`` row B.
    """

    img_resolution: Resolution = 256  # side in pixels, a power of two from 4 up; or (height, width)
    img_channels: int = 3  # 1 grayscale, 3 RGB, 4 RGBA
    z_dim: int = 512  # latent size
    c_dim: int = 0  # label size; 0 is unconditional
    w_dim: int = 512  # intermediate latent size
    channel_base: int = 16384  # channels(res) = min(channel_base / res, channel_max); twice the official fmap_base
    channel_max: int = 512
    channel_decay: float = 1.0  # how fast channels halve with every doubling (fmap_decay)
    mapping_layers: int = 8
    mapping_layer_features: int | None = None  # hidden width; None is w_dim
    mapping_lr_multiplier: float = 0.01
    mapping_activation: str = "lrelu"
    normalize_latents: bool = True  # scale latents and embedded labels, together, to unit mean square
    w_avg_beta: float = 0.995  # decay of the running mean of w
    use_styles: bool = True  # AdaIN's scales and shifts; without, w only enters through the input layer
    const_input_layer: bool = True  # begin with a learned constant; else with a dense layer of w
    use_noise: bool = True
    use_pixel_norm: bool = False
    use_instance_norm: bool = True
    use_wscale: bool = True  # the equalized learning rate
    activation: str = "lrelu"  # lrelu | relu
    blur_filter: tuple[float, ...] | None = (1, 2, 1)  # after every upsampling convolution; None is none
    fused_scale: bool | str = "auto"  # which way round upsampling kernels are stored; "auto" is True from 128 px
    lod: float = 0.0  # level of detail: 0 is full resolution, 1 half of it, 0.5 a blend of both

    pixel_norm_epsilon: ClassVar[float] = 1e-8

    def __post_init__(self):
        _check_common(self)
        checks.positive(self, "z_dim", "w_dim", "mapping_lr_multiplier")
        checks.not_negative(self, "mapping_layers")
        checks.within(self, "w_avg_beta", 0, 1)
        checks.one_of(self, "mapping_activation", ACTIVATIONS)
        inputs = 2 * self.z_dim if self.c_dim else self.z_dim
        if not self.mapping_layers and self.w_dim != inputs:
            raise ValueError(
                f"StyleGAN: without mapping layers w is z{' and its label' if self.c_dim else ''}, so w_dim has to be "
                f"{inputs}; got {self.w_dim}"
            )
        if not self.use_styles and self.const_input_layer:
            raise ValueError("StyleGAN: use_styles=False needs const_input_layer=False, or w has no effect")

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, 4x4 first."""
        return doubling_sizes(self.img_resolution)

    @property
    def num_ws(self) -> int:
        """Number of style inputs: two a block; one if styles are not used."""
        return 2 * len(self.sizes) if self.use_styles else 1

    def channels(self, resolution: float) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return decayed_channels(self, resolution)

    def is_fused(self, resolution: int) -> bool:
        """Whether the layer that comes to this resolution stores its kernel in the way of the fused operation."""
        return _is_fused(self, resolution)


@dataclass(frozen=True)
class StyleGANDiscriminator:
    """Hyperparameters of a StyleGAN discriminator."""

    img_resolution: Resolution = 256
    img_channels: int = 3
    c_dim: int = 0
    channel_base: int = 16384
    channel_max: int = 512
    channel_decay: float = 1.0
    use_wscale: bool = True
    activation: str = "lrelu"
    blur_filter: tuple[float, ...] | None = (1, 2, 1)  # before every downsampling convolution; None is none
    fused_scale: bool | str = "auto"  # of no bearing on the numbers: both ways of downsampling are one function
    mbstd_group_size: int | None = 4  # samples per minibatch stddev group; None is the whole batch
    mbstd_num_channels: int = 1  # 0 leaves the minibatch stddev out
    lod: float = 0.0  # level of detail of the images: they are looked at with half the resolution from 1 on

    averages_activations: ClassVar[bool] = False  # halving is part of the convolution

    def __post_init__(self):
        _check_common(self)
        check_minibatch_stddev(self)

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, full resolution first."""
        return doubling_sizes(self.img_resolution)[::-1]

    def channels(self, resolution: float) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return decayed_channels(self, resolution)


def _is_fused(config: StyleGAN, resolution: int) -> bool:
    return resolution >= FUSED_FROM if config.fused_scale == "auto" else bool(config.fused_scale)


def _check_common(config: StyleGAN | StyleGANDiscriminator) -> None:
    check_progressive(config)
    checks.one_of(config, "fused_scale", (True, False, "auto"))
    if config.blur_filter is not None:
        object.__setattr__(config, "blur_filter", tuple(config.blur_filter))
        if not sum(config.blur_filter):
            raise ValueError(f"{type(config).__name__}: blur_filter must not sum to zero; got {config.blur_filter}")
