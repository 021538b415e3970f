"""Fused ops in C++ and CUDA. ``tfstylegan.ops`` uses them where they are there; nothing else needs to."""
