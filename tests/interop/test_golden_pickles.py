"""Official checkpoints of the PyTorch era against what the official code made of them.

Images and logits agree to 2e-5 of the largest value, the tolerance that the references are stated with; measured
are 1e-6 for StyleGAN2 and its logits, 5e-6 for StyleGAN3, and 8e-6 for the one discriminator with small logits.
"""

import subprocess
import sys

import numpy as np
import pytest

import tfstylegan
from tests.golden_data import FOLDER, Golden, assert_close, nchw, nhwc
from tests.golden_weights import generator_variables, to_theirs
from tests.interop import official_files as files
from tfstylegan import configs, interop
from tfstylegan.errors import UserError
from tfstylegan.images import to_uint8

PYTORCH = ["sg2ada_u32_fp16cfg", "sg2ada_c16_cifar", "sg3code_sg2_u32", "sg3t_c32_fp16cfg", "sg3r_u32"]


def pkl(name: str):
    return FOLDER / f"{name}.pkl"


def labels(network, values):
    return values if network.c_dim else None


@pytest.fixture(scope="module", params=PYTORCH)
def pytorch(request):
    name = f"pkl/{request.param}"
    return name, Golden(name), tfstylegan.load(pkl(name))


def test_images_of_a_pytorch_checkpoint(pytorch):
    _, golden, generator = pytorch
    c = labels(generator, golden["c"])
    for psi in (1, 0.7):
        images = generator(golden["z"], c, truncation_psi=psi, noise_mode="const")
        expected = golden[f"img_ema_psi{psi}"]
        assert_close(nchw(images), expected, 2e-5, f"psi {psi}")
        pixels, official = to_uint8(images), np.clip(nhwc(expected) * 127.5 + 128, 0, 255).astype(np.uint8)
        assert np.abs(pixels.astype(int) - official).max() <= 1
    assert_close(generator.mapping(golden["z"], c, truncation_psi=0.7), golden["ws_ema_psi0.7"], 1e-5, "ws")


def test_the_trained_generator_and_the_discriminator_of_a_pytorch_checkpoint(pytorch):
    name, golden, _ = pytorch
    generator = tfstylegan.load(pkl(name), network="G")
    assert_close(nchw(generator(golden["z"], labels(generator, golden["c"]))), golden["img_G_psi1"], 2e-5, "G")
    discriminator = tfstylegan.load(pkl(name), network="D")
    logits = discriminator(nhwc(golden["D_img"]), labels(discriminator, golden["D_c"]))
    assert_close(logits, golden["D_logits"], 2e-5, "D")


# What the file does not say is the default of the code base that wrote it.
HYPERPARAMETERS = {
    "pkl/sg2ada_u32_fp16cfg": {"w_avg_beta": 0.995, "conv_clamp": 256, "mapping_layers": 8},
    "pkl/sg2ada_c16_cifar": {"w_avg_beta": 0.995, "conv_clamp": None, "mapping_layers": 2},
    "pkl/sg3code_sg2_u32": {"w_avg_beta": 0.998, "conv_clamp": 256, "mapping_layers": 8},
    "pkl/sg3t_c32_fp16cfg": {"w_avg_beta": 0.998, "conv_clamp": 256, "num_layers": 7, "use_radial_filters": False},
    "pkl/sg3r_u32": {"w_avg_beta": 0.998, "conv_clamp": None, "num_layers": 14, "conv_kernel": 1},
}


def test_hyperparameters_of_a_pytorch_checkpoint(pytorch):
    name, golden, generator = pytorch
    official = golden.json("meta")["G_kwargs"]
    same = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels")
    expected = {**{field: official[field] for field in same}, **HYPERPARAMETERS[name]}
    assert {field: getattr(generator.config, field) for field in expected} == expected
    assert all(variable.dtype == "float32" for variable in generator.weights)


def test_every_parameter_of_a_pytorch_checkpoint_has_its_checksum(pytorch):
    _, golden, generator = pytorch
    variables = generator_variables(generator)
    expected = {k: v for k, v in golden.json("param_checksums_G_ema").items() if not k.endswith("_filter")}
    assert set(variables) == set(expected) <= set(golden.json("param_names_G_ema"))
    for name, checksum in expected.items():
        value = to_theirs(name, variables[name]).astype(np.float64)
        assert list(value.shape) == checksum["shape"], name
        found = [value.sum(), (value**2).sum()]
        np.testing.assert_allclose(found, [checksum["sum"], checksum["sumsq"]], rtol=1e-9, err_msg=name)


def test_an_option_that_changes_the_network_is_refused_by_name(tmp_path):
    golden = Golden("tf1/sg2tf_g16_skip")
    weights = {name: files.numpy_array(array) for name, array in golden.under("weights/").items()}
    network = files.tf1_generator({**golden.json("config")["kwargs"], "use_wscale": False}, weights)
    (tmp_path / "x.pkl").write_bytes(files.dumps((network, network, network)))
    with pytest.raises(UserError, match="use_wscale other than True"):
        tfstylegan.load(tmp_path / "x.pkl")


def test_reading_needs_neither_keras_nor_its_backend():
    code = f"""
import sys
from tfstylegan import interop
weights = interop.read_weights({str(pkl("pkl/sg2ada_u32_fp16cfg"))!r})
print(type(weights.config).__name__, len(weights.arrays), [m for m in ("keras", "tensorflow") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split()[0] == configs.StyleGAN2.__name__ and done.stdout.rstrip().endswith("[]"), done.stdout


def test_what_is_read_is_what_is_built():
    weights = interop.read_weights(pkl("pkl/sg2ada_c16_cifar"))
    generator = interop.build(weights)
    assert generator.config == weights.config
    for variable in generator.weights:
        np.testing.assert_array_equal(np.asarray(variable), weights.arrays[variable.path.partition("/")[2]])
