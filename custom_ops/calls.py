"""The fused ops as functions of tensors: arguments of ``tfstylegan.ops`` in, raw ops called, static shapes out.

``ops`` is the module that :func:`tfstylegan.custom_ops.loading.load_cpu` returned. Arguments are checked by the kernels
themselves, which know all shapes, in graphs too.
"""

import tensorflow as tf

from tfstylegan.custom_ops.gradients import absent
from tfstylegan.custom_ops.taps import as_taps, size_of

ACTIVATIONS = ("linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish")  # as in the header


def bias_act(ops, x, b, act: str, alpha: float, gain: float, clamp: float | None):
    """``clip(act(x + b) * gain)``: see :func:`tfstylegan.ops.bias_act`. ``gain > 0`` and ``alpha >= 0``."""
    x = tf.convert_to_tensor(x)
    y = ops.tfstylegan_bias_act(x, _or_absent(b, x), **_activation(act, alpha, gain, clamp))
    y.set_shape(x.shape)
    return y


def style_epilogue(ops, x, d, noise, strength, b, act: str, alpha: float, gain: float, clamp: float | None):
    """``clip(act(x * d + noise * strength + b) * gain)``: see :func:`tfstylegan.ops.style_epilogue`."""
    x = tf.convert_to_tensor(x)
    y = ops.tfstylegan_style_epilogue(
        x,
        _or_absent(d, x),
        _or_absent(noise, x),
        absent(x.dtype) if strength is None else tf.reshape(strength, [-1]),
        _or_absent(b, x),
        **_activation(act, alpha, gain, clamp),
    )
    y.set_shape(x.shape)
    return y


def norm_epilogue(ops, x, noise, strength, b, scale, shift, act: str, alpha: float, gain: float, epsilon: float):
    """``instance_norm(act(x + noise * strength + b) * gain) * scale + shift``: see ``tfstylegan.ops``."""
    x = tf.convert_to_tensor(x)
    y, _, _ = ops.tfstylegan_norm_epilogue(
        x,
        _or_absent(noise, x),
        absent(x.dtype) if strength is None else tf.reshape(strength, [-1]),
        _or_absent(b, x),
        _or_absent(scale, x),
        _or_absent(shift, x),
        **_activation(act, alpha, gain, None),
        epsilon=epsilon,
    )
    y.set_shape(x.shape)
    return y


def upfirdn2d(ops, x, f, up: tuple[int, int], down: tuple[int, int], padding, gain: float, add=None):
    """Correlates with ``f`` ``[fh, fw]``, ``[taps]`` or None; pairs are (x, y): see ``tfstylegan.ops``."""
    x = tf.convert_to_tensor(x)
    fy, fx = as_taps(f, gain)
    x0, x1, y0, y1 = padding
    y = ops.tfstylegan_upfirdn2d(
        x,
        fy,
        fx,
        _or_absent(add, x),
        up_x=up[0],
        up_y=up[1],
        down_x=down[0],
        down_y=down[1],
        pad_x0=x0,
        pad_x1=x1,
        pad_y0=y0,
        pad_y1=y1,
    )
    height, width = size_of(fy, fx)
    out_h = (x.shape[1] * up[1] + y0 + y1 - height) // down[1] + 1
    out_w = (x.shape[2] * up[0] + x0 + x1 - width) // down[0] + 1
    y.set_shape([x.shape[0], out_h, out_w, x.shape[3]])
    return y


def filtered_lrelu(ops, x, fu, fd, b, up: int, down: int, padding, gain: float, slope: float, clamp: float | None):
    """Correlates with ``fu`` and ``fd``: see :func:`tfstylegan.ops.filtered_lrelu`."""
    x = tf.convert_to_tensor(x)
    fu_y, fu_x = as_taps(fu, float(up**2))
    fd_y, fd_x = as_taps(fd)
    x0, x1, y0, y1 = padding
    y, codes = ops.tfstylegan_filtered_lrelu(
        x,
        _or_absent(b, x),
        fu_y,
        fu_x,
        fd_y,
        fd_x,
        up=up,
        down=down,
        pad_x0=x0,
        pad_x1=x1,
        pad_y0=y0,
        pad_y1=y1,
        gain=gain,
        slope=slope,
        clamp=-1.0 if clamp is None else clamp,
    )
    (fu_height, fu_width), (fd_height, fd_width) = size_of(fu_y, fu_x), size_of(fd_y, fd_x)
    mid_h = x.shape[1] * up + y0 + y1 - fu_height + 1
    mid_w = x.shape[2] * up + x0 + x1 - fu_width + 1
    y.set_shape([x.shape[0], (mid_h - fd_height) // down + 1, (mid_w - fd_width) // down + 1, x.shape[3]])
    codes.set_shape([x.shape[0], -(-x.shape[3] // 16), mid_h, mid_w, 4])
    return y


def _or_absent(given, like):
    return absent(like.dtype) if given is None else given


def _activation(act: str, alpha: float, gain: float, clamp: float | None) -> dict:
    return {
        "act": ACTIVATIONS.index(act),
        "alpha": float(alpha),
        "gain": float(gain),
        "clamp": -1.0 if clamp is None else float(clamp),
    }
