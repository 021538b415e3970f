"""Everything done to z, w and ws: drawing, truncating, mixing, interpolating, and making pictures of them."""

from tfstylegan.latents.interpolation import frame_positions, interpolate, lerp, slerp
from tfstylegan.latents.mixing import STYLE_GROUPS, mix, style_group
from tfstylegan.latents.rendering import render, styles_from_latents, styles_from_seeds
from tfstylegan.latents.seeds import z_from_seeds
from tfstylegan.latents.truncation import truncate

__all__ = [
    "STYLE_GROUPS",
    "frame_positions",
    "interpolate",
    "lerp",
    "mix",
    "render",
    "slerp",
    "style_group",
    "styles_from_latents",
    "styles_from_seeds",
    "truncate",
    "z_from_seeds",
]
