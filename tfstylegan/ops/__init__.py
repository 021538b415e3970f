"""Pure functions on NHWC tensors, written in ``keras.ops`` so that they run on every Keras backend."""

from tfstylegan.ops.bias_act import ACTIVATIONS, Activation, bias_act
from tfstylegan.ops.conv2d_resample import conv2d_resample
from tfstylegan.ops.filters import setup_filter
from tfstylegan.ops.minibatch_stddev import minibatch_stddev
from tfstylegan.ops.modulated_conv2d import demodulation_coefficients, modulated_conv2d
from tfstylegan.ops.normalize import normalize_2nd_moment
from tfstylegan.ops.upfirdn2d import downsample2d, filter2d, upfirdn2d, upsample2d

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "bias_act",
    "conv2d_resample",
    "demodulation_coefficients",
    "downsample2d",
    "filter2d",
    "minibatch_stddev",
    "modulated_conv2d",
    "normalize_2nd_moment",
    "setup_filter",
    "upfirdn2d",
    "upsample2d",
]
