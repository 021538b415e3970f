"""A DCGAN with batch statistics of its own through every format."""

import numpy as np
import pytest

from tests.export import exported
from tests.networks import test_dcgan
from tfstylegan import export

CASES = {"labels, not square": {"c_dim": 3, "img_resolution": (24, 16)}, "gray": {"img_channels": 1}}


@pytest.mark.parametrize("name", exported.FORMATS)
@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_a_dcgan_is_exported_with_its_running_statistics(name, options, tmp_path):
    model = test_dcgan.generator(**options)
    before = [np.asarray(weight) for weight in model.weights]
    path = exported.write(name, model, tmp_path)
    report = export.verify(path, model)
    assert report.ok and report.max_abs_difference < 1e-5  # values are in [-1, 1]
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    inputs = {**exported.latents(model, 1), "psi": exported.column(0.5)}
    expected = model(inputs["z"], inputs.get("c"), truncation_psi=0.5)
    np.testing.assert_allclose(exported.run(name, path, inputs), expected, atol=1e-5)


def test_batch_normalisation_is_folded_into_constants(tmp_path):
    import onnx

    model = test_dcgan.generator()
    graph = onnx.load(exported.write("onnx", model, tmp_path)).graph
    operations = [node.op_type for node in graph.node]
    assert not {"Sqrt", "Reciprocal", "Div", "ReduceMean", "BatchNormalization"} & set(operations)
    assert operations.count("ConvTranspose") == 2
    assert operations.count("Transpose") <= 2  # into channels-first behind the dense layer, and back at the image
