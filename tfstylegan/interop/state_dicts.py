"""From the state dicts in community ``.pt`` files to our configs and variables.

Such a file holds a dictionary with the state dicts ``g_ema``, ``g`` and ``d``, next to those of optimisers and the
arguments of the training, or one state dict alone. The hyperparameters follow from names and shapes.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import RandomState

from tfstylegan.configs import StyleGAN2, StyleGAN2Discriminator
from tfstylegan.interop import mean_of_w
from tfstylegan.interop.hyperparameters import make_config
from tfstylegan.interop.limits import Budget, Refused, readable
from tfstylegan.interop.names import Row, Weights, arrange
from tfstylegan.interop.names_state_dict import discriminator_rows, filters, generator_rows
from tfstylegan.interop.torch_storage import Tensor
from tfstylegan.interop.unpickling import Constructor, StandIn

NETWORKS = {"g_ema": "G_ema", "g": "G", "d": "D"}
MEAN_OF_W = "latent_avg"
WRAPPERS = ("params_ema", "params", "state_dict")  # of a state dict alone, as other tools write it
UNKNOWN_NAME = "which no state dict needs; of a module that was saved whole, save the state_dict()"

GENERATOR, DISCRIMINATOR = "generator", "discriminator"
KINDS = {"G_ema": GENERATOR, "G": GENERATOR, "D": DISCRIMINATOR}
NAMES_OF_KIND = {  # any of these tells what it is
    GENERATOR: ("input.input", "conv1.conv.weight", "to_rgb1.conv.weight"),
    DISCRIMINATOR: ("convs.0.0.weight", "final_conv.0.weight", "final_linear.0.weight"),
}

# Far more than any network has; 20 blocks would be an image of four million pixels a side.
MAX_BLOCKS = 20
MAX_MAPPING_LAYERS = 100
NAMES_SHOWN = 3


class Ignored(StandIn):
    """An object of no bearing on the networks, such as the arguments of the training."""

    __slots__ = ()

    def set_state(self, state):
        pass


CONSTRUCTORS = {("argparse", "Namespace"): Constructor(new=Ignored)}


@dataclass(frozen=True)
class StateDict:
    """A state dict.

    Args:
      name: where it was found.
      kind: the network that it should be of, :data:`GENERATOR` or :data:`DISCRIMINATOR`.
      tensors: by name, not checked yet.
      mean_of_w: what the file has as ``latent_avg``, or None.
    """

    name: str
    kind: str
    tensors: dict
    mean_of_w: Any


def find(root: Any) -> dict[str, StateDict]:
    """The networks of a file, by "G_ema", "G" and "D"; a generator alone counts as G_ema.

    Raises:
      Refused: if there are none.
    """
    if type(root) is not dict:
        raise Refused(f"it holds an object of type {type(root).__name__}, and no state dict")
    mean = root.get(MEAN_OF_W)
    found = {
        ours: StateDict(f"its {theirs}", KINDS[ours], root[theirs], mean)
        for theirs, ours in NETWORKS.items()
        if type(root.get(theirs)) is dict
    }
    if found:
        return found
    bare = next((root[name] for name in WRAPPERS if type(root.get(name)) is dict), root)
    for network in ("G_ema", "D"):
        kind = KINDS[network]
        if not _is_other(bare, kind):
            return {network: StateDict("it", kind, bare, mean if bare is not root else None)}
    raise Refused(f"it holds no StyleGAN2 generator or discriminator, but {_some(bare)}")


def weights(found: StateDict, budget: Budget) -> Weights:
    """The config and variables of a state dict.

    Raises:
      Refused: if it is another network's, or its tensors do not fit each other.
    """
    tensors = found.tensors
    if _is_other(tensors, found.kind):
        raise Refused(f"{found.name} is not the state dict of a StyleGAN2 {found.kind}, but has {_some(tensors)}")
    for name, value in tensors.items():
        if type(name) is not str or not isinstance(value, Tensor):
            raise Refused(f"its {readable(name)} is of type {type(value).__name__}, and no tensor")
    if found.kind == DISCRIMINATOR:
        discriminator = discriminator_config(tensors)
        return Weights(discriminator, _arrays(discriminator, discriminator_rows(discriminator), tensors, budget))
    generator = generator_config(tensors)
    has_mean = isinstance(found.mean_of_w, Tensor)
    if has_mean:
        tensors = {**tensors, MEAN_OF_W: found.mean_of_w}
    rows = list(generator_rows(generator, has_mean))
    missing = [] if any(name.startswith("noises.") for name in tensors) else _noise_maps(rows)
    arrays = _arrays(generator, [row for row in rows if row not in missing], tensors, budget)
    random = RandomState(0)
    for row in missing:  # the tools that write such files leave these maps to chance
        budget.spend_elements(row.shape[0] * row.shape[1])
        arrays[row.ours] = random.standard_normal(row.shape).astype(np.float32)
    if not has_mean:
        arrays["mapping/w_avg"] = mean_of_w.estimate(generator, arrays)
    return Weights(generator, arrays)


def generator_config(tensors: Mapping[str, Tensor]) -> StyleGAN2:
    """The hyperparameters of a generator with these tensors."""
    blocks = _count(tensors, "to_rgbs.{}.conv.weight", 0, MAX_BLOCKS)
    channels = [("input.input", _side(tensors, "input.input", 1, 4))]
    for name in (f"convs.{2 * i}.conv.weight" for i in range(blocks)):
        channels.append((name, _side(tensors, name, 1, 5)))
    width = _side(tensors, "conv1.conv.modulation.weight", 1, 2)
    mapping_layers = _count(tensors, "style.{}.weight", 1, MAX_MAPPING_LAYERS)
    fields = {
        "img_resolution": 4 << blocks,
        "img_channels": _side(tensors, "to_rgb1.conv.weight", 1, 5),
        "z_dim": _side(tensors, "style.1.weight", 1, 2) if mapping_layers else width,
        "w_dim": width,
        "mapping_layers": mapping_layers,
        **_channel_rule(channels),
    }
    return make_config(StyleGAN2, fields, GENERATOR)


def discriminator_config(tensors: Mapping[str, Tensor]) -> StyleGAN2Discriminator:
    """The hyperparameters of a discriminator with these tensors."""
    blocks = _count(tensors, "convs.{}.conv1.0.weight", 1, MAX_BLOCKS)
    names = ["convs.0.0.weight", *(f"convs.{n}.conv2.1.weight" for n in range(1, blocks + 1))]
    fields = {
        "img_resolution": 4 << blocks,
        "img_channels": _side(tensors, "convs.0.0.weight", 1, 4),
        **_channel_rule([(name, _side(tensors, name, 0, 4)) for name in reversed(names)]),
    }
    return make_config(StyleGAN2Discriminator, fields, DISCRIMINATOR)


def _arrays(config: Any, rows: Iterable[Row], tensors: Mapping, budget: Budget) -> dict[str, np.ndarray]:
    """The variables, after the filters were compared with the one that the config names."""
    known = filters(config)
    arrays = arrange(rows, tensors, Tensor.array, budget, is_known=known.__contains__)
    taps = np.asarray(config.resample_filter, np.float64)
    kernel = np.outer(taps, taps) / taps.sum() ** 2
    for name, total in known.items():
        with np.errstate(all="ignore"):
            if name in tensors and not _are_close(tensors[name].array(), total * kernel):
                raise Refused(f"its {name} is not the filter {list(config.resample_filter)}, the one that is supported")
    return arrays


def _are_close(stored: np.ndarray, expected: np.ndarray) -> bool:
    return stored.shape == expected.shape and bool(np.allclose(stored, expected, rtol=0, atol=1e-6))


def _noise_maps(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.ours.endswith("/noise_const")]


def _count(tensors: Mapping[str, Tensor], name: str, first: int, most: int) -> int:
    """How many names there are with consecutive numbers in them."""
    count = next(n for n in itertools.count() if name.format(first + n) not in tensors)
    if count > most:
        raise Refused(f"it has {count} layers such as {name.format(first)}, far more than any network")
    return count


def _side(tensors: Mapping[str, Tensor], name: str, axis: int, dimensions: int) -> int:
    """The size of an axis of a tensor that has so many."""
    if name not in tensors:
        raise Refused(f"it lacks {name}, which every such network has")
    shape = tensors[name].shape
    if len(shape) != dimensions:
        raise Refused(f"its {name} has shape {shape}, and not {dimensions} dimensions")
    return shape[axis]


def _channel_rule(channels: list[tuple[str, int]]) -> dict[str, int]:
    """``channel_base`` and ``channel_max`` for numbers of channels.

    Args:
      channels: name of a tensor that shows it, and number of channels, at 4x4, 8x8, and so on.

    Raises:
      Refused: if they are not ``min(channel_base // resolution, channel_max)``.
    """
    most = channels[0][1]
    least_base, most_base = 0, float("inf")
    for index, (name, count) in enumerate(channels):
        resolution = 4 << index
        least_base = max(least_base, count * resolution)
        if count < most:
            most_base = min(most_base, count * resolution + resolution - 1)
        if count > most or least_base > most_base:
            raise Refused(
                f"its {name} has {count} channels, which is not min(channel_base / {resolution}, channel_max) "
                "as in its layers of lower resolution"
            )
    return {"channel_base": least_base, "channel_max": most}


def _is_other(tensors: dict, kind: str) -> bool:
    return not any(name in tensors for name in NAMES_OF_KIND[kind])


def _some(names: Iterable) -> str:
    """The first few of some names."""
    names = list(names)
    shown = [readable(name, 40) for name in names[:NAMES_SHOWN]] or ["nothing"]
    rest = len(names) - len(shown)
    return f"{', '.join(shown)} and {rest} more" if rest > 0 else ", ".join(shown)
