"""Official checkpoints as networks of ours."""

import os

import numpy as np

from tfstylegan.errors import UserError
from tfstylegan.interop.checkpoint import read
from tfstylegan.interop.limits import Refused
from tfstylegan.interop.names import Weights


def load(path: str | os.PathLike, network: str = "G_ema"):
    """A network of an official checkpoint.

    Args:
      path: a ``.pkl`` file written by an official code base, or a ``.pt`` file of state dicts.
      network: "G_ema" (the generator with averaged weights), "G" or "D".

    Returns:
      A :class:`tfstylegan.networks.Generator` or :class:`tfstylegan.networks.Discriminator`, in float32.

    Raises:
      UserError: if it is another file, damaged, hostile, or holds no such network; the message says what was found.
    """
    weights = read_weights(path, network)
    try:
        return build(weights)
    except (ArithmeticError, TypeError, ValueError) as error:  # numbers that only the layers themselves can judge
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path} cannot be imported: its hyperparameters make no network ({reason})") from error


def read_weights(path: str | os.PathLike, network: str = "G_ema") -> Weights:
    """The config and variables of a network; needs neither Keras nor its backend.

    Raises:
      UserError: as :func:`load`.
    """
    try:
        return read(path).weights(network)
    except Refused as error:
        raise UserError(f"{path} cannot be imported: {error}") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        # Every way in which a file is known to be wrong has its own sentence; this is for the others.
        raise UserError(f"{path} cannot be imported: it is damaged") from error


def build(weights: Weights):
    """A network with these weights."""
    from tfstylegan import networks

    model = networks.build(weights.config)
    variables = {variable.path.partition("/")[2]: variable for variable in model.weights}
    if set(variables) != set(weights.arrays):
        raise AssertionError(f"the table of names is not complete: {sorted(set(variables) ^ set(weights.arrays))}")
    for path, variable in variables.items():
        variable.assign(np.array(weights.arrays[path], np.float32, order="C"))
    return model
