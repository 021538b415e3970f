"""The styles of a synthesis network by layer: StyleSpace (Wu et al. 2021, "StyleSpace Analysis").

A layer's affine part turns its w into a style, a number for every channel that it modulates (StyleGAN: a scale and a
shift for every channel). Changing single numbers changes single things in the picture, which w does not allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Styles = Mapping[str, Any]  # name of a layer -> [N, channels]
NO_STYLES: Styles = {}


@dataclass(frozen=True)
class StyleLayer:
    """A layer that has a style."""

    name: str  # such as "b8.conv0", as in the table that `tfstylegan info` prints
    ws_index: int  # which of the num_ws latents makes it
    channels: int  # numbers in the style


def by_name(layers: list[StyleLayer]) -> dict[str, StyleLayer]:
    """The layers, in the order in which they run, by name."""
    return {layer.name: layer for layer in layers}


def checked_styles(styles: Styles | None, synthesis) -> Styles:
    """``styles`` for a synthesis network, or none.

    Raises:
      ValueError: if there is no such layer, or a style has another shape than its layer's.
    """
    if styles is None:
        return NO_STYLES
    layers = synthesis.style_layers
    for name, style in styles.items():
        if name not in layers:
            raise ValueError(f"styles: there is no layer {name!r}; this network has {', '.join(layers)}")
        shape = tuple(getattr(style, "shape", ()))
        if len(shape) != 2 or shape[1] != layers[name].channels:
            raise ValueError(
                f"styles: {name} must be an array or tensor of shape [N, {layers[name].channels}]; "
                f"got {shape or type(style).__name__}"
            )
    return styles
