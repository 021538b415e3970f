"""Networks pickled by stylegan2-ada-pytorch and stylegan3: a dictionary with G, D and G_ema.

Every module is a call of one function with a dictionary: the source of its module (ignored), the name of its class,
and its attributes, among them the parameters, the buffers and the modules inside it.
"""

from collections.abc import Iterator
from typing import Any

from tfstylegan.interop.limits import Budget, Refused
from tfstylegan.interop.torch_storage import Tensor
from tfstylegan.interop.unpickling import Constructor, StandIn, empty_dictionary

MAX_DEPTH = 8  # of modules in modules; official networks have 4
MAX_NAME = 100


class Module(StandIn):
    """A pickled module."""

    __slots__ = ("meta",)

    def __init__(self, meta):
        if type(meta) is not dict or type(meta.get("state")) is not dict:
            raise Refused("it holds a module that cannot be read")
        self.meta = meta

    @property
    def class_name(self) -> str:
        """The name of the class that it was."""
        return str(self.meta.get("class_name"))[:MAX_NAME]

    def part(self, name: str) -> dict:
        """The module's ``_parameters``, ``_buffers``, ``_modules`` or ``_init_kwargs``."""
        found = self.attribute(name)
        if type(found) is not dict:
            raise Refused(f"its {self.class_name} has no {name}")
        return found

    def child(self, path: str) -> "Module":
        """The module at a path such as ``synthesis.b4.conv1``."""
        module = self
        for name in path.split("."):
            inside = module.part("_modules").get(name)
            if not isinstance(inside, Module):
                raise Refused(f"its {self.class_name} has no {path}")
            module = inside
        return module

    def attribute(self, name: str) -> Any:
        """A plain attribute."""
        if type(self.meta.get("state")) is not dict or name not in self.meta["state"]:
            raise Refused(f"its {self.class_name} has no {name}")
        return self.meta["state"][name]


CONSTRUCTORS = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Constructor(call=Module),
    ("dnnlib.util", "EasyDict"): Constructor(new=empty_dictionary),
}


def tensors(module: Module, budget: Budget) -> Iterator[tuple[str, Tensor]]:
    """Name and value of every parameter and buffer, named as in a state dict.

    Raises:
      Refused: if a module holds anything else in their place, or modules are nested without end.
    """
    waiting = [("", 0, module)]
    while waiting:
        prefix, depth, module = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refused("it holds modules nested without end")
        for kind in ("_parameters", "_buffers", "_modules"):
            for name, value in module.part(kind).items():
                budget.spend_opcode()
                if type(name) is not str or len(name) > MAX_NAME:
                    raise Refused("it holds a module with a part that has no name")
                if isinstance(value, Tensor) and kind != "_modules":
                    yield prefix + name, value
                elif isinstance(value, Module) and kind == "_modules":
                    waiting.append((f"{prefix}{name}.", depth + 1, value))
                elif value is not None:
                    raise Refused(f"its {prefix}{name} is of type {type(value).__name__}")
