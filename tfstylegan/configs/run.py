"""All that is needed to repeat a run."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from tfstylegan.configs import checks
from tfstylegan.configs.serialization import from_dict, to_dict
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.training import TrainingConfig


@dataclass(frozen=True)
class DataConfig:
    """Which images, and how they are made to fit."""

    source: str  # a folder, a .zip, or builtin:faces
    resize_filter: str = "lanczos"
    upscale: bool = False  # use images smaller than the resolution too
    strict: bool = False  # refuse a set with any unusable file
    count: int | None = None  # use so many images only; for built-in sets, draw so many

    def __post_init__(self):
        if self.count is not None:
            checks.positive(self, "count")


@dataclass(frozen=True)
class RunConfig:
    """Data, networks and training of a run."""

    data: DataConfig
    generator: StyleGAN2
    discriminator: StyleGAN2Discriminator
    training: TrainingConfig

    def __post_init__(self):
        for name in ("img_resolution", "img_channels", "c_dim"):
            g, d = getattr(self.generator, name), getattr(self.discriminator, name)
            if g != d:
                raise ValueError(f"the generator has {name}={g}, the discriminator {d}")
        if self.generator.c_dim:
            raise ValueError(f"c_dim={self.generator.c_dim}: training takes images without labels; use c_dim=0")
        group = self.discriminator.mbstd_group_size
        if self.discriminator.mbstd_num_channels and group and self.training.batch_size % group:
            raise ValueError(f"batch_size={self.training.batch_size} is not a multiple of mbstd_group_size={group}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-compatible, by section."""
        return {
            "data": dataclasses.asdict(self.data),
            "generator": to_dict(self.generator),
            "discriminator": to_dict(self.discriminator),
            "training": to_dict(self.training),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Inverse of :meth:`to_dict`; other keys are ignored."""
        return cls(
            data=DataConfig(**values["data"]),
            generator=from_dict(values["generator"]),
            discriminator=from_dict(values["discriminator"]),
            training=from_dict(values["training"]),
        )
