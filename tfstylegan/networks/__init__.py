"""Keras models put together from layers."""

from tfstylegan.networks.build import build
from tfstylegan.networks.dcgan_discriminator import DCGANDiscriminatorNetwork
from tfstylegan.networks.dcgan_synthesis import DCGANSynthesis
from tfstylegan.networks.discriminator import Discriminator
from tfstylegan.networks.generator import Generator
from tfstylegan.networks.joint_mapping import JointMapping
from tfstylegan.networks.latent_input import LatentInput
from tfstylegan.networks.mapping import MappingNetwork
from tfstylegan.networks.progressive import LevelOfDetail
from tfstylegan.networks.stylegan2_discriminator import StyleGAN2DiscriminatorNetwork
from tfstylegan.networks.stylegan2_synthesis import StyleGAN2Synthesis
from tfstylegan.networks.stylegan3_synthesis import StyleGAN3Synthesis
from tfstylegan.networks.stylegan_discriminator import StyleGANDiscriminatorNetwork
from tfstylegan.networks.stylegan_synthesis import StyleGANSynthesis

__all__ = [
    "DCGANDiscriminatorNetwork",
    "DCGANSynthesis",
    "Discriminator",
    "Generator",
    "JointMapping",
    "LatentInput",
    "LevelOfDetail",
    "MappingNetwork",
    "StyleGAN2DiscriminatorNetwork",
    "StyleGAN2Synthesis",
    "StyleGAN3Synthesis",
    "StyleGANDiscriminatorNetwork",
    "StyleGANSynthesis",
    "build",
]
