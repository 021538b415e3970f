"""ProGAN (Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation")."""

from dataclasses import dataclass
from typing import ClassVar

from tfstylegan.configs import checks
from tfstylegan.configs.progressive import check_minibatch_stddev, check_progressive, decayed_channels
from tfstylegan.configs.resolution import Resolution, doubling_sizes


@dataclass(frozen=True)
class ProGAN:
    """Hyperparameters of a ProGAN generator, the baseline that StyleGAN is measured against.

    There is no intermediate latent: "w" is the latent and the label, normalised. The network is StyleGAN's traditional
    one (row A of its ablation), which is what the class variables say.
    """

    img_resolution: Resolution = 256  # side in pixels, a power of two from 4 up; or (height, width)
    img_channels: int = 3
    z_dim: int = 512
    c_dim: int = 0
    channel_base: int = 16384  # channels(res) = min(channel_base / res, channel_max); twice the official fmap_base
    channel_max: int = 512
    channel_decay: float = 1.0
    normalize_latents: bool = True
    use_wscale: bool = True
    use_pixel_norm: bool = True
    pixel_norm_epsilon: float = 1e-8
    activation: str = "lrelu"  # lrelu | relu
    fused_scale: bool = True  # which way round upsampling kernels are stored
    lod: float = 0.0  # level of detail: 0 is full resolution, 1 half of it, 0.5 a blend of both

    num_ws: ClassVar[int] = 1
    use_styles: ClassVar[bool] = False
    use_noise: ClassVar[bool] = False
    use_instance_norm: ClassVar[bool] = False
    const_input_layer: ClassVar[bool] = False
    blur_filter: ClassVar[None] = None

    def __post_init__(self):
        check_progressive(self)
        checks.positive(self, "z_dim", "pixel_norm_epsilon")

    @property
    def w_dim(self) -> int:
        """Size of the latent and the label together."""
        return self.z_dim + self.c_dim

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, 4x4 first."""
        return doubling_sizes(self.img_resolution)

    def channels(self, resolution: float) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return decayed_channels(self, resolution)

    def is_fused(self, resolution: int) -> bool:
        """Whether upsampling kernels are stored in the way of the fused operation."""
        return self.fused_scale


@dataclass(frozen=True)
class ProGANDiscriminator:
    """Hyperparameters of a ProGAN discriminator. It does not look at labels."""

    img_resolution: Resolution = 256
    img_channels: int = 3
    channel_base: int = 16384
    channel_max: int = 512
    channel_decay: float = 1.0
    use_wscale: bool = True
    fused_scale: bool = True  # halve before the activation, in the convolution; else after it
    mbstd_group_size: int | None = 4  # samples per minibatch stddev group; None is the whole batch
    mbstd_num_channels: int = 1  # 0 leaves the minibatch stddev out
    lod: float = 0.0

    activation: ClassVar[str] = "lrelu"
    c_dim: ClassVar[int] = 0
    blur_filter: ClassVar[None] = None

    def __post_init__(self):
        check_progressive(self)
        check_minibatch_stddev(self)

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every block, full resolution first."""
        return doubling_sizes(self.img_resolution)[::-1]

    def channels(self, resolution: float) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return decayed_channels(self, resolution)

    @property
    def averages_activations(self) -> bool:
        """Whether images are halved after the activation instead of in the convolution."""
        return not self.fused_scale
