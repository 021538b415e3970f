"""The float64 references of the fused ops, for tests of any implementation."""

from tfstylegan.custom_ops.reference import *  # noqa: F403
