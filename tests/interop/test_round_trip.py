"""Networks of ours, written as the official code would have written them, come back the same."""

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tests.golden_data import assert_close
from tests.interop import official_files as files
from tfstylegan import configs, networks
from tfstylegan.errors import UserError


def load(data: bytes, tmp_path, network: str = "G_ema"):
    (tmp_path / "network.pkl").write_bytes(data)
    return tfstylegan.load(tmp_path / "network.pkl", network=network)


def assert_same(found, expected):
    assert found.config == expected.config
    for a, b in zip(found.weights, expected.weights, strict=True):
        assert a.path == b.path
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


GENERATORS = {
    "skip": {},
    "resnet": {"architecture": "resnet"},
    "orig": {"architecture": "orig"},
    "labels": {"c_dim": 3},
    "labels only": {"c_dim": 3, "z_dim": 0},
    "mapping widths": {"c_dim": 3, "mapping_embed_features": 5, "mapping_layer_features": 7, "mapping_layers": 3},
    "no mapping layers": {"mapping_layers": 0},
    "no noise": {"use_noise": False},
    "4 px": {"img_resolution": 4},
    "gray, odd filter, relu": {"img_channels": 1, "resample_filter": (1, 2, 1), "activation": "relu"},
    "long filter": {"resample_filter": (1, 2, 3, 4, 4, 3, 2, 1)},
    "clamp": {"conv_clamp": 256.0, "w_avg_beta": 0.995, "mapping_lr_multiplier": 0.1},
}

DISCRIMINATORS = {
    "resnet": {},
    "skip": {"architecture": "skip"},
    "orig": {"architecture": "orig", "conv_clamp": 256.0},
    "labels": {"c_dim": 3},
    "labels, cmap": {"c_dim": 3, "cmap_dim": 5, "mapping_layers": 2, "mapping_embed_features": 7},
    "no statistics": {"mbstd_num_channels": 0, "mbstd_group_size": None},
    "4 px": {"img_resolution": 4, "img_channels": 1},
}


@pytest.mark.parametrize("case", GENERATORS)
def test_generators(case, tmp_path):
    model = tiny_networks.generator(**GENERATORS[case])
    assert_same(load(files.pytorch_checkpoint(G_ema=files.pytorch_network(model)), tmp_path), model)


@pytest.mark.parametrize("case", DISCRIMINATORS)
def test_discriminators(case, tmp_path):
    model = tiny_networks.discriminator(**DISCRIMINATORS[case])
    assert_same(load(files.pytorch_checkpoint(D=files.pytorch_network(model)), tmp_path, "D"), model)


STYLEGAN3 = {"img_resolution": 32, "channel_base": 256, "channel_max": 8, "z_dim": 16, "w_dim": 16}
STYLEGAN3_GENERATORS = {
    "T": {"num_layers": 6},
    "R": {"num_layers": 6, "conv_kernel": 1, "use_radial_filters": True, "conv_clamp": None},
    "labels, gray": {"num_layers": 5, "c_dim": 3, "img_channels": 1, "margin_size": 6},
}


@pytest.mark.parametrize("case", STYLEGAN3_GENERATORS)
def test_stylegan3_generators(case, tmp_path):
    model = networks.Generator(configs.StyleGAN3(**STYLEGAN3, **STYLEGAN3_GENERATORS[case]))
    assert_same(load(files.pytorch_checkpoint(G_ema=files.pytorch_network(model)), tmp_path), model)


def strided(array: np.ndarray):
    """A tensor that is every other column of a storage with a gap before it, stored back to front in its axes."""
    turned = np.array(array.T, order="C")
    storage = np.zeros(2 * array.size + 3, array.dtype)
    storage[3::2] = turned.reshape(-1)
    strides = tuple(2 * s // turned.itemsize for s in turned.T.strides)
    return files.tensor(storage, view=(3, array.shape, strides))


WRITERS = {
    "float16": (lambda array: files.tensor(array.astype(np.float16)), 1e-3),
    "float64": (lambda array: files.tensor(array.astype(np.float64)), 0),
    "buffers": (lambda array: files.tensor(array, parameter=False), 0),
    "non-contiguous": (strided, 0),
}


@pytest.mark.parametrize("case", WRITERS)
def test_tensors_however_they_are_stored(case, tmp_path):
    write, tolerance = WRITERS[case]
    model = tiny_networks.generator()
    tensors = {name: write(array) for name, array in files.official_tensors(model).items()}
    found = load(files.pytorch_checkpoint(G_ema=files.pytorch_network(model, tensors)), tmp_path)
    for a, b in zip(found.weights, model.weights, strict=True):
        assert a.dtype == "float32"
        assert_close(np.asarray(a), np.asarray(b), tolerance, a.path)


def test_tensors_that_share_a_storage(tmp_path):
    model = tiny_networks.generator()
    arrays = files.official_tensors(model)
    joined = np.concatenate([array.reshape(-1) for array in arrays.values()])
    loaded = files.Call(files.Name("torch.storage", "_load_from_bytes"), (files.stream(joined),))
    # The first tensor puts the storage into the memo; the others take it from there.
    data = SharingPickler.dumps(arrays, loaded, model)
    assert_same(load(data, tmp_path), model)


class SharingPickler(files.Pickler):
    """Writes one storage once."""

    @classmethod
    def dumps(cls, arrays, loaded, model) -> bytes:
        shared, offset, tensors = Once(loaded), 0, {}
        for name, array in arrays.items():
            strides = tuple(s // array.itemsize for s in array.strides)
            view = (shared, offset, array.shape, strides, False, None)
            tensors[name] = files.Call(files.Name("torch._utils", "_rebuild_tensor_v2"), view)
            offset += array.size
        return files.pytorch_checkpoint(G_ema=files.pytorch_network(model, tensors))


class Once:
    """A value that is written once and then recalled."""

    def __init__(self, value):
        self.value = value


def _save_once(pickler, once: Once):
    pickler.save(once.value)
    pickler.memoize(once)


files.Pickler.dispatch[Once] = _save_once


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_binary_protocol(protocol, tmp_path):
    model = tiny_networks.generator()
    data = files.dumps({"G": None, "D": None, "G_ema": files.pytorch_network(model)}, protocol)
    assert_same(load(data, tmp_path), model)


ARRAYS = {
    "since numpy 2": lambda x: files.numpy_array(x, "numpy._core.multiarray"),
    "before numpy 2": lambda x: files.numpy_array(x, "numpy.core.multiarray"),
    "Fortran order": lambda x: files.numpy_array(x, fortran=True, data=x.tobytes("F")),
    "text of Python 2": lambda x: files.numpy_array(x, data=x.tobytes().decode("latin-1")),
    "float64": lambda x: files.numpy_array(x.astype(np.float64)),
    "float16": lambda x: files.numpy_array(x.astype(np.float16)),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_numpy_arrays_however_they_are_stored(case, tmp_path):
    const = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    found = load(tf1_checkpoint({"4x4/Const/const": const}, ARRAYS[case]), tmp_path)
    np.testing.assert_array_equal(np.asarray(found.synthesis.blocks[0].const), const[0].transpose(1, 2, 0))


def tf1_checkpoint(changes: dict, write=files.numpy_array) -> bytes:
    """A 4 px generator of the TensorFlow 1 code, of ones except for some variables."""
    shapes = {
        "noise0": (1, 1, 4, 4), "4x4/Const/const": (1, 3, 4, 4), "4x4/Conv/weight": (3, 3, 3, 3),
        "4x4/Conv/mod_weight": (8, 3), "4x4/Conv/mod_bias": (3,), "4x4/Conv/noise_strength": (),
        "4x4/Conv/bias": (3,), "4x4/ToRGB/weight": (1, 1, 3, 3), "4x4/ToRGB/mod_weight": (8, 3),
        "4x4/ToRGB/mod_bias": (3,), "4x4/ToRGB/bias": (3,),
    }  # fmt: skip
    kwargs = {"resolution": 4, "fmap_base": 6, "latent_size": 8, "dlatent_size": 8, "mapping_layers": 0}
    arrays = {**{name: np.ones(shape, np.float32) for name, shape in shapes.items()}, **changes}
    variables = {f"G_synthesis/{name}": write(array) for name, array in arrays.items()}
    variables["dlatent_avg"] = write(np.zeros(8, np.float32))
    network = files.tf1_generator(kwargs, variables)
    return files.dumps((network, network, network))


def test_the_network_asked_for_is_the_one_loaded(tmp_path):
    averaged, trained = tiny_networks.generator(seed=1), tiny_networks.generator(seed=2)
    critic = tiny_networks.discriminator()
    models = {"G": trained, "D": critic, "G_ema": averaged}
    data = files.pytorch_checkpoint(**{name: files.pytorch_network(model) for name, model in models.items()})
    for name, model in models.items():
        found = load(data, tmp_path, name)
        assert isinstance(found, networks.Discriminator if name == "D" else networks.Generator)
        assert_same(found, model)


def test_a_checkpoint_without_the_network_asked_for(tmp_path):
    data = files.pytorch_checkpoint(G_ema=files.pytorch_network(tiny_networks.generator()), D=None)
    with pytest.raises(UserError, match="it holds no D, only G_ema"):
        load(data, tmp_path, "D")


def test_a_pickle_is_recognised_by_its_content_too(tmp_path):
    model = tiny_networks.generator()
    path = tmp_path / "network-snapshot"
    path.write_bytes(files.pytorch_checkpoint(G_ema=files.pytorch_network(model)))
    assert_same(tfstylegan.load(path), model)


def test_an_imported_network_is_an_ordinary_one(tmp_path):
    model = load(files.pytorch_checkpoint(G_ema=files.pytorch_network(tiny_networks.generator(c_dim=3))), tmp_path)
    model.save(tmp_path / "network.keras")
    assert_same(tfstylegan.load(tmp_path / "network.keras"), model)
    assert isinstance(model.config, configs.StyleGAN2)
