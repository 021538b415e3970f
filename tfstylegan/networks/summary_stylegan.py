"""The table of layers of StyleGAN and ProGAN."""

import math
from collections.abc import Iterator

from tfstylegan.layers.box_conv import BoxConv2D
from tfstylegan.layers.style_epilogue import StyleEpilogue
from tfstylegan.networks.stylegan_discriminator import StyleGANDiscriminatorNetwork
from tfstylegan.networks.stylegan_synthesis import StyleGANSynthesis
from tfstylegan.networks.summary_rows import LayerRow, dense_row, layer_row


def synthesis_rows(synthesis: StyleGANSynthesis, prefix: str) -> Iterator[LayerRow]:
    """Rows of a synthesis network; what follows a convolution is a row of its own."""
    for block in synthesis.blocks:
        name, height, width = f"{prefix}.{block.name}", block.height, block.width
        if not block.is_first:
            yield box_conv_row(f"{name}.conv0", block.conv0, height // 2, width // 2)
        elif block.config.const_input_layer:
            yield LayerRow(f"{name}.const", tuple(block.const.shape), math.prod(block.const.shape), 0, 0)
        else:
            yield dense_row(f"{name}.dense", block.dense)
        yield _epilogue_row(f"{name}.epilogue0", block.epilogue0)
        yield box_conv_row(f"{name}.conv1", block.conv1, height, width)
        yield _epilogue_row(f"{name}.epilogue1", block.epilogue1)
        yield box_conv_row(f"{name}.torgb", block.torgb, height, width)


def discriminator_rows(network: StyleGANDiscriminatorNetwork, prefix: str) -> Iterator[LayerRow]:
    """Rows of a discriminator."""
    for block in network.blocks:
        for layer in (block.fromrgb, block.conv0, block.conv1):
            yield box_conv_row(f"{prefix}.{block.name}.{layer.name}", layer, block.height, block.width)
    epilogue = network.epilogue
    for layer in (epilogue.fromrgb, epilogue.conv):
        yield box_conv_row(f"{prefix}.{epilogue.name}.{layer.name}", layer, *network.config.sizes[-1])
    for layer in (epilogue.fc, epilogue.out):
        yield dense_row(f"{prefix}.{epilogue.name}.{layer.name}", layer)


def box_conv_row(name: str, layer: BoxConv2D, height: int, width: int) -> LayerRow:
    """The row of a convolution of images of (height, width), which resamples with one more tap along both axes."""
    _, height_after, width_after, filters = layer.compute_output_shape([None, height, width, None])
    taps = (layer.kernel_size + (layer.resampling is not None)) ** 2
    pixels = min(height, height_after) * min(width, width_after)
    multiply_adds = pixels * taps * math.prod(layer.kernel.shape[2:])
    return layer_row(name, [height_after, width_after, filters], layer, multiply_adds)


def _epilogue_row(name: str, epilogue: StyleEpilogue) -> LayerRow:
    shape = [epilogue.height, epilogue.width, *epilogue.bias.shape]
    style = 0 if epilogue.style is None else math.prod(epilogue.style.affine.kernel.shape)
    return layer_row(name, shape, epilogue, style)
