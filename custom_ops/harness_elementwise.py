"""Checks of bias_act, the style epilogue and the norm epilogue against their float64 references."""

from typing import Any

import numpy as np

from tfstylegan.custom_ops import reference
from tfstylegan.custom_ops.c_interface import c_activation
from tfstylegan.custom_ops.harness_session import TOLERANCES, Session
from tfstylegan.custom_ops.reference import ACTIVATIONS, PIECEWISE, Activation


def check_bias_act(session: Session, seed: int, rows: int, channels: int, act: Activation, bias: bool = True):
    """Orders 0, 1 and 2, in place where that is allowed."""
    random = np.random.default_rng(seed)
    draw = lambda *shape: session.rounded(random.normal(size=shape) * 1.5)  # noqa: E731
    x, dy, dd, gb = draw(rows, channels), draw(rows, channels), draw(rows, channels), draw(channels)
    b = draw(channels) if bias else None
    sizes = {"act": c_activation(act), "rows": rows, "channels": channels}
    put_b = session.put(b)

    y = session.empty(x.shape)
    session.call("bias_act", **sizes, order=0, x=session.put(x), b=put_b, y=y)
    session.compare("bias_act", y, reference.bias_act(x, b, act))
    in_place = session.put(x)
    session.call("bias_act", **sizes, order=0, x=in_place, b=put_b, y=in_place)
    np.testing.assert_array_equal(in_place.get(), y.get())

    sources: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("x", {"x": session.put(x), "b": put_b}, {"x": x, "b": b, "y_ref": None})
    ]
    if act.kind in PIECEWISE and act.gain > 0:
        sources.append(("y", {"y_ref": y}, {"x": None, "b": None, "y_ref": session.value(y)}))
    for source, buffers, arrays in sources:
        dx, db = session.empty(x.shape), session.empty((channels,))
        session.call("bias_act", **sizes, order=1, dy=session.put(dy), gb=session.put(gb), y=dx, dyb=db, **buffers)
        expected_dx, expected_db = reference.bias_act_grad(dy, gb, **arrays, act=act)
        session.compare(f"bias_act dx from {source}", dx, expected_dx)
        session.compare(f"bias_act db from {source}", db, expected_db)

    out, out_b = session.put(dd), session.empty((channels,))
    session.call("bias_act", **sizes, order=2, dd=out, dy=session.put(dy), x=session.put(x), b=put_b, y=out, dyb=out_b)
    expected, expected_b = reference.bias_act_grad_grad(dd, dy, x, b, act)
    session.compare("bias_act second derivative", out, expected)
    session.compare("bias_act second derivative of b", out_b, expected_b)


def _noise_shapes(batch: int, pixels: int, channels: int, maps: int, strengths: int):
    return {"noise": (maps, pixels), "strength": (strengths,)} if maps else {}


def check_style_epilogue(
    session: Session, seed: int, shape: tuple[int, int, int], act: Activation, maps: int, strengths: int, d: bool = True
):
    """The value and both derivatives; shape is (batch, pixels, channels), maps 0 is without noise."""
    batch, pixels, channels = shape
    random = np.random.default_rng(seed)
    shapes = {"x": shape, **({"d": (batch, channels)} if d else {}), **_noise_shapes(*shape, maps, strengths)}
    inputs: dict[str, Any] = dict.fromkeys(("x", "d", "noise", "strength", "b"))
    inputs |= {name: session.rounded(random.normal(size=size)) for name, size in (shapes | {"b": (channels,)}).items()}
    buffers = {name: session.put(value) for name, value in inputs.items()}
    sizes = {
        "act": c_activation(act),
        "batch": batch,
        "pixels": pixels,
        "channels": channels,
        "noise_batch": maps,
        "strength_channels": strengths if maps else 0,
    }
    y = session.empty(shape)
    session.call("style_epilogue", **sizes, **buffers, y=y)
    session.compare("style_epilogue", y, reference.style_epilogue(**inputs, act=act))

    del buffers["b"], inputs["b"]
    dy, stored_y = session.rounded(random.normal(size=shape)), session.value(y)
    put_dy = session.put(dy)
    first = reference.style_epilogue_grad(dy, **inputs, y=stored_y, act=act)
    names = ["dx", "dnoise", "dstrength", "db"] if maps else ["dx", "db"]
    expected = {name: getattr(first, name) for name in (["dd", *names] if d else names)}
    outputs = {name: session.empty(value.shape) for name, value in expected.items()}
    session.call("style_epilogue_grad", **sizes, dy=put_dy, y=y, **buffers, **outputs)
    scale = np.abs(first.dx).max(initial=0.0)
    for name, buffer in outputs.items():
        session.compare(f"style_epilogue {name}", buffer, expected[name], scale=scale)
    only_dx = session.put(dy)
    session.call("style_epilogue_grad", **sizes, dy=only_dx, y=y, d=buffers["d"], dx=only_dx)
    np.testing.assert_array_equal(only_dx.get(), outputs["dx"].get())

    cotangents = {f"g{name}": session.rounded(random.normal(size=v.shape)) for name, v in expected.items()}
    given: dict[str, Any] = {name: cotangents.get(name) for name in ("gdx", "gdd", "gdnoise", "gdstrength", "gdb")}
    second = reference.style_epilogue_grad_grad(**given, dy=dy, **inputs, y=stored_y, act=act)
    expected = {name: value for name, value in second._asdict().items() if value is not None}
    if not d:
        del expected["gd"]
    outputs = {name: session.empty(value.shape) for name, value in expected.items()}
    put = {name: session.put(value) for name, value in given.items()}
    session.call("style_epilogue_grad_grad", **sizes, **put, dy=put_dy, y=y, **buffers, **outputs)
    for name, buffer in outputs.items():
        session.compare(f"style_epilogue {name}", buffer, expected[name], scale=scale)


def check_norm_epilogue(
    session: Session,
    seed: int,
    shape: tuple[int, int, int],
    act: Activation,
    maps: int,
    strengths: int,
    style: bool = True,
    mean: float = 0.0,
):
    """The value and its gradient; the activations have a mean of so many standard deviations."""
    batch, pixels, channels = shape
    random = np.random.default_rng(seed)
    shapes = {"x": shape, **_noise_shapes(*shape, maps, strengths), "b": (channels,)}
    if style:
        shapes |= {"scale": (batch, channels), "shift": (batch, channels)}
    inputs: dict[str, Any] = dict.fromkeys(("x", "noise", "strength", "b", "scale", "shift"))
    inputs |= {name: session.rounded(random.normal(size=size) + mean * (name == "x")) for name, size in shapes.items()}
    buffers = {name: session.put(value) for name, value in inputs.items()}
    epsilon = 1e-3
    sizes = {
        "act": c_activation(act),
        "epsilon": epsilon,
        "batch": batch,
        "pixels": pixels,
        "channels": channels,
        "noise_batch": maps,
        "strength_channels": strengths if maps else 0,
    }
    statistics = {name: session.empty((batch, channels), "float32") for name in ("mean", "rstd")}
    y = session.empty(shape)
    session.call("norm_epilogue", **sizes, **buffers, y=y, **statistics)
    expected = dict(
        zip(("y", "mean", "rstd"), reference.norm_epilogue(**inputs, act=act, epsilon=epsilon), strict=True)
    )
    session.compare("norm_epilogue y", y, expected["y"])
    for name, buffer in statistics.items():
        session.compare(f"norm_epilogue {name}", buffer, expected[name], 1e-5)
    in_place = session.put(inputs["x"])
    session.call("norm_epilogue", **sizes, **buffers | {"x": in_place}, y=in_place, **statistics)
    np.testing.assert_array_equal(in_place.get(), y.get())

    del inputs["shift"], buffers["shift"]
    dy = session.rounded(random.normal(size=shape))
    taken = {name: session.value(buffer) for name, buffer in statistics.items()}
    first = reference.norm_epilogue_grad(dy, **inputs, **taken, act=act)
    gradients = {name: value for name, value in first._asdict().items() if value is not None}
    outputs = {name: session.empty(value.shape) for name, value in gradients.items()}
    session.call("norm_epilogue_grad", **sizes, dy=session.put(dy), **buffers, **statistics, **outputs)
    # Sums over pixels cancel where the slope is the same everywhere: what is left is the rounding of their terms.
    scale = np.abs(gradients["dx"]).max(initial=0.0)
    for name, buffer in outputs.items():
        session.compare(f"norm_epilogue {name}", buffer, gradients[name], 2 * TOLERANCES[session.dtype], scale)


LRELU = Activation("lrelu", 0.2, 1.4142135, -1.0)
CLAMPED = Activation("lrelu", 0.25, 1.5, 1.25)  # a clamp that every element type holds

BIAS_ACT = [
    *((37, 16, Activation(kind, 0.25, 1.5, -1.0)) for kind in ACTIVATIONS),
    *((29, 17, Activation(kind, 0.25, 1.5, 0.75)) for kind in ACTIVATIONS),
    *((rows, channels, CLAMPED) for rows, channels in ((0, 8), (5, 3), (513, 1), (300, 40), (7, 1100), (1, 1), (4, 0))),
]

STYLE_EPILOGUE = [  # (batch, pixels, channels), act, maps, strengths
    ((2, 35, 16), CLAMPED, 1, 1),
    ((2, 35, 17), CLAMPED, 2, 17),
    ((1, 64, 3), Activation("linear", 0.0, 1.0, 0.75), 0, 0),
    ((3, 9, 1), Activation("relu", 0.0, 1.4142135, -1.0), 3, 1),
    ((0, 16, 8), LRELU, 1, 1),
    ((2, 0, 8), LRELU, 1, 8),
    ((1, 600, 32), LRELU, 1, 32),
    ((2, 5, 1100), LRELU, 2, 1),
]

NORM_EPILOGUE = [
    *(((2, 35, 16), Activation(kind, 0.25, 1.4142135, -1.0), 1, 1) for kind in ACTIVATIONS),
    ((2, 35, 17), CLAMPED, 2, 17),
    ((1, 64, 3), LRELU, 0, 0),
    ((0, 16, 8), LRELU, 1, 1),
    ((1, 700, 8), LRELU, 1, 8),
    ((2, 5, 1100), LRELU, 1, 1),
]
