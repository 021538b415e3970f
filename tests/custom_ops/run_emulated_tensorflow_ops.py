"""Runs the GPU kernels' TensorFlow side on the CPU device, over the emulation, and compares with the references.

usage: run_emulated_tensorflow_ops.py LIBRARY

A program of its own, because a library cannot be taken out of TensorFlow again. Prints what it has checked.
"""

import sys

import numpy as np
import tensorflow as tf

from tests.custom_ops import reference as ref
from tfstylegan.custom_ops import loading

ACT = ref.Activation("lrelu", 0.25, 1.5, 1.25)
ATTRIBUTES = {"act": 2, "alpha": 0.25, "gain": 1.5, "clamp": 1.25}
random = np.random.default_rng(0)


def draw(*shape, dtype=tf.float16):
    return tf.cast(tf.constant(random.normal(size=shape), tf.float32), dtype)


def f64(tensor):
    return None if tensor is None else tf.cast(tensor, tf.float64).numpy()


def absent(dtype=tf.float16):
    return tf.zeros([0], dtype)


def check(name, got, expected, tolerance):
    """Expected None is a gradient that there is not."""
    if expected is None:
        assert got.shape == (0,), f"{name}: shape {got.shape}, not (0,)"
        return
    expected = np.asarray(expected)
    assert got.shape == expected.shape, f"{name}: shape {got.shape}, not {expected.shape}"
    error = np.abs(f64(got) - expected).max(initial=0.0) / max(1.0, np.abs(expected).max(initial=0.0))
    assert error <= tolerance, f"{name}: off by {error:.2g}"
    print("checked", name)


def check_all(names, got, expected, tolerance):
    for name, g, e in zip(names, got, expected, strict=True):
        check(name, g, e, tolerance)


def elementwise(ops, dtype, tolerance, batch):
    new = lambda *shape: draw(*shape, dtype=dtype)  # noqa: E731
    h, w, c = 3, 5, 8
    flat, pixels = (lambda t: f64(t).reshape(-1, c)), (lambda t: f64(t).reshape(batch, h * w, t.shape[-1]))
    x, dy, dd, b, gb = new(batch, h, w, c), new(batch, h, w, c), new(batch, h, w, c), new(c), new(c)
    y = ops.tfstylegan_bias_act(x, b, **ATTRIBUTES)
    check("bias_act", y, ref.bias_act(flat(x), f64(b), ACT).reshape(x.shape), tolerance)
    dx, db = ops.tfstylegan_bias_act_grad(dy, gb, y, absent(dtype), **ATTRIBUTES)
    expected = ref.bias_act_grad(flat(dy), f64(gb), None, None, flat(y), ACT)
    check_all(("bias_act dx", "db"), (dx, db), (expected[0].reshape(x.shape), expected[1]), tolerance)
    tanh = ref.Activation("tanh", 0.0, 1.5, 1.25)
    as_tanh = ATTRIBUTES | {"act": 3}
    dx, db = ops.tfstylegan_bias_act_grad(dy, absent(dtype), x, b, **as_tanh)
    expected = ref.bias_act_grad(flat(dy), None, flat(x), f64(b), None, tanh)
    check_all(("tanh dx", "db"), (dx, db), (expected[0].reshape(x.shape), expected[1]), tolerance)
    out, outb = ops.tfstylegan_bias_act_grad2(dd, dy, x, b, **as_tanh)
    expected = ref.bias_act_grad_grad(flat(dd), flat(dy), flat(x), f64(b), tanh)
    check_all(("tanh second", "b"), (out, outb), (expected[0].reshape(x.shape), expected[1]), tolerance)

    for maps, strengths, with_d in ((1, 1, True), (batch, c, True), (0, 0, False)):
        d = new(batch, c) if with_d else absent(dtype)
        noise, strength = (new(maps, h, w, 1), new(strengths)) if maps else (absent(dtype), absent(dtype))
        plain = {
            "d": f64(d) if with_d else None,
            "noise": f64(noise).reshape(maps, h * w) if maps else None,
            "strength": f64(strength) if maps else None,
        }
        y = ops.tfstylegan_style_epilogue(x, d, noise, strength, b, **ATTRIBUTES)
        expected_y = ref.style_epilogue(pixels(x), **plain, b=f64(b), act=ACT)
        check("style_epilogue", y, expected_y.reshape(x.shape), tolerance)
        first = ops.tfstylegan_style_epilogue_grad(
            dy, x if with_d else absent(dtype), d, noise, strength, y, **ATTRIBUTES
        )
        expected = ref.style_epilogue_grad(pixels(dy), pixels(x) if with_d else None, **plain, y=pixels(y), act=ACT)
        shapes = (x.shape, None, noise.shape, None, None)
        expected = [e if e is None or s is None else e.reshape(s) for e, s in zip(expected, shapes, strict=True)]
        check_all(("style dx", "dd", "dnoise", "dstrength", "db"), first, expected, tolerance)
        cotangents = [draw(*g.shape, dtype=dtype) for g in first]
        second = ops.tfstylegan_style_epilogue_grad_grad(*cotangents, dy, x, d, noise, strength, y, **ATTRIBUTES)
        given = [
            pixels(cotangents[0]),
            f64(cotangents[1]) if with_d else None,
            f64(cotangents[2]).reshape(maps, h * w) if maps else None,
            f64(cotangents[3]) if maps else None,
            f64(cotangents[4]),
        ]
        expected = ref.style_epilogue_grad_grad(*given, pixels(dy), pixels(x), **plain, y=pixels(y), act=ACT)
        shapes = (x.shape, x.shape, None, noise.shape, None)
        expected = [e if e is None or s is None else e.reshape(s) for e, s in zip(expected, shapes, strict=True)]
        if not with_d:
            expected[2] = None
        check_all(("style ddy", "gx", "gd", "gnoise", "gstrength"), second, expected, 2 * tolerance)

        scale, shift = (new(batch, c), new(batch, c)) if with_d else (absent(dtype), absent(dtype))
        norm = ATTRIBUTES | {"epsilon": 1e-3}
        y, mean, rstd = ops.tfstylegan_norm_epilogue(x, noise, strength, b, scale, shift, **norm)
        style = [f64(scale), f64(shift)] if with_d else [None, None]
        expected = ref.norm_epilogue(pixels(x), plain["noise"], plain["strength"], f64(b), *style, ACT, 1e-3)
        check_all(("norm", "mean", "rstd"), (y, mean, rstd), (expected[0].reshape(x.shape), *expected[1:]), tolerance)
        first = ops.tfstylegan_norm_epilogue_grad(dy, x, noise, strength, b, scale, mean, rstd, **norm)
        expected = ref.norm_epilogue_grad(
            pixels(dy), pixels(x), plain["noise"], plain["strength"], f64(b), style[0], f64(mean), f64(rstd), ACT
        )
        shapes = (x.shape, noise.shape, None, None, None, None)
        expected = [e if e is None or s is None else e.reshape(s) for e, s in zip(expected, shapes, strict=True)]
        names = ("norm dx", "dnoise", "dstrength", "db", "dscale", "dshift")
        check_all(names, first, expected, 4 * tolerance)


def fir(ops, dtype, tolerance, batch):
    host, none = (lambda a: tf.constant(a, tf.float32)), tf.zeros([0])
    x, taps = draw(batch, 6, 7, 5, dtype=dtype), np.float32(random.normal(size=(2, 4)))
    pads = {"pad_x0": 2, "pad_x1": 1, "pad_y0": 3, "pad_y1": 0}
    factors = {"up_x": 2, "up_y": 2, "down_x": 1, "down_y": 1}
    f = np.outer(*taps)
    expected = ref.upfirdn2d(f64(x), f, (2, 2), (1, 1), tuple(pads.values()))
    add = draw(*expected.shape, dtype=dtype)
    for fy, fx in ((host(taps[0]), host(taps[1])), (host(f), none)):
        y = ops.tfstylegan_upfirdn2d(x, fy, fx, absent(dtype), **factors, **pads)
        check("upfirdn2d", y, expected, tolerance)
        y = ops.tfstylegan_upfirdn2d(x, fy, fx, add, **factors, **pads)
        check("upfirdn2d + add", y, expected + f64(add), tolerance)

    x, b = draw(batch, 9, 8, 17, dtype=dtype), draw(17, dtype=dtype)
    u, d = np.float32(random.normal(size=12) / 3), np.float32(random.normal(size=(12, 12)) / 12)
    resample = {"up": 2, "down": 2}
    pads = {"pad_x0": 9, "pad_x1": 10, "pad_y0": 8, "pad_y1": 9}
    scalars = {"gain": 1.375, "slope": 0.1875}
    y, codes = ops.tfstylegan_filtered_lrelu(
        x, b, host(u), host(u), host(d), none, **resample, **pads, **scalars, clamp=0.75
    )
    arguments = (np.outer(u, u), d, 2, 2, tuple(pads.values()), 1.375, 0.1875)
    expected, expected_codes, _ = ref.filtered_lrelu(f64(x), f64(b), *arguments, 0.75)
    check("filtered_lrelu", y, expected, tolerance)
    assert codes.shape == expected_codes.shape
    assert (codes.numpy() != expected_codes).sum() <= 1e-3 * expected_codes.size
    dy = draw(*y.shape, dtype=dtype)
    before, offset = (22 - 9, 22 - 8), (9 - 11, 8 - 11)
    backward = {"pad_x0": before[0], "pad_x1": 0, "pad_y0": before[1], "pad_y1": 0}
    dx = ops.tfstylegan_filtered_lrelu_grad(
        dy,
        codes,
        host(d[::-1, ::-1]),
        none,
        host(u[::-1]),
        host(u[::-1]),
        **resample,
        **backward,
        **scalars,
        code_x0=offset[0],
        code_y0=offset[1],
        out_h=9,
        out_w=8,
    )
    expected = ref.filtered_lrelu_from_codes(
        f64(dy), codes.numpy(), d[::-1, ::-1], np.outer(u, u)[::-1, ::-1], 2, 2, (before[0], 60, before[1], 60),
        1.375, 0.1875, offset, (9, 8),
    )  # fmt: skip
    check("filtered_lrelu dx", dx, expected, tolerance)


def refusals(ops):
    """Shapes and attributes that would be read out of bounds end in an error that names them."""
    h = lambda *shape: draw(*shape)  # noqa: E731
    a, x, f = absent(), h(2, 4, 4, 8), tf.ones([4])
    pads = dict.fromkeys(("pad_x0", "pad_x1", "pad_y0", "pad_y1"), 0)
    factors = dict.fromkeys(("up_x", "up_y", "down_x", "down_y"), 1)
    lrelu = {"up": 2, "down": 2, **pads, "gain": 1.0, "slope": 0.2}
    norm = ATTRIBUTES | {"epsilon": 1e-8}
    cases = [
        ("b [7]", lambda: ops.tfstylegan_bias_act(x, h(7), **ATTRIBUTES)),
        ("no channels", lambda: ops.tfstylegan_bias_act(tf.constant(1.0, tf.float16), a, **ATTRIBUTES)),
        ("activation 12", lambda: ops.tfstylegan_bias_act(x, a, **ATTRIBUTES | {"act": 12})),
        ("differ", lambda: ops.tfstylegan_bias_act_grad(x, a, h(2, 4, 4, 7), a, **ATTRIBUTES)),
        ("gb [3]", lambda: ops.tfstylegan_bias_act_grad(x, h(3), x, a, **ATTRIBUTES)),
        ("differ", lambda: ops.tfstylegan_bias_act_grad2(x, h(1), x, a, **ATTRIBUTES)),
        ("[N, H, W, C]", lambda: ops.tfstylegan_style_epilogue(h(4, 8), a, a, a, a, **ATTRIBUTES)),
        ("d [8]", lambda: ops.tfstylegan_style_epilogue(x, h(8), a, a, a, **ATTRIBUTES)),
        ("noise [3,4,4,1]", lambda: ops.tfstylegan_style_epilogue(x, a, h(3, 4, 4, 1), h(1), a, **ATTRIBUTES)),
        ("strength [3]", lambda: ops.tfstylegan_style_epilogue(x, a, h(1, 4, 4, 1), h(3), a, **ATTRIBUTES)),
        ("strength [0]", lambda: ops.tfstylegan_style_epilogue(x, a, h(1, 4, 4, 1), a, a, **ATTRIBUTES)),
        ("y [2,4,4,7]", lambda: ops.tfstylegan_style_epilogue_grad(x, x, a, a, a, h(2, 4, 4, 7), **ATTRIBUTES)),
        ("gdd [2,7]", lambda: ops.tfstylegan_style_epilogue_grad_grad(
            a, h(2, 7), a, a, a, x, x, a, a, a, x, **ATTRIBUTES)),
        ("x is NULL", lambda: ops.tfstylegan_style_epilogue_grad_grad(
            a, h(2, 8), a, a, a, x, a, a, a, a, x, **ATTRIBUTES)),
        ("scale [2,7]", lambda: ops.tfstylegan_norm_epilogue(x, a, a, a, h(2, 7), a, **norm)),
        ("no pixels", lambda: ops.tfstylegan_norm_epilogue(h(2, 0, 4, 8), a, a, a, a, a, **norm)),
        ("mean [3,8]", lambda: ops.tfstylegan_norm_epilogue_grad(
            x, x, a, a, a, a, tf.zeros([3, 8]), tf.zeros([2, 8]), **norm)),
        ("[N, H, W, C]", lambda: ops.tfstylegan_upfirdn2d(h(4, 4, 8), f, f, a, **factors, **pads)),
        ("filter f", lambda: ops.tfstylegan_upfirdn2d(x, f, tf.zeros([0]), a, **factors, **pads)),
        ("filter f", lambda: ops.tfstylegan_upfirdn2d(x, tf.zeros([0, 4]), tf.zeros([0]), a, **factors, **pads)),
        ("at least 1", lambda: ops.tfstylegan_upfirdn2d(x, f, f, a, **factors | {"up_x": 0}, **pads)),
        ("larger than", lambda: ops.tfstylegan_upfirdn2d(x, tf.ones([5]), f, a, **factors, **pads)),
        ("add [1,1,1,8]", lambda: ops.tfstylegan_upfirdn2d(x, f, f, h(1, 1, 1, 8), **factors, **pads)),
        ("padding of", lambda: ops.tfstylegan_upfirdn2d(
            h(0, 4, 4, 8), f, f, a, **factors, **pads | {"pad_x0": 2**30})),
        ("filter fd", lambda: ops.tfstylegan_filtered_lrelu(x, a, f, f, f, tf.zeros([0]), **lrelu, clamp=1.0)),
        ("larger than", lambda: ops.tfstylegan_filtered_lrelu(
            x, a, tf.ones([9]), f, f, f, **lrelu, clamp=1.0)),
        ("codes [2,1,4,4,3]", lambda: ops.tfstylegan_filtered_lrelu_grad(
            x, tf.zeros([2, 1, 4, 4, 3], tf.uint8), f, f, f, f, **lrelu, code_x0=0, code_y0=0, out_h=4, out_w=4)),
        ("-1", lambda: ops.tfstylegan_filtered_lrelu_grad(
            x, tf.zeros([2, 1, 4, 4, 4], tf.uint8), f, f, f, f, **lrelu, code_x0=0, code_y0=0, out_h=-1, out_w=4)),
    ]  # fmt: skip
    for message, call in cases:
        try:
            call()
        except tf.errors.InvalidArgumentError as error:
            assert message in str(error), f"expected {message!r} in {error}"
            print("refused", message)
        else:
            raise AssertionError(f"accepted what should be refused with {message!r}")


def main(library: str):
    cpu = loading.load_cpu()
    assert cpu.ops, cpu.reason
    tf.load_op_library(library)
    for dtype, tolerance in ((tf.float16, 4e-3), (tf.bfloat16, 3e-2)):
        for batch in (2, 1, 0):
            elementwise(cpu.ops, dtype, tolerance, batch)
            fir(cpu.ops, dtype, tolerance, batch)
    refusals(cpu.ops)
    print("all is well")


if __name__ == "__main__":
    main(sys.argv[1])
