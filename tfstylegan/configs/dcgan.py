"""DCGAN (Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks") and the critic of WGAN-GP (Gulrajani et al. 2017, "Improved Training of Wasserstein GANs")."""

from dataclasses import dataclass
from typing import ClassVar

from tfstylegan.configs import checks
from tfstylegan.configs.resolution import Resolution, check_channels, check_resolution, doubling_sizes


@dataclass(frozen=True)
class DCGAN:
    """Hyperparameters of a DCGAN generator, the classical baseline. The defaults are the published ones, at 64 px.

    There is no intermediate latent: "w" is the latent and the label. The latents are from N(0, 1) as in all families
    here; the paper's are uniform in [-1, 1].
    """

    img_resolution: Resolution = 64  # side in pixels, a power of two from 8 up; or (height, width)
    img_channels: int = 3
    z_dim: int = 100
    c_dim: int = 0  # label size; labels are appended to the latents
    channel_base: int = 4096  # channels(res) = min(channel_base / res, channel_max); 1024 at 4x4 to 128 at 32x32
    channel_max: int = 1024
    kernel_size: int = 5
    normalization: str = "batch"  # batch | none: behind every layer but the last
    norm_momentum: float = 0.9  # decay of the running mean and variance; not in the paper
    norm_epsilon: float = 1e-5  # is added to the variance; not in the paper

    num_ws: ClassVar[int] = 1

    def __post_init__(self):
        _check_common(self, ("batch", "none"))
        checks.positive(self, "z_dim")

    @property
    def w_dim(self) -> int:
        """Size of the latent and the label together."""
        return self.z_dim + self.c_dim

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of every layer's output, 4x4 first."""
        return doubling_sizes(self.img_resolution)

    def channels(self, resolution: int) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return min(self.channel_base // resolution, self.channel_max)


@dataclass(frozen=True)
class DCGANDiscriminator:
    """Hyperparameters of a DCGAN discriminator, or of a WGAN-GP critic, which is one with another normalisation.

    ``normalization="batch"`` is DCGAN's. It makes a logit depend on the other images of the batch, for which the
    gradient penalty is not defined (Gulrajani et al. 2017, section 4): a WGAN-GP critic is ``"layer"``, as they
    recommend, or ``"none"``.
    """

    img_resolution: Resolution = 64
    img_channels: int = 3
    c_dim: int = 0  # label size; labels are appended to the image as constant channels
    channel_base: int = 4096  # as the generator's: 128 at 32x32 to 1024 at 4x4
    channel_max: int = 1024
    kernel_size: int = 5
    normalization: str = "batch"  # batch | layer | none: behind every convolution but the first
    norm_momentum: float = 0.9
    norm_epsilon: float = 1e-5
    leak: float = 0.2  # slope of the leaky ReLU below zero

    def __post_init__(self):
        _check_common(self, ("batch", "layer", "none"))
        checks.within(self, "leak", 0, 1)

    @property
    def allows_gradient_penalty(self) -> bool:
        """Whether a logit depends on its own image alone, in training too."""
        return self.normalization != "batch"

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(height, width) of the image and of every convolution's output."""
        return doubling_sizes(self.img_resolution)[::-1]

    def channels(self, resolution: int) -> int:
        """Channels of the activations whose longer side is ``resolution``."""
        return min(self.channel_base // resolution, self.channel_max)


def _check_common(config: DCGAN | DCGANDiscriminator, normalizations: tuple[str, ...]) -> None:
    name = type(config).__name__
    check_resolution(config)
    if len(config.sizes) < 2:
        raise ValueError(
            f"{name}: img_resolution={config.img_resolution} is not twice as large as anything of 4 pixels or more; "
            "the smallest is 8"
        )
    checks.positive(config, "img_channels", "channel_base", "channel_max", "norm_epsilon")
    checks.not_negative(config, "c_dim")
    check_channels(config)
    checks.one_of(config, "normalization", normalizations)
    checks.within(config, "norm_momentum", 0, 1)
    if not (isinstance(config.kernel_size, int) and config.kernel_size >= 2):
        raise ValueError(
            f"{name}: kernel_size must be 2 or more, for strides of 2 to leave nothing out; got {config.kernel_size}"
        )
