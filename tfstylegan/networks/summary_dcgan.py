"""The table of layers of DCGAN and of WGAN-GP's critic."""

import math
from collections.abc import Iterator

from tfstylegan.networks.dcgan_discriminator import DCGANDiscriminatorNetwork
from tfstylegan.networks.dcgan_synthesis import DCGANSynthesis
from tfstylegan.networks.summary_rows import LayerRow, dense_row, layer_row


def dcgan_synthesis_rows(synthesis: DCGANSynthesis, prefix: str) -> Iterator[LayerRow]:
    """Rows of a generator; normalisation is a row of its own."""
    for block in synthesis.blocks:
        name, shape = f"{prefix}.{block.name}", [block.height, block.width, block.channels]
        if block.is_first:
            yield dense_row(f"{name}.dense", block.dense)
        else:
            pixels = (block.height // 2) * (block.width // 2)
            yield layer_row(f"{name}.conv", shape, block.conv, pixels * math.prod(block.conv.kernel.shape))
        if block.norm is not None:
            yield layer_row(f"{name}.norm", shape, block.norm, 0)


def dcgan_discriminator_rows(network: DCGANDiscriminatorNetwork, prefix: str) -> Iterator[LayerRow]:
    """Rows of a discriminator; normalisation is a row of its own."""
    for block in network.blocks:
        name, shape = f"{prefix}.{block.name}", [block.height // 2, block.width // 2, block.channels]
        yield layer_row(f"{name}.conv", shape, block.conv, math.prod(shape[:2]) * math.prod(block.conv.kernel.shape))
        if block.norm is not None:
            yield layer_row(f"{name}.norm", shape, block.norm, 0)
    yield dense_row(f"{prefix}.out", network.out)
