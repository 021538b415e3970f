"""Batch and layer normalisation against Keras' own, which are right to first order."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstylegan import layers

SHAPE = (4, 3, 5, 2)
# Mean and variance in float32, over 24 to 60 numbers of unit size.
TOLERANCE = 1e-5


def pair(ours, theirs, seed=0):
    """Both layers with the same weights, none of which is where it starts."""
    random = np.random.RandomState(seed)
    values = {}
    for layer in (ours, theirs):
        layer.build(SHAPE)
        for variable in layer.weights:
            draw = np.exp(0.3 * random.standard_normal(variable.shape))
            variable.assign(values.setdefault(variable.name, draw))
    return ours, theirs


def images():
    return np.random.RandomState(1).standard_normal(SHAPE).astype(np.float32) * 2 + 1


def value_and_gradients(layer, x, **options):
    with tf.GradientTape() as tape:
        x = tf.constant(x)
        tape.watch(x)
        y = layer(x, **options)
        loss = tf.reduce_sum(y**3)
    return [y, *tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])]


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalisation_is_keras_own_to_first_order(training):
    ours, theirs = pair(
        layers.BatchNormalization(momentum=0.8, epsilon=0.01),
        keras.layers.BatchNormalization(momentum=0.8, epsilon=0.01),
    )
    found = value_and_gradients(ours, images(), training=training)
    for one, other in zip(found, value_and_gradients(theirs, images(), training=training), strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE * np.abs(other).max())
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=TOLERANCE)


def test_layer_normalisation_is_keras_with_one_group_to_first_order():
    ours, theirs = pair(
        layers.LayerNormalization(epsilon=0.01), keras.layers.GroupNormalization(groups=1, epsilon=0.01)
    )
    found = value_and_gradients(ours, images())
    for one, other in zip(found, value_and_gradients(theirs, images()), strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE * np.abs(other).max())


@pytest.mark.parametrize("layer", [layers.BatchNormalization(0.5, 0.1), layers.LayerNormalization(0.1)], ids=repr)
def test_half_precision_takes_its_statistics_in_float32(layer):
    config = layer.get_config()
    half = type(layer).from_config({**config, "dtype": "mixed_float16"})
    assert {k: v for k, v in half.get_config().items() if k != "dtype"} == {
        k: v for k, v in config.items() if k != "dtype"
    }
    x = images() * 200  # squares overflow float16
    y = half(x.astype(np.float16), training=True)
    assert y.dtype == "float16" and all(weight.dtype == "float32" for weight in half.weights)
    layer.build(SHAPE)
    np.testing.assert_allclose(y, layer(x, training=True), atol=0.02)  # values up to 4 in float16
