"""The float64 references agree with numerical differentiation, to the second derivative."""

import numpy as np
import pytest

from tests.custom_ops import reference as ref

H = 1e-5  # central differences of float64 are good to about 1e-9 here
TOLERANCE = 1e-7


def numeric(function, x, cotangent):
    """d sum(function(x) * cotangent) / dx."""
    gradient = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[i] = H
        gradient[i] = ((function(x + step) - function(x - step)) * cotangent).sum() / (2 * H)
    return gradient


def arrays(seed, **shapes):
    random = np.random.default_rng(seed)
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("kind", ref.ACTIVATIONS)
@pytest.mark.parametrize("clamp", [-1.0, 0.9])
def test_bias_act_derivatives(kind, clamp):
    act = ref.Activation(kind, 0.3, 1.4, clamp)
    a = arrays(1, x=(5, 3), b=3, dy=(5, 3), dd=(5, 3))
    dx, db = ref.bias_act_grad(a["dy"], None, a["x"], a["b"], None, act)
    np.testing.assert_allclose(dx, numeric(lambda x: ref.bias_act(x, a["b"], act), a["x"], a["dy"]), atol=TOLERANCE)
    np.testing.assert_allclose(db, numeric(lambda b: ref.bias_act(a["x"], b, act), a["b"], a["dy"]), atol=TOLERANCE)
    second, _ = ref.bias_act_grad_grad(a["dd"], a["dy"], a["x"], a["b"], act)
    expected = numeric(lambda x: ref.bias_act_grad(a["dy"], None, x, a["b"], None, act)[0], a["x"], a["dd"])
    np.testing.assert_allclose(second, expected, atol=TOLERANCE)
    if kind in ref.PIECEWISE:
        y = ref.bias_act(a["x"], a["b"], act)
        np.testing.assert_allclose(ref.bias_act_grad(a["dy"], None, None, None, y, act)[0], dx, atol=1e-12)


@pytest.mark.parametrize("noise_batch, strengths", [(1, 1), (3, 4), (1, 4)])
def test_style_epilogue_derivatives(noise_batch, strengths):
    act = ref.Activation("lrelu", 0.2, 1.3, 1.1)
    a = arrays(2, x=(3, 6, 4), d=(3, 4), noise=(noise_batch, 6), strength=strengths, b=4)
    dy = arrays(3, dy=(3, 6, 4))["dy"]
    y = ref.style_epilogue(*a.values(), act)
    first = ref.style_epilogue_grad(dy, a["x"], a["d"], a["noise"], a["strength"], y, act)
    for name, got in zip(a, first, strict=True):
        expected = numeric(lambda v, name=name: ref.style_epilogue(*(a | {name: v}).values(), act), a[name], dy)
        np.testing.assert_allclose(got, expected, atol=TOLERANCE, err_msg=name)

    cotangents = arrays(4, **{f"g{name}": value.shape for name, value in a.items()})
    names = ("dy", "x", "d", "noise", "strength")
    values = dict(zip(names, (dy, a["x"], a["d"], a["noise"], a["strength"]), strict=True))

    def total(**changed):
        outputs = ref.style_epilogue_grad(*(values | changed).values(), y, act)
        return np.array([sum((g * o).sum() for g, o in zip(cotangents.values(), outputs, strict=True))])

    second = ref.style_epilogue_grad_grad(*cotangents.values(), *values.values(), y, act)
    for name, got in zip(names, second, strict=True):
        expected = numeric(lambda v, name=name: total(**{name: v}), values[name], np.ones(1))
        np.testing.assert_allclose(got, expected, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("noise_batch, strengths", [(1, 1), (2, 3)])
def test_norm_epilogue_derivatives(noise_batch, strengths):
    act, epsilon = ref.Activation("softplus", 0.0, 1.3, 2.0), 1e-3
    a = arrays(5, x=(2, 7, 3), noise=(noise_batch, 7), strength=strengths, b=3, scale=(2, 3), shift=(2, 3))
    dy = arrays(6, dy=(2, 7, 3))["dy"]
    _, mean, rstd = ref.norm_epilogue(*a.values(), act, epsilon)
    first = ref.norm_epilogue_grad(dy, a["x"], a["noise"], a["strength"], a["b"], a["scale"], mean, rstd, act)
    for name, got in zip(a, first, strict=True):
        changed = lambda v, name=name: ref.norm_epilogue(*(a | {name: v}).values(), act, epsilon)[0]  # noqa: E731
        np.testing.assert_allclose(got, numeric(changed, a[name], dy), atol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize("up, down, taps_u, taps_d, pad", [(2, 2, 6, 5, (4, 3, 3, 4)), (4, 1, 7, 1, (-1, 5, 3, -2))])
def test_filtered_lrelu_gradient_is_the_same_op_read_from_codes(up, down, taps_u, taps_d, pad):
    a = arrays(7, x=(2, 5, 6, 3), b=3, fu=(taps_u, taps_u), fd=(taps_d, taps_d))
    fu, fd, gain, slope, clamp = a["fu"], a["fd"], 1.4, 0.2, 2.0
    forward = lambda x: ref.filtered_lrelu(x, a["b"], fu, fd, up, down, pad, gain, slope, clamp)  # noqa: E731
    y, codes, _ = forward(a["x"])
    dy = arrays(8, dy=y.shape)["dy"]
    before = (taps_u + taps_d - 2 - pad[0], taps_u + taps_d - 2 - pad[2])
    offset = (pad[0] - (taps_u - 1), pad[2] - (taps_u - 1))
    dx = ref.filtered_lrelu_from_codes(
        dy, codes, fd[::-1, ::-1], fu[::-1, ::-1], down, up, (before[0], 60, before[1], 60), gain, slope, offset, (5, 6)
    )
    np.testing.assert_allclose(dx, numeric(lambda x: forward(x)[0], a["x"], dy), atol=TOLERANCE)
