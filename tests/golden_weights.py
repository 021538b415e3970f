"""Puts the weights of the official networks into ours."""

import numpy as np

from tests.golden_data import hwio
from tfstylegan import configs, networks


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
    found = mapping_variables(generator.mapping, "mapping")
    if generator.mapping.w_avg is not None:
        found["mapping.w_avg"] = generator.mapping.w_avg
    for block in generator.synthesis.blocks:
        prefix = f"synthesis.{block.name}"
        if block.is_first:
            found[f"{prefix}.const"] = block.const
        for layer in block.conv_layers:
            name = f"{prefix}.{layer.name}"
            found[f"{name}.weight"] = layer.kernel
            found[f"{name}.bias"] = layer.bias
            found.update(dense_variables(layer.affine, f"{name}.affine"))
            if layer.noise is not None:
                found[f"{name}.noise_const"] = layer.noise.noise_const
                found[f"{name}.noise_strength"] = layer.noise.noise_strength
        if block.has_bypass:
            found[f"{prefix}.skip.weight"] = block.skip.kernel
        if block.has_rgb:
            found[f"{prefix}.torgb.weight"] = block.torgb.kernel
            found[f"{prefix}.torgb.bias"] = block.torgb.bias
            found.update(dense_variables(block.torgb.affine, f"{prefix}.torgb.affine"))
    return found


def discriminator_variables(discriminator) -> dict:
    """Our variables by the official name."""
    network = discriminator.network
    found = {} if network.mapping is None else mapping_variables(network.mapping, "mapping")
    for block in [*network.blocks, network.epilogue]:
        for part in ("fromrgb", "conv0", "conv1", "skip", "conv", "fc", "out"):
            layer = getattr(block, part, None)
            if layer is not None:
                found.update(dense_variables(layer, f"{block.name}.{part}"))
    return found


def mapping_variables(mapping, prefix: str) -> dict:
    found = {}
    for layer in [*([mapping.embed] if mapping.embed is not None else []), *mapping.layers]:
        found.update(dense_variables(layer, f"{prefix}.{layer.name}"))
    return found


def dense_variables(layer, name: str) -> dict:
    found = {f"{name}.weight": layer.kernel}
    if layer.bias is not None:
        found[f"{name}.bias"] = layer.bias
    return found


def to_ours(name: str, value: np.ndarray) -> np.ndarray:
    """An official array in our layout."""
    if name.endswith(".const"):
        return np.transpose(value, [1, 2, 0])  # CHW -> HWC
    if name == "b4.fc.weight":
        return np.transpose(value.reshape(value.shape[0], -1, 4, 4), [2, 3, 1, 0]).reshape(-1, value.shape[0])
    if value.ndim == 4:
        return hwio(value)
    return value.T if value.ndim == 2 and name.endswith(".weight") else value


def to_theirs(name: str, value) -> np.ndarray:
    """One of our arrays (or gradients) in the official layout."""
    value = np.asarray(value)
    if name.endswith(".const"):
        return np.transpose(value, [2, 0, 1])
    if name == "b4.fc.weight":
        return np.transpose(value.reshape(4, 4, -1, value.shape[1]), [3, 2, 0, 1]).reshape(value.shape[1], -1)
    if value.ndim == 4:
        return np.transpose(value, [3, 2, 0, 1])
    return value.T if value.ndim == 2 and name.endswith(".weight") else value


def load(variables: dict, weights: dict[str, np.ndarray]) -> None:
    """Assigns every official weight, and requires the two sets of names to be the same."""
    weights = {name: value for name, value in weights.items() if not name.endswith("resample_filter")}
    assert set(variables) == set(weights), sorted(set(variables) ^ set(weights))
    for name, value in weights.items():
        ours = to_ours(name, value)
        assert tuple(variables[name].shape) == ours.shape, name
        variables[name].assign(ours)
