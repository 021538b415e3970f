"""StyleGAN2's synthesis network, from ws to images."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.layers.conv import Conv2D
from tfstylegan.layers.synthesis_layer import SynthesisLayer
from tfstylegan.layers.to_rgb import ToRGB
from tfstylegan.networks.progressive import LevelOfDetail, level_of_detail
from tfstylegan.networks.styles import NO_STYLES, StyleLayer, Styles, by_name, checked_styles
from tfstylegan.ops.box_resample import upsample_nearest
from tfstylegan.ops.filters import setup_filter
from tfstylegan.ops.upfirdn2d import upsample2d

SQRT_HALF = 0.5**0.5


@keras.saving.register_keras_serializable("tfstylegan")
class SynthesisBlock(keras.layers.Layer):
    """One resolution: conv0 (x2 up), conv1, and ToRGB (Karras et al. 2020, figure 7).

    The smallest block has a learned constant in place of conv0. With ``skip`` every block adds to the image; with
    ``resnet`` a 1x1 convolution bypasses the two others and only the last block makes the image; ``orig`` is
    plain feed-forward with the image made at the end; with ``progressive`` it is made where the level of detail says.

    Args:
      config: the generator's hyperparameters.
      height, width: of the output.
    """

    def __init__(self, config: configs.StyleGAN2, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self.channels = config.channels(max(height, width))
        self.is_first = (height, width) == config.sizes[0]
        self.has_rgb = config.architecture in ("skip", "progressive") or (height, width) == config.sizes[-1]
        self.has_bypass = config.architecture == "resnet" and not self.is_first
        self.num_convs = 1 if self.is_first else 2
        self._fir = setup_filter(config.resample_filter)

    def build(self, *unused_shapes):
        config = self.config
        w_shape = [None, config.w_dim]
        after = [None, self.height, self.width, self.channels]
        if self.is_first:
            before = None
            self.const = self.add_weight(
                shape=after[1:],
                initializer=keras.initializers.RandomNormal(stddev=1.0),
                name="const",
            )
        else:
            height, width = self.height // 2, self.width // 2
            before = [None, height, width, config.channels(max(height, width))]
            self.conv0 = self._layer("conv0", up=2)
            self.conv0.build(before, w_shape)
        self.conv1 = self._layer("conv1", gain=SQRT_HALF if self.has_bypass else 1.0)
        self.conv1.build(after, w_shape)
        if self.has_bypass:
            self.skip = Conv2D(
                self.channels,
                1,
                up=2,
                use_bias=False,
                resample_filter=config.resample_filter,
                gain=SQRT_HALF,
                dtype=self.dtype_policy,
                name="skip",
            )
            self.skip.build(before)
        if self.has_rgb:
            self.torgb = ToRGB(config.img_channels, config.conv_clamp, dtype=self.dtype_policy, name="torgb")
            self.torgb.build(after, w_shape)
        self.built = True

    def _layer(self, name: str, up: int = 1, gain: float = 1.0) -> SynthesisLayer:
        config = self.config
        return SynthesisLayer(
            self.channels,
            self.height,
            self.width,
            up=up,
            activation=config.activation,
            use_noise=config.use_noise,
            resample_filter=config.resample_filter,
            gain=gain,
            conv_clamp=config.conv_clamp,
            dtype=self.dtype_policy,
            name=name,
        )

    @property
    def conv_layers(self) -> list[SynthesisLayer]:
        """The block's synthesis layers, in order."""
        return [self.conv1] if self.is_first else [self.conv0, self.conv1]

    @property
    def style_layers(self) -> list[SynthesisLayer | ToRGB]:
        """The layers that have a style, in the order of the styles that a call takes."""
        return [*self.conv_layers, *([self.torgb] if self.has_rgb else [])]

    def style(self, layer: SynthesisLayer | ToRGB, styles: Styles):
        """The given style of a layer, or None."""
        return styles.get(f"{self.name}.{layer.name}")

    def call(
        self,
        ws,
        x=None,
        img=None,
        noise_mode: str = "const",
        noise=None,
        noise_gain=None,
        styles: Styles = NO_STYLES,
    ):
        """Runs the block.

        Args:
          ws: list of ``num_convs + 1`` tensors ``[N, w_dim]``: styles of the convolutions, then of ToRGB.
          x: activations of the block before, None for the first.
          img: image so far, or None.
          noise_mode, noise_gain: as for :class:`StyleGAN2Synthesis`.
          noise: one map per convolution, or None.
          styles: styles by name that take the place of those that ``ws`` make.

        Returns:
          (activations, image or None).
        """
        x = self.features(ws, x, noise_mode=noise_mode, noise=noise, noise_gain=noise_gain, styles=styles)
        if img is not None:
            img = upsample2d(img, self._fir)
        if self.has_rgb:
            rgb = self.torgb(x, ws[self.num_convs], style=self.style(self.torgb, styles))
            img = rgb if img is None else img + rgb
        return x, img

    def features(self, ws, x=None, noise_mode: str = "const", noise=None, noise_gain=None, styles: Styles = NO_STYLES):
        """The activations alone; arguments as for a call."""
        if self.is_first:
            x = kops.expand_dims(self.const, 0)  # the first layer's styles spread it over the batch
        bypass = self.skip(x) if self.has_bypass else None
        for index, layer in enumerate(self.conv_layers):
            given = None if noise is None else noise[index]
            style = self.style(layer, styles)
            x = layer(x, ws[index], noise_mode=noise_mode, noise=given, noise_gain=noise_gain, style=style)
        return x if bypass is None else bypass + x

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGAN2Synthesis(keras.layers.Layer):
    """StyleGAN2's synthesis network (Karras et al. 2020, section 2 and 4).

    Args:
      config: the generator's hyperparameters.
    """

    def __init__(self, config: configs.StyleGAN2, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.blocks = [
            SynthesisBlock(config, *size, dtype=self.dtype_policy, name=block_name(size)) for size in config.sizes
        ]

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.built = True

    @property
    def noise_shapes(self) -> list[tuple[int, int]]:
        """(height, width) of every noise map, in the order in which ``noise=`` takes them."""
        return [(layer.height, layer.width) for layer in self.conv_layers] if self.config.use_noise else []

    @property
    def ws_resolutions(self) -> list[int]:
        """For every style input, the longer side of the activations that it drives first."""
        sides = [max(layer.height, layer.width) for layer in self.conv_layers]
        return [*sides, sides[-1]]  # the last one only makes the image

    @property
    def conv_layers(self) -> list[SynthesisLayer]:
        """All synthesis layers, in order."""
        return [layer for block in self.blocks for layer in block.conv_layers]

    @property
    def style_layers(self) -> dict[str, StyleLayer]:
        """What has a style, by name, block by block."""
        found, first = [], 0
        for block in self.blocks:
            for index, layer in enumerate(block.style_layers):
                found.append(StyleLayer(f"{block.name}.{layer.name}", first + index, layer.affine.units))
            first += block.num_convs
        return by_name(found)

    def styles(self, ws) -> dict:
        """The style of every layer, ``[N, channels]`` by name; see :mod:`tfstylegan.networks.styles`."""
        layers = [layer for block in self.blocks for layer in block.style_layers]
        return {
            name: layer.affine(ws[:, style.ws_index])
            for (name, style), layer in zip(self.style_layers.items(), layers, strict=True)
        }

    def call(
        self,
        ws,
        noise_mode: str = "const",
        noise=None,
        noise_gain=None,
        lod: float | LevelOfDetail | None = None,
        styles: Styles | None = None,
    ):
        """Makes images.

        Args:
          ws: ``[N, num_ws, w_dim]``, one style per input: convolution and ToRGB of a block take consecutive
            ones, and a block's ToRGB shares its style with the first convolution of the next block.
          noise_mode: "random" (fresh noise), "const" (the fixed maps) or "none".
          noise: list of maps ``[N or 1, h, w, 1]`` as :attr:`noise_shapes` lists them, instead of the mode's.
          noise_gain: scalar factor on all noise, or None for one.
          lod: level of detail of the progressive architecture, or None for the config's.
          styles: styles by name that take the place of those that ``ws`` make, as :meth:`styles` gives them.

        Returns:
          ``[N, height, width, img_channels]``, nominally in [-1, 1].
        """
        expected = (self.config.num_ws, self.config.w_dim)
        if len(ws.shape) != 3 or tuple(ws.shape[1:]) != expected:
            raise ValueError(f"ws must have shape [N, {expected[0]}, {expected[1]}]; got {tuple(ws.shape)}")
        if noise is not None and len(noise) != len(self.noise_shapes):
            raise ValueError(f"noise must be a list of {len(self.noise_shapes)} maps; got {len(noise)}")
        if lod is not None and self.config.architecture != "progressive":
            raise ValueError(f'lod needs architecture="progressive"; this network\'s is {self.config.architecture!r}')
        detail = level_of_detail(self.config.lod if lod is None else lod, len(self.blocks))
        active = self.blocks[: len(self.blocks) - detail.level]
        given = checked_styles(styles, self)
        x = img = below = None
        first = 0
        per_input = kops.unstack(ws, axis=1)
        for block in active:
            latents = per_input[first : first + block.num_convs + 1]
            maps = None if noise is None else noise[first : first + block.num_convs]
            options = {"noise_mode": noise_mode, "noise": maps, "noise_gain": noise_gain, "styles": given}
            if self.config.architecture != "progressive":
                x, img = block(latents, x, img, **options)
            else:
                below, x = x, block.features(latents, x, **options)
            first += block.num_convs
        if self.config.architecture != "progressive":
            return img
        last = active[-1]
        img = last.torgb(x, per_input[first], style=last.style(last.torgb, given))
        if detail.is_blend:
            before = active[-2]
            w = per_input[first - last.num_convs]
            lower = before.torgb(below, w, style=before.style(before.torgb, given))
            img = detail.blend(img, upsample_nearest(lower))
        return upsample_nearest(img, 2**detail.level)

    def compute_output_shape(self, ws_shape):
        return (ws_shape[0], *self.config.sizes[-1], self.config.img_channels)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
