"""Official checkpoints against what the official code made of them.

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
TF1 = ["ada_cond", "sg2_config_f"]


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


@pytest.mark.parametrize("name", TF1)
def test_images_of_a_tensorflow_1_checkpoint(name):
    name = f"tf1/pkl/{name}"
    golden = Golden(name)
    generator = tfstylegan.load(pkl(name))
    c = labels(generator, golden["labels"])
    psi, cutoff = golden.json("config")["psi"]
    truncated = generator(golden["z"], c, truncation_psi=psi, truncation_cutoff=cutoff)
    assert_close(generator.mapping(golden["z"], c), golden["dlatents"], 1e-5, "dlatents")
    assert_close(nchw(generator(golden["z"], c)), golden["images_Gs"], 2e-5, "Gs")
    assert_close(nchw(truncated), golden["images_Gs_psi"], 2e-5, "truncated")
    assert_close(nchw(generator(golden["z"], c, truncation_psi=0.5)), golden["images_Gs_default"], 2e-5, "default")
    trained = tfstylegan.load(pkl(name), network="G")
    assert_close(nchw(trained(golden["z"], c)), golden["images_G"], 2e-5, "G")


@pytest.mark.parametrize("name", [*TF1, "sg2_cond"])
def test_scores_of_a_tensorflow_1_checkpoint(name):
    name = f"tf1/pkl/{name}"
    golden = Golden(name)
    discriminator = tfstylegan.load(pkl(name), network="D")
    scores = discriminator(nhwc(golden["disc_images"]), labels(discriminator, golden["labels"]))
    assert_close(scores, golden["scores_D"], 2e-5)


def tf1_case(name: str):
    golden = Golden(f"tf1/{name}")
    weights = {name: files.numpy_array(array) for name, array in golden.under("weights/").items()}
    return golden, golden.json("config")["kwargs"], weights


@pytest.mark.parametrize("name", ["sg2tf_d16_orig", "sg2tf_d32_skip_labels"])
def test_tensorflow_1_discriminators(name, tmp_path):
    golden, kwargs, weights = tf1_case(name)
    network = files.tf1_network("D_stylegan2", kwargs, weights)
    (tmp_path / "x.pkl").write_bytes(files.dumps((network, network, network)))
    discriminator = tfstylegan.load(tmp_path / "x.pkl", network="D")
    scores = discriminator(nhwc(golden["images"]), labels(discriminator, golden["labels"]))
    assert_close(scores, golden["scores"], 2e-5)


def test_a_tensorflow_1_synthesis_network_without_skips_and_with_an_odd_filter(tmp_path):
    golden, kwargs, weights = tf1_case("sg2tf_g16_orig")
    kwargs.pop("normalize_latents")  # of the mapping network, which is left out of this comparison
    network = files.tf1_generator(kwargs, weights)
    (tmp_path / "x.pkl").write_bytes(files.dumps((network, network, network)))
    generator = tfstylegan.load(tmp_path / "x.pkl")
    assert generator.config.activation == "relu" and generator.config.resample_filter == (1, 2, 1)
    assert_close(nchw(generator.synthesis(golden["dlatents"])), golden["images"], 2e-5)


@pytest.mark.parametrize(
    ("name", "network", "message"),
    [
        ("sg1_cond_lod", "G_ema", "a StyleGAN generator, which is not supported in this version"),
        ("sg1_cond_lod", "D", "a StyleGAN discriminator, which is not supported"),
        ("progan_tfutil", "G", "a ProGAN generator, which is not supported"),
        ("sg2_cond", "G_ema", "labels that are normalised together with the latents"),
    ],
)
def test_families_that_are_not_supported_are_read_and_named(name, network, message):
    with pytest.raises(UserError, match=message):
        tfstylegan.load(pkl(f"tf1/pkl/{name}"), network=network)


def test_an_option_that_changes_the_network_is_refused_by_name(tmp_path):
    _, kwargs, weights = tf1_case("sg2tf_g16_orig")
    network = files.tf1_generator(kwargs, weights)
    (tmp_path / "x.pkl").write_bytes(files.dumps((network, network, network)))
    with pytest.raises(UserError, match="normalize_latents other than True"):
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
