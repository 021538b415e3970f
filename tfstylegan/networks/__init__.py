"""Keras models put together from layers."""

from tfstylegan.networks.discriminator import Discriminator
from tfstylegan.networks.generator import Generator
from tfstylegan.networks.mapping import MappingNetwork
from tfstylegan.networks.stylegan2_discriminator import StyleGAN2DiscriminatorNetwork
from tfstylegan.networks.stylegan2_synthesis import StyleGAN2Synthesis
from tfstylegan.networks.stylegan3_synthesis import StyleGAN3Synthesis

__all__ = [
    "Discriminator",
    "Generator",
    "MappingNetwork",
    "StyleGAN2DiscriminatorNetwork",
    "StyleGAN2Synthesis",
    "StyleGAN3Synthesis",
]
