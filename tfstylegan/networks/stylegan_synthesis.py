"""StyleGAN's synthesis network, from ws to images."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.layers.box_conv import BoxConv2D
from tfstylegan.layers.dense import Dense
from tfstylegan.layers.style_epilogue import StyleEpilogue
from tfstylegan.networks.progressive import LevelOfDetail, level_of_detail
from tfstylegan.networks.styles import NO_STYLES, StyleLayer, Styles, by_name, checked_styles
from tfstylegan.ops.bias_act import SQRT_2
from tfstylegan.ops.box_resample import blur2d, upsample_nearest
from tfstylegan.ops.filters import setup_filter


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGANSynthesisBlock(keras.layers.Layer):
    """One resolution: two convolutions, each with noise and style, and ToRGB (Karras et al. 2019, figure 1b).

    The first convolution of a block enlarges by two and is blurred. The smallest block has a learned constant, or a
    dense layer of the first w, in its place.

    Args:
      config: the generator's hyperparameters.
      height, width: of the output.
    """

    def __init__(self, config: configs.StyleGAN | configs.ProGAN, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self.is_first = (height, width) == config.sizes[0]
        self._blur = None if config.blur_filter is None else setup_filter(config.blur_filter)

    def build(self, *unused_shapes):
        config, policy = self.config, self.dtype_policy
        side = max(self.height, self.width)
        channels = config.channels(side)
        shape, w_shape = [None, self.height, self.width, channels], [None, config.w_dim]
        if not self.is_first:
            self.conv0 = self._conv("conv0", channels, resampling="up", fused=config.is_fused(side))
            self.conv0.build([None, self.height // 2, self.width // 2, config.channels(side / 2)])
        elif config.const_input_layer:
            self.const = self.add_weight(
                shape=shape[1:], initializer=keras.initializers.Ones(), trainable=True, name="const"
            )
        else:
            self.dense = Dense(
                self.height * self.width * channels,
                use_bias=False,
                gain=SQRT_2 / 4,
                use_wscale=config.use_wscale,
                dtype=policy,
                name="dense",
            )
            self.dense.build(w_shape)
        self.conv1 = self._conv("conv1", channels)
        self.conv1.build(shape)
        self.epilogue0, self.epilogue1 = (
            StyleEpilogue(
                self.height,
                self.width,
                config.activation,
                use_noise=config.use_noise,
                use_pixel_norm=config.use_pixel_norm,
                pixel_norm_epsilon=config.pixel_norm_epsilon,
                use_instance_norm=config.use_instance_norm,
                use_styles=config.use_styles,
                use_wscale=config.use_wscale,
                dtype=policy,
                name=f"epilogue{index}",
            )
            for index in range(2)
        )
        self.epilogue0.build(shape, w_shape)
        self.epilogue1.build(shape, w_shape)
        self.torgb = BoxConv2D(
            config.img_channels, 1, gain=1.0, use_wscale=config.use_wscale, dtype=policy, name="torgb"
        )
        self.torgb.build(shape)
        self.built = True

    def _conv(self, name: str, filters: int, resampling: str | None = None, fused: bool = True) -> BoxConv2D:
        return BoxConv2D(
            filters,
            3,
            resampling=resampling,
            fused=fused,
            use_bias=False,
            use_wscale=self.config.use_wscale,
            dtype=self.dtype_policy,
            name=name,
        )

    @property
    def epilogues(self) -> list[StyleEpilogue]:
        """Both, in the order in which they run."""
        return [self.epilogue0, self.epilogue1]

    def call(self, ws, x=None, noise_mode: str = "const", noise=None, noise_gain=None, styles: Styles = NO_STYLES):
        """Runs the block.

        Args:
          ws: two tensors ``[N, w_dim]``, one for each epilogue.
          x: activations of the block before, None for the first.
          noise_mode, noise_gain: as for :class:`StyleGANSynthesis`.
          noise: two maps, or None.
          styles: styles by name that take the place of those that ``ws`` make.

        Returns:
          Activations ``[N, height, width, C]``.
        """
        if not self.is_first:
            x = blur2d(self.conv0(x), self._blur)
        elif self.config.const_input_layer:
            x = kops.expand_dims(self.const, 0)  # noise and style spread it over the batch
        else:
            x = kops.reshape(self.dense(ws[0]), [-1, self.height, self.width, self.conv1.kernel.shape[2]])
        for index, epilogue in enumerate(self.epilogues):
            x = epilogue(
                x if index == 0 else self.conv1(x),
                ws[index],
                noise_mode=noise_mode,
                noise=None if noise is None else noise[index],
                noise_gain=noise_gain,
                style=styles.get(f"{self.name}.{epilogue.name}"),
            )
        return x

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGANSynthesis(keras.layers.Layer):
    """StyleGAN's synthesis network (Karras et al. 2019, section 2), progressively grown; and ProGAN's.

    Args:
      config: the generator's hyperparameters.
    """

    def __init__(self, config: configs.StyleGAN | configs.ProGAN, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.blocks = [
            StyleGANSynthesisBlock(config, *size, dtype=self.dtype_policy, name=block_name(size))
            for size in config.sizes
        ]

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.built = True

    @property
    def noise_shapes(self) -> list[tuple[int, int]]:
        """(height, width) of every noise map, in the order in which ``noise=`` takes them."""
        return [size for size in self.config.sizes for _ in range(2)] if self.config.use_noise else []

    @property
    def ws_resolutions(self) -> list[int]:
        """For every style input, the longer side of the activations that it drives first."""
        sides = [max(size) for size in self.config.sizes for _ in range(2)]
        return sides[: self.config.num_ws]

    @property
    def style_layers(self) -> dict[str, StyleLayer]:
        """What has a style, by name, in the order in which it runs: scales before shifts. Empty without styles."""
        return by_name(
            [
                StyleLayer(f"{block.name}.{epilogue.name}", 2 * i + j, epilogue.style.affine.units)
                for i, block in enumerate(self.blocks)
                for j, epilogue in enumerate(block.epilogues)
                if epilogue.style is not None
            ]
        )

    def styles(self, ws) -> dict:
        """The style of every layer, ``[N, channels]`` by name; see :mod:`tfstylegan.networks.styles`."""
        layers = [epilogue.style for block in self.blocks for epilogue in block.epilogues if epilogue.style is not None]
        return {
            name: layer.affine(ws[:, index])
            for index, (name, layer) in enumerate(zip(self.style_layers, layers, strict=True))
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
          ws: ``[N, num_ws, w_dim]``, two a block; a single one if the network has no styles.
          noise_mode: "random" (fresh noise), "const" (the fixed maps) or "none".
          noise: list of maps ``[N or 1, h, w, 1]`` as :attr:`noise_shapes` lists them, instead of the mode's.
          noise_gain: scalar factor on all noise, or None for one.
          lod: level of detail, from 0 (full resolution) up, or None for the config's. Resolutions that have no part in
            it are not computed.
          styles: styles by name that take the place of those that ``ws`` make, as :meth:`styles` gives them.

        Returns:
          Images of full size ``[N, H, W, img_channels]``, nominally in [-1, 1]; at ``lod`` 1 or more, pixels are
          repeated.
        """
        expected = (self.config.num_ws, self.config.w_dim)
        if len(ws.shape) != 3 or tuple(ws.shape[1:]) != expected:
            raise ValueError(f"ws must have shape [N, {expected[0]}, {expected[1]}]; got {tuple(ws.shape)}")
        if noise is not None and len(noise) != len(self.noise_shapes):
            raise ValueError(f"noise must be a list of {len(self.noise_shapes)} maps; got {len(noise)}")
        detail = level_of_detail(self.config.lod if lod is None else lod, len(self.blocks))
        per_layer = kops.unstack(ws, axis=1)
        if not self.config.use_styles:
            per_layer = per_layer * (2 * len(self.blocks))
        given = checked_styles(styles, self)
        x = below = None
        active = self.blocks[: len(self.blocks) - detail.level]
        for index, block in enumerate(active):
            both = slice(2 * index, 2 * index + 2)
            maps = None if noise is None else noise[both]
            options = {"noise_mode": noise_mode, "noise": maps, "noise_gain": noise_gain, "styles": given}
            below, x = x, block(per_layer[both], x, **options)
        img = active[-1].torgb(x)
        if detail.is_blend:
            img = detail.blend(img, upsample_nearest(active[-2].torgb(below)))
        return upsample_nearest(img, 2**detail.level)

    def compute_output_shape(self, ws_shape):
        return (ws_shape[0], *self.config.sizes[-1], self.config.img_channels)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
