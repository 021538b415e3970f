"""A generator: mapping and synthesis bound together, for every family."""

import keras

from tfstylegan import configs
from tfstylegan.networks.dcgan_synthesis import DCGANSynthesis
from tfstylegan.networks.mapping_of import make_mapping
from tfstylegan.networks.stylegan2_synthesis import StyleGAN2Synthesis
from tfstylegan.networks.stylegan3_synthesis import StyleGAN3Synthesis
from tfstylegan.networks.stylegan_synthesis import StyleGANSynthesis

SYNTHESIS_NETWORKS = {
    configs.DCGAN: DCGANSynthesis,
    configs.ProGAN: StyleGANSynthesis,
    configs.StyleGAN: StyleGANSynthesis,
    configs.StyleGAN2: StyleGAN2Synthesis,
    configs.StyleGAN3: StyleGAN3Synthesis,
}


@keras.saving.register_keras_serializable("tfstylegan")
class Generator(keras.Model):
    """Latents to images.

    ``G(z, c)`` is ``G.synthesis(G.mapping(z, c))``; both halves can be called on their own.

    Args:
      config: hyperparameters of a family, for instance :class:`tfstylegan.configs.StyleGAN2`.
      name: name of the model.
    """

    built: bool  # kept by Keras

    def __init__(self, config, name: str = "generator", **kwargs):
        super().__init__(name=name, **kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        if type(config) not in SYNTHESIS_NETWORKS:
            known = ", ".join(cls.__name__ for cls in SYNTHESIS_NETWORKS)
            raise TypeError(f"a Generator takes a config of {known}; got {type(config).__name__}")
        self.config = config
        self.mapping = make_mapping(config, dtype=self.dtype_policy, name="mapping")
        self.synthesis = SYNTHESIS_NETWORKS[type(config)](config, dtype=self.dtype_policy, name="synthesis")
        self.build()

    z_dim = property(lambda self: self.config.z_dim, doc="Size of the latents z.")
    w_dim = property(lambda self: self.config.w_dim, doc="Size of the intermediate latents w.")
    c_dim = property(lambda self: self.config.c_dim, doc="Size of the labels; 0 is unconditional.")
    num_ws = property(lambda self: self.config.num_ws, doc="Number of style inputs.")
    img_resolution = property(lambda self: self.config.img_resolution, doc="Side in pixels, or (height, width).")
    img_size = property(lambda self: configs.size_of(self.config.img_resolution), doc="(height, width) in pixels.")
    img_channels = property(lambda self: self.config.img_channels, doc="Image channels.")

    def build(self, *unused_shapes):
        if not self.built:
            self.mapping.build()
            self.synthesis.build()
            self.built = True

    def call(
        self,
        z,
        c=None,
        truncation_psi=1.0,
        truncation_cutoff: int | None = None,
        noise_mode: str = "const",
        training: bool | None = None,
    ):
        """Makes images.

        Args:
          z: latents ``[N, z_dim]`` from N(0, 1).
          c: labels ``[N, c_dim]``, or None for an unconditional generator.
          truncation_psi: 1 is the full distribution, towards 0 more typical and less varied.
          truncation_cutoff: truncate the first so many styles only; None is all.
          noise_mode: "random" | "const" | "none".
          training: True normalises with statistics of the batch where a family has batch normalisation; Keras hands
            it on to the layers. Of no bearing on the others.

        Returns:
          ``[N, height, width, img_channels]`` float32, nominally in [-1, 1].
        """
        ws = self.mapping(z, c, truncation_psi=truncation_psi, truncation_cutoff=truncation_cutoff)
        return self.synthesis(ws, noise_mode=noise_mode)

    def get_config(self):
        return {"config": configs.to_dict(self.config), "name": self.name, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def get_build_config(self):
        return None  # the config says it all; weights exist from the constructor on
