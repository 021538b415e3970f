"""Pure functions on NHWC tensors, written in ``keras.ops`` so that they run on every Keras backend.

Where fused twins are loaded, under TensorFlow on a CPU, they are used instead: see :func:`implementation`.
"""

from tfstylegan.ops.bias_act import ACTIVATIONS, Activation, bias_act
from tfstylegan.ops.box_resample import (
    blur2d,
    conv2d_downsample,
    downsample_box,
    upsample_conv2d,
    upsample_nearest,
)
from tfstylegan.ops.conv2d_resample import conv2d_resample
from tfstylegan.ops.cutout import cutout
from tfstylegan.ops.dispatch import implementation
from tfstylegan.ops.filter_design import design_lowpass_filter
from tfstylegan.ops.filtered_lrelu import filtered_lrelu
from tfstylegan.ops.filters import setup_filter
from tfstylegan.ops.image_color import adjust_hsv_in_yiq
from tfstylegan.ops.image_filters import gaussian_filter2d
from tfstylegan.ops.image_sampling import sample_bilinear, sample_nearest
from tfstylegan.ops.image_transform import (
    angles_to_projective_transforms,
    compose_transforms,
    projective_transform,
    rotate,
    translate,
    translations_to_projective_transforms,
)
from tfstylegan.ops.instance_norm import adaptive_instance_norm, instance_norm
from tfstylegan.ops.minibatch_stddev import minibatch_stddev
from tfstylegan.ops.modulated_conv2d import demodulation_coefficients, modulated_conv2d
from tfstylegan.ops.modulated_conv2d_sg3 import modulated_conv2d_sg3
from tfstylegan.ops.norm_epilogue import norm_epilogue
from tfstylegan.ops.normalize import normalize_2nd_moment
from tfstylegan.ops.style_epilogue import scale_channels, style_epilogue
from tfstylegan.ops.upfirdn2d import downsample2d, filter2d, upfirdn2d, upsample2d

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "adaptive_instance_norm",
    "adjust_hsv_in_yiq",
    "angles_to_projective_transforms",
    "bias_act",
    "blur2d",
    "compose_transforms",
    "conv2d_downsample",
    "conv2d_resample",
    "cutout",
    "demodulation_coefficients",
    "design_lowpass_filter",
    "downsample2d",
    "downsample_box",
    "filter2d",
    "filtered_lrelu",
    "gaussian_filter2d",
    "implementation",
    "instance_norm",
    "minibatch_stddev",
    "modulated_conv2d",
    "modulated_conv2d_sg3",
    "norm_epilogue",
    "normalize_2nd_moment",
    "projective_transform",
    "rotate",
    "sample_bilinear",
    "sample_nearest",
    "scale_channels",
    "setup_filter",
    "style_epilogue",
    "translate",
    "translations_to_projective_transforms",
    "upfirdn2d",
    "upsample2d",
    "upsample_conv2d",
    "upsample_nearest",
]
