"""StyleGAN and ProGAN: every variable of ours, its name and layout in the official files, and when it is there.

r is the resolution of a block, k the level of detail at which it makes or takes images, i counts the layers of a
mapping network, and n the noise maps. ``conv`` is conv0 or conv1; what the official code calls it, and what it calls
a layer and everything that follows it, differs: ``layer`` is Const or Dense, Conv, Conv0_up or Conv0, Conv1. The
parts of a StyleGAN begin with G_mapping and G_synthesis; a ProGAN is in one piece, so that its names do not.
"""

from collections.abc import Iterator

from tfstylegan.configs import ProGAN, ProGANDiscriminator, StyleGAN, StyleGANDiscriminator
from tfstylegan.interop.names import TF1, Row, fill, tf1_part

# fmt: off
GENERATOR = {
    # Each part: what the names begin with (ours, TensorFlow 1), then a line for every variable of
    #    ours                       shape           TensorFlow 1       layout
    "labels": tf1_part("mapping", "G_mapping/LabelConcat",
        ("label_kernel",            "label out",    "weight",          "as is")),
    "mapping layer": tf1_part("mapping/fc{i}", "G_mapping/Dense{i}",
        ("kernel",                  "in out",       "weight",          "as is"),
        ("bias",                    "out",          "bias",            "as is")),
    "mean of w": tf1_part("mapping", "",
        ("w_avg",                   "w",            "dlatent_avg",     "as is")),
    "constant": tf1_part("synthesis/b{r}", "{root}{r}x{r}/Const",
        ("const",                   "r r out",      "const",           "1CHW")),
    "dense input": tf1_part("synthesis/b{r}/dense", "{root}{r}x{r}/Dense",
        ("kernel",                  "w flat",       "weight",          "[in, CHW]")),
    "kernel": tf1_part("synthesis/b{r}/{conv}", "{root}{r}x{r}/{layer}",
        ("kernel",                  "3 3 in out",   "weight",          "as is")),
    "bias": tf1_part("synthesis/b{r}/epilogue{e}", "{root}{r}x{r}/{layer}",
        ("bias",                    "out",          "bias",            "as is")),
    "noise strength": tf1_part("synthesis/b{r}/epilogue{e}/noise", "{root}{r}x{r}/{layer}/Noise",
        ("noise_strength",          "out",          "weight",          "as is")),
    "noise map": tf1_part("synthesis/b{r}/epilogue{e}/noise", "{root}noise{n}",
        ("noise_const",             "r r",          "",                "11HW")),
    "style": tf1_part("synthesis/b{r}/epilogue{e}/style/affine", "{root}{r}x{r}/{layer}/StyleMod",
        ("kernel",                  "w scaleshift", "weight",          "as is"),
        ("bias",                    "scaleshift",   "bias",            "as is")),
    "to RGB": tf1_part("synthesis/b{r}/torgb", "{root}ToRGB_lod{k}",
        ("kernel",                  "1 1 out rgb",  "weight",          "as is"),
        ("bias",                    "rgb",          "bias",            "as is")),
}

DISCRIMINATOR = {
    "from RGB": tf1_part("network/b{r}/fromrgb", "FromRGB_lod{k}",
        ("kernel",                  "1 1 rgb out",  "weight",          "as is"),
        ("bias",                    "out",          "bias",            "as is")),
    "convolution": tf1_part("network/b{r}/{conv}", "{r}x{r}/{layer}",
        ("kernel",                  "3 3 in out",   "weight",          "as is"),
        ("bias",                    "out",          "bias",            "as is")),
    "dense": tf1_part("network/b4/fc", "4x4/Dense0",
        ("kernel",                  "flat out",     "weight",          "[CHW, out]"),
        ("bias",                    "out",          "bias",            "as is")),
    "logits": tf1_part("network/b4/out", "4x4/Dense1",
        ("kernel",                  "in out",       "weight",          "as is"),
        ("bias",                    "out",          "bias",            "as is")),
}
# fmt: on


def stylegan_generator_rows(config: StyleGAN, era: str = TF1) -> Iterator[Row]:
    """A row for every variable of a StyleGAN generator."""
    if config.c_dim:
        yield from fill(GENERATOR["labels"], era, label=config.c_dim, out=config.z_dim)
    inputs = 2 * config.z_dim if config.c_dim else config.z_dim
    for i in range(config.mapping_layers):
        units = config.w_dim if i == config.mapping_layers - 1 else config.mapping_layer_features or config.w_dim
        yield from fill(GENERATOR["mapping layer"], era, i=i, inputs=inputs, out=units)
        inputs = units
    yield from fill(GENERATOR["mean of w"], era, w=config.w_dim)
    yield from _synthesis_rows(config, era, root="G_synthesis/", upsampling="Conv0_up")


def progan_generator_rows(config: ProGAN, era: str = TF1) -> Iterator[Row]:
    """A row for every variable of a ProGAN generator, but for the mean of w, which it has not."""
    yield from _synthesis_rows(config, era, root="", upsampling="Conv0_up" if config.fused_scale else "Conv0")


def _synthesis_rows(config: StyleGAN | ProGAN, era: str, root: str, upsampling: str) -> Iterator[Row]:
    below, n = None, 0
    for k, (r, _) in zip(reversed(range(len(config.sizes))), config.sizes, strict=True):
        out = config.channels(r)
        sizes = {"root": root, "r": r, "k": k, "w": config.w_dim, "out": out, "scaleshift": 2 * out}
        sizes["rgb"] = config.img_channels
        if below is not None:
            layers = [(upsampling, "conv0", below), ("Conv1", "conv1", out)]
        elif config.const_input_layer:
            yield from fill(GENERATOR["constant"], era, **sizes)
            layers = [("Const", "", 0), ("Conv", "conv1", out)]
        else:
            yield from fill(GENERATOR["dense input"], era, flat=r * r * out, **sizes)
            layers = [("Dense", "", 0), ("Conv", "conv1", out)]
        for e, (layer, conv, inputs) in enumerate(layers):
            values = {**sizes, "e": e, "n": n, "layer": layer, "conv": conv, "inputs": inputs}
            n += 1
            if conv:
                yield from fill(GENERATOR["kernel"], era, **values)
            yield from fill(GENERATOR["bias"], era, **values)
            if config.use_noise:
                yield from fill(GENERATOR["noise strength"], era, **values)
                yield from fill(GENERATOR["noise map"], era, **values)
            if config.use_styles:
                yield from fill(GENERATOR["style"], era, **values)
        yield from fill(GENERATOR["to RGB"], era, **sizes)
        below = out


def discriminator_rows(config: StyleGANDiscriminator | ProGANDiscriminator, era: str = TF1) -> Iterator[Row]:
    """A row for every variable of a discriminator."""
    table, down = DISCRIMINATOR, "Conv1" if config.averages_activations else "Conv1_down"
    for k, (r, _) in enumerate(config.sizes):
        channels = config.channels(r)
        yield from fill(table["from RGB"], era, r=r, k=k, rgb=config.img_channels, out=channels)
        if r == 4:
            break
        values = {"r": r, "inputs": channels}
        yield from fill(table["convolution"], era, conv="conv0", layer="Conv0", out=channels, **values)
        yield from fill(table["convolution"], era, conv="conv1", layer=down, out=config.channels(r / 2), **values)
    channels, last = config.channels(4), config.channels(2)
    statistics = channels + config.mbstd_num_channels
    yield from fill(table["convolution"], era, r=4, conv="conv", layer="Conv", inputs=statistics, out=channels)
    yield from fill(table["dense"], era, flat=16 * channels, out=last)
    yield from fill(table["logits"], era, inputs=last, out=max(config.c_dim, 1))
