"""Hyperparameters as frozen dataclasses, under their published names."""

from tfstylegan.configs.dcgan import DCGAN, DCGANDiscriminator
from tfstylegan.configs.presets import PRESETS, Preset
from tfstylegan.configs.progan import ProGAN, ProGANDiscriminator
from tfstylegan.configs.resolution import Resolution, resolution_text, size_of
from tfstylegan.configs.run import DataConfig, RunConfig
from tfstylegan.configs.serialization import from_dict, to_dict
from tfstylegan.configs.stylegan import StyleGAN, StyleGANDiscriminator
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.stylegan3 import StyleGAN3
from tfstylegan.configs.training import TrainingConfig

__all__ = [
    "DCGAN",
    "PRESETS",
    "DCGANDiscriminator",
    "DataConfig",
    "Preset",
    "ProGAN",
    "ProGANDiscriminator",
    "Resolution",
    "RunConfig",
    "StyleGAN",
    "StyleGAN2",
    "StyleGAN2Discriminator",
    "StyleGAN3",
    "StyleGANDiscriminator",
    "TrainingConfig",
    "from_dict",
    "resolution_text",
    "size_of",
    "to_dict",
]
