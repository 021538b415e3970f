"""StyleGAN's and ProGAN's discriminator."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.resolution import block_name
from tfstylegan.layers.box_conv import BoxConv2D
from tfstylegan.layers.dense import Dense
from tfstylegan.layers.minibatch_stddev import MinibatchStddev
from tfstylegan.networks.progressive import LevelOfDetail, grown_features
from tfstylegan.ops.bias_act import SQRT_2
from tfstylegan.ops.box_resample import blur2d, downsample_box
from tfstylegan.ops.filters import setup_filter

Config = configs.StyleGANDiscriminator | configs.ProGANDiscriminator


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGANDiscriminatorBlock(keras.layers.Layer):
    """One resolution: fromRGB, conv0, a blur, and conv1, which halves (Karras et al. 2018, table 2).

    Args:
      config: the discriminator's hyperparameters.
      height, width: of the input.
    """

    def __init__(self, config: Config, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.height = height
        self.width = width
        self._blur = None if config.blur_filter is None else setup_filter(config.blur_filter)

    def build(self, *unused_shapes):
        config, side = self.config, max(self.height, self.width)
        channels = config.channels(side)
        inside = [None, self.height, self.width, channels]
        self.fromrgb = convolution(config, "fromrgb", channels, 1, self.dtype_policy)
        self.fromrgb.build([None, self.height, self.width, config.img_channels])
        self.conv0 = convolution(config, "conv0", channels, 3, self.dtype_policy)
        self.conv0.build(inside)
        resampling = None if config.averages_activations else "down"
        self.conv1 = convolution(config, "conv1", config.channels(side / 2), 3, self.dtype_policy, resampling)
        self.conv1.build(inside)
        self.built = True

    def call(self, x):
        return self.features(x)

    def features(self, x):
        """Activations ``[N, H, W, C]`` behind fromRGB to ``[N, H / 2, W / 2, C']``."""
        x = self.conv1(blur2d(self.conv0(x), self._blur))
        return downsample_box(x) if self.config.averages_activations else x

    def get_config(self):
        return {
            **super().get_config(),
            "config": configs.to_dict(self.config),
            "height": self.height,
            "width": self.width,
        }


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGANDiscriminatorEpilogue(keras.layers.Layer):
    """The smallest resolution: fromRGB, minibatch stddev, convolution, two dense layers.

    With labels there is an output for every class, and the logit is their sum weighted by the label (Mescheder et al.
    2018).

    Args:
      config: the discriminator's hyperparameters.
    """

    def __init__(self, config: Config, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config

    def build(self, *unused_shapes):
        config, policy = self.config, self.dtype_policy
        height, width = config.sizes[-1]
        channels, last = config.channels(max(height, width)), config.channels(max(height, width) / 2)
        self.fromrgb = convolution(config, "fromrgb", channels, 1, policy)
        self.fromrgb.build([None, height, width, config.img_channels])
        self.mbstd = None
        if config.mbstd_num_channels:
            self.mbstd = MinibatchStddev(config.mbstd_group_size, config.mbstd_num_channels, dtype=policy, name="mbstd")
        self.conv = convolution(config, "conv", channels, 3, policy)
        self.conv.build([None, height, width, channels + config.mbstd_num_channels])
        options = {"activation_gain": 1.0, "use_wscale": config.use_wscale, "dtype": policy}
        self.fc = Dense(last, config.activation, gain=SQRT_2, name="fc", **options)
        self.fc.build([None, height * width * channels])
        self.out = Dense(max(config.c_dim, 1), name="out", **options)
        self.out.build([None, last])
        self.built = True

    def call(self, x, c=None):
        """Activations ``[N, H, W, C]`` and labels to logits ``[N, 1]``."""
        if self.mbstd is not None:
            x = self.mbstd(x)
        x = self.conv(x)
        x = kops.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        x = self.out(self.fc(x))
        return kops.sum(x * c, axis=1, keepdims=True) if self.config.c_dim else x

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}


def convolution(
    config: Config,
    name: str,
    filters: int,
    kernel_size: int,
    dtype,
    resampling=None,
) -> BoxConv2D:
    """A convolution with bias and the network's activation."""
    return BoxConv2D(
        filters,
        kernel_size,
        config.activation,
        resampling=resampling,
        use_wscale=config.use_wscale,
        dtype=dtype,
        name=name,
    )


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGANDiscriminatorNetwork(keras.layers.Layer):
    """StyleGAN's discriminator, progressively grown, images to logits (Karras et al. 2018, appendix A).

    ProGAN's is the same without blur; if it is not fused, it halves after the activation.

    Args:
      config: its hyperparameters.
    """

    def __init__(self, config: Config, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        self.blocks = [
            StyleGANDiscriminatorBlock(config, *size, dtype=self.dtype_policy, name=block_name(size))
            for size in config.sizes[:-1]
        ]
        self.epilogue = StyleGANDiscriminatorEpilogue(
            config, dtype=self.dtype_policy, name=block_name(config.sizes[-1])
        )

    def build(self, *unused_shapes):
        for block in self.blocks:
            block.build()
        self.epilogue.build()
        self.built = True

    def call(self, img, c=None, lod: float | LevelOfDetail | None = None):
        """Scores images.

        Args:
          img: ``[N, H, W, img_channels]``, always of full size.
          c: labels ``[N, c_dim]``, or None.
          lod: level of detail, from 0 (full resolution) up, or None for the config's.

        Returns:
          Logits ``[N, 1]``.
        """
        if self.config.c_dim and c is None:
            raise ValueError(
                f"c is missing: pass labels (this network is conditional) of shape [N, {self.config.c_dim}]"
            )
        x = grown_features([*self.blocks, self.epilogue], img, self.config.lod if lod is None else lod)
        return self.epilogue(x, c)

    def compute_output_shape(self, img_shape, c_shape=None):
        return (img_shape[0], 1)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
