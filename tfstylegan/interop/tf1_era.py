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
    """The value of a variable.

    Raises:
      Refused: if it is no array of numbers.
    """
    if isinstance(value, Array):
        return value.value
    if isinstance(value, np.ndarray):
        return value
    if type(value) is float:
        return np.array(value, np.float32)
    raise Refused(f"it holds a network with a variable of type {type(value).__name__}")


def width_of(name: str, official: dict) -> int:
    """Number of columns of the matrix of that official name.

    Raises:
      Refused: if there is none.
    """
    array = as_array(official[name]) if name in official else np.zeros(0)
    if array.ndim != 2:
        raise Refused(f"it lacks {name}, which a network with labels has")
    return int(array.shape[1])


def level_of_detail(options: dict, official: dict) -> float:
    """What progressive growing had come to: the variable ``lod``, unless the network was built without fading.

    Raises:
      Refused: if it is no number.
    """
    names = [name for name in ("G_synthesis/lod", "lod") if name in official]
    if options.get("structure") == "fixed" or not names:
        return 0.0
    value = as_array(official[names[0]])
    if value.size != 1 or value.dtype.kind != "f":
        raise Refused("its level of detail is no number")
    return round(float(value.reshape(())), 6)  # float32 does not hold more digits


def doubled_channel_base(fields: dict[str, Any]) -> dict[str, Any]:
    """Official fmap_base counts from a resolution of 2, our channel_base from 1.

    Raises:
      Refused: if it is no integer.
    """
    if type(fields["channel_base"]) is not int:
        raise Refused("it has an impossible value of fmap_base")
    return {**fields, "channel_base": 2 * fields["channel_base"]}


def without_statistics(fields: dict[str, Any]) -> dict[str, Any]:
    """Minibatch stddev groups of one sample mean that there is no minibatch stddev."""
    if fields.get("mbstd_group_size") in (0, 1):
        return {**fields, "mbstd_group_size": None, "mbstd_num_channels": 0}
    return fields
