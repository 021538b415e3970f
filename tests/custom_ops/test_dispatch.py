"""When the fused ops are used, when not, and that it is said why."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstylegan import configs, networks, ops
from tfstylegan.custom_ops import loading

X = tf.constant(np.random.RandomState(0).randn(2, 8, 8, 4), tf.float32)
B = tf.constant([0.1, -0.2, 0.3, 0.0])

needs_library = pytest.mark.skipif(loading.load_cpu().ops is None, reason=loading.load_cpu().reason or "loaded")


def op_types(function, *specs) -> set[str]:
    graph = tf.function(function, autograph=False).get_concrete_function(*specs).graph
    return {operation.type for operation in graph.get_operations()}


def is_fused(function, *specs) -> bool:
    return any(name.startswith("Tfstylegan") for name in op_types(function, *specs))


SPEC = tf.TensorSpec([None, 8, 8, 4], tf.float32)


@needs_library
def test_auto_is_fused_where_it_can_be():
    assert is_fused(lambda x: ops.bias_act(x, B, "lrelu"), SPEC)
    assert is_fused(lambda x: ops.bias_act(x, B, "lrelu", impl="fused"), SPEC)
    assert not is_fused(lambda x: ops.bias_act(x, B, "lrelu", impl="composed"), SPEC)


@needs_library
@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (tf.TensorSpec([None, 8, 8, 4], tf.float16), "float16"),
        (tf.TensorSpec([None, None, 8, 4], tf.float32), "not static"),
    ],
)
def test_what_the_library_cannot_do_is_composed_or_refused_with_the_reason(spec, reason):
    assert not is_fused(lambda x: ops.bias_act(x, None, "lrelu"), spec)
    with pytest.raises(RuntimeError, match=reason):
        is_fused(lambda x: ops.bias_act(x, None, "lrelu", impl="fused"), spec)


@needs_library
def test_a_function_compiled_by_xla_is_composed():
    compiled = tf.function(lambda x: ops.bias_act(x, B, "lrelu"), jit_compile=True, autograph=False)
    np.testing.assert_allclose(compiled(X), ops.bias_act(X, B, "lrelu", impl="composed"), rtol=1e-6, atol=1e-6)
    with pytest.raises(RuntimeError, match="XLA"):
        tf.function(lambda x: ops.bias_act(x, B, impl="fused"), jit_compile=True, autograph=False)(X)


@needs_library
def test_the_context_decides_for_auto_alone_and_ends():
    with ops.implementation("composed"):
        assert not is_fused(lambda x: ops.upsample2d(x, ops.setup_filter([1, 3, 3, 1])), SPEC)
        assert is_fused(lambda x: ops.upsample2d(x, ops.setup_filter([1, 3, 3, 1]), impl="fused"), SPEC)
    assert is_fused(lambda x: ops.upsample2d(x, ops.setup_filter([1, 3, 3, 1])), SPEC)
    with pytest.raises(ZeroDivisionError), ops.implementation("composed"):
        1 / 0  # noqa: B018
    assert is_fused(lambda x: ops.bias_act(x, B), SPEC)


@pytest.mark.parametrize(
    "call", [lambda: ops.bias_act(X, impl="quick"), lambda: ops.implementation("quick").__enter__()]
)
def test_unknown_names_are_refused_with_those_there_are(call):
    with pytest.raises(ValueError, match="auto, composed, fused; got 'quick'"):
        call()


def test_the_environment_switches_them_off(monkeypatch):
    monkeypatch.setenv("TFSTYLEGAN_OPS", "off")
    assert not is_fused(lambda x: ops.bias_act(x, B), SPEC)
    with pytest.raises(RuntimeError, match="TFSTYLEGAN_OPS"):
        ops.bias_act(X, B, impl="fused")
    assert loading.describe() == "fused ops: off (TFSTYLEGAN_OPS=off)"


def test_a_missing_or_broken_library_is_told_and_not_missed(tmp_path, monkeypatch):
    for content, reason in ((None, "was not built"), (b"\x7fELF, but no more", "does not load")):
        path = tmp_path / "libtfstylegan_cpu.so"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(loading, "CPU_LIBRARY", path)
        monkeypatch.setattr(loading, "load_cpu", loading.load_cpu.__wrapped__)
        assert reason in loading.describe()
        assert "\n" not in loading.describe()
        assert ops.bias_act(X, B, "lrelu").shape == X.shape
        with pytest.raises(RuntimeError, match=reason):
            ops.bias_act(X, B, impl="fused")
        monkeypatch.undo()


@needs_library
def test_symbolic_keras_tensors_make_models():
    inputs = keras.Input([8, 8, 4])
    model = keras.Model(inputs, ops.bias_act(inputs, B, "lrelu"))
    np.testing.assert_allclose(model(X), ops.bias_act(X, B, "lrelu", impl="composed"), rtol=1e-6, atol=1e-6)


@needs_library
@pytest.mark.parametrize(
    "config",
    [
        configs.StyleGAN(img_resolution=8, z_dim=8, w_dim=8, channel_base=64, channel_max=16),
        configs.StyleGAN2(img_resolution=8, z_dim=8, w_dim=8, channel_base=64, channel_max=16),
        configs.StyleGAN3(img_resolution=16, z_dim=8, w_dim=8, channel_base=256, channel_max=16, num_layers=4),
    ],
    ids=["stylegan", "stylegan2", "stylegan3"],
)
def test_networks_use_them_and_exports_do_not(config, tmp_path):
    from tfstylegan import export

    generator = networks.Generator(config)
    z = tf.TensorSpec([None, config.z_dim], tf.float32)
    assert is_fused(lambda z: generator(z), z)
    path = export.saved_model(generator, tmp_path / "1")
    signatures = tf.saved_model.load(str(path)).signatures
    types = {o.type for name in signatures for o in signatures[name].graph.get_operations()}
    assert not {name for name in types if name.startswith("Tfstylegan")}


def test_importing_the_package_loads_nothing():
    code = (
        "import sys, tfstylegan.configs, tfstylegan.custom_ops.loading\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'libtfstylegan' not in open('/proc/self/maps').read()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_library
def test_the_instruction_set_can_be_chosen_for_measurements():
    code = "from tfstylegan.custom_ops import loading; print(loading.describe())"
    environment = {"TFSTYLEGAN_INSTRUCTION_SET": "baseline", "TFSTYLEGAN_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert ", 1 thread (" in result.stdout
    assert "baseline" in result.stdout or "neon" in result.stdout
