"""Everything done to z, w and ws: drawing, truncating, mixing, interpolating."""

from tfstylegan.latents.seeds import z_from_seeds

__all__ = ["z_from_seeds"]
