"""The mapping network, from z and labels to w."""

import keras
from keras import ops as kops

from tfstylegan.layers.dense import Dense
from tfstylegan.ops.normalize import normalize_2nd_moment


@keras.saving.register_keras_serializable("tfstylegan")
class MappingNetwork(keras.layers.Layer):
    """An MLP from latents (and embedded labels) to w, with truncation (Karras et al. 2019, section 2 and B).

    ``z`` and the embedded label are each scaled to unit mean square, concatenated, and run through
    ``num_layers`` leaky-ReLU layers with a lowered learning rate. ``w_avg`` is the running mean of w, the centre
    that truncation pulls towards.

    Args:
      z_dim: size of z; 0 for labels only.
      c_dim: size of the label; 0 for none.
      w_dim: size of w.
      num_ws: copies of w to return, one per style input; None returns ``[N, w_dim]`` without copies.
      num_layers: dense layers.
      embed_features: width of the label embedding; None is ``w_dim``.
      layer_features: width of the hidden layers; None is ``w_dim``.
      lr_multiplier: relative learning rate of the layers.
      w_avg_beta: decay of the running mean, or None for no ``w_avg`` (and no truncation).
    """

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int | None,
        num_layers: int = 8,
        embed_features: int | None = None,
        layer_features: int | None = None,
        lr_multiplier: float = 0.01,
        w_avg_beta: float | None = 0.998,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.z_dim = z_dim
        self.c_dim = c_dim
        self.w_dim = w_dim
        self.num_ws = num_ws
        self.num_layers = num_layers
        self.embed_features = embed_features
        self.layer_features = layer_features
        self.lr_multiplier = lr_multiplier
        self.w_avg_beta = w_avg_beta

    def build(self, *unused_shapes):
        features = self.z_dim + self._build_labels()
        hidden = self.layer_features or self.w_dim
        self.layers = []
        for index in range(self.num_layers):
            layer = self._dense(self.w_dim if index == self.num_layers - 1 else hidden, name=f"fc{index}")
            layer.build([None, features])
            self.layers.append(layer)
            features = layer.units
        self.w_avg = None
        if self.w_avg_beta is not None:
            # Updated with each replica's own mean, which the aggregation averages.
            self.w_avg = self.add_weight(
                shape=[self.w_dim], initializer="zeros", trainable=False, name="w_avg", aggregation="mean"
            )
        self.built = True

    def _build_labels(self) -> int:
        """Makes what embeds labels; returns the size of the result."""
        self.embed = None
        if not self.c_dim:
            return 0
        self.embed = Dense(self.embed_features or self.w_dim, dtype=self.dtype_policy, name="embed")
        self.embed.build([None, self.c_dim])
        return self.embed.units

    def _dense(self, units: int, name: str) -> Dense:
        return Dense(units, "lrelu", self.lr_multiplier, dtype=self.dtype_policy, name=name)

    def call(self, z, c=None, truncation_psi=1.0, truncation_cutoff: int | None = None):
        """Maps latents to styles.

        Args:
          z: ``[N, z_dim]``; None if ``z_dim`` is 0.
          c: labels ``[N, c_dim]``, one-hot or real-valued; None if ``c_dim`` is 0.
          truncation_psi: 1 leaves w alone, 0 gives the mean; any number or scalar tensor.
          truncation_cutoff: truncate the first so many copies only; None is all.

        Returns:
          ``[N, num_ws, w_dim]``, or ``[N, w_dim]`` if ``num_ws`` is None.
        """
        w = self.map(z, c)
        if self.num_ws is None:
            return w
        return self.truncate(self.broadcast(w), truncation_psi, truncation_cutoff)

    def map(self, z, c=None):
        """``w [N, w_dim]``, neither copied nor truncated."""
        x = self._input(z, c)
        for layer in self.layers:
            x = layer(x)
        return x

    def _input(self, z, c):
        """What the first layer sees."""
        parts = []
        if self.z_dim:
            check_input("z", z, self.z_dim)
            parts.append(normalize_2nd_moment(z))
        if self.embed is not None:
            check_input("c", c, self.c_dim)
            parts.append(normalize_2nd_moment(self.embed(c)))
        return parts[0] if len(parts) == 1 else kops.concatenate(parts, axis=-1)

    def broadcast(self, w):
        """``[N, w_dim] -> [N, num_ws, w_dim]``."""
        return kops.tile(kops.expand_dims(w, 1), [1, self.num_ws, 1])

    def truncate(self, ws, psi, cutoff: int | None = None):
        """``w_avg + psi (ws - w_avg)`` on the first ``cutoff`` styles (Karras et al. 2019, appendix B)."""
        if isinstance(psi, (int, float)) and psi == 1:
            return ws
        if cutoff is None or cutoff >= ws.shape[1]:
            return self.w_avg + psi * (ws - self.w_avg)
        head, tail = ws[:, :cutoff], ws[:, cutoff:]
        return kops.concatenate([self.w_avg + psi * (head - self.w_avg), tail], axis=1)

    def update_w_avg(self, w) -> None:
        """Moves ``w_avg`` towards the mean of a batch of un-truncated ``w [N, w_dim]``."""
        assert self.w_avg is not None, "this mapping network keeps no mean of w"
        mean = kops.mean(w, axis=0)
        self.w_avg.assign(mean + self.w_avg_beta * (self.w_avg - mean))

    def compute_output_shape(self, z_shape, c_shape=None):
        batch = z_shape[0] if z_shape else c_shape[0]
        return (batch, self.w_dim) if self.num_ws is None else (batch, self.num_ws, self.w_dim)

    def get_config(self):
        return {
            **super().get_config(),
            "z_dim": self.z_dim,
            "c_dim": self.c_dim,
            "w_dim": self.w_dim,
            "num_ws": self.num_ws,
            "num_layers": self.num_layers,
            "embed_features": self.embed_features,
            "layer_features": self.layer_features,
            "lr_multiplier": self.lr_multiplier,
            "w_avg_beta": self.w_avg_beta,
        }


def check_input(name: str, value, size: int) -> None:
    """Requires latents ("z") or labels ("c") to be there and of shape ``[N, size]``.

    Raises:
      ValueError: if they are not.
    """
    if value is None:
        what = "latents" if name == "z" else "labels (this network is conditional)"
        raise ValueError(f"{name} is missing: pass {what} of shape [N, {size}]")
    if len(value.shape) != 2 or value.shape[1] != size:
        raise ValueError(f"{name} must have shape [N, {size}]; got {tuple(value.shape)}")
