"""From pickled TensorFlow 1 networks to our configs and variables."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstylegan.configs import ProGAN
from tfstylegan.interop import names_stylegan, names_stylegan2, tf1_stylegan, tf1_stylegan2
from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.names import TF1, Row, Weights, arrange
from tfstylegan.interop.tf1_era import Network, as_array, variables
from tfstylegan.interop.tf1_stylegan2 import ADA, REVISED, STYLEGAN2


@dataclass(frozen=True)
class Kind:
    """How a kind of network is read.

    Args:
      config: makes the config of a network, from it and its variables by official name.
      rows: lists the variables for a config.
    """

    config: Callable[[Network, dict], Any]
    rows: Callable[[Any, str], Iterator[Row]]


def _stylegan2_generator(code: str) -> Kind:
    return Kind(functools.partial(tf1_stylegan2.generator_config, code=code), names_stylegan2.generator_rows)


def _stylegan2_discriminator(code: str) -> Kind:
    return Kind(functools.partial(tf1_stylegan2.discriminator_config, code=code), names_stylegan2.discriminator_rows)


# By the name of the function that built it; a StyleGAN2 generator by that of its synthesis network.
KINDS = {
    "G_paper": Kind(tf1_stylegan.progan_config, names_stylegan.progan_generator_rows),
    "D_paper": Kind(tf1_stylegan.progan_discriminator_config, names_stylegan.discriminator_rows),
    "G_style": Kind(tf1_stylegan.generator_config, names_stylegan.stylegan_generator_rows),
    "D_basic": Kind(tf1_stylegan.discriminator_config, names_stylegan.discriminator_rows),
    "G_synthesis_stylegan2": _stylegan2_generator(STYLEGAN2),
    "D_stylegan2": _stylegan2_discriminator(STYLEGAN2),
    "G_synthesis_stylegan_revised": _stylegan2_generator(REVISED),
    "D_stylegan": _stylegan2_discriminator(REVISED),
    "G_synthesis": _stylegan2_generator(ADA),
    "D_main": _stylegan2_discriminator(ADA),
}


def weights(network: Network, budget: Budget) -> Weights:
    """The config and variables of a generator or discriminator.

    Raises:
      Refused: if it is of a family that is not supported, or its variables are not those of its hyperparameters.
    """
    official = variables(network)
    built_by = _builder(network)
    if built_by not in KINDS:
        raise Refused(f"it holds a network built by {built_by[:80]!r}, which this version does not know")
    kind = KINDS[built_by]
    config = kind.config(network, official)
    rows = kind.rows(config, TF1)
    arrays = arrange(rows, official, as_array, budget, is_known=lambda name: name.rpartition("/")[2] == "lod")
    if isinstance(config, ProGAN):
        arrays["mapping/w_avg"] = np.zeros(config.w_dim, np.float32)  # its latents have the mean zero
    return Weights(config, arrays)


def _builder(network: Network) -> str:
    """The name of the function that tells a network's kind."""
    name = network.get("build_func_name", str)
    if name != "G_main":
        return name
    synthesis = network.get("components", dict).get("synthesis")
    return synthesis.get("build_func_name", str) if isinstance(synthesis, Network) else name
