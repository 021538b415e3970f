"""What stands in for the mapping network in families that have none."""

import keras
from keras import ops as kops

from tfstylegan.networks.mapping import MappingNetwork, check_input
from tfstylegan.ops.normalize import normalize_2nd_moment


@keras.saving.register_keras_serializable("tfstylegan")
class LatentInput(MappingNetwork):
    """Latents and labels, concatenated, as the one "style": ``w = [z, c]``, in this order, ``w_dim = z_dim + c_dim``.

    It is called as a :class:`MappingNetwork` is, so that what works in W works in Z. Nothing is learned. ``w_avg``
    is zero, the mean of the latents, so that truncation scales them down; it does not touch the labels.

    Args:
      z_dim: size of z.
      c_dim: size of the label; 0 for none.
      normalize: scale the concatenation to unit mean square (Karras et al. 2018, section 4.2).
      epsilon: is added to the mean square.
    """

    def __init__(self, z_dim: int, c_dim: int = 0, normalize: bool = False, epsilon: float = 1e-8, **kwargs):
        super().__init__(
            z_dim=z_dim, c_dim=c_dim, w_dim=z_dim + c_dim, num_ws=1, num_layers=0, w_avg_beta=None, **kwargs
        )
        self.normalize = normalize
        self.epsilon = epsilon

    def build(self, *unused_shapes):
        self.embed, self.layers = None, []
        self.w_avg = self.add_weight(shape=[self.w_dim], initializer="zeros", trainable=False, name="w_avg")
        self.built = True

    def map(self, z, c=None):
        """``w [N, z_dim + c_dim]``, not truncated."""
        check_input("z", z, self.z_dim)
        w = kops.convert_to_tensor(z, self.compute_dtype)
        if self.c_dim:
            check_input("c", c, self.c_dim)
            w = kops.concatenate([w, kops.convert_to_tensor(c, self.compute_dtype)], axis=-1)
        return normalize_2nd_moment(w, eps=self.epsilon) if self.normalize else w

    def truncate(self, ws, psi, cutoff: int | None = None):
        """``psi ws`` in the part that comes from z; the label's part stays."""
        truncated = super().truncate(ws, psi, cutoff)
        if not self.c_dim or truncated is ws:
            return truncated
        return kops.concatenate([truncated[..., : self.z_dim], ws[..., self.z_dim :]], axis=-1)

    def update_w_avg(self, w) -> None:
        """Does nothing: the mean of latents from N(0, 1) is known."""

    def get_config(self):
        base = super().get_config()
        ours = {"z_dim": self.z_dim, "c_dim": self.c_dim, "normalize": self.normalize, "epsilon": self.epsilon}
        return {name: base[name] for name in ("name", "trainable", "dtype")} | ours
