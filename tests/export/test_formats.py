"""Every kind of network through every format, run in the format's own runtime in a fresh process.

The tolerance is 1e-4 of the value range where 1e-3 is promised: a runtime adds float32 numbers in another order,
which has been seen to make 1e-6.
"""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.export import exported
from tfstylegan import export

# Reading a SavedModel takes TensorFlow seconds to start. Those of the other cases are what TFLite is made from.
IN_A_FRESH_PROCESS = [
    *[(name, case) for name in ("tflite", "onnx") for case in exported.CASES],
    ("saved_model", "labels"),
    ("saved_model", "not square"),
]


@pytest.mark.parametrize("name, case", IN_A_FRESH_PROCESS)
def test_artefact_makes_the_models_pictures(name, case, artefact):
    model, path = artefact(name, case)
    report = export.verify(path, model, tolerance=1e-4)
    assert report.ok, report
    assert report.artefact == path
    assert report.images == 8  # two seeds, two truncations, with noise and without
    assert report.precision == "float32"
    assert report.psnr_db > 90
    assert report.milliseconds > 0
    assert report.value_range > 0.1


@pytest.mark.parametrize("name, batch", [("tflite", 3), ("onnx", 3), ("tflite", None)])
def test_batch_size_is_fixed_or_any(name, batch, artefact):
    model, path = artefact(name, "labels", batch=batch)
    assert export.verify(path, model, tolerance=1e-4).ok
    for rows in (batch,) if batch else (1, 3, 5):
        columns = {"psi": exported.column(*[1] * rows), "noise_gain": exported.column(*[1] * rows)}
        assert exported.run(name, path, {**exported.latents(model, rows), **columns}).shape == (rows, 16, 16, 3)


def test_saved_model_can_have_a_fixed_batch(artefact):
    model, path = artefact("saved_model", batch=3)
    columns = {"psi": exported.column(1, 1, 1), "noise_gain": exported.column(1, 1, 1)}
    assert exported.run("saved_model", path, {**exported.latents(model, 3), **columns}).shape == (3, 16, 16, 3)
    specs = tf.saved_model.load(str(path)).signatures["serving_default"].structured_input_signature[1]
    assert {name: spec.shape[0] for name, spec in specs.items()} == {"z": 3, "psi": 3, "noise_gain": 3}


@pytest.mark.parametrize("name, options", [("saved_model", {}), ("tflite", {"batch": None}), ("onnx", {})])
def test_every_sample_has_its_own_truncation_and_noise(name, options, artefact):
    model, path = artefact(name, **options)
    z = np.repeat(exported.latents(model, 1)["z"], 5, axis=0)
    psi, gains = (1, 0.5, 1, 0, 0.8), (1, 1, 0, 0, 2.5)
    images = exported.run(name, path, {"z": z, "psi": exported.column(*psi), "noise_gain": exported.column(*gains)})
    for image, one_psi, gain in zip(images, psi, gains, strict=True):
        expected = np.asarray(model.synthesis(model.mapping(z[:1], truncation_psi=one_psi), noise_gain=gain))[0]
        np.testing.assert_allclose(image, expected, atol=1e-4 * np.ptp(expected))
    for other in images[1:]:
        assert np.abs(other - images[0]).max() > 0.01 * np.ptp(images[0])


@pytest.mark.parametrize("name", ["saved_model", "tflite"])
@pytest.mark.parametrize("case", ["labels", "no noise"])
def test_mapping_and_synthesis_are_signatures_of_their_own(name, case, artefact):
    model, path = artefact(name, case)
    latents = exported.latents(model, 1)
    ws = exported.run(name, path, {**latents, "psi": exported.column(0.7)}, "mapping")
    expected = np.asarray(model.mapping(latents["z"], latents.get("c"), truncation_psi=0.7))
    np.testing.assert_allclose(ws, expected, atol=1e-5 * np.ptp(expected))
    gain = {} if case == "no noise" else {"noise_gain": exported.column(1)}
    different = np.random.RandomState(3).randn(*ws.shape).astype(np.float32)  # a style of its own for every layer
    image = exported.run(name, path, {"ws": different, **gain}, "synthesis")
    expected = np.asarray(model.synthesis(different))
    np.testing.assert_allclose(image, expected, atol=1e-4 * np.ptp(expected))


def test_smaller_weights_cost_little(tmp_path):
    model = exported.generator(channel_base=1024, channel_max=64, z_dim=64, w_dim=64)
    plain = exported.write("tflite", model, tmp_path).stat().st_size
    for quantize, size, decibels, precision in (("float16", 0.6, 60, "float16"), ("dynamic", 0.45, 35, "int8")):
        path = exported.write("tflite", model, tmp_path, quantize=quantize)
        assert path.stat().st_size < size * plain
        report = export.verify(path, model)
        assert report.ok, report
        assert report.psnr_db > decibels
        assert report.precision == precision


def test_saved_model_runs_where_neither_tfstylegan_nor_keras_is(artefact):
    _, path = artefact("saved_model", "labels")
    program = """
import sys
sys.modules.update({"tfstylegan": None, "keras": None})  # as if they were not installed
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
ones = tf.ones([2, 1])
image = loaded.signatures["serving_default"](z=tf.ones([2, 16]), c=tf.ones([2, 3]), psi=ones, noise_gain=ones)["image"]
print(image.shape, float(tf.reduce_sum(tf.abs(image))) > 0)
"""
    child = subprocess.run([sys.executable, "-I", "-c", program, str(path)], capture_output=True, text=True)
    assert child.stdout.strip() == "(2, 16, 16, 3) True", child.stderr
