"""The mapping network of the TensorFlow 1 code bases, which treats latents and labels as one vector."""

import keras
from keras import ops as kops

from tfstylegan.layers.dense import Dense
from tfstylegan.networks.mapping import MappingNetwork, check_input
from tfstylegan.ops.bias_act import SQRT_2
from tfstylegan.ops.normalize import normalize_2nd_moment


@keras.saving.register_keras_serializable("tfstylegan")
class JointMapping(MappingNetwork):
    """As :class:`MappingNetwork`, but z and the embedded label are scaled to unit mean square together.

    Karras et al. 2019, section 2: StyleGAN, and StyleGAN2 without ADA. A label picks a row (or a mixture of rows) of
    ``label_kernel [c_dim, z_dim]``, which has neither scaling nor bias.

    Args:
      z_dim, c_dim, w_dim, num_ws, num_layers, layer_features, lr_multiplier, w_avg_beta: as there.
      activation: of the layers.
      normalize_latents: whether the input is scaled at all.
      he_gain: whether the activation's gain is in the kernels, as in StyleGAN, where it leaves biases alone; otherwise
        it follows the activation, as in StyleGAN2.
      use_wscale: whether the layers have the equalized learning rate.
    """

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int | None,
        num_layers: int = 8,
        layer_features: int | None = None,
        lr_multiplier: float = 0.01,
        w_avg_beta: float | None = 0.995,
        activation: str = "lrelu",
        normalize_latents: bool = True,
        he_gain: bool = True,
        use_wscale: bool = True,
        **kwargs,
    ):
        kwargs.pop("embed_features", None)  # of a saved one: the size of z
        super().__init__(
            z_dim,
            c_dim,
            w_dim,
            num_ws,
            num_layers,
            layer_features=layer_features,
            lr_multiplier=lr_multiplier,
            w_avg_beta=w_avg_beta,
            **kwargs,
        )
        self.activation = activation
        self.normalize_latents = normalize_latents
        self.he_gain = he_gain
        self.use_wscale = use_wscale

    def _build_labels(self) -> int:
        self.embed = None
        if not self.c_dim:
            return 0
        self.label_kernel = self.add_weight(
            shape=[self.c_dim, self.z_dim],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="label_kernel",
        )
        return self.z_dim

    def _dense(self, units: int, name: str) -> Dense:
        return Dense(
            units,
            self.activation,
            self.lr_multiplier,
            gain=SQRT_2 if self.he_gain else 1.0,
            activation_gain=1.0 if self.he_gain else None,
            use_wscale=self.use_wscale,
            dtype=self.dtype_policy,
            name=name,
        )

    def _input(self, z, c):
        check_input("z", z, self.z_dim)
        if self.c_dim:
            check_input("c", c, self.c_dim)
            z = kops.concatenate([z, kops.matmul(c, self.label_kernel)], axis=-1)
        return normalize_2nd_moment(z) if self.normalize_latents else kops.convert_to_tensor(z)

    def get_config(self):
        return {
            **super().get_config(),
            "activation": self.activation,
            "normalize_latents": self.normalize_latents,
            "he_gain": self.he_gain,
            "use_wscale": self.use_wscale,
        }
