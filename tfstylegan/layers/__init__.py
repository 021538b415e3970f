"""Keras layers, one concept a file."""

from tfstylegan.layers.adain import AdaIN
from tfstylegan.layers.batch_norm import BatchNormalization
from tfstylegan.layers.box_conv import BoxConv2D
from tfstylegan.layers.conv import Conv2D
from tfstylegan.layers.dense import Dense
from tfstylegan.layers.layer_norm import LayerNormalization
from tfstylegan.layers.minibatch_stddev import MinibatchStddev
from tfstylegan.layers.noise import NoiseInjection
from tfstylegan.layers.style_epilogue import StyleEpilogue
from tfstylegan.layers.stylegan3_input import FourierInput
from tfstylegan.layers.stylegan3_synthesis_layer import StyleGAN3SynthesisLayer
from tfstylegan.layers.synthesis_layer import SynthesisLayer
from tfstylegan.layers.to_rgb import ToRGB

__all__ = [
    "AdaIN",
    "BatchNormalization",
    "BoxConv2D",
    "Conv2D",
    "Dense",
    "FourierInput",
    "LayerNormalization",
    "MinibatchStddev",
    "NoiseInjection",
    "StyleEpilogue",
    "StyleGAN3SynthesisLayer",
    "SynthesisLayer",
    "ToRGB",
]
