"""StyleGAN2's discriminator."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.layers.conv import Conv2D
from tfstylegan.layers.dense import Dense
from tfstylegan.layers.minibatch_stddev import MinibatchStddev
from tfstylegan.networks.mapping import MappingNetwork, check_input
from tfstylegan.networks.progressive import LevelOfDetail, grown_features
from tfstylegan.ops.filters import setup_filter
from tfstylegan.ops.upfirdn2d import downsample2d

SQRT_HALF = 0.5**0.5


@keras.saving.register_keras_serializable("tfstylegan")
class DiscriminatorBlock(keras.layers.Layer):
    """One resolution: fromRGB, conv0, conv1 (x2 down), and a bypass for ``resnet`` (Karras et al. 2020, figure 7).

    Args:
      config: the discriminator's hyperparameters.
      height, width: of the input.
    """

    def __init__(self, config: configs.StyleGAN2Discriminator, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self.is_first = (height, width) == config.sizes[0]
        self.has_rgb = self.is_first or config.architecture in ("skip", "progressive")
        self.has_bypass = config.architecture == "resnet"
        self._fir = setup_filter(config.resample_filter)

    def build(self, *unused_shapes):
        config, side = self.config, max(self.height, self.width)
        channels, out_channels = config.channels(side), config.channels(side // 2)
        inside = [None, self.height, self.width, channels]
        if self.has_rgb:
            self.fromrgb = self._conv("fromrgb", channels, 1)
            self.fromrgb.build([*inside[:-1], config.img_channels])
        self.conv0 = self._conv("conv0", channels, 3)
        self.conv0.build(inside)
        gain = SQRT_HALF if self.has_bypass else 1.0
        self.conv1 = self._conv("conv1", out_channels, 3, down=2, gain=gain)
        self.conv1.build(inside)
        if self.has_bypass:
            self.skip = Conv2D(
                out_channels,
                1,
                down=2,
                use_bias=False,
                resample_filter=config.resample_filter,
                gain=SQRT_HALF,
                dtype=self.dtype_policy,
                name="skip",
            )
            self.skip.build(inside)
        self.built = True

    def _conv(self, name: str, filters: int, kernel_size: int, down: int = 1, gain: float = 1.0) -> Conv2D:
        return Conv2D(
            filters,
            kernel_size,
            self.config.activation,
            down=down,
            resample_filter=self.config.resample_filter,
            gain=gain,
            conv_clamp=self.config.conv_clamp,
            dtype=self.dtype_policy,
            name=name,
        )

    def call(self, x, img):
        """Runs the block on activations (None for the first) and the image; returns both at half the size."""
        if self.has_rgb:
            y = self.fromrgb(img)
            x = y if x is None else x + y
            img = downsample2d(img, self._fir) if self.config.architecture == "skip" else None
        return self.features(x), img

    def features(self, x):
        """Activations behind fromRGB to those of half the size."""
        bypass = self.skip(x) if self.has_bypass else None
        x = self.conv1(self.conv0(x))
        return x if bypass is None else bypass + x

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class DiscriminatorEpilogue(keras.layers.Layer):
    """The smallest resolution, 4x4 as published: minibatch stddev, convolution, two dense layers, label projection.

    A conditional logit is the inner product of the features with the mapped label, over sqrt(cmap_dim)
    (Miyato & Koyama 2018, as used by Karras et al. 2020 "Training GANs with Limited Data"); with a direct projection,
    of the features with the label itself.

    Args:
      config: the discriminator's hyperparameters.
    """

    def __init__(self, config: configs.StyleGAN2Discriminator, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.is_mapped = config.c_dim > 0 and config.projection == "mapped"
        self.height, self.width = config.sizes[-1]
        self.channels = config.channels(max(self.height, self.width))
        self.cmap_dim = (config.cmap_dim or self.channels) if self.is_mapped else config.c_dim

    def build(self, *unused_shapes):
        config = self.config
        height, width, channels = self.height, self.width, self.channels
        policy, activation = self.dtype_policy, config.epilogue_activation
        if config.architecture in ("skip", "progressive") or len(config.sizes) == 1:
            self.fromrgb = Conv2D(channels, 1, config.activation, dtype=policy, name="fromrgb")
            self.fromrgb.build([None, height, width, config.img_channels])
        self.mbstd = None
        if config.mbstd_num_channels:
            self.mbstd = MinibatchStddev(config.mbstd_group_size, config.mbstd_num_channels, dtype=policy, name="mbstd")
        self.conv = Conv2D(
            channels, 3, config.epilogue_activation, conv_clamp=config.conv_clamp, dtype=policy, name="conv"
        )
        self.conv.build([None, height, width, channels + config.mbstd_num_channels])
        features = config.dense_features or channels
        self.fc = Dense(features, activation, dtype=policy, name="fc")
        self.fc.build([None, channels * height * width])
        self.out = Dense(self.cmap_dim or 1, dtype=policy, name="out")
        self.out.build([None, features])
        self.built = True

    def call(self, x, img=None, cmap=None):
        """Activations ``[N, height, width, C]``, image (``skip`` only) and (mapped) labels to logits ``[N, 1]``."""
        if img is not None:
            y = self.fromrgb(img)
            x = y if x is None else x + y
        if self.mbstd is not None:
            x = self.mbstd(x)
        x = self.conv(x)
        x = kops.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        x = self.out(self.fc(x))
        if self.cmap_dim:
            x = kops.sum(x * cmap, axis=1, keepdims=True)
            if self.is_mapped:
                x = x * (1.0 / float(self.cmap_dim) ** 0.5)
        return x

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGAN2DiscriminatorNetwork(keras.layers.Layer):
    """StyleGAN2's discriminator, images to logits.

    Args:
      config: its hyperparameters.
    """

    def __init__(self, config: configs.StyleGAN2Discriminator, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        policy = self.dtype_policy
        self.blocks = [
            DiscriminatorBlock(config, *size, dtype=policy, name=block_name(size)) for size in config.sizes[:-1]
        ]
        self.epilogue = DiscriminatorEpilogue(config, dtype=policy, name=block_name(config.sizes[-1]))
        self.mapping = None
        if self.epilogue.is_mapped:
            self.mapping = MappingNetwork(
                z_dim=0,
                c_dim=config.c_dim,
                w_dim=self.epilogue.cmap_dim,
                num_ws=None,
                num_layers=config.mapping_layers,
                embed_features=config.mapping_embed_features,
                layer_features=config.mapping_layer_features,
                lr_multiplier=config.mapping_lr_multiplier,
                w_avg_beta=None,
                dtype=policy,
                name="mapping",
            )

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.epilogue.build()
        if self.mapping is not None:
            self.mapping.build()
        self.built = True

    def call(self, img, c=None, lod: float | LevelOfDetail | None = None):
        """Scores images.

        Args:
          img: ``[N, H, W, img_channels]``.
          c: labels ``[N, c_dim]``, or None.
          lod: level of detail of the progressive architecture, or None for the config's.

        Returns:
          Logits ``[N, 1]``.
        """
        cmap = None
        if self.mapping is not None:
            cmap = self.mapping(None, c)
        elif self.config.c_dim:
            check_input("c", c, self.config.c_dim)
            cmap = c
        if self.config.architecture == "progressive":
            x = grown_features([*self.blocks, self.epilogue], img, self.config.lod if lod is None else lod)
            return self.epilogue(x, None, cmap)
        if lod is not None:
            raise ValueError(f'lod needs architecture="progressive"; this network\'s is {self.config.architecture!r}')
        x = None
        for block in self.blocks:
            x, img = block(x, img)
        return self.epilogue(x, img, cmap)

    def compute_output_shape(self, img_shape, c_shape=None):
        return (img_shape[0], 1)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
