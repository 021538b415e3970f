"""Puts the weights of the official StyleGAN3 generators into ours."""

import numpy as np

from tests.golden_data import hwio, oihw
from tests.golden_weights import mapping_options
from tfstylegan import configs, networks


def build_generator(config: dict) -> networks.Generator:
    """A generator for the constructor arguments of an official one."""
    options = {k: v for k, v in config.items() if k not in ("mapping_kwargs", "num_fp16_res")}
    return networks.Generator(configs.StyleGAN3(**options, **mapping_options(config)))


def generator_variables(generator) -> dict:
    """Our variables by the official name."""
    synthesis, mapping = generator.synthesis, generator.mapping
    found = {
        "mapping.w_avg": mapping.w_avg,
        "synthesis.input.weight": synthesis.input.kernel,
        "synthesis.input.freqs": synthesis.input.freqs,
        "synthesis.input.phases": synthesis.input.phases,
        "synthesis.input.transform": synthesis.input.transform,
        **_dense_variables(synthesis.input.affine, "synthesis.input.affine"),
    }
    for layer in [*([mapping.embed] if mapping.embed is not None else []), *mapping.layers]:
        found.update(_dense_variables(layer, f"mapping.{layer.name}"))
    for layer in synthesis.layers:
        name = f"synthesis.{layer.name}"
        found[f"{name}.weight"] = layer.kernel
        found[f"{name}.bias"] = layer.bias
        found[f"{name}.magnitude_ema"] = layer.magnitude_ema
        found.update(_dense_variables(layer.affine, f"{name}.affine"))
    return found


def to_ours(name: str, value: np.ndarray) -> np.ndarray:
    """An official array in our layout."""
    if value.ndim == 4:
        return hwio(value)
    return value.T if value.ndim == 2 and name.endswith(".weight") else value


def to_theirs(name: str, value) -> np.ndarray:
    """One of our arrays (or gradients) in the official layout."""
    value = np.asarray(value)
    if value.ndim == 4:
        return oihw(value)
    return value.T if value.ndim == 2 and name.endswith(".weight") else value


def load(variables: dict, weights: dict[str, np.ndarray]) -> None:
    """Assigns every official weight, and requires the two sets of names to be the same; filters are no weights."""
    weights = {name: value for name, value in weights.items() if not name.endswith("_filter")}
    assert set(variables) == set(weights), sorted(set(variables) ^ set(weights))
    for name, value in weights.items():
        ours = to_ours(name, value)
        assert tuple(variables[name].shape) == ours.shape, name
        variables[name].assign(ours)


def _dense_variables(layer, name: str) -> dict:
    return {f"{name}.weight": layer.kernel, f"{name}.bias": layer.bias}
