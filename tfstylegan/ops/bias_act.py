"""Bias, activation, gain and clamp: what follows every convolution and dense layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops as kops

from tfstylegan.ops.dispatch import fused_ops

SQRT_2 = 2.0**0.5


@dataclass(frozen=True)
class Activation:
    """An activation function with the gain that keeps the variance of its output near one."""

    function: Callable[[Any, float], Any]  # (x, alpha) -> activated x
    gain: float  # default output gain
    alpha: float = 0.0  # default slope; only lrelu uses it
    homogeneous: bool = False  # f(g x) == g f(x) for g > 0, so that a gain may be applied before it


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda x, alpha: x, 1.0, homogeneous=True),
    "relu": Activation(lambda x, alpha: kops.relu(x), SQRT_2, homogeneous=True),
    "lrelu": Activation(lambda x, alpha: kops.leaky_relu(x, alpha), SQRT_2, 0.2, homogeneous=True),
    "tanh": Activation(lambda x, alpha: kops.tanh(x), 1.0),
    "sigmoid": Activation(lambda x, alpha: kops.sigmoid(x), 1.0),
    "elu": Activation(lambda x, alpha: kops.elu(x), 1.0),
    "selu": Activation(lambda x, alpha: kops.selu(x), 1.0),
    "softplus": Activation(lambda x, alpha: kops.softplus(x), 1.0),
    "swish": Activation(lambda x, alpha: x * kops.sigmoid(x), SQRT_2),
}

PIECEWISE_LINEAR = ("linear", "relu", "lrelu")


def bias_act(
    x,
    b=None,
    act: str = "linear",
    alpha: float | None = None,
    gain: float | None = None,
    clamp: float | None = None,
    impl: str = "auto",
):
    """``clip(act(x + b) * gain, -clamp, clamp)``, the bias along the last (channel) axis.

    Args:
      x: tensor ``[..., C]``.
      b: bias ``[C]``, or None.
      act: a key of :data:`ACTIVATIONS`.
      alpha: slope of ``lrelu`` for negative input; None is 0.2.
      gain: factor after the activation; None is the activation's own, sqrt(2) for the ReLU family and swish.
      clamp: bound on the magnitude of the result, applied last; None is unbounded.
      impl: "auto" | "composed" | "fused".

    Returns:
      Tensor of the shape of ``x``.

    Raises:
      ValueError: if ``act`` is unknown or ``clamp`` is negative.
    """
    spec = activation(act)
    if clamp is not None and clamp < 0:
        raise ValueError(f"clamp must not be negative; got {clamp}")
    gain = spec.gain if gain is None else float(gain)
    alpha = spec.alpha if alpha is None else float(alpha)
    if act not in PIECEWISE_LINEAR or is_piecewise_linear(act, alpha, gain, clamp):
        ops = fused_ops(impl, x, b)
        if ops is not None:
            from tfstylegan.custom_ops import calls

            b = None if b is None else kops.convert_to_tensor(b)
            return calls.bias_act(ops, x, b, act, alpha, gain, clamp)
    if b is not None:
        x = x + b
    x = spec.function(x, alpha)
    if gain != 1.0:
        x = x * gain
    return clip(x, clamp)


def activation(act: str) -> Activation:
    """Looks ``act`` up in :data:`ACTIVATIONS`; the error lists what there is."""
    if act not in ACTIVATIONS:
        raise ValueError(f"unknown activation {act!r}; choose one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[act]


def is_piecewise_linear(act: str, alpha: float, gain: float, clamp: float | None) -> bool:
    """Whether the sign of the input can be read from the output: what the fused derivatives are made from."""
    if clamp is not None and clamp < 0:
        raise ValueError(f"clamp must not be negative; got {clamp}")
    return act in PIECEWISE_LINEAR and gain > 0 and alpha >= 0 and clamp != 0


def clip(x, clamp: float | None):
    """Bounds the magnitude of ``x`` by ``clamp``; None leaves it."""
    return x if clamp is None else kops.clip(x, -float(clamp), float(clamp))
