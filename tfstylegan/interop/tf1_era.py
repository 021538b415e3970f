"""Networks pickled by the TensorFlow 1 code bases: a tuple of G, D and Gs, the generator with averaged weights.

Every network has the names of its variables and their values, the arguments it was built with, and the source of
its module, which is ignored: the name of the function that built it says what it is.
"""

from typing import Any

import numpy as np

from tfstylegan.interop.limits import Refused
from tfstylegan.interop.numpy_data import Array
from tfstylegan.interop.unpickling import Constructor, StandIn


class Network(StandIn):
    """A pickled network."""

    __slots__ = ("state",)

    def __init__(self):
        self.state: dict = {}

    def set_state(self, state):
        if type(state) is not dict:
            raise Refused("it holds a network that cannot be read")
        self.state = state

    def get(self, name: str, kind: type) -> Any:
        """An entry of the state; an empty one if there is none."""
        found = self.state.get(name, kind())
        if type(found) is not kind:
            raise Refused(f"it holds a network whose {name} cannot be read")
        return found


CONSTRUCTORS = {
    ("dnnlib.tflib.network", "Network"): Constructor(new=Network),
    ("tfutil", "Network"): Constructor(new=Network),  # ProGAN
}


def variables(network: Network) -> dict[str, Any]:
    """Every variable by its official name: those of a part of a generator begin with the part's name.

    Raises:
      Refused: if the network is not made of variables.
    """
    found = {}
    parts = {"": network, **{f"G_{name}/": part for name, part in network.get("components", dict).items()}}
    for prefix, part in parts.items():
        if not isinstance(part, Network):
            raise Refused("it holds a network with a part that is none")
        for entry in part.get("variables", list):
            if type(entry) is not tuple or len(entry) != 2 or type(entry[0]) is not str:
                raise Refused("it holds a network whose variables cannot be read")
            found[f"{prefix}{entry[0]}"] = entry[1]
    return found


def as_array(value: Any) -> np.ndarray:
    if isinstance(value, Array):
        return value.value
    if isinstance(value, np.ndarray):
        return value
    if type(value) is float:
        return np.array(value, np.float32)
    raise Refused(f"it holds a network with a variable of type {type(value).__name__}")
