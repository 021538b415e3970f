"""What follows a convolution of StyleGAN, in two passes over the activations."""

from tfstylegan.ops.bias_act import PIECEWISE_LINEAR, bias_act, is_piecewise_linear
from tfstylegan.ops.bias_act import activation as lookup_activation
from tfstylegan.ops.dispatch import as_tensor, fused_ops
from tfstylegan.ops.instance_norm import adaptive_instance_norm


def norm_epilogue(
    x,
    scale,
    shift,
    noise=None,
    strength=None,
    b=None,
    act: str = "lrelu",
    gain: float = 1.0,
    eps: float = 1e-8,
    impl: str = "auto",
):
    """``instance_norm(act(x + noise * strength + b) * gain) * scale + shift`` (Karras et al. 2019, figure 1b).

    Args:
      x: ``[N, H, W, C]``; N may be 1 for styles of a larger batch.
      scale, shift: ``[N, C]``.
      noise: ``[N or 1, H, W, 1]``, or None.
      strength: of the noise, one number or ``[C]``; needed with ``noise``.
      b: bias ``[C]``, or None.
      act: a key of :data:`tfstylegan.ops.ACTIVATIONS`.
      gain: factor after the activation.
      eps: added to the (population) variance.
      impl: "auto" | "composed" | "fused".

    Returns:
      ``[N, H, W, C]``.

    Raises:
      ValueError: if ``act`` is unknown, or noise comes without its strength.
    """
    if (noise is None) != (strength is None):
        raise ValueError("noise and its strength come together; got only one of them")
    alpha = lookup_activation(act).alpha
    if x.shape[0] == scale.shape[0] and (act not in PIECEWISE_LINEAR or is_piecewise_linear(act, alpha, gain, None)):
        tensors = (noise, strength, b, scale, shift)
        ops = fused_ops(impl, x, *tensors)
        if ops is not None:
            from tfstylegan.custom_ops import calls

            noise, strength, b, scale, shift = map(as_tensor, tensors)
            return calls.norm_epilogue(ops, x, noise, strength, b, scale, shift, act, alpha, gain, eps)
    if noise is not None:
        x = x + noise * strength
    x = bias_act(x, b, act, gain=gain, impl="composed")
    return adaptive_instance_norm(x, scale, shift, eps)
