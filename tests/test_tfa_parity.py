"""What a StyleGAN took from tensorflow-addons 0.23: every recorded output, here or in Keras, by the README's table.

Values agree within 1e-5 of the larger of 1 and the largest reference value, which is a few roundings of float32;
what only picks pixels agrees exactly.
"""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops as kops

from tests.golden_data import FOLDER, Golden
from tfstylegan import ops, training
from tfstylegan.training.ema import step_decay

TFA = Golden("tf1/tfa_parity")
CASES = {case["key"]: case["args"] for case in TFA.json("config")["cases"]}
IMAGES, X = TFA["img"], TFA["x"]

NOT_HERE = {
    "Lookahead": "not used by any StyleGAN, not in Keras",
    "RectifiedAdam": "not used by any StyleGAN, not in Keras",
    "sharpness": "rounds to integers, for the augmentation of classifiers",
    "equalize": "for integers, for the augmentation of classifiers",
    "blend": "rounds to integers, for the augmentation of classifiers",
    "shear_x": "for integers, for the augmentation of classifiers",
    "shear_y": "for integers, for the augmentation of classifiers",
}
TESTED: set[str] = set()  # filled by group()


def group(name: str) -> list[str]:
    """The cases of a group, for a test; notes that it has one."""
    TESTED.add(name)
    return [key for key in CASES if key.partition("/")[0] == name]


def assert_agrees(actual, name: str, tolerance: float = 1e-5) -> None:
    reference = TFA[name]
    actual = np.asarray(actual)
    assert actual.shape == reference.shape
    error = np.abs(actual - reference).max()
    assert error <= tolerance * max(1.0, np.abs(reference).max()), f"{name}: {error:.3g}"


def test_every_recorded_group_is_tested_or_left_out_for_a_reason():
    assert {key.partition("/")[0] for key in CASES} == TESTED | NOT_HERE.keys()
    assert not TESTED & NOT_HERE.keys()


def test_what_the_readme_names_in_their_place_exists():
    readme = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Coming from tensorflow-addons")[2].partition("\n## ")[0]
    names = set(re.findall(r"`((?:ops|keras|training)\.[\w.]+)", section))
    assert len(names) > 15
    for name in names:
        root, *path = name.split(".")
        found = {"ops": ops, "keras": keras, "training": training}[root]
        for part in path:
            found = getattr(found, part)


# Layers of Keras.


@pytest.mark.parametrize("case", group("InstanceNormalization"))
def test_instance_normalization_is_group_normalization_of_single_channels(case):
    layer = keras.layers.GroupNormalization(groups=-1, **{"epsilon": 1e-3, **CASES[case]["kwargs"]})
    layer.build(X.shape)
    if layer.scale:
        layer.set_weights([TFA[f"{case}/gamma"], TFA[f"{case}/beta"]])
    assert_agrees(layer(X), f"{case}/out")


@pytest.mark.parametrize("case", group("SpectralNormalization"))
def test_spectral_normalization(case):
    arguments = CASES[case]["layer_config"]
    if CASES[case]["layer"] == "Dense":
        inner = keras.layers.Dense(arguments["filters_or_units"], use_bias=arguments["use_bias"])
    else:
        inner = keras.layers.Conv2D(
            arguments["filters_or_units"], 3, arguments["strides"], arguments["padding"], use_bias=arguments["use_bias"]
        )
    layer = keras.layers.SpectralNormalization(inner, power_iterations=CASES[case]["power_iterations"])
    x = TFA[f"{case}/x"]
    layer.build(x.shape)
    inner.kernel.assign(TFA[f"{case}/kernel"])
    layer.vector_u.assign(TFA[f"{case}/u"])
    if inner.use_bias:
        inner.bias.assign(TFA[f"{case}/bias"])
    assert_agrees(layer(x, training=False), f"{case}/out_inference_before")
    for step in range(3):
        assert_agrees(layer(x, training=True), f"{case}/out_train_step{step}")
        assert_agrees(layer.vector_u, f"{case}/u_after_step{step}")
        assert_agrees(inner.kernel, f"{case}/kernel_after_step{step}")
    assert_agrees(layer(x, training=False), f"{case}/out_inference_after")


# A size that divides the image's, as tensorflow-addons asked for, is pooling without overlap.
@pytest.mark.parametrize(
    ("case", "layer"),
    [(case, keras.layers.AveragePooling2D) for case in group("AdaptiveAveragePooling2D")]
    + [(case, keras.layers.MaxPooling2D) for case in group("AdaptiveMaxPooling2D")],
)
def test_adaptive_pooling_is_pooling(case, layer):
    x = TFA["x_pool"]
    rows, columns = CASES[case]["output_size"]
    assert_agrees(layer((x.shape[1] // rows, x.shape[2] // columns))(x), f"{case}/out")


ACTIVATIONS = {
    "gelu": keras.activations.gelu,
    "hardshrink": keras.activations.hard_shrink,
    "lisht": lambda x: x * kops.tanh(x),
    "mish": keras.activations.mish,
    "snake": lambda x: x + kops.square(kops.sin(x)),
    "softshrink": keras.activations.soft_shrink,
    "tanhshrink": keras.activations.tanh_shrink,
}


@pytest.mark.parametrize("case", group("activations"))
def test_activations(case):
    function = ACTIVATIONS[case.partition("/")[2]]
    # tensorflow-addons approximated gelu by tanh; Keras does so when asked.
    options = {"approximate": True} if function is keras.activations.gelu else {}
    assert_agrees(function(kops.convert_to_tensor(X), **options), f"{case}/out")


# Optimizers.


OPTIMIZERS = {
    # Keras multiplies the weight decay by the learning rate.
    "AdamW": lambda: keras.optimizers.AdamW(0.05, weight_decay=1e-2 / 0.05),
    "LAMB": lambda: keras.optimizers.Lamb(0.05, epsilon=1e-6),
}


@pytest.mark.parametrize("case", group("AdamW") + group("LAMB"))
def test_optimizers(case):
    optimizer = OPTIMIZERS[case]()
    variable = keras.Variable(np.array(CASES[case]["initial"], np.float32))
    optimizer.build([variable])
    values = []
    for gradient in TFA[f"{case}/grads"]:
        optimizer.apply([kops.convert_to_tensor(gradient)], [variable])
        values.append(kops.convert_to_numpy(variable))
    assert_agrees(values, f"{case}/values")


@pytest.mark.parametrize("case", group("MovingAverage"))
def test_moving_average(case):
    options = CASES[case]["kwargs"]
    average = np.array(CASES[case]["initial"], np.float32)
    averages = []
    for step, value in enumerate(TFA[f"{case}/values"]):
        beta = step_decay(
            step, options["average_decay"], options.get("dynamic_decay", False), options.get("start_step", 0)
        )
        average = value + np.float32(beta) * (average - value)  # what TrainingSteps.update_ema does
        averages.append(average)
    assert_agrees(averages, f"{case}/averages")
    assert_agrees(averages[-1], f"{case}/after_assign")


# Images.


def sampled(case: str, function, argument, **options) -> None:
    """Compares ``function(IMAGES, argument)`` with a case; nearest pixels are the same pixels."""
    arguments = CASES[case]
    out = function(
        IMAGES,
        argument,
        arguments["interpolation"],
        arguments["fill_mode"],
        arguments.get("fill_value", 0.0),
        **options,
    )
    assert_agrees(out, f"{case}/out", 0 if arguments["interpolation"] == "nearest" else 1e-5)


@pytest.mark.parametrize("case", [case for case in group("transform") if case != "transform/grad"])
def test_transform(case):
    rows = TFA["transforms"][1] if case == "transform/single" else TFA["transforms"]
    sampled(case, ops.projective_transform, rows, output_size=CASES[case].get("output_shape"))


def test_the_recorded_gradient_of_transform_warps_by_the_inverse():
    # It is no derivative, unless the transform is a translation by whole pixels; ops.projective_transform's is.
    cotangent = TFA["transform/grad/r"]
    matrices = np.concatenate([TFA["transforms"], np.ones([3, 1], np.float32)], axis=1).reshape(3, 3, 3)
    inverse = np.linalg.inv(matrices).reshape(3, 9)
    rows = inverse[:, :8] / inverse[:, 8:]
    assert_agrees(ops.projective_transform(cotangent, rows), "transform/grad/grad_img")

    x = tf.constant(IMAGES)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours = tf.reduce_sum(ops.projective_transform(x, TFA["transforms"]) * cotangent)
        keras_own = tf.reduce_sum(kops.image.affine_transform(x, TFA["transforms"]) * cotangent)
    assert_agrees(tape.gradient(keras_own, x), "transform/grad/grad_img")
    gradient = tape.gradient(ours, x).numpy()
    np.testing.assert_allclose(gradient[2], TFA["transform/grad/grad_img"][2], atol=1e-5)  # the translation
    # The function is linear, so <out(v), r> is <v, gradient> for any v.
    v = np.random.RandomState(0).randn(*IMAGES.shape).astype(np.float32)
    left = np.sum(ops.projective_transform(v, TFA["transforms"]) * cotangent, axis=(1, 2, 3))
    np.testing.assert_allclose(left, np.sum(v * gradient, axis=(1, 2, 3)), rtol=1e-4)
    recorded = np.sum(v * TFA["transform/grad/grad_img"], axis=(1, 2, 3))
    assert np.all(np.abs(left - recorded)[:2] > 1e-2)


@pytest.mark.parametrize("case", group("rotate"))
def test_rotate(case):
    sampled(case, ops.rotate, TFA[f"{case}/angles"])


@pytest.mark.parametrize("case", group("translate"))
def test_translate(case):
    sampled(case, ops.translate, TFA[f"{case}/translations"])


@pytest.mark.parametrize("case", group("angles_to_projective_transforms"))
def test_angles_to_projective_transforms(case):
    size = CASES[case]["image_height"], CASES[case]["image_width"]
    assert_agrees(ops.angles_to_projective_transforms(TFA[f"{case}/angles"], *size), f"{case}/out")


@pytest.mark.parametrize("case", group("compose_transforms"))
def test_compose_transforms(case):
    assert_agrees(ops.compose_transforms(*TFA["transforms"]), f"{case}/out")


@pytest.mark.parametrize("case", group("dense_image_warp"))
def test_dense_image_warp_is_bilinear_sampling(case):
    flow = TFA[f"{case}/flow"]
    _, height, width, _ = IMAGES.shape
    y = np.clip(np.arange(height)[:, None] - flow[..., 0], 0, height - 1)
    x = np.clip(np.arange(width) - flow[..., 1], 0, width - 1)
    assert_agrees(ops.sample_bilinear(IMAGES, x, y), f"{case}/out")


@pytest.mark.parametrize("case", group("gaussian_filter2d"))
def test_gaussian_filter2d(case):
    options = dict(CASES[case]["kwargs"])
    options["padding"] = options.get("padding", "REFLECT").lower()
    options["fill_value"] = options.pop("constant_values", 0.0)
    assert_agrees(ops.gaussian_filter2d(IMAGES, **options), f"{case}/out")


@pytest.mark.parametrize("case", group("mean_filter2d") + group("median_filter2d"))
def test_mean_and_median_filters_are_pooling_and_patches(case):
    padded = kops.pad(IMAGES, [[0, 0], [1, 1], [1, 1], [0, 0]], mode=CASES[case]["padding"].lower())
    if case.startswith("mean"):
        out = kops.average_pool(padded, 3, strides=1, data_format="channels_last")
    else:
        patches = kops.image.extract_patches(padded, 3, strides=1, padding="valid", data_format="channels_last")
        out = kops.median(kops.reshape(patches, [*IMAGES.shape[:3], 9, 3]), axis=3)
    assert_agrees(out, f"{case}/out")


@pytest.mark.parametrize("case", group("adjust_hsv_in_yiq"))
def test_adjust_hsv_in_yiq(case):
    arguments = {name: CASES[case][name] for name in ("delta_hue", "scale_saturation", "scale_value")}
    assert_agrees(ops.adjust_hsv_in_yiq(IMAGES, **arguments), f"{case}/out")


@pytest.mark.parametrize("case", group("cutout"))
def test_cutout(case):
    size = CASES[case]["mask_size"]
    size = size if isinstance(size, int) else tuple(size)
    out = ops.cutout(TFA["img_cutout"], size, TFA[f"{case}/offset"], CASES[case]["constant_values"])
    assert_agrees(out, f"{case}/out", 0)
