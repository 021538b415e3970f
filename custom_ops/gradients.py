"""Gradients of the fused ops, by fused ops: right to the second derivative, in eager mode and in graphs.

An op that is linear in what it is differentiated by is its own gradient with other arguments, so upfirdn2d, and
filtered leaky ReLU with its kept cases, may be differentiated any number of times; the elementwise ops twice.
"""

from types import ModuleType

import tensorflow as tf

from tfstylegan.custom_ops import normalized_gradient

PIECEWISE_LINEAR = (0, 1, 2)  # linear, relu, lrelu: their output says everything that a derivative needs
PADDING = ("pad_x0", "pad_x1", "pad_y0", "pad_y1")


def register(ops: ModuleType) -> None:
    """Tells TensorFlow the gradients of ``ops``, the module that ``tf.load_op_library`` made."""
    _register_bias_act(ops)
    _register_style_epilogue(ops)
    _register_norm_epilogue(ops)
    _register_upfirdn2d(ops)
    _register_filtered_lrelu(ops)


def is_absent(x) -> bool:
    """Whether an optional input is the empty vector that stands for none."""
    return x.shape.rank == 1 and x.shape[0] == 0


def absent(dtype=tf.float32):
    """The empty vector that stands for an input that is not there."""
    return tf.zeros([0], dtype)


def _attributes(op, *names: str) -> dict:
    return {name: op.get_attr(name) for name in names}


def _activation(op) -> dict:
    return _attributes(op, "act", "alpha", "gain", "clamp")


def _if_given(gradient, x):
    return None if is_absent(x) else gradient


def _shaped(x, like):
    x.set_shape(like.shape)
    return x


def _no_third(name: str):
    def gradient(op, *cotangents):
        raise LookupError(f"the fused {name} has two derivatives; use impl='composed' for more")

    tf.RegisterGradient(name)(gradient)


def _register_bias_act(ops) -> None:
    @tf.RegisterGradient("TfstyleganBiasAct")
    def bias_act(op, dy):
        x, b = op.inputs
        ref = op.outputs[0] if op.get_attr("act") in PIECEWISE_LINEAR else x
        dx, db = ops.tfstylegan_bias_act_grad(dy, absent(dy.dtype), ref, b, **_activation(op))
        return _shaped(dx, x), None if is_absent(b) else _shaped(db, b)

    @tf.RegisterGradient("TfstyleganBiasActGrad")
    def bias_act_grad(op, ddx, ddb):
        dy, gb, ref, b = op.inputs
        activation = _activation(op)
        ddy, dgb = ops.tfstylegan_bias_act_grad(ddx, ddb, ref, b, **activation)
        ddy = _shaped(ddy, dy)
        if activation["act"] in PIECEWISE_LINEAR:
            # The slope does not change with the bias; but a regulariser reaches it, with a gradient of zero, which an
            # optimizer counts. Only where there is no kink and no clamp does nothing depend on it.
            reached = not is_absent(b) and (activation["act"] != 0 or activation["clamp"] >= 0)
            return ddy, _if_given(dgb, gb), None, tf.zeros_like(b) if reached else None
        whole = dy if is_absent(gb) else dy + gb
        dx, db = ops.tfstylegan_bias_act_grad2(ddx + ddb, whole, ref, b, **activation)
        return ddy, _if_given(dgb, gb), _shaped(dx, ref), _if_given(db, b)

    _no_third("TfstyleganBiasActGrad2")


def _register_style_epilogue(ops) -> None:
    @tf.RegisterGradient("TfstyleganStyleEpilogue")
    def style_epilogue(op, dy):
        x, d, noise, strength, b = op.inputs
        activation = _activation(op)
        # What a gradient does not need is not kept for it.
        needs_output = activation["act"] != 0 or activation["clamp"] >= 0
        dx, *rest = ops.tfstylegan_style_epilogue_grad(
            dy,
            absent(dy.dtype) if is_absent(d) else x,
            d,
            noise,
            strength,
            op.outputs[0] if needs_output else dy,
            **activation,
        )
        gradients = zip(rest, (d, noise, strength, b), strict=True)
        return _shaped(dx, x), *(None if is_absent(given) else _shaped(g, given) for g, given in gradients)

    @tf.RegisterGradient("TfstyleganStyleEpilogueGrad")
    def style_epilogue_grad(op, gdx, gdd, gdnoise, gdstrength, gdb):
        dy, x, d, noise, strength, _ = op.inputs
        ddy, *rest = ops.tfstylegan_style_epilogue_grad_grad(
            gdx, gdd, gdnoise, gdstrength, gdb, *op.inputs, **_activation(op)
        )
        gradients = zip(rest, (x, d, noise, strength), strict=True)
        known = (None if is_absent(given) else _shaped(g, given) for g, given in gradients)
        return _shaped(ddy, dy), *known, None

    _no_third("TfstyleganStyleEpilogueGradGrad")


def _register_norm_epilogue(ops) -> None:
    @tf.RegisterGradient("TfstyleganNormEpilogue")
    def norm_epilogue(op, dy, _dmean, _drstd):
        x, noise, strength, b, scale, shift = op.inputs
        _, mean, rstd = op.outputs
        dx, dnoise, dstrength, db, dscale, dshift = ops.tfstylegan_norm_epilogue_grad(
            dy, x, noise, strength, b, scale, mean, rstd, **_activation(op), epsilon=op.get_attr("epsilon")
        )
        gradients = zip((dnoise, dstrength, db, dscale, dshift), (noise, strength, b, scale, shift), strict=True)
        return _shaped(dx, x), *(None if is_absent(given) else _shaped(g, given) for g, given in gradients)

    @tf.RegisterGradient("TfstyleganNormEpilogueGrad")
    def norm_epilogue_grad(op, *cotangents):
        return normalized_gradient.gradient_of_gradient(
            op.inputs, cotangents, **_activation(op), epsilon=op.get_attr("epsilon")
        )


def _register_upfirdn2d(ops) -> None:
    @tf.RegisterGradient("TfstyleganUpfirdn2d")
    def upfirdn2d(op, dy):
        x, fy, fx, add = op.inputs
        a = _attributes(op, "up_x", "up_y", "down_x", "down_y", *PADDING)
        height, width = _filter_size(fy, fx)
        padding = {}
        for axis, size, out, taps in (("x", x.shape[2], dy.shape[2], width), ("y", x.shape[1], dy.shape[1], height)):
            before, up, down = a[f"pad_{axis}0"], a[f"up_{axis}"], a[f"down_{axis}"]
            padding[f"pad_{axis}0"] = taps - 1 - before
            padding[f"pad_{axis}1"] = size * up - out * down + before - up + 1
        dx = ops.tfstylegan_upfirdn2d(
            dy,
            _reversed(fy),
            _reversed(fx),
            absent(dy.dtype),
            up_x=a["down_x"],
            up_y=a["down_y"],
            down_x=a["up_x"],
            down_y=a["up_y"],
            **padding,
        )
        return _shaped(dx, x), None, None, _if_given(dy, add)


def _register_filtered_lrelu(ops) -> None:
    def backwards(dy, codes, op, source, filters, offsets):
        """The gradient in ``source`` of the op, or of its gradient: the op itself with everything exchanged."""
        fu_y, fu_x, fd_y, fd_x = filters
        a = _attributes(op, "up", "down", *PADDING, "gain", "slope")
        arguments = {}
        sizes = zip(
            ("x", "y"),
            (source.shape[2], source.shape[1]),
            (dy.shape[2], dy.shape[1]),
            reversed(_filter_size(fu_y, fu_x)),
            reversed(_filter_size(fd_y, fd_x)),
            strict=True,
        )
        for axis, size, out, fu, fd in sizes:
            before = a[f"pad_{axis}0"]
            between = (size - 1) * a["up"] + fu
            arguments[f"pad_{axis}0"] = fu + fd - 2 - before
            arguments[f"pad_{axis}1"] = between - out * a["down"] - arguments[f"pad_{axis}0"] + fd - 1
            arguments[f"code_{axis}0"] = offsets[axis] + before - (fu - 1)
        dx = ops.tfstylegan_filtered_lrelu_grad(
            dy,
            codes,
            _reversed(fd_y),
            _reversed(fd_x),
            _reversed(fu_y),
            _reversed(fu_x),
            up=a["down"],
            down=a["up"],
            out_h=source.shape[1],
            out_w=source.shape[2],
            gain=a["gain"],
            slope=a["slope"],
            **arguments,
        )
        return _shaped(dx, source)

    @tf.RegisterGradient("TfstyleganFilteredLrelu")
    def filtered_lrelu(op, dy, _dcodes):
        x, b, *filters = op.inputs
        dx = backwards(dy, op.outputs[1], op, x, filters, {"x": 0, "y": 0})
        db = None if is_absent(b) else tf.reduce_sum(dx, axis=[0, 1, 2])
        return dx, db, None, None, None, None

    @tf.RegisterGradient("TfstyleganFilteredLreluGrad")
    def filtered_lrelu_grad(op, ddx):
        dy, codes, *filters = op.inputs
        offsets = {"x": op.get_attr("code_x0"), "y": op.get_attr("code_y0")}
        return backwards(ddx, codes, op, dy, filters, offsets), None, None, None, None, None


def _filter_size(y, x) -> tuple[int, int]:
    return (y.shape[0], y.shape[1]) if y.shape.rank == 2 else (y.shape[0], x.shape[0])


def _reversed(f):
    if f.shape.rank == 1 and f.shape[0] == 0:
        return f
    return tf.reverse(f, axis=list(range(f.shape.rank)))
