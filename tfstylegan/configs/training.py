"""Hyperparameters of a training run."""

from dataclasses import dataclass

from tfstylegan.configs import checks


@dataclass(frozen=True)
class TrainingConfig:
    """How a generator and a discriminator are trained. The defaults are StyleGAN2's published ones."""

    total_kimg: float = 25000.0  # length of the run, in thousands of real images shown
    batch_size: int = 32  # over all devices
    seed: int = 0  # everything random derives from it

    g_lr: float = 0.002  # Adam's learning rates, before the rescaling for lazy regularisation
    d_lr: float = 0.002
    beta1: float = 0.0
    beta2: float = 0.99
    epsilon: float = 1e-8

    r1_gamma: float = 1.0  # weight of R1; 0 turns it off
    d_reg_interval: int | None = 16  # R1 every so many steps; None applies it with every step's loss
    pl_weight: float = 2.0  # weight of the path length penalty; 0 turns it off
    pl_decay: float = 0.01  # how fast the target length follows the mean
    pl_batch_shrink: int = 2  # path length uses batch_size / pl_batch_shrink samples
    g_reg_interval: int | None = 4
    style_mixing_prob: float = 0.9

    ema_kimg: float = 10.0  # half-life of the generator's moving average
    ema_rampup: float | None = 0.05  # limits the half-life to this share of the images shown so far
    mirror: bool = False  # flip every real image at random

    kimg_per_tick: float = 4.0  # progress line, statistics and checkpoint every so often
    image_snapshot_ticks: int = 10  # picture grid every so many ticks; 0 only at the end
    network_snapshot_ticks: int = 50  # snapshots/*.keras every so many ticks; 0 only at the end
    keep_checkpoints: int = 3

    def __post_init__(self):
        checks.positive(self, "total_kimg", "batch_size", "g_lr", "d_lr", "epsilon", "pl_batch_shrink")
        checks.positive(self, "kimg_per_tick", "keep_checkpoints")
        checks.not_negative(self, "seed", "r1_gamma", "pl_weight", "ema_kimg")
        checks.not_negative(self, "image_snapshot_ticks", "network_snapshot_ticks")
        for name in ("beta1", "beta2", "pl_decay", "style_mixing_prob"):
            checks.within(self, name, 0, 1)
        for name in ("d_reg_interval", "g_reg_interval"):
            if getattr(self, name) is not None:
                checks.positive(self, name)
        if self.ema_rampup is not None:
            checks.positive(self, "ema_rampup")
        if self.pl_weight and self.batch_size % self.pl_batch_shrink:
            raise ValueError(
                f"TrainingConfig: batch_size={self.batch_size} is not a multiple of "
                f"pl_batch_shrink={self.pl_batch_shrink}"
            )

    @property
    def total_steps(self) -> int:
        """Optimizer steps in the run."""
        return -(-round(self.total_kimg * 1000) // self.batch_size)

    @property
    def steps_per_tick(self) -> int:
        """Optimizer steps between two progress lines."""
        return max(1, round(self.kimg_per_tick * 1000 / self.batch_size))
