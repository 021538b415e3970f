"""Writes files with the structure of official checkpoints, and of things that pretend to be."""

import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tests.golden_weights import ROWS, to_theirs
from tfstylegan import configs
from tfstylegan.interop.names import PYTORCH, Row

STORAGES = {"float16": "HalfStorage", "float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage"}


@dataclass(frozen=True)
class Name:
    """A global name in a pickle."""

    module: str
    name: str


@dataclass
class Call:
    """A call of a global name: REDUCE."""

    function: Name
    arguments: tuple


@dataclass
class New:
    """An instance of a global class: NEWOBJ, then items or a state."""

    cls: Name
    items: dict = field(default_factory=dict)
    state: Any = None


@dataclass
class Built:
    """An object, and the state that BUILD gives it."""

    value: Any
    state: Any


@dataclass
class Persistent:
    """An object outside of the pickle."""

    identifier: tuple


class Pickler(pickle._Pickler):
    """Writes the names above as what they stand for; needs none of the modules named."""

    dispatch: ClassVar[dict] = dict(pickle._Pickler.dispatch)

    def _name(self, value: Name):
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())

    def _call(self, value: Call):
        self.save(value.function)
        self.save(value.arguments)
        self.write(pickle.REDUCE)

    def _new(self, value: New):
        self.save(value.cls)
        self.write(pickle.EMPTY_TUPLE + pickle.NEWOBJ)
        for key, item in value.items.items():
            self.save(key)
            self.save(item)
            self.write(pickle.SETITEM)
        if value.state is not None:
            self.save(value.state)
            self.write(pickle.BUILD)

    def _built(self, value: Built):
        self.save(value.value)
        self.save(value.state)
        self.write(pickle.BUILD)

    def _persistent(self, value: Persistent):
        self.save(value.identifier)
        self.write(pickle.BINPERSID)

    dispatch.update({Name: _name, Call: _call, New: _new, Built: _built, Persistent: _persistent})


def dumps(value, protocol: int = 4) -> bytes:
    file = io.BytesIO()
    Pickler(file, protocol).dump(value)
    return file.getvalue()


# ------------------------------------------------------------------------------------------ PyTorch


def stream(array: np.ndarray, key: str = "1", count: int | None = None, **changes) -> bytes:
    """The legacy stream of a storage, with parts changed: ``magic``, ``machine``, ``numel``, ``storage``."""
    storage = changes.get("storage", STORAGES.get(array.dtype.name))
    identifier = ("storage", Name("torch", storage), key, "cpu", changes.get("numel", array.size), None)
    parts = [
        changes.get("magic", 0x1950A86A20F9469CFC6C),
        1001,
        changes.get("machine", {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}),
        Persistent(identifier),
        [key],
    ]
    head = b"".join(dumps(part, 2) for part in parts)
    return head + struct.pack("<q", array.size if count is None else count) + array.tobytes()


def tensor(array: np.ndarray, parameter: bool = True, view: tuple | None = None, data: bytes | None = None):
    """A pickled tensor.

    Args:
      array: the numbers of its storage, and its shape.
      parameter: wrap it as one.
      view: (offset, shape, strides) of the tensor in the storage, if it is not all of it.
      data: a stream in place of the one for ``array``.
    """
    offset, shape, strides = view or (0, array.shape, tuple(s // array.itemsize for s in np.empty_like(array).strides))
    loaded = Call(Name("torch.storage", "_load_from_bytes"), (stream(array) if data is None else data,))
    hooks = Call(Name("collections", "OrderedDict"), ())
    found = Call(Name("torch._utils", "_rebuild_tensor_v2"), (loaded, offset, shape, strides, False, hooks))
    return Call(Name("torch._utils", "_rebuild_parameter"), (found, True, hooks)) if parameter else found


def module(class_name: str, state: dict, source: str = "import os; os.abort()"):
    """A pickled module, with the source that a reader has to ignore."""
    meta = {"type": "class", "version": 6, "module_src": source, "class_name": class_name, "state": state}
    return Call(Name("torch_utils.persistence", "_reconstruct_persistent_obj"), (meta,))


def easy(**items) -> New:
    return New(Name("dnnlib.util", "EasyDict"), items)


def modules(class_name: str, tensors: dict, kwargs: New, attributes: dict[str, dict]):
    """A tree of modules from the names of a state dict.

    Args:
      class_name: of the root.
      tensors: pickled tensors, or None, by name.
      kwargs: the root's constructor arguments.
      attributes: plain attributes by the path of a module.
    """

    def build(path: str, names: dict) -> Call:
        inside: dict[str, dict] = {}
        parameters = {}
        for name, value in names.items():
            head, dot, rest = name.partition(".")
            if dot:
                inside.setdefault(head, {})[rest] = value
            else:
                parameters[name] = value
        children = {name: build(f"{path}.{name}".lstrip("."), part) for name, part in inside.items()}
        state = {
            "training": False,
            "_parameters": parameters,
            "_buffers": {},
            "_non_persistent_buffers_set": Call(Name("builtins", "set"), ([],)),
            "_backward_hooks": Call(Name("collections", "OrderedDict"), ()),
            "_modules": children,
            "_init_args": (),
            "_init_kwargs": easy() if path else kwargs,
            **attributes.get(path, {}),
        }
        return module(class_name if not path else "Layer", state)

    return build("", tensors)


def official_tensors(model) -> dict[str, np.ndarray]:
    """The weights of a network of ours by official name, in the official layout."""
    values = {variable.path.partition("/")[2]: variable for variable in model.weights}
    return official_arrays(model.config, lambda row: np.asarray(values[row.ours], np.float32))


def official_arrays(config, value_of: Callable[[Row], np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of ours by official name, in the official layout."""
    rows = ROWS[type(config)](config, PYTORCH)
    return {row.official: np.array(to_theirs(row.official, value_of(row)), order="C") for row in rows}


def pytorch_network(model, tensors: dict | None = None, **changes) -> Call:
    """A pickled network with the weights of one of ours.

    Args:
      model: a Generator or Discriminator.
      tensors: official name to pickled tensor, in place of all the model's.
      **changes: of the constructor arguments.
    """
    if tensors is None:
        tensors = {name: tensor(array) for name, array in official_tensors(model).items()}
    return pytorch_tree(model.config, tensors, **changes)


def pytorch_tree(config, tensors: dict, **changes) -> Call:
    """A pickled network for a config of ours."""
    mapping = {"num_layers": config.mapping_layers, "lr_multiplier": config.mapping_lr_multiplier}
    shared = {name: getattr(config, name) for name in ("c_dim", "img_resolution", "img_channels")}
    shared |= {name: getattr(config, name) for name in ("channel_base", "channel_max")}
    if isinstance(config, configs.StyleGAN3):
        own = ("z_dim", "w_dim", "num_layers", "conv_kernel", "use_radial_filters", "margin_size", "conv_clamp")
        kwargs = {**shared, **{name: getattr(config, name) for name in own}, "mapping_kwargs": easy(**mapping)}
        return modules("Generator", {**stylegan3_filters(config), **tensors}, easy(**{**kwargs, **changes}), {})
    for name in ("embed_features", "layer_features"):
        mapping[name] = getattr(config, f"mapping_{name}")
    filters = {"activation": config.activation, "resample_filter": list(config.resample_filter)}
    shared |= {"architecture": config.architecture, "mapping_kwargs": easy(**mapping)}
    if isinstance(config, configs.StyleGAN2):
        kwargs = {**shared, **filters, "z_dim": config.z_dim, "w_dim": config.w_dim, "use_noise": config.use_noise}
        attributes = {
            "mapping": {"w_avg_beta": config.w_avg_beta},
            "synthesis.b4.conv1": {"conv_clamp": config.conv_clamp},
        }
        return modules("Generator", tensors, easy(**{**kwargs, **changes}), attributes)
    statistics = {name: getattr(config, name) for name in ("mbstd_group_size", "mbstd_num_channels")}
    kwargs = {
        **shared,
        "cmap_dim": config.cmap_dim,
        "block_kwargs": easy(**filters, freeze_layers=0),
        "epilogue_kwargs": easy(**statistics),
    }
    return modules(
        "Discriminator", tensors, easy(**{**kwargs, **changes}), {"b4.conv": {"conv_clamp": config.conv_clamp}}
    )


def stylegan3_filters(config: configs.StyleGAN3) -> dict:
    """The buffers of StyleGAN3's layers that hold filters, of zeros."""
    found = {}
    for layer in config.layers:
        name = f"synthesis.{layer.name}"
        if layer.up_taps > 1:
            found[f"{name}.up_filter"] = tensor(np.zeros(layer.up_taps, np.float32))
        if layer.down_taps > 1:
            shape = (layer.down_taps,) * (2 if layer.down_radial else 1)
            found[f"{name}.down_filter"] = tensor(np.zeros(shape, np.float32))
    return found


def pytorch_checkpoint(**networks) -> bytes:
    """A checkpoint of pickled networks, by G, D and G_ema."""
    extras = {"training_set_kwargs": {"class_name": "training.dataset.ImageFolderDataset", "path": "x.zip"}}
    return dumps({**networks, "augment_pipe": None, **extras})


# ------------------------------------------------------------------------------------------ TensorFlow 1


def numpy_array(array: np.ndarray, protocol_module: str = "numpy.core.multiarray", **changes):
    """A pickled numpy array, with parts of its state changed: ``shape``, ``dtype``, ``data``."""
    dtype = Call(Name("numpy", "dtype"), (changes.get("dtype", array.dtype.str[1:]), False, True))
    dtype = Built(dtype, (3, "<", None, None, None, -1, -1, 0))
    data = changes.get("data", array.tobytes())
    rebuilt = Call(Name(protocol_module, "_reconstruct"), (Name("numpy", "ndarray"), (0,), b"b"))
    return Built(rebuilt, (1, changes.get("shape", array.shape), dtype, changes.get("fortran", False), data))


def tf1_network(built_by: str, static_kwargs: dict, variables: dict, components: dict | None = None) -> New:
    """A pickled network of the TensorFlow 1 code bases."""
    state = {
        "version": 4,
        "name": built_by,
        "static_kwargs": static_kwargs,
        "components": components or {},
        "build_module_src": "import os; os.abort()",
        "build_func_name": built_by,
        "variables": list(variables.items()),
    }
    return New(Name("dnnlib.tflib.network", "Network"), state=state)


def tf1_generator(
    static_kwargs: dict, variables: dict, synthesis: str = "G_synthesis_stylegan2", built_by: str = "G_main"
) -> New:
    """A pickled generator, with pickled variables named as in a graph, such as ``G_mapping/Dense0/weight``."""
    parts: dict[str, dict] = {"": {}, "G_mapping": {}, "G_synthesis": {}}
    for name, value in variables.items():
        head, _, rest = name.partition("/")
        parts[head if rest else ""][rest or head] = value
    components = {
        "synthesis": tf1_network(synthesis, static_kwargs, parts["G_synthesis"]),
        "mapping": tf1_network("G_mapping", static_kwargs, parts["G_mapping"]),
    }
    return tf1_network(built_by, static_kwargs, parts[""], components)
