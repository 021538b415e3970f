"""Published configurations as a table, a row each."""

from dataclasses import dataclass, replace

from tfstylegan.configs.resolution import Resolution
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.training import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A named set of hyperparameters for both networks and their training."""

    source: str  # where it was published, and with what result
    img_resolution: int
    channel_base: int
    mapping_layers: int
    mbstd_group_size: int
    training: TrainingConfig
    channel_max: int = 512
    latent_dim: int = 512  # z_dim and w_dim
    conv_clamp: float | None = 256.0
    w_avg_beta: float = 0.995

    def generator(self, img_resolution: Resolution | None = None, img_channels: int = 3, c_dim: int = 0) -> StyleGAN2:
        """The generator's hyperparameters, at the preset's or another resolution."""
        return StyleGAN2(
            img_resolution=img_resolution or self.img_resolution,
            img_channels=img_channels,
            z_dim=self.latent_dim,
            c_dim=c_dim,
            w_dim=self.latent_dim,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            mapping_layers=self.mapping_layers,
            conv_clamp=self.conv_clamp,
            w_avg_beta=self.w_avg_beta,
        )

    def discriminator(
        self, img_resolution: Resolution | None = None, img_channels: int = 3, c_dim: int = 0
    ) -> StyleGAN2Discriminator:
        """The discriminator's hyperparameters, at the preset's or another resolution."""
        return StyleGAN2Discriminator(
            img_resolution=img_resolution or self.img_resolution,
            img_channels=img_channels,
            c_dim=c_dim,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            conv_clamp=self.conv_clamp,
            mbstd_group_size=self.mbstd_group_size,
        )


_PUBLISHED = TrainingConfig(total_kimg=25000, ema_rampup=None)
_ADA = "Karras et al. 2020, Training Generative Adversarial Networks with Limited Data"

# fmt: off
PRESETS: dict[str, Preset] = {
    "stylegan2": Preset(
        "Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN, configuration F: FFHQ FID 2.84",
        1024, 32768, 8, 4, replace(_PUBLISHED, batch_size=32, g_lr=0.002, d_lr=0.002, r1_gamma=10, ema_kimg=10)),
    "paper256": Preset(
        f"{_ADA}, FFHQ and LSUN Cat at 256 px",
        256, 16384, 8, 8, replace(_PUBLISHED, batch_size=64, g_lr=0.0025, d_lr=0.0025, r1_gamma=1, ema_kimg=20)),
    "paper512": Preset(
        f"{_ADA}, BreCaHAD and AFHQ: AFHQ Cat FID 3.55",
        512, 32768, 8, 8, replace(_PUBLISHED, batch_size=64, g_lr=0.0025, d_lr=0.0025, r1_gamma=0.5, ema_kimg=20)),
    "paper1024": Preset(
        f"{_ADA}, MetFaces at 1024 px: FID 18.22 by transfer from FFHQ",
        1024, 32768, 8, 4, replace(_PUBLISHED, batch_size=32, g_lr=0.002, d_lr=0.002, r1_gamma=2, ema_kimg=10)),
    "tiny": Preset(
        "this project: small enough to train on a CPU in minutes",
        32, 1024, 2, 4,
        TrainingConfig(total_kimg=150, batch_size=16, g_lr=0.0025, d_lr=0.0025, r1_gamma=0.2, pl_weight=0.0,
                       style_mixing_prob=0.0, ema_kimg=20, kimg_per_tick=2, image_snapshot_ticks=5,
                       network_snapshot_ticks=25),
        channel_max=64, latent_dim=64, conv_clamp=None),
}
# fmt: on
