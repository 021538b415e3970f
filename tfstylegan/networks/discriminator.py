"""A discriminator, for every family."""

import keras

from tfstylegan import configs
from tfstylegan.networks.dcgan_discriminator import DCGANDiscriminatorNetwork
from tfstylegan.networks.stylegan2_discriminator import StyleGAN2DiscriminatorNetwork
from tfstylegan.networks.stylegan_discriminator import StyleGANDiscriminatorNetwork

NETWORKS = {
    configs.DCGANDiscriminator: DCGANDiscriminatorNetwork,
    configs.ProGANDiscriminator: StyleGANDiscriminatorNetwork,
    configs.StyleGANDiscriminator: StyleGANDiscriminatorNetwork,
    configs.StyleGAN2Discriminator: StyleGAN2DiscriminatorNetwork,
}


@keras.saving.register_keras_serializable("tfstylegan")
class Discriminator(keras.Model):
    """Images to logits, high for real ones.

    Args:
      config: hyperparameters of a family, for instance :class:`tfstylegan.configs.StyleGAN2Discriminator`.
      name: name of the model.
    """

    built: bool  # kept by Keras

    def __init__(self, config, name: str = "discriminator", **kwargs):
        super().__init__(name=name, **kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        if type(config) not in NETWORKS:
            known = ", ".join(cls.__name__ for cls in NETWORKS)
            raise TypeError(f"a Discriminator takes a config of {known}; got {type(config).__name__}")
        self.config = config
        self.network = NETWORKS[type(config)](config, dtype=self.dtype_policy, name="network")
        self.build()

    c_dim = property(lambda self: self.config.c_dim, doc="Size of the labels; 0 is unconditional.")
    img_resolution = property(lambda self: self.config.img_resolution, doc="Side in pixels, or (height, width).")
    img_size = property(lambda self: configs.size_of(self.config.img_resolution), doc="(height, width) in pixels.")
    img_channels = property(lambda self: self.config.img_channels, doc="Image channels.")

    def build(self, *unused_shapes):
        if not self.built:
            self.network.build()
            self.built = True

    def call(self, img, c=None, training: bool | None = None):
        """Scores images.

        Args:
          img: ``[N, height, width, img_channels]`` in [-1, 1].
          c: labels ``[N, c_dim]``, or None for an unconditional discriminator.
          training: True normalises with statistics of the batch where a family has batch normalisation; Keras hands
            it on to the layers. Of no bearing on the others.

        Returns:
          Logits ``[N, 1]``.
        """
        height, width = self.img_size
        if len(img.shape) != 4 or tuple(img.shape[1:]) != (height, width, self.config.img_channels):
            expected = f"[N, {height}, {width}, {self.config.img_channels}]"
            raise ValueError(f"img must have shape {expected}; got {tuple(img.shape)}")
        return self.network(img, c)

    def get_config(self):
        return {"config": configs.to_dict(self.config), "name": self.name, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def get_build_config(self):
        return None
