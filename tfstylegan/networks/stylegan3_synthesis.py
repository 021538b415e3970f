"""StyleGAN3's synthesis network, from ws to images."""

import keras
from keras import ops as kops

from tfstylegan import configs
from tfstylegan.configs.stylegan3 import StyleGAN3
from tfstylegan.layers.stylegan3_input import FourierInput
from tfstylegan.layers.stylegan3_synthesis_layer import StyleGAN3SynthesisLayer
from tfstylegan.networks.styles import StyleLayer, Styles, by_name, checked_styles


@keras.saving.register_keras_serializable("tfstylegan")
class StyleGAN3Synthesis(keras.layers.Layer):
    """Fourier features, and layers whose bandwidth grows (Karras et al. 2021, section 3.2, figure 4).

    There is no noise. Pictures can be moved, turned and stretched at the source: assign a matrix to
    ``synthesis.input.transform``, see :class:`tfstylegan.layers.FourierInput`.

    Args:
      config: the generator's hyperparameters.
    """

    noise_shapes: tuple[tuple[int, int], ...] = ()  # of the noise maps: none in this family

    def __init__(self, config: StyleGAN3, **kwargs):
        super().__init__(**kwargs)
        if isinstance(config, dict):
            config = configs.from_dict(config)
        self.config = config
        first = config.layers[0]
        self.input_layer = FourierInput(
            channels=first.in_channels,
            size=first.in_size,
            sampling_rate=first.in_sampling_rate,
            bandwidth=first.in_cutoff,
            dtype=self.dtype_policy,
            name="input",
        )
        self.layers = [
            StyleGAN3SynthesisLayer(
                spec, config.conv_clamp, config.magnitude_ema_beta, dtype=self.dtype_policy, name=spec.name
            )
            for spec in config.layers
        ]

    @property
    def input(self) -> FourierInput:
        """The Fourier features (a Keras layer's attribute of that name means the tensor of a functional graph)."""
        return self.input_layer

    def build(self, *unused_shapes):
        w_shape = [None, self.config.w_dim]
        self.input_layer.build(w_shape)
        for layer in self.layers:
            spec = layer.spec
            layer.build([None, *spec.in_size, spec.in_channels], w_shape)
        self.built = True

    @property
    def ws_resolutions(self) -> list[int]:
        """For every style input, the sampling rate of the activations that it drives: pixels per unit of length."""
        layers = self.config.layers
        return [layers[0].in_sampling_rate, *(layer.out_sampling_rate for layer in layers)]

    @property
    def style_layers(self) -> dict[str, StyleLayer]:
        """What has a style, by name, in the order in which it runs."""
        found = [StyleLayer("input", 0, 4)]
        found += [StyleLayer(layer.name, i + 1, layer.spec.in_channels) for i, layer in enumerate(self.layers)]
        return by_name(found)

    def styles(self, ws) -> dict:
        """The style of every layer, ``[N, channels]`` by name; see :mod:`tfstylegan.networks.styles`."""
        found = {"input": self.input_layer.affine(ws[:, 0])}
        return found | {layer.name: layer.affine(ws[:, i]) for i, layer in enumerate(self.layers, 1)}

    def call(self, ws, noise_mode: str = "const", update_emas: bool = False, styles: Styles | None = None):
        """Makes images.

        Args:
          ws: ``[N, num_ws, w_dim]``: the style of the input, then one for each layer.
          noise_mode: accepted for the sake of the other families; this one has no noise.
          update_emas: move every layer's ``magnitude_ema`` towards what the layer sees, before it is used; done in
            training only.
          styles: styles by name that take the place of those that ``ws`` make, as :meth:`styles` gives them.

        Returns:
          ``[N, height, width, img_channels]``, nominally in [-1, 1].
        """
        expected = (self.config.num_ws, self.config.w_dim)
        if len(ws.shape) != 3 or tuple(ws.shape[1:]) != expected:
            raise ValueError(f"ws must have shape [N, {expected[0]}, {expected[1]}]; got {tuple(ws.shape)}")
        styles = checked_styles(styles, self)
        x = self.input_layer(ws[:, 0], style=styles.get("input"))
        for index, layer in enumerate(self.layers):
            x = layer(x, ws[:, index + 1], update_emas=update_emas, style=styles.get(layer.name))
        return kops.cast(x, self.variable_dtype) * self.config.output_scale

    def compute_output_shape(self, ws_shape):
        return (ws_shape[0], *configs.size_of(self.config.img_resolution), self.config.img_channels)

    def get_config(self):
        return {**super().get_config(), "config": configs.to_dict(self.config)}
