"""DCGAN and the WGAN-GP critic: shapes, statistics in and out of training, the gradient penalty's derivative."""

import math
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfstylegan
from tfstylegan import configs, networks
from tfstylegan.networks.summary import layer_table, total

SMALL = {"img_resolution": 16, "channel_base": 64, "channel_max": 8}
GENERATORS = {
    "plain": {},
    "labels": {"c_dim": 3},
    "gray, not square": {"img_channels": 1, "img_resolution": (24, 16)},
    "RGBA, kernels of 4": {"img_channels": 4, "kernel_size": 4},
    "not normalised": {"normalization": "none"},
    "of one layer": {"img_resolution": 8},
}
DISCRIMINATORS = {
    "plain": {},
    "labels": {"c_dim": 3},
    "gray, not square": {"img_channels": 1, "img_resolution": (24, 16)},
    "RGBA, kernels of 4": {"img_channels": 4, "kernel_size": 4},
    "critic": {"normalization": "layer"},
    "not normalised": {"normalization": "none", "c_dim": 2},
}


def trained(model, seed=0):
    """``model`` with weights of unit size and running statistics away from where they start."""
    random = np.random.RandomState(seed)
    for variable in model.weights:
        values = random.standard_normal(variable.shape)
        if variable.name == "kernel":
            values *= 2 / np.sqrt(np.prod(variable.shape[:-1]))
        elif variable.name in ("gamma", "moving_variance"):
            values = np.exp(0.3 * values)
        elif variable.name == "w_avg":
            continue
        variable.assign(values)
    return model


def generator(**options):
    return trained(networks.Generator(configs.DCGAN(**{**SMALL, "z_dim": 6, **options})))


def discriminator(**options):
    return trained(networks.Discriminator(configs.DCGANDiscriminator(**{**SMALL, **options})))


def latents(model, rows=4):
    random = np.random.RandomState(1)
    return random.standard_normal([rows, model.z_dim]).astype(np.float32), labels(model, rows)


def labels(model, rows):
    return np.eye(model.c_dim, dtype=np.float32)[np.arange(rows) % model.c_dim] if model.c_dim else None


def images(model, rows=4, dtype=np.float32):
    height, width = configs.size_of(model.img_resolution)
    return np.random.RandomState(2).uniform(-1, 1, [rows, height, width, model.img_channels]).astype(dtype)


def statistics(model):
    return {v.path: np.asarray(v) for v in model.weights if v.name in ("moving_mean", "moving_variance")}


# ------------------------------------------------------------------------------------------- architecture


def test_the_published_generator_has_the_layers_of_figure_1():
    model = networks.Generator(configs.DCGAN())
    dense = 100 * 4 * 4 * 1024
    convolutions = 5 * 5 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + 3  # a bias for the image only
    normalisation = 2 * (1024 + 512 + 256 + 128)
    whole = total(layer_table(model))
    assert whole.parameters == dense + convolutions + normalisation == 18_855_043
    assert whole.parameters == sum(math.prod(v.shape) for v in model.trainable_variables)
    assert whole.buffers == normalisation + 100  # the running statistics, and the mean of the latents
    shapes = [row.output_shape for row in layer_table(model) if row.name.endswith((".dense", ".conv"))]
    assert shapes == [(16384,), (8, 8, 512), (16, 16, 256), (32, 32, 128), (64, 64, 3)]
    assert model(np.zeros([2, 100], np.float32)).shape == (2, 64, 64, 3)
    for variable in model.trainable_variables:
        if variable.name == "kernel":  # N(0, 0.02^2); 4 standard errors of the smallest kernel's 9600 numbers
            assert np.std(variable) == pytest.approx(0.02, rel=4 / math.sqrt(2 * 9600))


@pytest.mark.parametrize(("normalization", "norms"), [("batch", 2 * 1792), ("layer", 2 * 1792), ("none", 1792)])
def test_the_discriminator_mirrors_it(normalization, norms):
    model = networks.Discriminator(configs.DCGANDiscriminator(normalization=normalization))
    convolutions = 5 * 5 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + 128  # the first has a bias
    dense = 4 * 4 * 1024 + 1
    # Behind the others: a scale and a bias for each channel, or a bias alone.
    whole = total(layer_table(model))
    assert whole.parameters == convolutions + dense + norms
    assert whole.parameters == sum(math.prod(v.shape) for v in model.trainable_variables)
    assert whole.buffers == (2 * 1792 if normalization == "batch" else 0)


def test_arithmetic_is_counted_where_a_convolution_reads_or_writes_fewer_pixels():
    rows = {row.name: row for row in layer_table(generator(img_resolution=(24, 16), z_dim=6))}
    # 6x4 pixels of 2 channels, then 12x8 of 5 (64 // 12)
    assert rows["synthesis.b6x4.dense"].multiply_adds == 6 * 6 * 4 * 8
    assert rows["synthesis.b12x8.conv"].output_shape == (12, 8, 5)
    assert rows["synthesis.b12x8.conv"].multiply_adds == 6 * 4 * 25 * 8 * 5
    rows = {row.name: row for row in layer_table(discriminator(img_resolution=(24, 16)))}
    assert rows["network.b24x16.conv"].multiply_adds == 12 * 8 * 25 * 3 * 5


@pytest.mark.parametrize("options", GENERATORS.values(), ids=GENERATORS)
def test_a_generator_makes_images_and_comes_back_as_it_was(options, tmp_path):
    model = generator(**options)
    z, c = latents(model)
    made = np.asarray(model(z, c))
    assert made.shape == (4, *configs.size_of(model.img_resolution), model.img_channels)
    assert np.abs(made).max() <= 1 and made.std() > 0.1
    np.testing.assert_allclose(model.synthesis(model.mapping(z, c)), made, atol=1e-6)
    np.testing.assert_allclose(model(z[1:2], None if c is None else c[1:2]), made[1:2], atol=1e-5)
    for mode in ("random", "none"):
        np.testing.assert_array_equal(model(z, c, noise_mode=mode), made)
    model.save(tmp_path / "g.keras")
    again = tfstylegan.load(tmp_path / "g.keras")
    assert again.config == model.config
    np.testing.assert_array_equal(again(z, c), made)


@pytest.mark.parametrize("options", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_a_discriminator_scores_images_and_comes_back_as_it_was(options, tmp_path):
    model = discriminator(**options)
    x, c = images(model), labels(model, 4)
    logits = np.asarray(model(x, c))
    assert logits.shape == (4, 1) and logits.std() > 0.01
    model.save(tmp_path / "d.keras")
    again = tfstylegan.load(tmp_path / "d.keras")
    assert again.config == model.config
    np.testing.assert_array_equal(again(x, c), logits)
    if c is not None:
        assert np.abs(model(x, c[::-1]) - logits).max() > 1e-3


def test_truncation_scales_the_latents_and_leaves_the_labels():
    model = generator(c_dim=3)
    z, c = latents(model)
    np.testing.assert_allclose(model(z, c, truncation_psi=0.5), model(0.5 * z, c), atol=1e-6)
    assert np.abs(model(z, c, truncation_psi=0)[0] - model(z, c, truncation_psi=0)[1]).max() > 1e-3


# ----------------------------------------------------------------------------------------------- training


def test_training_normalises_with_the_batch_and_moves_the_running_statistics():
    model = generator()
    z, _ = latents(model, 8)
    before, used = statistics(model), np.asarray(model(z))
    np.testing.assert_array_equal(model(z, training=False), used)
    assert all((statistics(model)[path] == value).all() for path, value in before.items())
    first = np.asarray(model(z, training=True))
    assert np.abs(first - used).max() > 0.01
    after = statistics(model)
    assert all((after[path] != value).any() for path, value in before.items())
    # The dense layer's: 0.9 of the old mean and 0.1 of the batch's.
    dense = model.synthesis.blocks[0].dense
    features = np.reshape(z @ np.asarray(dense.kernel), [-1, 8])
    path = model.synthesis.blocks[0].norm.moving_mean.path
    np.testing.assert_allclose(after[path], 0.9 * before[path] + 0.1 * features.mean(axis=0), atol=1e-5)
    # After many steps on the same batch, the running statistics are the batch's. 0.9^200 is nothing.
    for _ in range(200):
        model(z, training=True)
    np.testing.assert_allclose(model(z), first, atol=1e-3)


def test_halves_take_the_training_flag_too():
    model = generator()
    z, _ = latents(model, 8)
    twin = networks.Generator(model.config)
    twin.set_weights(model.get_weights())
    expected = np.asarray(model(z, training=True))
    np.testing.assert_allclose(twin.synthesis(twin.mapping(z), training=True), expected, atol=1e-6)
    compiled = tf.function(lambda z, training: model(z, training=training))
    np.testing.assert_allclose(compiled(z, True), expected, atol=1e-5)


@pytest.mark.parametrize("normalization", ["batch", "layer", "none"])
def test_a_logit_depends_on_other_images_with_batch_statistics_only(normalization):
    model = discriminator(normalization=normalization)
    x = images(model)
    other = np.concatenate([x[:1], -x[1:]])
    same = np.allclose(model(x, training=True)[0], model(other, training=True)[0], atol=1e-5)
    assert same == model.config.allows_gradient_penalty == (normalization != "batch")
    np.testing.assert_allclose(model(x)[0], model(other)[0], atol=1e-5)


def gradient_penalty(model, x, c=None):
    """``mean((|dD/dx| - 1)²)`` (Gulrajani et al. 2017, equation 3)."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = model(x, c, training=True)
    norms = tf.sqrt(tf.reduce_sum(tape.gradient(logits, x) ** 2, axis=[1, 2, 3]))
    return tf.reduce_mean((norms - 1) ** 2)


@pytest.mark.parametrize(
    "options", [{"normalization": "layer"}, {"normalization": "none", "c_dim": 2}, {"normalization": "batch"}], ids=str
)
def test_the_gradient_penalty_has_the_derivative_of_finite_differences(options):
    # In float64, where differences over 1e-6 are good to 1e-9 or so, and cross no kink of the leaky ReLU.
    config = configs.DCGANDiscriminator(**{**SMALL, **options})
    model = trained(networks.Discriminator(config, dtype="float64"))
    x, c = tf.constant(images(model, 2, np.float64)), labels(model, 2)
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(model, x, c)
    gradients = tape.gradient(penalty, [variable.value for variable in variables])
    random = np.random.RandomState(3)
    for variable, gradient in zip(variables, gradients, strict=True):
        start, step = np.asarray(variable), random.standard_normal(variable.shape)
        values = []
        for sign in (1, -1):
            variable.assign(start + sign * 1e-6 * step)
            values.append(float(gradient_penalty(model, x, c)))
        variable.assign(start)
        slope = 0.0 if gradient is None else float(np.sum(gradient * step))
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-6, abs=1e-7), variable.path
    assert sum(gradient is not None for gradient in gradients) > len(variables) / 2


REPLICAS = """
import numpy as np
import tensorflow as tf
device = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
from tests.networks import test_dcgan
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
single = test_dcgan.generator()
with strategy.scope():
    model = test_dcgan.generator()
z = np.random.RandomState(0).standard_normal([8, 6]).astype(np.float32)
parts = strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(z[4 * context.replica_id_in_sync_group :][:4]))
run = tf.function(lambda parts: strategy.run(lambda z: model(z, training=True), args=(parts,)))
images = np.concatenate([part.numpy() for part in strategy.experimental_local_results(run(parts))])
found = test_dcgan.statistics(model)
expected = []
for half in (z[:4], z[4:]):
    twin = test_dcgan.generator()
    picture = twin(half, training=True)
    expected.append((np.asarray(picture), test_dcgan.statistics(twin)))
np.testing.assert_allclose(images, np.concatenate([picture for picture, _ in expected]), atol=1e-5)
for (path, value), one, other in zip(found.items(), *(s.values() for _, s in expected)):
    np.testing.assert_allclose(value, (one + other) / 2, atol=1e-5, err_msg=path)
print("the same on two devices")
"""


def test_running_statistics_are_averaged_over_the_devices():
    # A process of its own: logical devices have to be made before TensorFlow starts.
    done = subprocess.run([sys.executable, "-c", REPLICAS], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "the same on two devices" in done.stdout


# ----------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: configs.DCGAN(normalization="layer"), "normalization must be one of batch, none; got 'layer'"),
        (lambda: configs.DCGANDiscriminator(normalization="spectral"), "must be one of batch, layer, none"),
        (lambda: configs.DCGAN(img_resolution=4), "the smallest is 8"),
        (lambda: configs.DCGAN(img_resolution=100), "cannot be reached by doubling"),
        (lambda: configs.DCGAN(kernel_size=1), "kernel_size must be 2 or more"),
        (lambda: configs.DCGAN(z_dim=0), "z_dim must be above 0"),
        (lambda: configs.DCGAN(channel_base=32), "leaves no channel"),
        (lambda: generator(c_dim=3)(np.zeros([1, 6], np.float32)), "c is missing"),
        (lambda: discriminator(c_dim=3)(np.zeros([1, 16, 16, 3], np.float32)), "c is missing"),
        (lambda: generator().synthesis(np.zeros([1, 2, 6], np.float32)), r"ws must have shape \[N, 1, 6\]"),
        (lambda: discriminator()(np.zeros([1, 8, 8, 3], np.float32)), r"img must have shape \[N, 16, 16, 3\]"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
