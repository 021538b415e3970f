"""StyleGAN2 in community ``.pt`` files: every variable of ours, its name and layout in their state dicts.

r is the resolution of a block, i counts from 0 and n as the files do. ``styled`` is the name of a modulated
convolution: conv1 at 4x4, then convs.0 (which upsamples) and convs.1, the next two, and so on; ``to_rgb`` is to_rgb1,
to_rgbs.0, to_rgbs.1, and so on. Upsampling kernels are stored as PyTorch's transposed convolution uses them, and so
are ours. The styles' biases contain the 1.
"""

from collections.abc import Iterator

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.interop.names import PYTORCH, Part, Row, fill

# fmt: off
GENERATOR: dict[str, Part] = {
    # Each part: what the names begin with (ours, theirs), then a line for every variable of
    #    ours                       shape          theirs                      layout
    "mapping layer": Part("mapping/fc{i}", "style.{n}", "",
        ("kernel",                  "in w",        "weight",                   "[out, in]"),
        ("bias",                    "w",           "bias",                     "as is")),
    "mean of w": Part("mapping", "", "",
        ("w_avg",                   "w",           "latent_avg",               "as is")),
    "constant": Part("synthesis/b4", "input", "",
        ("const",                   "4 4 out",     "input",                    "1CHW")),
    "convolution": Part("synthesis/b{r}/{conv}", "{styled}", "",
        ("kernel",                  "3 3 in out",  "conv.weight",              "1OIHW"),
        ("bias",                    "out",         "activate.bias",            "as is"),
        ("affine/kernel",           "w in",        "conv.modulation.weight",   "[out, in]"),
        ("affine/bias",             "in",          "conv.modulation.bias",     "as is"),
        ("noise/noise_strength",    "",            "noise.weight",             "[1]")),
    "noise map": Part("synthesis/b{r}/{conv}", "noises", "",
        ("noise/noise_const",       "r r",         "noise_{n}",                "11HW")),
    "to RGB": Part("synthesis/b{r}/torgb", "{to_rgb}", "",
        ("kernel",                  "1 1 out rgb", "conv.weight",              "1OIHW"),
        ("bias",                    "rgb",         "bias",                     "1C11"),
        ("affine/kernel",           "w out",       "conv.modulation.weight",   "[out, in]"),
        ("affine/bias",             "out",         "conv.modulation.bias",     "as is")),
}

DISCRIMINATOR: dict[str, Part] = {
    "from RGB": Part("network/b{r}/fromrgb", "convs.0", "",
        ("kernel",                  "1 1 rgb out", "0.weight",                 "OIHW"),
        ("bias",                    "out",         "1.bias",                   "as is")),
    "block": Part("network/b{r}", "convs.{n}", "",
        ("conv0/kernel",            "3 3 in in",   "conv1.0.weight",           "OIHW"),
        ("conv0/bias",              "in",          "conv1.1.bias",             "as is"),
        ("conv1/kernel",            "3 3 in out",  "conv2.1.weight",           "OIHW"),
        ("conv1/bias",              "out",         "conv2.2.bias",             "as is"),
        ("skip/kernel",             "1 1 in out",  "skip.1.weight",            "OIHW")),
    "end": Part("network/b4", "", "",
        ("conv/kernel",             "3 3 in out",  "final_conv.0.weight",      "OIHW"),
        ("conv/bias",               "out",         "final_conv.1.bias",        "as is"),
        ("fc/kernel",               "flat out",    "final_linear.0.weight",    "[out, CHW]"),
        ("fc/bias",                 "out",         "final_linear.0.bias",      "as is"),
        ("out/kernel",              "out 1",       "final_linear.1.weight",    "[out, in]"),
        ("out/bias",                "1",           "final_linear.1.bias",      "as is")),
}

# Filters that the files store with every layer that resamples, and the sum of their taps.
GENERATOR_FILTERS = {"convs.{up}.conv.blur.kernel": 4, "to_rgbs.{i}.upsample.kernel": 4}
DISCRIMINATOR_FILTERS = {"convs.{n}.conv2.0.kernel": 1, "convs.{n}.skip.0.kernel": 1}
# fmt: on


def generator_rows(config: StyleGAN2, has_mean: bool) -> Iterator[Row]:
    """A row for every variable of a generator; for the mean of w only if the file has one."""
    w = config.w_dim
    for i in range(config.mapping_layers):
        yield from fill(GENERATOR["mapping layer"], PYTORCH, inputs=w if i else config.z_dim, w=w, i=i, n=i + 1)
    if has_mean:
        yield from fill(GENERATOR["mean of w"], PYTORCH, w=w)
    yield from fill(GENERATOR["constant"], PYTORCH, out=config.channels(4))
    below, n = config.channels(4), 0
    for r, _ in config.sizes:
        channels, i = config.channels(r), n // 2
        layers = [("conv0", f"convs.{2 * i}", below), ("conv1", f"convs.{2 * i + 1}", channels)]
        if r == 4:
            layers = [("conv1", "conv1", channels)]
        for conv, styled, inputs in layers:
            values = {"r": r, "w": w, "conv": conv, "styled": styled, "inputs": inputs, "out": channels, "n": n}
            yield from fill(GENERATOR["convolution"], PYTORCH, **values)
            yield from fill(GENERATOR["noise map"], PYTORCH, **values)
            n += 1
        to_rgb = "to_rgb1" if r == 4 else f"to_rgbs.{i}"
        yield from fill(GENERATOR["to RGB"], PYTORCH, r=r, w=w, to_rgb=to_rgb, out=channels, rgb=config.img_channels)
        below = channels


def discriminator_rows(config: StyleGAN2Discriminator) -> Iterator[Row]:
    """A row for every variable of a discriminator."""
    side, channels = max(config.sizes[0]), config.channels(4)
    yield from fill(DISCRIMINATOR["from RGB"], PYTORCH, r=side, rgb=config.img_channels, out=config.channels(side))
    for n, (r, _) in enumerate(config.sizes[:-1], 1):
        yield from fill(
            DISCRIMINATOR["block"], PYTORCH, r=r, n=n, inputs=config.channels(r), out=config.channels(r // 2)
        )
    statistics = channels + config.mbstd_num_channels
    yield from fill(DISCRIMINATOR["end"], PYTORCH, inputs=statistics, out=channels, flat=channels * 16)


def filters(config: StyleGAN2 | StyleGAN2Discriminator) -> dict[str, int]:
    """The name of every filter in a state dict, and the sum of its taps."""
    table = GENERATOR_FILTERS if isinstance(config, StyleGAN2) else DISCRIMINATOR_FILTERS
    blocks = range(len(config.sizes) - 1)
    return {name.format(i=i, up=2 * i, n=i + 1): total for i in blocks for name, total in table.items()}
