"""Exporting as an act: what it leaves on disk, what it leaves alone, and what it says."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_networks
from tests.export import exported
from tfstylegan import export
from tfstylegan.errors import UserError


def fail_after(function):
    """``function``, then an error as if the disk were full."""

    def failing(*args, **kwargs):
        function(*args, **kwargs)
        raise OSError("no space left on device")

    return failing


def fail_in(name, monkeypatch):
    import tf2onnx

    if name == "saved_model":
        monkeypatch.setattr(tf.saved_model, "save", fail_after(tf.saved_model.save))
    elif name == "tflite":
        original = tf.lite.TFLiteConverter.from_saved_model

        def from_saved_model(*args, **kwargs):
            made = original(*args, **kwargs)
            made.convert = fail_after(made.convert)
            return made

        monkeypatch.setattr(tf.lite.TFLiteConverter, "from_saved_model", from_saved_model)
    else:
        monkeypatch.setattr(tf2onnx.convert, "from_function", fail_after(tf2onnx.convert.from_function))


def contents(directory) -> dict:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", exported.FORMATS)
def test_failed_export_leaves_what_was_there(name, tmp_path, monkeypatch):
    model = exported.generator(img_resolution=8)
    fail_in(name, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        exported.write(name, model, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    path = exported.write(name, exported.generator(img_resolution=8, img_channels=1), tmp_path)
    before = contents(tmp_path)
    fail_in(name, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        exported.write(name, model, tmp_path)
    assert contents(tmp_path) == before
    monkeypatch.undo()
    exported.write(name, model, tmp_path)  # replaces it
    inputs = {"z": np.ones([1, 16], np.float32), "psi": exported.column(1), "noise_gain": exported.column(1)}
    assert exported.run(name, path, inputs).shape == (1, 8, 8, 3)
    assert list(tmp_path.iterdir()) == [path]


def test_export_leaves_the_generator_and_keras_alone(tmp_path):
    def state():
        variables = {variable.path: variable.numpy().tobytes() for variable in model.variables}
        return variables, keras.config.floatx(), keras.config.dtype_policy().name, model.built

    model = exported.generator(img_resolution=8)
    before = state()
    for name in exported.FORMATS:
        exported.write(name, model, tmp_path)
    assert state() == before


def test_export_does_not_depend_on_how_it_was_used_before(tmp_path):
    """The same picture from a generator fresh and used, with other defaults in Keras and TensorFlow."""
    model = exported.generator(img_resolution=8)
    inputs = {"z": np.ones([1, 16], np.float32), "psi": exported.column(1), "noise_gain": exported.column(1)}
    first = exported.run("onnx", exported.write("onnx", model, tmp_path), inputs)
    model(np.ones([2, 16], np.float32), noise_mode="random")
    keras.config.set_dtype_policy("mixed_float16")
    tf.config.run_functions_eagerly(True)
    try:
        second = exported.run("onnx", exported.write("onnx", model, tmp_path), inputs)
    finally:
        keras.config.set_dtype_policy("float32")
        tf.config.run_functions_eagerly(False)
    np.testing.assert_array_equal(first, second)


def test_generator_in_half_precision_is_exported_in_single(tmp_path):
    single = exported.generator(img_resolution=8)
    half = type(single)(single.config, dtype="mixed_float16")
    half.set_weights(single.get_weights())
    path = exported.write("onnx", half, tmp_path)
    assert export.verify(path, half, tolerance=1e-4).ok
    assert export.verify(path, single, tolerance=1e-4).ok


@pytest.mark.parametrize(
    "name, file, options, message",
    [
        ("tflite", "g.tflite", {"quantize": "int8"}, "quantize must be one of none, float16, dynamic; got 'int8'"),
        ("onnx", "g.onnx", {"opset": 19}, "opset must be 17 or 18; got 19"),
        ("onnx", "g.tflite", {}, "g.tflite: the name must end in .onnx"),
        ("tflite", "g", {}, "g: the name must end in .tflite"),
        ("tflite", "g.tflite", {"batch": -1}, "batch must be a positive number, or None .* got -1"),
        ("saved_model", "g", {"batch": 1.5}, "batch must be a positive number, or None .* got 1.5"),
        ("onnx", "g.onnx", {"batch": True}, "batch must be a positive number, or None .* got True"),
    ],
)
def test_wrong_arguments_are_named(name, file, options, message, tmp_path):
    with pytest.raises(UserError, match=message):
        getattr(export, name)(exported.generator(img_resolution=8), tmp_path / file, **options)
    assert list(tmp_path.iterdir()) == []


def test_only_generators_are_exported(tmp_path):
    with pytest.raises(UserError, match="only a Generator can be exported; got a Discriminator"):
        export.saved_model(tiny_networks.discriminator(), tmp_path / "d")


def test_nothing_else_is_overwritten(tmp_path):
    model = exported.generator(img_resolution=8)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "holiday.png").write_bytes(b"")
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder.onnx").mkdir()
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"pictures is a directory with other files in it; choose a new name"):
        export.saved_model(model, tmp_path / "pictures")
    with pytest.raises(UserError, match="file is a file; a SavedModel is a directory"):
        export.saved_model(model, tmp_path / "file")
    with pytest.raises(UserError, match=r"folder\.onnx is a directory; name a file in it"):
        export.onnx(model, tmp_path / "folder.onnx")
    assert contents(tmp_path) == before


def test_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    model = exported.generator(img_resolution=8)
    path = tmp_path / "g.tflite"
    path.write_bytes(b"")
    for module in ("tf2onnx", "ai_edge_litert"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=r"needs the package tf2onnx: pip install 'tfstylegan\[onnx\]'"):
        export.onnx(model, tmp_path / "g.onnx")
    with pytest.raises(UserError, match=r"needs the package ai_edge_litert: pip install 'tfstylegan\[tflite\]'"):
        export.verify(path, model)


def test_package_is_light():
    assert set(export.__all__) <= set(dir(export))
    for name in export.__all__:
        assert callable(getattr(export, name))
    with pytest.raises(AttributeError, match="no attribute 'pickle'"):
        export.pickle  # noqa: B018
