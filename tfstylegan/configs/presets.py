"""Published configurations as a table, a row each."""

import dataclasses
from dataclasses import dataclass, replace
from typing import Any

from tfstylegan.configs.dcgan import DCGAN, DCGANDiscriminator
from tfstylegan.configs.progan import ProGAN, ProGANDiscriminator
from tfstylegan.configs.resolution import Resolution
from tfstylegan.configs.stylegan import StyleGAN, StyleGANDiscriminator
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.stylegan3 import StyleGAN3
from tfstylegan.configs.training import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A named set of hyperparameters for both networks and their training."""

    source: str  # where it was published
    result: str  # the data set, and what was reached on it where that was published
    generator_config: Any  # of any family
    discriminator_config: Any
    training: TrainingConfig

    @property
    def is_trainable(self) -> bool:
        """Whether the training loop takes it; it is for StyleGAN2 so far."""
        return isinstance(self.generator_config, StyleGAN2)

    def generator(
        self, img_resolution: Resolution | None = None, img_channels: int | None = None, c_dim: int | None = None
    ) -> Any:
        """The generator's hyperparameters, with what is not None in place of the preset's."""
        return _with(self.generator_config, img_resolution, img_channels, c_dim)

    def discriminator(
        self, img_resolution: Resolution | None = None, img_channels: int | None = None, c_dim: int | None = None
    ) -> Any:
        """The discriminator's hyperparameters, likewise. Families that show it no labels ignore ``c_dim``."""
        return _with(self.discriminator_config, img_resolution, img_channels, c_dim)


def _with(config: Any, img_resolution: Resolution | None, img_channels: int | None, c_dim: int | None) -> Any:
    fields = {field.name for field in dataclasses.fields(config)}
    given = {"img_resolution": img_resolution, "img_channels": img_channels, "c_dim": c_dim}
    return replace(config, **{name: value for name, value in given.items() if value is not None and name in fields})


# Training. Where a schedule follows the resolution, the values are those of the last one. A loss and its settings that
# are not the logistic one's, such as WGAN-GP's penalty of weight 10 and its 5 steps of the critic, are not among them.
_WGAN_GP = TrainingConfig(
    g_lr=0.0001, d_lr=0.0001, beta2=0.9, batch_size=64, r1_gamma=0, pl_weight=0, style_mixing_prob=0, ema_kimg=0
)
_DCGAN = replace(_WGAN_GP, g_lr=0.0002, d_lr=0.0002, beta1=0.5, beta2=0.999, batch_size=128)
_PROGAN = replace(_WGAN_GP, g_lr=0.001, d_lr=0.001, beta2=0.99, batch_size=3, ema_kimg=2.08, ema_rampup=None)
_STYLEGAN = TrainingConfig(
    g_lr=0.003, d_lr=0.003, batch_size=32, r1_gamma=10, d_reg_interval=None, pl_weight=0, g_reg_interval=None,
    ema_rampup=None,
)  # fmt: skip
_CIFAR = TrainingConfig(
    total_kimg=100000, g_lr=0.0025, d_lr=0.0025, batch_size=64, r1_gamma=0.01, pl_weight=0, style_mixing_prob=0,
    ema_kimg=500,
)  # fmt: skip
_TINY = TrainingConfig(
    total_kimg=150, batch_size=16, g_lr=0.0025, d_lr=0.0025, r1_gamma=0.2, pl_weight=0, style_mixing_prob=0,
    ema_kimg=20, kimg_per_tick=2, image_snapshot_ticks=5, network_snapshot_ticks=25,
)  # fmt: skip


def _stylegan2_training(batch: int, lr: float, gamma: float, ema_rampup: float | None = None) -> TrainingConfig:
    """The half-life of the moving average is 10 kimg for a batch of 32, in proportion for others."""
    ema_kimg = batch * 10 / 32
    return TrainingConfig(batch_size=batch, g_lr=lr, d_lr=lr, r1_gamma=gamma, ema_kimg=ema_kimg, ema_rampup=ema_rampup)


def _stylegan3_training(gamma: float) -> TrainingConfig:
    return TrainingConfig(
        batch_size=32, g_lr=0.0025, d_lr=0.002, r1_gamma=gamma, pl_weight=0, g_reg_interval=None, style_mixing_prob=0
    )


def _stylegan2(img_resolution: int, channel_base: int, mapping_layers: int, mbstd_group_size: int) -> tuple:
    """Both networks of StyleGAN2-ADA's code base, with its decay of the mean of w, and its clamp."""
    g = StyleGAN2(img_resolution=img_resolution, channel_base=channel_base, conv_clamp=256.0)
    d = StyleGAN2Discriminator(img_resolution=img_resolution, channel_base=channel_base, conv_clamp=256.0)
    return replace(g, mapping_layers=mapping_layers, w_avg_beta=0.995), replace(d, mbstd_group_size=mbstd_group_size)


def _cifar() -> tuple:
    """Ten classes, a plain discriminator, and two mapping layers in both networks."""
    g, d = _stylegan2(32, 32768, 2, 32)
    return replace(g, c_dim=10), replace(d, c_dim=10, architecture="orig", mapping_layers=2)


def _tiny() -> tuple:
    g, d = _stylegan2(32, 1024, 2, 4)
    return (
        replace(g, z_dim=64, w_dim=64, channel_max=64, conv_clamp=None),
        replace(d, channel_max=64, conv_clamp=None),
    )


def _stylegan3(kind: str, img_resolution: int, channel_base: int) -> tuple:
    """StyleGAN3-T or -R, and StyleGAN2's discriminator. ``channel_base`` is T's; R has twice as many channels."""
    g = StyleGAN3(
        img_resolution=img_resolution,
        channel_base=channel_base,
        magnitude_ema_beta=0.5 ** (32 / 20e3),  # a half-life of 20 kimg
    )
    if kind == "R":
        g = replace(g, channel_base=2 * channel_base, channel_max=1024, conv_kernel=1, use_radial_filters=True)
    d = StyleGAN2Discriminator(img_resolution=img_resolution, channel_base=channel_base, conv_clamp=256.0)
    return g, d


_DCGAN_PAPER = "Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional GANs"
_WGAN_GP_PAPER = "Gulrajani et al. 2017, Improved Training of Wasserstein GANs"
_PROGAN_PAPER = "Karras et al. 2018, Progressive Growing of GANs for Improved Quality, Stability, and Variation"
_STYLEGAN_PAPER = "Karras et al. 2019, A Style-Based Generator Architecture for GANs"
_STYLEGAN2_PAPER = "Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN"
_ADA_PAPER = "Karras et al. 2020, Training GANs with Limited Data"
_STYLEGAN3_PAPER = "Karras et al. 2021, Alias-Free GANs"

# fmt: off
_ROWS: dict[str, tuple[str, str, tuple, TrainingConfig]] = {
    # StyleGAN2: resolution, channel_base, mapping layers, group of the minibatch stddev; batch, learning rate, gamma.
    "stylegan2":         (_STYLEGAN2_PAPER, "configuration F: FFHQ, FID 2.84",
                          _stylegan2(1024, 32768, 8, 4), _stylegan2_training(32, 0.002, 10)),
    "stylegan2-e":       (_STYLEGAN2_PAPER, "configuration E, F with half the channels: FFHQ, FID 3.31",
                          _stylegan2(1024, 16384, 8, 4), _stylegan2_training(32, 0.002, 10)),
    "auto":              (_ADA_PAPER, "no data set in particular; the row of 128 px",
                          _stylegan2(128, 16384, 2, 4), _stylegan2_training(64, 0.0025, 0.0512, 0.05)),
    "paper256":          (_ADA_PAPER, "FFHQ and LSUN Cat",
                          _stylegan2(256, 16384, 8, 8), _stylegan2_training(64, 0.0025, 1)),
    "paper512":          (_ADA_PAPER, "BreCaHAD and AFHQ: AFHQ Cat, FID 3.55",
                          _stylegan2(512, 32768, 8, 8), _stylegan2_training(64, 0.0025, 0.5)),
    "paper1024":         (_ADA_PAPER, "MetFaces: FID 18.22 by transfer from FFHQ",
                          _stylegan2(1024, 32768, 8, 4), _stylegan2_training(32, 0.002, 2)),
    "cifar":             (_ADA_PAPER, "CIFAR-10 with labels: FID 2.42",
                          _cifar(), _CIFAR),
    # StyleGAN3: resolution, channel_base; gamma in proportion to the pixels from 8.2 for AFHQv2 at 512 px.
    "stylegan3-t-256":   (_STYLEGAN3_PAPER, "FFHQ-U: FID 4.62",
                          _stylegan3("T", 256, 16384), _stylegan3_training(2.05)),
    "stylegan3-t-512":   (_STYLEGAN3_PAPER, "AFHQv2: FID 4.04",
                          _stylegan3("T", 512, 32768), _stylegan3_training(8.2)),
    "stylegan3-t-1024":  (_STYLEGAN3_PAPER, "FFHQ: FID 2.79",
                          _stylegan3("T", 1024, 32768), _stylegan3_training(32.8)),
    "stylegan3-r-256":   (_STYLEGAN3_PAPER, "FFHQ-U: FID 4.50",
                          _stylegan3("R", 256, 16384), _stylegan3_training(2.05)),
    "stylegan3-r-512":   (_STYLEGAN3_PAPER, "AFHQv2: FID 4.40",
                          _stylegan3("R", 512, 32768), _stylegan3_training(8.2)),
    "stylegan3-r-1024":  (_STYLEGAN3_PAPER, "FFHQ: FID 3.07",
                          _stylegan3("R", 1024, 32768), _stylegan3_training(32.8)),
    # What came before.
    "stylegan":          (_STYLEGAN_PAPER, "configuration F: FFHQ, FID 4.40",
                          (StyleGAN(1024), StyleGANDiscriminator(1024)), _STYLEGAN),
    "progan":            (_PROGAN_PAPER, "CelebA-HQ: FID 7.79 (as StyleGAN's paper measures it)",
                          (ProGAN(1024), ProGANDiscriminator(1024, mbstd_group_size=None)), _PROGAN),
    "wgan-gp":           (_WGAN_GP_PAPER, "LSUN Bedrooms; DCGAN's networks, no batch normalisation in the critic",
                          (DCGAN(), DCGANDiscriminator(normalization="layer")), _WGAN_GP),
    "dcgan":             (_DCGAN_PAPER, "LSUN Bedrooms",
                          (DCGAN(), DCGANDiscriminator()), _DCGAN),
    # Not published.
    "tiny":              ("this project", "small enough to train on a CPU in minutes",
                          _tiny(), _TINY),
}
# fmt: on

PRESETS: dict[str, Preset] = {
    name: Preset(source, result, generator, discriminator, training)
    for name, (source, result, (generator, discriminator), training) in _ROWS.items()
}
