"""Whatever the raw ops are given, they answer with an error that holds the shapes, and never crash the process."""

import itertools
import random

import numpy as np
import pytest
import tensorflow as tf

from tfstylegan.custom_ops import loading

raw = loading.load_cpu().ops
pytestmark = pytest.mark.skipif(raw is None, reason=loading.load_cpu().reason or "loaded")

NONE = np.zeros([0], np.float32)
X = np.ones([2, 8, 8, 4], np.float32)
TAPS = np.ones([4], np.float32) / 4
ACT = {"act": 2, "alpha": 0.2, "gain": 1.0, "clamp": -1.0}
RATES = {"up_x": 1, "up_y": 1, "down_x": 1, "down_y": 1}
PADS = {"pad_x0": 0, "pad_x1": 0, "pad_y0": 0, "pad_y1": 0}
CODES = {"code_x0": 0, "code_y0": 0}
LRELU = {"up": 2, "down": 2, **PADS, "gain": 1.0, "slope": 0.2}


def zeros(*shape):
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: raw.tfstylegan_bias_act(np.float32(1), NONE, **ACT), "channel axis"),
        (lambda: raw.tfstylegan_bias_act(X, zeros(5), **ACT), r"b must be \[4\]; got \[5\]"),
        (lambda: raw.tfstylegan_bias_act(X, zeros(1, 4), **ACT), r"b must have 1 axes; got shape \[1, 4\]"),
        (lambda: raw.tfstylegan_bias_act(X, NONE, **{**ACT, "act": 9}), "act must be 0 to 8; got 9"),
        (lambda: raw.tfstylegan_bias_act(X, NONE, **{**ACT, "gain": float("nan")}), "must be numbers"),
        (lambda: raw.tfstylegan_bias_act_grad(X, NONE, zeros(2, 8, 8, 3), NONE, **ACT), r"ref must be \[2, 8, 8, 4\]"),
        (lambda: raw.tfstylegan_style_epilogue(zeros(8, 8, 4), NONE, NONE, NONE, NONE, **ACT), "x must have 4 axes"),
        (lambda: raw.tfstylegan_style_epilogue(X, zeros(2, 3), NONE, NONE, NONE, **ACT), r"d must be \[2, 4\]"),
        (lambda: raw.tfstylegan_style_epilogue(X, NONE, zeros(2, 8, 8, 1), NONE, NONE, **ACT), "come together"),
        (lambda: raw.tfstylegan_style_epilogue(X, NONE, zeros(3, 8, 8, 1), zeros(1), NONE, **ACT), "noise must be"),
        (lambda: raw.tfstylegan_style_epilogue(X, NONE, zeros(1, 8, 8, 1), zeros(3), NONE, **ACT), "strength must be"),
        (lambda: raw.tfstylegan_style_epilogue(X, NONE, NONE, NONE, NONE, **{**ACT, "act": 8}), "linear, relu"),
        (lambda: raw.tfstylegan_style_epilogue(X, NONE, NONE, NONE, NONE, **{**ACT, "gain": -1.0}), "gain > 0"),
        (lambda: raw.tfstylegan_norm_epilogue(X, NONE, NONE, NONE, NONE, NONE, **ACT, epsilon=-1.0), "epsilon"),
        (lambda: raw.tfstylegan_upfirdn2d(X, zeros(9), zeros(9), NONE, **RATES, **PADS), r"9x9 taps .*\[2, 8, 8, 4\]"),
        (lambda: raw.tfstylegan_upfirdn2d(X, zeros(3, 3), TAPS, NONE, **RATES, **PADS), "a matrix and nothing"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, NONE, NONE, **RATES, **PADS), "taps along x"),
        (lambda: raw.tfstylegan_upfirdn2d(X, zeros(1, 0), NONE, NONE, **RATES, **PADS), "taps"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, NONE, **{**RATES, "up_x": 0}, **PADS), "cannot be resampled"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, NONE, **{**RATES, "down_x": -2}, **PADS), "cannot be"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, NONE, **{**RATES, "up_x": 1000}, **PADS), "1 to 16"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, NONE, **RATES, **{**PADS, "pad_x0": 1 << 62}), "padding"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, NONE, **RATES, **{**PADS, "pad_y1": -(1 << 40)}), "padding"),
        (lambda: raw.tfstylegan_upfirdn2d(X, TAPS, TAPS, zeros(2, 5, 5, 3), **RATES, **PADS), "add must be"),
        (lambda: raw.tfstylegan_filtered_lrelu(X, zeros(2), TAPS, TAPS, TAPS, TAPS, clamp=-1.0, **LRELU), "b must"),
        (
            lambda: raw.tfstylegan_filtered_lrelu(X, NONE, zeros(40), zeros(40), TAPS, TAPS, clamp=-1.0, **LRELU),
            r"40x40 taps .*\[2, 8, 8, 4\]",
        ),
        (
            lambda: raw.tfstylegan_filtered_lrelu(
                X, NONE, TAPS, TAPS, TAPS, TAPS, clamp=-1.0, **{**LRELU, "slope": float("nan")}
            ),
            "must be numbers",
        ),
        (
            lambda: raw.tfstylegan_filtered_lrelu_grad(
                X, np.zeros([2, 1, 5, 5], np.uint8), TAPS, TAPS, TAPS, TAPS, **LRELU, **CODES, out_h=5, out_w=5
            ),
            "codes must have 5 axes",
        ),
        (
            lambda: raw.tfstylegan_filtered_lrelu_grad(
                X, np.zeros([2, 1, 5, 5, 4], np.uint8), TAPS, TAPS, TAPS, TAPS, **LRELU, **CODES, out_h=50, out_w=5
            ),
            "height must be",
        ),
    ],
)
def test_errors_hold_the_shapes(call, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call()


def test_an_output_that_no_machine_holds_is_refused_at_once():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"an output of shape \[1, .* cannot be"):
        raw.tfstylegan_upfirdn2d(
            zeros(1, 1 << 12, 1, 1), TAPS, TAPS, NONE, **RATES, **{**PADS, "pad_x0": 1 << 24, "pad_y0": 1 << 24}
        )


def test_nan_stays_in_its_pixel_and_is_not_hidden():
    x = X.copy()
    x[1, 2, 3, 1] = np.nan
    for y in (
        raw.tfstylegan_bias_act(x, NONE, **ACT),
        raw.tfstylegan_bias_act(x, NONE, **{**ACT, "clamp": 0.5}),
        raw.tfstylegan_style_epilogue(x, NONE, NONE, NONE, NONE, **{**ACT, "clamp": 0.5}),
    ):
        assert np.argwhere(np.isnan(y)).tolist() == [[1, 2, 3, 1]]


def mutations(seed: int):
    """Endless calls of random ops with arguments of which some are wrong."""
    draw = random.Random(seed)
    shapes = [
        (),
        (0,),
        (1,),
        (4,),
        (5,),
        (2, 4),
        (0, 4),
        (4, 4),
        (2, 8, 8, 4),
        (2, 8, 8, 1),
        (1, 8, 8, 1),
        (0, 8, 8, 4),
    ]
    shapes += [(2, 0, 8, 4), (2, 8, 8, 0), (1, 1, 1, 1), (2, 5, 5, 4), (2, 1, 13, 13, 4), (2, 8, 8, 17), (3, 8, 8, 4)]
    integers = [0, 1, 2, 3, 4, -1, 7, 16, 17, 100, -100, 1 << 31, -(1 << 31), 1 << 62]
    numbers = [0.0, 1.0, -1.0, 0.2, float("nan"), float("inf"), 1e30]
    ops = {
        "bias_act": (2, ACT),
        "bias_act_grad": (4, ACT),
        "bias_act_grad2": (4, ACT),
        "style_epilogue": (5, ACT),
        "style_epilogue_grad": (6, ACT),
        "style_epilogue_grad_grad": (11, ACT),
        "norm_epilogue": (6, {**ACT, "epsilon": 1e-8}),
        "norm_epilogue_grad": (8, {**ACT, "epsilon": 1e-8}),
        "upfirdn2d": (4, {**RATES, **PADS}),
        "filtered_lrelu": (6, {**LRELU, "clamp": -1.0}),
        "filtered_lrelu_grad": (6, {**LRELU, "code_x0": 0, "code_y0": 0, "out_h": 5, "out_w": 5}),
    }
    while True:
        name, (inputs, attributes) = draw.choice(list(ops.items()))
        arrays = [np.ones(draw.choice(shapes), np.float32) * draw.choice(numbers) for _ in range(inputs)]
        if name == "filtered_lrelu_grad":
            arrays[1] = np.full(draw.choice(shapes), draw.randrange(256), np.uint8)
        changed = {
            key: draw.choice(numbers if isinstance(value, float) else integers) if draw.random() < 0.2 else value
            for key, value in attributes.items()
        }
        yield name, arrays, changed


def test_random_calls_never_crash():
    answers = {True: 0, False: 0}
    for name, arrays, attributes in itertools.islice(mutations(0), 6000):
        try:
            getattr(raw, f"tfstylegan_{name}")(*arrays, **attributes)
            answers[True] += 1
        except (tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError) as error:
            answers[False] += 1
            assert len(str(error)) > 20, (name, [a.shape for a in arrays], attributes)
        except (tf.errors.UnimplementedError, OverflowError):
            answers[False] += 1
    assert answers[True] > 20, "hardly any call was right: the test tests nothing"
