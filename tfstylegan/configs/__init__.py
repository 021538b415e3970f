"""Hyperparameters as frozen dataclasses, under their published names."""

from tfstylegan.configs.presets import PRESETS, Preset
from tfstylegan.configs.run import DataConfig, RunConfig
from tfstylegan.configs.serialization import from_dict, to_dict
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.stylegan3 import StyleGAN3
from tfstylegan.configs.training import TrainingConfig

__all__ = [
    "PRESETS",
    "DataConfig",
    "Preset",
    "RunConfig",
    "StyleGAN2",
    "StyleGAN2Discriminator",
    "StyleGAN3",
    "TrainingConfig",
    "from_dict",
    "to_dict",
]
