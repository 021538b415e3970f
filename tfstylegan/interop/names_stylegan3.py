"""StyleGAN3's generator: every variable of ours, and its name and layout in the official files.

``layer`` is a layer's name, such as L0_36_512, and k the side of its kernel. The discriminator, and the mapping
network, are StyleGAN2's. What a layer's filters are follows from the hyperparameters.
"""

from collections.abc import Iterator

from tfstylegan.configs import StyleGAN3
from tfstylegan.interop.names import Part, Row, fill
from tfstylegan.interop.names_stylegan2 import GENERATOR as STYLEGAN2
from tfstylegan.interop.names_stylegan2 import mapping_rows

# fmt: off
GENERATOR: dict[str, Part] = {
    # Each part: what the names begin with (ours, PyTorch), then a line for every variable of
    #    ours                       shape          PyTorch                 layout
    "input": Part("synthesis/input", "synthesis.input", "",
        ("kernel",                  "out out",     "weight",               "[out, in]"),
        ("affine/kernel",           "w 4",         "affine.weight",        "[out, in]"),
        ("affine/bias",             "4",           "affine.bias",          "as is"),
        ("freqs",                   "out 2",       "freqs",                "as is"),
        ("phases",                  "out",         "phases",               "as is"),
        ("transform",               "3 3",         "transform",            "as is")),
    "layer": Part("synthesis/{layer}", "synthesis.{layer}", "",
        ("kernel",                  "k k in out",  "weight",               "OIHW"),
        ("bias",                    "out",         "bias",                 "as is"),
        ("affine/kernel",           "w in",        "affine.weight",        "[out, in]"),
        ("affine/bias",             "in",          "affine.bias",          "as is"),
        ("magnitude_ema",           "",            "magnitude_ema",        "as is")),
}
# fmt: on


def generator_rows(config: StyleGAN3, era: str) -> Iterator[Row]:
    """A row for every variable of a generator."""
    w = config.w_dim
    yield from mapping_rows(STYLEGAN2, era, config, config.z_dim, w)
    yield from fill(STYLEGAN2["mean of w"], era, w=w)
    yield from fill(GENERATOR["input"], era, w=w, out=config.layers[0].in_channels)
    for layer in config.layers:
        sizes = {"inputs": layer.in_channels, "out": layer.out_channels, "k": layer.conv_kernel}
        yield from fill(GENERATOR["layer"], era, layer=layer.name, w=w, **sizes)
