"""Configs to and from JSON-compatible dictionaries, tagged with the family's name."""

import dataclasses
from typing import Any

from tfstylegan.configs.dcgan import DCGAN, DCGANDiscriminator
from tfstylegan.configs.progan import ProGAN, ProGANDiscriminator
from tfstylegan.configs.stylegan import StyleGAN, StyleGANDiscriminator
from tfstylegan.configs.stylegan2 import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.configs.stylegan3 import StyleGAN3
from tfstylegan.configs.training import TrainingConfig

FAMILIES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        DCGAN,
        DCGANDiscriminator,
        ProGAN,
        ProGANDiscriminator,
        StyleGAN,
        StyleGANDiscriminator,
        StyleGAN2,
        StyleGAN2Discriminator,
        StyleGAN3,
        TrainingConfig,
    )
}


def to_dict(config: Any) -> dict[str, Any]:
    """``{"family": "StyleGAN2", "img_resolution": 256, ...}``; tuples become lists.

    Raises:
      TypeError: if ``config`` is not one of the package's configs.
    """
    if FAMILIES.get(type(config).__name__) is not type(config):
        raise TypeError(f"not a tfstylegan config: {config!r}")
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    return {"family": type(config).__name__, **values}


def from_dict(values: dict[str, Any]) -> Any:
    """Inverse of :func:`to_dict`. Fields that are absent take their defaults.

    Raises:
      ValueError: if the family or a field is unknown, or a value is not allowed.
    """
    values = dict(values)
    family = values.pop("family", None)
    if family not in FAMILIES:
        raise ValueError(f"unknown config family {family!r}; this version knows {', '.join(FAMILIES)}")
    cls = FAMILIES[family]
    known = {field.name for field in dataclasses.fields(cls)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"{family}: unknown field {', '.join(unknown)}; written by a newer version?")
    return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
