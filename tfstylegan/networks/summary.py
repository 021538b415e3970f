"""What a network consists of: layers, shapes, parameters and arithmetic, as a table."""

import math
from collections.abc import Callable, Iterable, Iterator

from tfstylegan.layers.stylegan3_input import FourierInput
from tfstylegan.layers.stylegan3_synthesis_layer import StyleGAN3SynthesisLayer
from tfstylegan.layers.synthesis_layer import SynthesisLayer
from tfstylegan.layers.to_rgb import ToRGB
from tfstylegan.networks.dcgan_discriminator import DCGANDiscriminatorNetwork
from tfstylegan.networks.dcgan_synthesis import DCGANSynthesis
from tfstylegan.networks.discriminator import Discriminator
from tfstylegan.networks.generator import Generator
from tfstylegan.networks.joint_mapping import JointMapping
from tfstylegan.networks.latent_input import LatentInput
from tfstylegan.networks.mapping import MappingNetwork
from tfstylegan.networks.stylegan2_discriminator import StyleGAN2DiscriminatorNetwork
from tfstylegan.networks.stylegan2_synthesis import StyleGAN2Synthesis
from tfstylegan.networks.stylegan3_synthesis import StyleGAN3Synthesis
from tfstylegan.networks.stylegan_discriminator import StyleGANDiscriminatorNetwork
from tfstylegan.networks.stylegan_synthesis import StyleGANSynthesis
from tfstylegan.networks.summary_dcgan import dcgan_discriminator_rows, dcgan_synthesis_rows
from tfstylegan.networks.summary_rows import LayerRow, conv_row, dense_row, layer_row
from tfstylegan.networks.summary_stylegan import discriminator_rows, synthesis_rows


def layer_table(model: Generator | Discriminator) -> list[LayerRow]:
    """The layers of a generator or discriminator, in the order in which they run.

    Multiply-adds are those of convolutions and dense layers, a convolution counted at the resolution at which it
    runs: an x2 upsampling layer convolves before it upsamples, a downsampling one with a stride. The resampling
    filters and everything that is done element by element are not counted.

    Raises:
      TypeError: if ``model`` is neither.
    """
    if isinstance(model, Generator):
        parts = {"mapping": model.mapping, "synthesis": model.synthesis}
    elif isinstance(model, Discriminator):
        parts = {"network": model.network}
    else:
        raise TypeError(f"layer_table takes a Generator or a Discriminator; got {type(model).__name__}")
    rows = []
    for prefix, part in parts.items():
        rows += _WALKS[type(part)](part, prefix)
    return rows


def total(rows: Iterable[LayerRow], name: str = "total") -> LayerRow:
    """The sum of ``rows``, with the shape of the last."""
    rows = list(rows)
    return LayerRow(
        name=name,
        output_shape=rows[-1].output_shape if rows else (),
        parameters=sum(row.parameters for row in rows),
        buffers=sum(row.buffers for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
    )


def format_table(rows: list[LayerRow]) -> str:
    """The rows as aligned text, with a total for each part (mapping, synthesis) and for the whole."""
    parts = list(dict.fromkeys(row.name.partition(".")[0] for row in rows))
    totals = [total([row for row in rows if row.name.partition(".")[0] == part], part) for part in parts]
    details = tuple(dict.fromkeys(column for row in rows for column, _ in row.details))
    header = ("layer", "output shape", *details, "parameters", "buffers", "multiply-adds")
    body = [_cells(row, details) for row in rows]
    sums = [_cells(row, details) for row in [*(totals if len(totals) > 1 else []), total(rows)]]
    widths = [max(len(line[column]) for line in [header, *body, *sums]) for column in range(len(header))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_aligned(line, widths) for line in [header, rule, *body, rule, *sums])


def _cells(row: LayerRow, details: tuple[str, ...]) -> tuple[str, ...]:
    texts = dict(row.details)
    shape = " x ".join(map(str, row.output_shape))
    buffers = f"{row.buffers:,}" if row.buffers else "-"
    more = (texts.get(column, "") for column in details)
    return (row.name, shape, *more, f"{row.parameters:,}", buffers, with_unit(row.multiply_adds))


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *numbers]).rstrip()


def with_unit(number: int) -> str:
    """``950``, ``1.2 k``, ``34.5 M``, ``6.7 G``."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number) if number else "-"


def _synthesis_layer(name: str, layer: SynthesisLayer) -> LayerRow:
    _, _, channels, filters = layer.kernel.shape
    pixels = (layer.height // layer.up) * (layer.width // layer.up)
    style = math.prod(layer.affine.kernel.shape) + channels * filters  # the affine layer and the demodulation
    shape = [layer.height, layer.width, filters]
    return layer_row(name, shape, layer, pixels * math.prod(layer.kernel.shape) + style)


def _to_rgb(name: str, layer: ToRGB, height: int, width: int) -> LayerRow:
    multiply_adds = height * width * math.prod(layer.kernel.shape) + math.prod(layer.affine.kernel.shape)
    return layer_row(name, [height, width, layer.img_channels], layer, multiply_adds)


def _mapping(mapping: MappingNetwork, prefix: str) -> Iterator[LayerRow]:
    if mapping.embed is not None:
        yield dense_row(f"{prefix}.embed", mapping.embed)
    for layer in mapping.layers:
        yield dense_row(f"{prefix}.{layer.name}", layer)
    if mapping.w_avg is not None:
        yield LayerRow(f"{prefix}.w_avg", (mapping.num_ws or 1, mapping.w_dim), 0, mapping.w_dim, 0)


def _joint_mapping(mapping: JointMapping, prefix: str) -> Iterator[LayerRow]:
    if mapping.c_dim:
        parameters = math.prod(mapping.label_kernel.shape)
        yield LayerRow(f"{prefix}.label_kernel", (mapping.z_dim,), parameters, 0, parameters)
    yield from _mapping(mapping, prefix)


def _stylegan2_synthesis(synthesis: StyleGAN2Synthesis, prefix: str) -> Iterator[LayerRow]:
    for block in synthesis.blocks:
        name, height, width = f"{prefix}.{block.name}", block.height, block.width
        if block.is_first:
            yield LayerRow(f"{name}.const", tuple(block.const.shape), math.prod(block.const.shape), 0, 0)
        for layer in block.conv_layers:
            yield _synthesis_layer(f"{name}.{layer.name}", layer)
        if block.has_bypass:
            yield conv_row(f"{name}.skip", block.skip, height // 2, width // 2)
        if block.has_rgb:
            yield _to_rgb(f"{name}.torgb", block.torgb, height, width)


def _fourier_input(name: str, layer: FourierInput) -> LayerRow:
    multiply_adds = math.prod(layer.size) * layer.channels**2 + math.prod(layer.affine.kernel.shape)
    details = _bands(layer.sampling_rate, layer.bandwidth)
    return layer_row(name, [*layer.size, layer.channels], layer, multiply_adds, details)


def _stylegan3_layer(name: str, layer: StyleGAN3SynthesisLayer, stopband: float) -> LayerRow:
    spec = layer.spec
    pixels = math.prod(side + spec.conv_kernel - 1 for side in spec.in_size)
    style = math.prod(layer.affine.kernel.shape) + (0 if spec.is_torgb else spec.in_channels * spec.out_channels)
    return layer_row(
        name,
        [*spec.out_size, spec.out_channels],
        layer,
        pixels * math.prod(layer.kernel.shape) + style,
        _bands(spec.out_sampling_rate, spec.out_cutoff, stopband),
    )


def _bands(rate: float, cutoff: float, stopband: float | None = None) -> tuple[tuple[str, str], ...]:
    """Sampling rate, and where frequencies end, per unit of length (see :class:`tfstylegan.configs.StyleGAN3`)."""
    details = (("rate", f"{rate:g}"), ("cutoff", f"{cutoff:.2f}"))
    return details if stopband is None else (*details, ("stopband", f"{stopband:.2f}"))


def _stylegan3_synthesis(synthesis: StyleGAN3Synthesis, prefix: str) -> Iterator[LayerRow]:
    yield _fourier_input(f"{prefix}.input", synthesis.input)
    for index, layer in enumerate(synthesis.layers):
        yield _stylegan3_layer(f"{prefix}.{layer.name}", layer, synthesis.config.stopband(index))


def _stylegan2_discriminator(network: StyleGAN2DiscriminatorNetwork, prefix: str) -> Iterator[LayerRow]:
    for block in network.blocks:
        name = f"{prefix}.{block.name}"
        layers = [block.fromrgb] if block.has_rgb else []
        layers += [block.conv0, block.conv1] + ([block.skip] if block.has_bypass else [])
        for layer in layers:
            yield conv_row(f"{name}.{layer.name}", layer, block.height, block.width)
    epilogue = network.epilogue
    name = f"{prefix}.{epilogue.name}"
    if epilogue.config.architecture in ("skip", "progressive") or not network.blocks:
        yield conv_row(f"{name}.fromrgb", epilogue.fromrgb, epilogue.height, epilogue.width)
    yield conv_row(f"{name}.conv", epilogue.conv, epilogue.height, epilogue.width)
    yield dense_row(f"{name}.fc", epilogue.fc)
    yield dense_row(f"{name}.out", epilogue.out)
    if network.mapping is not None:
        yield from _mapping(network.mapping, f"{prefix}.mapping")


# A new family adds its networks here.
_WALKS: dict[type, Callable] = {
    MappingNetwork: _mapping,
    StyleGAN2Synthesis: _stylegan2_synthesis,
    StyleGAN3Synthesis: _stylegan3_synthesis,
    StyleGAN2DiscriminatorNetwork: _stylegan2_discriminator,
    StyleGANSynthesis: synthesis_rows,
    StyleGANDiscriminatorNetwork: discriminator_rows,
    DCGANSynthesis: dcgan_synthesis_rows,
    DCGANDiscriminatorNetwork: dcgan_discriminator_rows,
    JointMapping: _joint_mapping,
    LatentInput: _mapping,
}
