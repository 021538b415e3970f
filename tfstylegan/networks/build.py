"""A network from a config of any family."""

from tfstylegan.networks.discriminator import NETWORKS, Discriminator
from tfstylegan.networks.generator import Generator


def build(config) -> Generator | Discriminator:
    """The generator or discriminator that a config describes, with initial weights.

    Raises:
      TypeError: if it describes neither.
    """
    return (Discriminator if type(config) in NETWORKS else Generator)(config)
