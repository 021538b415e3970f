"""What follows a modulated convolution, in one pass over the activations."""

from keras import ops as kops

from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.bias_act import bias_act, is_piecewise_linear
from tfstylegan.ops.dispatch import as_tensor, fused_ops


def style_epilogue(
    x,
    d=None,
    noise=None,
    strength=None,
    b=None,
    act: str = "linear",
    alpha: float | None = None,
    gain: float | None = None,
    clamp: float | None = None,
    impl: str = "auto",
):
    """``clip(act(x * d + noise * strength + b) * gain, -clamp, clamp)`` (Karras et al. 2020, figure 2d).

    Args:
      x: ``[N, H, W, C]``, what the convolution made.
      d: demodulation coefficients ``[N, C]``, or None for ones.
      noise: ``[N or 1, H, W, 1]``, or None.
      strength: of the noise, one number or ``[C]``; needed with ``noise``.
      b: bias ``[C]``, or None.
      act, alpha, gain, clamp: as for :func:`tfstylegan.ops.bias_act`.
      impl: "auto" | "composed" | "fused".

    Returns:
      Tensor of the shape of ``x``.

    Raises:
      ValueError: if ``act`` is unknown, ``clamp`` is negative, or noise comes without its strength.
    """
    if (noise is None) != (strength is None):
        raise ValueError("noise and its strength come together; got only one of them")
    spec = lookup_activation(act)
    gain = spec.gain if gain is None else float(gain)
    alpha = spec.alpha if alpha is None else float(alpha)
    if is_piecewise_linear(act, alpha, gain, clamp) and (noise is None or noise.shape[0] in (1, x.shape[0])):
        tensors = (d, noise, strength, b)
        ops = fused_ops(impl, x, *tensors)
        if ops is not None:
            from tfstylegan.custom_ops import calls

            d, noise, strength, b = map(as_tensor, tensors)
            return calls.style_epilogue(ops, x, d, noise, strength, b, act, alpha, gain, clamp)
    if noise is not None:
        noise = noise * (strength * gain if spec.homogeneous else strength)
    if spec.homogeneous and gain != 1.0 and gain > 0:
        # f(g x) = g f(x): scaling these small tensors saves a pass over the large activations.
        d = None if d is None else d * gain
        b = None if b is None else b * gain
        x = x * gain if d is None else x
        gain = 1.0
    if d is not None:
        x = x * kops.reshape(d, [-1, 1, 1, d.shape[-1]])
    if noise is not None:
        x = x + noise
    return bias_act(x, b, act, alpha, gain, clamp, impl="composed")


def scale_channels(x, s, impl: str = "auto"):
    """``x * s`` with a factor for every sample and channel: the modulation of a convolution's input.

    Args:
      x: ``[N, H, W, C]``.
      s: ``[N, C]``.
      impl: "auto" | "composed" | "fused". The fused gradient reads ``x`` and the cotangent once for both gradients.

    Returns:
      Tensor of the shape of ``x``.
    """
    ops = fused_ops(impl, x, s) if x.shape[0] == s.shape[0] else None
    if ops is None:
        return x * kops.reshape(s, [-1, 1, 1, s.shape[-1]])
    from tfstylegan.custom_ops import calls

    return calls.style_epilogue(ops, x, kops.convert_to_tensor(s), None, None, None, "linear", 0.0, 1.0, None)
