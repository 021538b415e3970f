"""What is inside the files."""

import numpy as np
import onnx
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from tests.conformance import families
from tests.export import exported
from tfstylegan import configs
from tfstylegan.export.channels_first import use_channels_first
from tfstylegan.export.folding import fold

# A map of noise that is folded with the biases takes 8 times the memory of all parameters of this network.
THIN = {"img_resolution": 128, "channel_base": 2048, "channel_max": 16}


def parameters(model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.weights)


@pytest.mark.parametrize("name", ["tflite", "onnx"])
def test_file_holds_the_parameters_and_little_else(name, tmp_path):
    """Demodulation stores the energies of a kernel, a ninth of its size, and the list of operations takes 150 kB."""
    model = exported.generator(**THIN)
    size = exported.write(name, model, tmp_path).stat().st_size
    assert size < 1.1 * 4 * parameters(model) + 150_000


@pytest.mark.parametrize("name", ["saved_model", "tflite", "onnx"])
def test_noise_with_a_strength_for_every_channel_is_no_constant_of_the_activations_size(name, tmp_path):
    """An upsampling kernel is stored with 4x4 taps for 3x3; maps and strengths are stored apart."""
    model = families.build(configs.StyleGAN(**THIN, z_dim=16, w_dim=16, mapping_layers=2))
    kernels = sum(int(np.prod(v.shape)) for v in model.weights if v.path.endswith("conv0/kernel"))
    path = exported.write(name, model, tmp_path)
    files = list((path / "variables").iterdir()) if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    assert size < 1.1 * 4 * (parameters(model) + kernels * 7 / 9) + 150_000


def test_saved_model_holds_one_copy_of_the_weights(tmp_path):
    model = exported.generator(channel_base=1024, channel_max=64)
    path = exported.write("saved_model", model, tmp_path)
    sizes = sum(file.stat().st_size for file in (path / "variables").iterdir())
    assert sizes < 1.15 * 4 * parameters(model)


@pytest.mark.parametrize("case, options", [*((case, {}) for case in exported.CASES), ("labels", {"batch": None})])
def test_tflite_has_built_in_operations_only(case, options, artefact):
    _, path = artefact("tflite", case, **options)
    model = flatbuffer_utils.read_model(str(path))
    for code in model.operatorCodes:
        assert code.builtinCode != schema.BuiltinOperator.CUSTOM
        assert not code.customCode
    assert max(len(tensor.shape) for graph in model.subgraphs for tensor in graph.tensors) <= 5


def test_tflite_runs_the_whole_generator_when_no_signature_is_asked_for(artefact):
    _, path = artefact("tflite")
    interpreter = Interpreter(str(path))
    assert sorted(interpreter.get_signature_list()) == ["mapping", "serving_default", "synthesis"]
    inputs = [detail["name"].removeprefix("serving_default_") for detail in interpreter.get_input_details()]
    assert inputs == ["noise_gain:0", "psi:0", "z:0"]


@pytest.mark.parametrize("opset", [17, 18])
def test_onnx_names_its_batch_dimension(opset, artefact):
    _, path = artefact("onnx", "labels", **({"opset": opset} if opset != 17 else {}))
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import if entry.domain == ""] == [opset]
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    assert shapes == {
        "z": ["batch", 16],
        "c": ["batch", 3],
        "psi": ["batch", 1],
        "noise_gain": ["batch", 1],
        "image": ["batch", 16, 16, 3],
    }


@pytest.mark.parametrize("case", ["rgb", "orig", "gray and clamp", "swish"])
def test_onnx_does_not_transpose_between_convolutions(case, artefact):
    model = onnx.load(artefact("onnx", case)[1])
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Transpose") <= 2  # the learned constant and the image


class TestChannelsFirst:
    """A small graph with all that is moved, and with what is not."""

    def model(self):
        random = np.random.RandomState(0)
        constants = {
            "kernel": random.randn(3, 3, 1, 1).astype(np.float32),
            "bias": random.randn(3).astype(np.float32),
            "map": random.randn(1, 4, 5, 1).astype(np.float32),
            "half": np.float32(0.5),
            "per_pixel": np.asarray([-1, 1, 1, 3], np.int64),
            "flat": np.asarray([-1, 60], np.int64),
            "nhwc": np.asarray([-1, 4, 5, 3], np.int64),
            "pads": np.asarray([0, 1, 2, 0, 0, 0, 1, 0], np.int64),
        }
        node = helper.make_node
        nodes = [
            node("Transpose", ["x"], ["x_first"], perm=[0, 3, 1, 2]),
            node("Conv", ["x_first", "kernel"], ["y_first"]),
            node("Transpose", ["y_first"], ["y"], perm=[0, 2, 3, 1]),
            node("Reshape", ["s", "per_pixel"], ["scale"]),
            node("Mul", ["y", "scale"], ["scaled"]),
            node("Mul", ["map", "half"], ["noise"]),
            node("Add", ["noise", "scaled"], ["noisy"]),
            node("Add", ["noisy", "bias"], ["biased"]),
            node("LeakyRelu", ["biased"], ["active"], alpha=0.2),
            node("Reshape", ["active", "flat"], ["flattened"]),  # cannot be moved
            node("Reshape", ["flattened", "nhwc"], ["again"]),
            node("Add", ["again", "active"], ["sum"]),
            node("Pad", ["sum", "pads"], ["padded"]),
            node("Transpose", ["padded"], ["padded_first"], perm=[0, 3, 1, 2]),
            node("Conv", ["padded_first", "kernel"], ["z_first"]),
            node("Transpose", ["z_first"], ["z"], perm=[0, 2, 3, 1]),
        ]
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            nodes,
            "graph",
            [value("x", TensorProto.FLOAT, ["n", 4, 5, 3]), value("s", TensorProto.FLOAT, ["n", 3])],
            [value("z", TensorProto.FLOAT, ["n", 5, 8, 3])],
            [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def test_function_stays_the_same(self):
        before, after = self.model(), self.model()
        use_channels_first(after)
        onnx.checker.check_model(after, full_check=True)
        random = np.random.RandomState(1)
        inputs = {"x": random.randn(2, 4, 5, 3).astype(np.float32), "s": random.randn(2, 3).astype(np.float32)}
        expected, found = (ReferenceEvaluator(model).run(None, inputs)[0] for model in (before, after))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)

    def test_only_needed_transposes_stay(self):
        model = self.model()
        use_channels_first(model)
        kinds = [node.op_type for node in model.graph.node]
        # x, the two sides of the reshape to flat, and z
        assert kinds.count("Transpose") == 4
        assert not [node for node in model.graph.node if node.op_type == "LeakyRelu" and node.input[0] == "biased"]


class TestFolding:
    def fold(self):
        self.kernel = tf.Variable(np.random.RandomState(0).randn(100, 100).astype(np.float32))
        self.bias = tf.Variable(np.arange(100, dtype=np.float32))

        @tf.function(input_signature=[tf.TensorSpec([None, 100], tf.float32, name="x")], autograph=False)
        def function(x):
            kernel = tf.transpose(self.kernel) * 0.1
            energy = tf.reduce_sum(self.kernel * self.kernel, axis=1)
            return {"y": tf.matmul(x, kernel) * tf.math.rsqrt(energy) + self.bias * 2.0}

        return function, fold(function.get_concrete_function())

    def test_weights_are_what_is_multiplied_with(self):
        _, folded = self.fold()
        assert [array.shape for array in folded.weights] == [(100, 100)]  # the vectors became constants
        np.testing.assert_array_equal(folded.weights[0], tf.transpose(self.kernel).numpy() * np.float32(0.1))
        assert [spec.name for spec in folded.inputs] == ["x"]

    def test_function_stays_the_same_and_no_longer_depends_on_the_variables(self):
        function, folded = self.fold()
        x = tf.random.normal([3, 100])
        expected = function(x)["y"].numpy()
        self.kernel.assign(tf.zeros_like(self.kernel))
        self.bias.assign(tf.zeros_like(self.bias))
        found = tf.function(lambda x, *weights: folded([x], weights)["y"])(x, *folded.weights)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
