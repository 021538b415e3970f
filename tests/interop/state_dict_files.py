"""Writes StyleGAN2's state dicts as community ``.pt`` files have them, in both containers of ``torch.save``."""

import io
import pickle
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.interop.official_files import STORAGES, Built, Call, Name, New, Persistent, Pickler, dumps, official_tensors

BLUR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 64
FIXED_TIME = (1980, 1, 1, 0, 0, 0)

ARRAY = Callable[[np.ndarray], np.ndarray]


def _kept(x):
    return x


def _batch(x):
    return x[None]


# From official names and layouts: what follows "synthesis.bR.convK." and "synthesis.bR.torgb.". Written without the
# reader's tables, so that a mistake there is not made here too.
CONVOLUTION: dict[str, tuple[str, ARRAY]] = {
    "weight": ("conv.weight", _batch),
    "bias": ("activate.bias", _kept),
    "affine.weight": ("conv.modulation.weight", _kept),
    "affine.bias": ("conv.modulation.bias", _kept),
    "noise_strength": ("noise.weight", _batch),
}
TO_RGB: dict[str, tuple[str, ARRAY]] = {**CONVOLUTION, "bias": ("bias", lambda x: x[None, :, None, None])}
BLOCK = {
    "conv0.weight": "conv1.0.weight",
    "conv0.bias": "conv1.1.bias",
    "conv1.weight": "conv2.1.weight",
    "conv1.bias": "conv2.2.bias",
    "skip.weight": "skip.1.weight",
}
END = {
    "conv.weight": "final_conv.0.weight",
    "conv.bias": "final_conv.1.bias",
    "fc.weight": "final_linear.0.weight",
    "fc.bias": "final_linear.0.bias",
    "out.weight": "final_linear.1.weight",
    "out.bias": "final_linear.1.bias",
}


def generator_state(official: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict for a generator's official arrays; the mean of w is not in it."""
    found: dict[str, np.ndarray] = {}
    for name, x in official.items():
        if name == "mapping.w_avg" or name.endswith("resample_filter"):
            continue
        if match := re.fullmatch(r"mapping\.fc(\d+)\.(weight|bias)", name):
            found[f"style.{int(match[1]) + 1}.{match[2]}"] = x
        elif name == "synthesis.b4.const":
            found["input.input"] = x[None]
        elif match := re.fullmatch(r"synthesis\.b(\d+)\.torgb\.([\w.]+)", name):
            block = int(match[1]).bit_length() - 4
            to_rgb = "to_rgb1" if block < 0 else f"to_rgbs.{block}"
            theirs, layout = TO_RGB[match[2]]
            found[f"{to_rgb}.{theirs}"] = layout(x)
            if block >= 0:
                found[f"{to_rgb}.upsample.kernel"] = 4 * BLUR
        elif match := re.fullmatch(r"synthesis\.b(\d+)\.conv(\d)\.([\w.]+)", name):
            index = 2 * (int(match[1]).bit_length() - 4) + int(match[2])
            styled = "conv1" if index < 0 else f"convs.{index}"
            if match[3] == "noise_const":
                found[f"noises.noise_{index + 1}" if index >= 0 else "noises.noise_0"] = x[None, None]
                continue
            theirs, layout = CONVOLUTION[match[3]]
            found[f"{styled}.{theirs}"] = layout(x)
            if index >= 0 and not index % 2:
                found[f"{styled}.conv.blur.kernel"] = 4 * BLUR
        else:
            raise AssertionError(name)
    return found


def discriminator_state(official: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state dict for a discriminator's official arrays."""
    sides = [int(match[1]) for match in (re.match(r"b(\d+)\.", name) for name in official) if match]
    found: dict[str, np.ndarray] = {}
    for name, x in official.items():
        if name.endswith("resample_filter"):
            continue
        block, _, rest = name.partition(".")
        number = max(sides).bit_length() - int(block[1:]).bit_length() + 1
        if rest.startswith("fromrgb."):
            found["convs.0.0.weight" if rest.endswith("weight") else "convs.0.1.bias"] = x
        elif block == "b4" and rest in END:
            found[END[rest]] = x
        elif rest in BLOCK:
            found[f"convs.{number}.{BLOCK[rest]}"] = x
            found[f"convs.{number}.conv2.0.kernel"] = BLUR
            found[f"convs.{number}.skip.0.kernel"] = BLUR
        else:
            raise AssertionError(name)
    return found


def state_of(model) -> dict[str, np.ndarray]:
    """The state dict of a network of ours."""
    official = official_tensors(model)
    return generator_state(official) if "synthesis.b4.const" in official else discriminator_state(official)


def mean_of(model) -> np.ndarray:
    """What a file has as ``latent_avg`` of a generator of ours."""
    return official_tensors(model)["mapping.w_avg"]


# ------------------------------------------------------------------------------------------ containers


@dataclass
class Ordered:
    """An OrderedDict."""

    items: dict


def _save_ordered(pickler: Pickler, value: Ordered) -> None:
    pickler.save(Call(Name("collections", "OrderedDict"), ()))
    pickler.write(pickle.MARK)
    for key, item in value.items.items():
        pickler.save(key)
        pickler.save(item)
    pickler.write(pickle.SETITEMS)


Pickler.dispatch[Ordered] = _save_ordered


class Writer:
    """Collects the storages of an object, and writes both in one of the containers of ``torch.save``.

    Args:
      legacy: the stream of before PyTorch 1.6, or else a zip archive.
    """

    def __init__(self, legacy: bool = False):
        self.legacy = legacy
        self.storages: list[np.ndarray] = []

    def storage(self, array: np.ndarray, name: str | None = None, numel: int | None = None, view: object = None):
        """A reference to a new storage, which may lie about its type and size."""
        self.storages.append(array)
        key = self._key(len(self.storages) - 1)
        cls = Name("torch", name or STORAGES[array.dtype.name])
        identifier = ("storage", cls, key, "cuda:0", array.size if numel is None else numel)
        return Persistent((*identifier, view) if self.legacy else identifier)

    def tensor(self, array: np.ndarray, parameter: bool = False):
        """A tensor that is all of a storage of its own."""
        return self.view(self.storage(array), 0, array.shape, np.empty_like(array, order="C").strides, parameter)

    def view(self, storage, offset, shape, strides, parameter: bool = False, itemsize: int | None = None):
        """A tensor in a storage; ``strides`` in bytes of the storage's last array."""
        itemsize = itemsize or self.storages[-1].itemsize
        hooks = Call(Name("collections", "OrderedDict"), ())
        arguments = (storage, offset, tuple(shape), tuple(side // itemsize for side in strides), False, hooks)
        found = Call(Name("torch._utils", "_rebuild_tensor_v2"), arguments)
        return Call(Name("torch._utils", "_rebuild_parameter"), (found, True, hooks)) if parameter else found

    def state(self, arrays: dict[str, np.ndarray]) -> Built:
        """A state dict as modules make it."""
        tensors = Ordered({name: self.tensor(array) for name, array in arrays.items()})
        return Built(tensors, {"_metadata": Ordered({"": {"version": 1}})})

    def optimizer(self, arrays: dict[str, np.ndarray]) -> dict:
        """The state of Adam for parameters of these shapes."""
        entries = {
            index: {"step": 3, "exp_avg": self.tensor(x), "exp_avg_sq": self.tensor(abs(x))}
            for index, x in enumerate(arrays.values())
        }
        group = {"lr": 0.002, "betas": (0.0, 0.99), "eps": 1e-8, "amsgrad": False, "params": list(entries)}
        return {"state": entries, "param_groups": [{**group, "foreach": None}]}

    def bytes(self, value, folder: str = "archive", **changes) -> bytes:
        """The file."""
        return self._stream(value, **changes) if self.legacy else self._archive(value, folder, **changes)

    def _key(self, index: int) -> str:
        return str(94117887903600 + 64 * index) if self.legacy else str(index)

    def _archive(self, value, folder: str, extra: dict | None = None, **changes) -> bytes:
        members = {
            "data.pkl": changes.get("pickle") or dumps(value, 2),
            ".format_version": b"1",
            "byteorder": b"little",
            **{f"data/{self._key(index)}": array.tobytes() for index, array in enumerate(self.storages)},
            "version": b"3\n",
            ".data/serialization_id": b"1" * 40,
            **(extra or {}),
        }
        for name in changes.get("without", ()):
            del members[name]
        return archive({f"{folder}/{name}": data for name, data in members.items()}, changes.get("method"))

    def _stream(self, value, **changes) -> bytes:
        keys = [self._key(index) for index in range(len(self.storages))]
        machine = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
        parts = [0x1950A86A20F9469CFC6C, 1001, changes.get("machine", machine), value, changes.get("keys", keys)]
        head = b"".join(changes.get("pickle") or dumps(part, 2) if part is value else dumps(part, 2) for part in parts)
        return head + b"".join(struct.pack("<q", array.size) + array.tobytes() for array in self.storages)


def archive(members: dict[str, bytes], method: int | None = None) -> bytes:
    """A zip archive, with members stored unless a method is given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as found:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_STORED if method is None else method
            found.writestr(info, data)
    return file.getvalue()


def checkpoint(legacy: bool = False, mean: np.ndarray | None = None, **states: dict[str, np.ndarray]) -> bytes:
    """A file of a training, with everything that is in one.

    Args:
      legacy: its container.
      mean: ``latent_avg``.
      **states: arrays by name, by ``g_ema``, ``g`` and ``d``.
    """
    writer = Writer(legacy)
    value: dict = {name: writer.state(arrays) for name, arrays in states.items()}
    if mean is not None:
        value["latent_avg"] = writer.tensor(mean)
    first = next(iter(states.values()))
    value["g_optim"] = writer.optimizer(dict(list(first.items())[:3]))
    value["args"] = New(Name("argparse", "Namespace"), state={"iter": 800000, "lr": 0.002, "ckpt": None, "path": "x"})
    value["ada_aug_p"] = 0.0
    return writer.bytes(value)
