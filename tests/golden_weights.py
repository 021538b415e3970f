"""Puts the weights of the official networks into ours, by the tables that official checkpoints are read with."""

import functools
import re

import numpy as np

from tfstylegan import configs, networks
from tfstylegan.interop import names_stylegan2, names_stylegan3
from tfstylegan.interop.names import LAYOUTS, PYTORCH


def build_generator(config: dict, **overrides) -> networks.Generator:
    """A generator for the constructor arguments of an official one."""
    options = {k: v for k, v in config.items() if k not in ("mapping_kwargs", "synthesis_kwargs", "num_fp16_res")}
    synthesis = {k: v for k, v in config.get("synthesis_kwargs", {}).items() if k != "num_fp16_res"}
    return networks.Generator(configs.StyleGAN2(**{**options, **synthesis, **mapping_options(config), **overrides}))


def build_discriminator(config: dict) -> networks.Discriminator:
    """A discriminator for the constructor arguments of an official one."""
    block = {k: v for k, v in config.get("block_kwargs", {}).items() if k != "freeze_layers"}
    dropped = ("mapping_kwargs", "epilogue_kwargs", "block_kwargs", "num_fp16_res")
    options = {k: v for k, v in config.items() if k not in dropped}
    epilogue = config.get("epilogue_kwargs", {})
    return networks.Discriminator(
        configs.StyleGAN2Discriminator(**{**options, **block, **epilogue, **mapping_options(config)})
    )


def mapping_options(config: dict) -> dict:
    names = {
        "num_layers": "mapping_layers",
        "embed_features": "mapping_embed_features",
        "layer_features": "mapping_layer_features",
        "lr_multiplier": "mapping_lr_multiplier",
        "w_avg_beta": "w_avg_beta",
    }
    return {names[key]: value for key, value in config.get("mapping_kwargs", {}).items()}


def generator_variables(generator) -> dict:
    """Our variables by the official name."""
    return _by_official_name(generator)


def discriminator_variables(discriminator) -> dict:
    """Our variables by the official name."""
    return _by_official_name(discriminator)


ROWS = {
    configs.StyleGAN2: names_stylegan2.generator_rows,
    configs.StyleGAN2Discriminator: names_stylegan2.discriminator_rows,
    configs.StyleGAN3: names_stylegan3.generator_rows,
}


def _by_official_name(model) -> dict:
    ours = {variable.path.partition("/")[2]: variable for variable in model.weights}
    return {row.official: ours[row.ours] for row in ROWS[type(model.config)](model.config, PYTORCH)}


def to_ours(name: str, value: np.ndarray) -> np.ndarray:
    """An official array in our layout."""
    return np.array(LAYOUTS[layout_of(name)](value), order="C")


def to_theirs(name: str, value) -> np.ndarray:
    """One of our arrays (or gradients) in the official layout."""
    return _INVERSES[layout_of(name)](np.asarray(value))


_INVERSES = {
    "as is": lambda x: x,
    "[out, in]": lambda x: np.transpose(x, [1, 0]),
    "OIHW": lambda x: np.transpose(x, [3, 2, 0, 1]),
    "CHW": lambda x: np.transpose(x, [2, 0, 1]),
    "[out, CHW]": lambda x: np.transpose(x.reshape(4, 4, -1, x.shape[1]), [3, 2, 0, 1]).reshape(x.shape[1], -1),
}


@functools.cache
def layout_of(name: str) -> str:
    """The layout of an official array, from its name; what is no variable, such as ws, is kept as it is."""
    tables = (names_stylegan2.GENERATOR, names_stylegan2.DISCRIMINATOR, names_stylegan3.GENERATOR)
    lines = [line for table in tables for part in table.values() for line in part.lines]
    for line in sorted(lines, key=lambda line: line.pytorch.count("{")):  # b4.fc before b{r}.{conv}
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(line.pytorch)), name):
            return line.pytorch_layout
    return "as is"


def load(variables: dict, weights: dict[str, np.ndarray]) -> None:
    """Assigns every official weight, and requires the two sets of names to be the same."""
    weights = {name: value for name, value in weights.items() if not name.endswith("_filter")}
    assert set(variables) == set(weights), sorted(set(variables) ^ set(weights))
    for name, value in weights.items():
        ours = to_ours(name, value)
        assert tuple(variables[name].shape) == ours.shape, name
        variables[name].assign(ours)
