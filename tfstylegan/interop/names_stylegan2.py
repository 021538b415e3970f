"""StyleGAN2: every variable of ours, its name and layout in the official files, and when it is there.

r is the resolution of a block, i counts the layers of a mapping network, and n the noise maps; ``conv`` is conv0 or
conv1, which TensorFlow 1 calls Conv0_up and Conv1 (Conv at 4x4) in a generator, and Conv0 and Conv1_down in a
discriminator. What makes or takes images is called ``{rgb_tf1}``, and in a progressive network goes by the level of
detail k.
"""

from collections.abc import Iterator

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.resolution import longer_side
from tfstylegan.interop.names import Part, Row, fill

# fmt: off
GENERATOR: dict[str, Part] = {
    # Each part: what the names begin with (ours, PyTorch, TensorFlow 1), then a line for every variable of
    #    ours                       shape          PyTorch                 layout         TensorFlow 1     layout
    "joint labels": Part("mapping", "mapping", "G_mapping/LabelConcat",
        ("label_kernel",            "label out",   "label_kernel",         "as is",       "weight",        "as is")),
    "label embedding": Part("mapping/embed", "mapping.embed", "G_mapping/LabelEmbed",
        ("kernel",                  "label out",   "weight",               "[out, in]",   "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "mapping layer": Part("mapping/fc{i}", "mapping.fc{i}", "G_mapping/Dense{i}",
        ("kernel",                  "in out",      "weight",               "[out, in]",   "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "mean of w": Part("mapping", "mapping", "",
        ("w_avg",                   "w",           "w_avg",                "as is",       "dlatent_avg",   "as is")),
    "constant": Part("synthesis/b{r}", "synthesis.b{r}", "G_synthesis/{r}x{r}/Const",
        ("const",                   "r r out",     "const",                "CHW",         "const",         "1CHW")),
    "upsampling kernel": Part("synthesis/b{r}/{conv}", "synthesis.b{r}.{conv}", "G_synthesis/{r}x{r}/{tf1_conv}",
        ("kernel",                  "3 3 in out",  "weight",               "OIHW",        "weight",        "mirrored")),
    "kernel": Part("synthesis/b{r}/{conv}", "synthesis.b{r}.{conv}", "G_synthesis/{r}x{r}/{tf1_conv}",
        ("kernel",                  "3 3 in out",  "weight",               "OIHW",        "weight",        "as is")),
    "convolution": Part("synthesis/b{r}/{conv}", "synthesis.b{r}.{conv}", "G_synthesis/{r}x{r}/{tf1_conv}",
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is"),
        ("affine/kernel",           "w in",        "affine.weight",        "[out, in]",   "mod_weight",    "as is"),
        ("affine/bias",             "in",          "affine.bias",          "as is",       "mod_bias",      "plus one")),
    "noise strength": Part("synthesis/b{r}/{conv}", "synthesis.b{r}.{conv}", "G_synthesis/{r}x{r}/{tf1_conv}",
        ("noise/noise_strength",    "",            "noise_strength",       "as is",       "noise_strength", "as is")),
    "noise map": Part("synthesis/b{r}/{conv}", "synthesis.b{r}.{conv}", "G_synthesis",
        ("noise/noise_const",       "r r",         "noise_const",          "as is",       "noise{n}",      "11HW")),
    "bypass": Part("synthesis/b{r}/skip", "synthesis.b{r}.skip", "G_synthesis/{r}x{r}/Skip",
        ("kernel",                  "1 1 in out",  "weight",               "OIHW",        "weight",        "as is")),
    "to RGB": Part("synthesis/b{r}/torgb", "synthesis.b{r}.torgb", "G_synthesis/{rgb_tf1}",
        ("kernel",                  "1 1 out rgb", "weight",               "OIHW",        "weight",        "as is"),
        ("bias",                    "rgb",         "bias",                 "as is",       "bias",          "as is"),
        ("affine/kernel",           "w out",       "affine.weight",        "[out, in]",   "mod_weight",    "as is"),
        ("affine/bias",             "out",         "affine.bias",          "as is",       "mod_bias",      "plus one")),
}

DISCRIMINATOR: dict[str, Part] = {
    "from RGB": Part("network/b{r}/fromrgb", "b{r}.fromrgb", "{rgb_tf1}",
        ("kernel",                  "1 1 rgb out", "weight",               "OIHW",        "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "convolution": Part("network/b{r}/{conv}", "b{r}.{conv}", "{r}x{r}/{tf1_conv}",
        ("kernel",                  "3 3 in out",  "weight",               "OIHW",        "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "bypass": Part("network/b{r}/skip", "b{r}.skip", "{r}x{r}/Skip",
        ("kernel",                  "1 1 in out",  "weight",               "OIHW",        "weight",        "as is")),
    "dense": Part("network/b4/fc", "b4.fc", "4x4/Dense0",
        ("kernel",                  "flat out",    "weight",               "[out, CHW]",  "weight",       "[CHW, out]"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "logits": Part("network/b4/out", "b4.out", "Output",
        ("kernel",                  "in out",      "weight",               "[out, in]",   "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "label embedding": Part("network/mapping/embed", "mapping.embed", "LabelEmbed",
        ("kernel",                  "label out",   "weight",               "[out, in]",   "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
    "mapping layer": Part("network/mapping/fc{i}", "mapping.fc{i}", "Mapping{i}",
        ("kernel",                  "in out",      "weight",               "[out, in]",   "weight",        "as is"),
        ("bias",                    "out",         "bias",                 "as is",       "bias",          "as is")),
}
# fmt: on


def generator_rows(config: StyleGAN2, era: str) -> Iterator[Row]:
    """A row for every variable of a generator."""
    table, w = GENERATOR, config.w_dim
    yield from mapping_rows(table, era, config, config.z_dim, w)
    yield from fill(table["mean of w"], era, w=w)
    below, n = None, 0
    for r, _ in config.sizes:  # official networks are square
        channels = config.channels(r)
        sizes = {"r": r, "w": w, "out": channels, "rgb": config.img_channels}
        if below is None:
            yield from fill(table["constant"], era, **sizes)
            layers = [("conv1", "Conv", "kernel", channels)]
        else:
            layers = [("conv0", "Conv0_up", "upsampling kernel", below), ("conv1", "Conv1", "kernel", channels)]
        for conv, tf1_conv, kernel, inputs in layers:
            values = {**sizes, "inputs": inputs, "conv": conv, "tf1_conv": tf1_conv, "n": n}
            yield from fill(table[kernel], era, **values)
            yield from fill(table["convolution"], era, **values)
            if config.use_noise:
                yield from fill(table["noise strength"], era, **values)
                yield from fill(table["noise map"], era, **values)
            n += 1
        if config.architecture == "resnet" and below is not None:
            yield from fill(table["bypass"], era, inputs=below, **sizes)
        if config.architecture in ("skip", "progressive") or r == config.img_resolution:
            yield from fill(table["to RGB"], era, rgb_tf1=_rgb_name(config, "ToRGB", r), **sizes)
        below = channels


def discriminator_rows(config: StyleGAN2Discriminator, era: str) -> Iterator[Row]:
    """A row for every variable of a discriminator."""
    table = DISCRIMINATOR
    for r, _ in config.sizes:
        channels = config.channels(r)
        if config.architecture in ("skip", "progressive") or r == config.img_resolution:
            name = _rgb_name(config, "FromRGB", r)
            yield from fill(table["from RGB"], era, r=r, rgb=config.img_channels, out=channels, rgb_tf1=name)
        if r == 4:
            break
        above = config.channels(r // 2)
        values = {"r": r, "inputs": channels}
        yield from fill(table["convolution"], era, conv="conv0", tf1_conv="Conv0", out=channels, **values)
        yield from fill(table["convolution"], era, conv="conv1", tf1_conv="Conv1_down", out=above, **values)
        if config.architecture == "resnet":
            yield from fill(table["bypass"], era, out=above, **values)
    channels = config.channels(4)
    statistics = channels + config.mbstd_num_channels
    is_mapped = config.c_dim > 0 and config.projection == "mapped"
    logits = (config.cmap_dim or channels) if is_mapped else max(config.c_dim, 1)
    features = config.dense_features or channels
    yield from fill(table["convolution"], era, r=4, conv="conv", tf1_conv="Conv", inputs=statistics, out=channels)
    yield from fill(table["dense"], era, flat=channels * 16, out=features)
    yield from fill(table["logits"], era, inputs=features, out=logits)
    if is_mapped:
        yield from mapping_rows(table, era, config, 0, logits)


def mapping_rows(table: dict[str, Part], era: str, config, z_dim: int, w_dim: int) -> Iterator[Row]:
    """A row for every variable of a mapping network."""
    embedding = (config.mapping_embed_features or w_dim) if config.c_dim else 0
    if config.c_dim and getattr(config, "mapping_labels", "") == "joint":
        embedding = z_dim
        yield from fill(table["joint labels"], era, label=config.c_dim, out=embedding)
    elif config.c_dim:
        yield from fill(table["label embedding"], era, label=config.c_dim, out=embedding)
    inputs = z_dim + embedding
    for i in range(config.mapping_layers):
        units = w_dim if i == config.mapping_layers - 1 else config.mapping_layer_features or w_dim
        yield from fill(table["mapping layer"], era, i=i, inputs=inputs, out=units)
        inputs = units


def _rgb_name(config: StyleGAN2 | StyleGAN2Discriminator, layer: str, resolution: int) -> str:
    """What TensorFlow 1 calls the layer that makes or takes the images of a resolution."""
    if config.architecture == "progressive":
        return f"{layer}_lod{(longer_side(config.img_resolution) // resolution).bit_length() - 1}"
    return f"{resolution}x{resolution}/{layer}"
