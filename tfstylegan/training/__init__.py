"""Losses, regularisers, and the loop. Imports TensorFlow."""
