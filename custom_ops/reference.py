"""What the fused ops compute, in float64 NumPy: slow, plain, and what every implementation is checked against.

Names and shapes are those of ``include/tfstylegan_ops.h``. Optional inputs are None; an activation is
``(kind, alpha, gain, clamp)`` with a negative clamp for none. Images are NHWC. Functions that take ``y`` read the sign
and the clipping of the activation from it, as the header says; give them what the implementation under test was given.
"""

from typing import NamedTuple

import numpy as np

ACTIVATIONS = ("linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish")
PIECEWISE = ("linear", "relu", "lrelu")  # their output tells the derivative
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


class Activation(NamedTuple):
    """clip(act(x) * gain)."""

    kind: str = "lrelu"
    alpha: float = 0.2
    gain: float = 1.0
    clamp: float = -1.0


def f64(x):
    """A float64 copy, or None."""
    return None if x is None else np.asarray(x).astype(np.float64)


def _or(x, default):
    return np.float64(default) if x is None else f64(x)


def _sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))


def derivatives(x, kind: str, alpha: float):
    """act, act' and act'' at x; at zero the derivative from below."""
    x = f64(x)
    one, zero, positive = np.ones_like(x), np.zeros_like(x), x > 0
    if kind == "linear":
        return x, one, zero
    if kind == "relu":
        return np.where(positive, x, 0.0), np.where(positive, 1.0, 0.0), zero
    if kind == "lrelu":
        return np.where(positive, x, alpha * x), np.where(positive, 1.0, alpha), zero
    if kind == "tanh":
        t = np.tanh(x)
        return t, 1 - t * t, -2 * t * (1 - t * t)
    s = _sigmoid(x)
    if kind == "sigmoid":
        return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)
    if kind == "softplus":
        return np.logaddexp(0.0, x), s, s * (1 - s)
    if kind == "swish":
        return x * s, s * (1 + x * (1 - s)), s * (1 - s) * (2 + x * (1 - 2 * s))
    e = np.exp(np.minimum(x, 0.0))
    if kind == "elu":
        return np.where(positive, x, e - 1), np.where(positive, 1.0, e), np.where(positive, 0.0, e)
    if kind == "selu":
        below = SELU_SCALE * SELU_ALPHA * e
        return (
            np.where(positive, SELU_SCALE * x, below - SELU_SCALE * SELU_ALPHA),
            np.where(positive, SELU_SCALE, below),
            np.where(positive, 0.0, below),
        )
    raise ValueError(f"No activation is called {kind!r}.")


def activate(x, act: Activation):
    """clip(act(x) * gain) and its first two derivatives."""
    value, first, second = (act.gain * part for part in derivatives(x, act.kind, act.alpha))
    if act.clamp >= 0:
        inside = np.abs(value) < act.clamp
        value, first, second = np.clip(value, -act.clamp, act.clamp), first * inside, second * inside
    return value, first, second


def slope_of_output(y, act: Activation):
    """The derivative of a piecewise linear activation, from its output."""
    alpha = {"linear": 1.0, "relu": 0.0, "lrelu": act.alpha}[act.kind]
    y = f64(y)
    slope = act.gain * np.where(y > 0, 1.0, alpha)
    # A clamp that the type of y cannot hold was rounded when y was stored.
    return slope if act.clamp < 0 else slope * (np.abs(y) < act.clamp * (1 - 1e-12))


def bias_act(x, b, act: Activation):
    """Order 0: y [rows, channels]."""
    return activate(f64(x) + _or(b, 0), act)[0]


def bias_act_grad(dy, gb, x, b, y_ref, act: Activation):
    """Order 1: (y, dyb). Reads y_ref unless that is None, then x and b."""
    slope = slope_of_output(y_ref, act) if y_ref is not None else activate(f64(x) + _or(b, 0), act)[1]
    y = (f64(dy) + _or(gb, 0)) * slope
    return y, y.sum(0)


def bias_act_grad_grad(dd, dy, x, b, act: Activation):
    """Order 2: (y, dyb)."""
    y = f64(dd) * f64(dy) * activate(f64(x) + _or(b, 0), act)[2]
    return y, y.sum(0)


def _before_activation(x, d, noise, strength, b):
    """x * d + noise * strength + b for x [N, P, C]."""
    t = f64(x) * (1.0 if d is None else f64(d)[:, None, :])
    if noise is not None:
        t = t + f64(noise)[:, :, None] * f64(strength)
    return t + _or(b, 0)


def style_epilogue(x, d, noise, strength, b, act: Activation):
    """y [N, P, C] from x [N, P, C], d [N, C], noise [N or 1, P], strength [1 or C], b [C]."""
    return activate(_before_activation(x, d, noise, strength, b), act)[0]


def _over_noise(g, weight, noise):
    """sum_c g * weight, and over the batch if one noise map serves all."""
    if noise is None or weight is None:
        return None
    total = (g * f64(weight)).sum(2)
    return total.sum(0, keepdims=True) if len(noise) == 1 and len(g) != 1 else total


def _over_pixels(g, noise, strength):
    """sum g * noise for every strength."""
    if noise is None or strength is None:
        return None
    total = (g * f64(noise)[:, :, None]).sum((0, 1))
    return total.sum(keepdims=True) if len(strength) == 1 else total


class StyleGradient(NamedTuple):
    """What style_epilogue_grad returns; None for inputs that were None."""

    dx: np.ndarray
    dd: np.ndarray | None
    dnoise: np.ndarray | None
    dstrength: np.ndarray | None
    db: np.ndarray


def style_epilogue_grad(dy, x, d, noise, strength, y, act: Activation) -> StyleGradient:
    """The gradient of style_epilogue, given that of its output; dd needs x, the rest does not."""
    g = f64(dy) * slope_of_output(y, act)
    return StyleGradient(
        dx=g * (1.0 if d is None else f64(d)[:, None, :]),
        dd=None if x is None else (g * f64(x)).sum(1),
        dnoise=_over_noise(g, strength, noise),
        dstrength=_over_pixels(g, noise, strength),
        db=g.sum((0, 1)),
    )


class StyleSecondGradient(NamedTuple):
    """What style_epilogue_grad_grad returns; None where nothing depends on it."""

    ddy: np.ndarray
    gx: np.ndarray | None
    gd: np.ndarray | None
    gnoise: np.ndarray | None
    gstrength: np.ndarray | None


def style_epilogue_grad_grad(
    gdx, gdd, gdnoise, gdstrength, gdb, dy, x, d, noise, strength, y, act: Activation
) -> StyleSecondGradient:
    """The gradient of style_epilogue_grad, given those of its outputs (None for zero)."""
    m = slope_of_output(y, act)
    g = f64(dy) * m
    total = np.zeros_like(g)
    if gdx is not None:
        total += f64(gdx) * (1.0 if d is None else f64(d)[:, None, :])
    if gdd is not None:
        total += f64(gdd)[:, None, :] * f64(x)
    if gdnoise is not None:
        total += f64(gdnoise)[:, :, None] * f64(strength)
    if gdstrength is not None:
        total += f64(noise)[:, :, None] * f64(gdstrength)
    total += _or(gdb, 0)
    return StyleSecondGradient(
        ddy=m * total,
        gx=None if gdd is None else f64(gdd)[:, None, :] * g,
        gd=None if gdx is None else (f64(gdx) * g).sum(1),
        gnoise=_over_noise(g, gdstrength, noise),
        gstrength=_over_pixels(g, gdnoise, strength),
    )


def norm_epilogue(x, noise, strength, b, scale, shift, act: Activation, epsilon: float):
    """(y [N, P, C], mean [N, C], rstd [N, C])."""
    t = activate(_before_activation(x, None, noise, strength, b), act)[0]
    mean = t.mean(1)
    rstd = 1 / np.sqrt(t.var(1) + epsilon)
    y = (t - mean[:, None]) * rstd[:, None]
    if scale is not None:
        y = y * f64(scale)[:, None]
    if shift is not None:
        y = y + f64(shift)[:, None]
    return y, mean, rstd


class NormGradient(NamedTuple):
    """What norm_epilogue_grad returns; None for inputs that were None."""

    dx: np.ndarray
    dnoise: np.ndarray | None
    dstrength: np.ndarray | None
    db: np.ndarray
    dscale: np.ndarray
    dshift: np.ndarray


def norm_epilogue_grad(dy, x, noise, strength, b, scale, mean, rstd, act: Activation) -> NormGradient:
    """The gradient of norm_epilogue, given that of y."""
    dy, mean, rstd = f64(dy), f64(mean)[:, None], f64(rstd)[:, None]
    t, slope, _ = activate(_before_activation(x, None, noise, strength, b), act)
    xhat = (t - mean) * rstd
    dshift, dscale = dy.sum(1), (dy * xhat).sum(1)
    pixels = max(1, dy.shape[1])
    dt = rstd * (dy - dshift[:, None] / pixels - xhat * dscale[:, None] / pixels)
    g = slope * dt * (1.0 if scale is None else f64(scale)[:, None])
    return NormGradient(
        g, _over_noise(g, strength, noise), _over_pixels(g, noise, strength), g.sum((0, 1)), dscale, dshift
    )


def filter_2d(y, x=None):
    """The taps [height, width] of a filter: y itself, or the outer product of y and x."""
    return f64(y) if x is None else np.outer(f64(y), f64(x))


def zero_insert(x, up_y: int, up_x: int):
    """Every sample followed by up - 1 zeros."""
    n, h, w, c = x.shape
    out = np.zeros((n, h, up_y, w, up_x, c))
    out[:, :, 0, :, 0] = x
    return out.reshape(n, h * up_y, w * up_x, c)


def pad_or_crop(x, padding: tuple[int, int, int, int]):
    """Pads by zeros, or crops; padding is x_before, x_after, y_before, y_after."""
    x0, x1, y0, y1 = padding
    x = np.pad(x, ((0, 0), (max(y0, 0), max(y1, 0)), (max(x0, 0), max(x1, 0)), (0, 0)))
    return x[:, max(-y0, 0) : x.shape[1] - max(-y1, 0), max(-x0, 0) : x.shape[2] - max(-x1, 0)]


def upfirdn2d(x, f, up=(1, 1), down=(1, 1), padding=(0, 0, 0, 0), add=None):
    """Zero-insertion, padding, correlation with f [fh, fw], decimation, + add. up and down are (x, y)."""
    x = pad_or_crop(zero_insert(f64(x), up[1], up[0]), padding)
    f = f64(f)
    h, w = x.shape[1] - f.shape[0] + 1, x.shape[2] - f.shape[1] + 1
    out = np.zeros((x.shape[0], h, w, x.shape[3]))
    for (ky, kx), tap in np.ndenumerate(f):
        out += tap * x[:, ky : ky + h, kx : kx + w]
    return out[:, :: down[1], :: down[0]] + _or(add, 0)


def pack_codes(negative, clipped):
    """[N, H, W, C] booleans as the codes [N, groups, H, W, 4] of filtered_lrelu."""
    n, h, w, c = negative.shape
    groups = -(-c // 16)
    codes = np.zeros((n, groups, h, w, 4), np.uint8)
    for k, bits in enumerate((negative, clipped)):
        bits = np.pad(bits, ((0, 0), (0, 0), (0, 0), (0, groups * 16 - c))).reshape(n, h, w, groups, 2, 8)
        packed = np.packbits(bits, axis=-1, bitorder="little")[..., 0]
        codes[..., 2 * k : 2 * k + 2] = packed.transpose(0, 3, 1, 2, 4)
    return codes


def unpack_codes(codes, channels: int):
    """The booleans (negative, clipped), each [N, H, W, C], of codes."""
    n, groups, h, w, _ = codes.shape
    bits = np.unpackbits(codes.transpose(0, 2, 3, 1, 4), axis=-1, bitorder="little")  # [n, h, w, groups, 32]
    return tuple(
        bits[..., 16 * k : 16 * k + 16].reshape(n, h, w, groups * 16)[..., :channels].astype(bool) for k in (0, 1)
    )


def filtered_lrelu(x, b, fu, fd, up, down, padding, gain, slope, clamp):
    """read_codes 0: (y, codes, t), t being what the leaky ReLU was applied to. fu and fd are 2-D; gain up² is in fu."""
    t = upfirdn2d(f64(x) + _or(b, 0), fu, (up, up), (1, 1), padding)
    s = np.where(t < 0, slope * t, t) * gain
    clipped = np.abs(s) > clamp if clamp >= 0 else np.zeros(t.shape, bool)
    if clamp >= 0:
        s = np.clip(s, -clamp, clamp)
    return upfirdn2d(s, fd, (1, 1), (down, down)), pack_codes(t < 0, clipped), t


def filtered_lrelu_from_codes(x, codes, fu, fd, up, down, padding, gain, slope, code_offset, out_size):
    """read_codes 1: y, of which out_size (height, width) is kept; code_offset is (x, y)."""
    t = upfirdn2d(x, fu, (up, up), (1, 1), padding)
    n, h, w, c = t.shape
    negative, clipped = unpack_codes(codes, c)
    m = np.zeros(t.shape)
    rows, columns = np.arange(h) + code_offset[1], np.arange(w) + code_offset[0]
    inside_y, inside_x = (rows >= 0) & (rows < codes.shape[2]), (columns >= 0) & (columns < codes.shape[3])
    from_codes = np.where(clipped, 0.0, np.where(negative, gain * slope, gain))
    window = from_codes[:, rows[inside_y]][:, :, columns[inside_x]]
    m[np.ix_(np.arange(n), np.flatnonzero(inside_y), np.flatnonzero(inside_x), np.arange(c))] = window
    y = upfirdn2d(t * m, fd, (1, 1), (down, down))
    return y[:, : out_size[0], : out_size[1]]
