"""State dicts of community ``.pt`` files: the official networks under these names give the official numbers."""

import functools

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tests.golden_data import Golden, assert_close, nchw, nhwc
from tests.interop import state_dict_files as files
from tests.interop.test_round_trip import assert_same
from tfstylegan import interop, networks
from tfstylegan.errors import UserError

GOLDEN = ["sg2_skip_resnet_u32", "sg2_skip_resnet_u64"]
CONTAINERS = {"archive": False, "stream": True}


def load(data: bytes, tmp_path, network: str = "G_ema"):
    (tmp_path / "network.pt").write_bytes(data)
    return tfstylegan.load(tmp_path / "network.pt", network=network)


@functools.cache
def golden(name: str):
    """A recorded case, its generator and discriminator as state dicts, and its mean of w."""
    case = Golden(name)
    official = case.under("weights/G/")
    generator, critic = files.generator_state(official), files.discriminator_state(case.under("weights/D/"))
    return case, generator, critic, official["mapping.w_avg"]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", GOLDEN)
def test_the_official_networks_give_the_official_images_and_logits(name, container, tmp_path):
    """To 2e-5 of the largest value, as the references are stated (tests/networks/test_golden_stylegan2.py)."""
    case, generator, critic, mean = golden(name)
    data = files.checkpoint(CONTAINERS[container], mean, g_ema=generator, d=critic)
    found = load(data, tmp_path)
    for psi, expected in ((1, "psi1_const"), (0.5, "psi0.5_cutNone_const")):
        images = found(case["z"], truncation_psi=psi, noise_mode="const")
        assert_close(nchw(images), case[f"img/full_{expected}"], 2e-5, expected)
    images = found.synthesis(case["ws_rand"], noise_mode="const")
    assert_close(nchw(images), case["img/ws_rand_const"], 2e-5, "a style per layer")
    logits = load(data, tmp_path, "D")(nhwc(case["D/img"]))
    assert_close(logits, case["D/logits"], 2e-5, "logits")


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_network_of_a_training(container, tmp_path):
    averaged, trained, critic = tiny_networks.generator(), tiny_networks.generator(1), tiny_networks.discriminator()
    states = {"g_ema": files.state_of(averaged), "g": files.state_of(trained), "d": files.state_of(critic)}
    data = files.checkpoint(CONTAINERS[container], files.mean_of(averaged), **states)
    assert_same_weights(load(data, tmp_path), averaged)
    assert_same_weights(load(data, tmp_path, "D"), critic)
    trained.mapping.w_avg.assign(averaged.mapping.w_avg)  # a file has one mean, of the averaged generator
    assert_same_weights(load(data, tmp_path, "G"), trained)


def assert_same_weights(found, expected):
    for a, b in zip(found.weights, expected.weights, strict=True):
        assert a.path == b.path and a.dtype == "float32"
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


SIZES = {
    "4 px": {"img_resolution": 4},
    "gray": {"img_channels": 1},
    "every layer as wide": {"channel_max": 4},
    "wide to 8 px": {"channel_max": 16},
    "no power of two": {"channel_base": 16 * 7 + 5, "channel_max": 20},
    "latents of another size": {"z_dim": 12},
    "one mapping layer": {"mapping_layers": 1},
}


@pytest.mark.parametrize("case", SIZES)
def test_hyperparameters_follow_from_shapes(case, tmp_path):
    model = tiny_networks.generator(**SIZES[case])
    found = load(files.checkpoint(mean=files.mean_of(model), g_ema=files.state_of(model)), tmp_path)
    assert_same_weights(found, model)
    for name in ("img_resolution", "img_channels", "z_dim", "w_dim", "mapping_layers"):
        assert getattr(found.config, name) == getattr(model.config, name), name
    for resolution, _ in model.config.sizes:
        assert found.config.channels(resolution) == model.config.channels(resolution)
    if "z_dim" not in SIZES[case] and "mapping_layers" not in SIZES[case]:
        critic = tiny_networks.discriminator(**SIZES[case])
        assert_same_weights(load(files.checkpoint(d=files.state_of(critic)), tmp_path, "D"), critic)


def test_a_generator_without_mapping_layers(tmp_path):
    model = tiny_networks.generator(mapping_layers=0)
    found = load(files.checkpoint(mean=files.mean_of(model), g_ema=files.state_of(model)), tmp_path)
    assert found.config.mapping_layers == 0 and found.z_dim == model.z_dim


def test_published_widths_become_the_published_hyperparameters(tmp_path):
    model = tiny_networks.generator(img_resolution=64, channel_base=32 * 32, channel_max=32)
    config = load(files.checkpoint(mean=files.mean_of(model), g_ema=files.state_of(model)), tmp_path).config
    assert (config.channel_base, config.channel_max) == (1024, 32)


def bare(model) -> bytes:
    writer = files.Writer()
    return writer.bytes(writer.state(files.state_of(model)))


def wrapped(name: str, model) -> bytes:
    writer = files.Writer(legacy=True)
    value = {name: writer.state(files.state_of(model)), "latent_avg": None, "epoch": 3}
    if isinstance(model, networks.Generator):
        value["latent_avg"] = writer.tensor(files.mean_of(model))
    return writer.bytes(value)


def test_a_state_dict_alone(tmp_path):
    generator, critic = tiny_networks.generator(), tiny_networks.discriminator()
    found = load(bare(generator), tmp_path)
    generator.mapping.w_avg.assign(found.mapping.w_avg)  # estimated, which is another test's matter
    assert_same_weights(found, generator)
    assert_same_weights(load(bare(critic), tmp_path, "D"), critic)
    with pytest.raises(UserError, match="it holds no G_ema, only D"):
        load(bare(critic), tmp_path)


@pytest.mark.parametrize("name", ["params_ema", "params", "state_dict"])
def test_a_state_dict_in_the_wrappings_of_other_tools(name, tmp_path):
    model = tiny_networks.generator()
    assert_same_weights(load(wrapped(name, model), tmp_path), model)


def test_a_file_without_a_mean_of_w_gets_that_of_4096_latents(tmp_path):
    """Within 1e-5 of the largest value, the tolerance of latents, of the mean that Keras computes."""
    model = tiny_networks.generator(z_dim=12, mapping_layers=3)
    found = load(files.checkpoint(g_ema=files.state_of(model)), tmp_path)
    latents = np.random.RandomState(0).randn(4096, 12).astype(np.float32)
    assert_close(found.mapping.w_avg, np.asarray(model.mapping.map(latents)).mean(0), 1e-5)
    np.testing.assert_array_equal(load(files.checkpoint(g_ema=files.state_of(model)), tmp_path).mapping.w_avg,
                                  found.mapping.w_avg)  # fmt: skip


def test_a_file_without_noise_maps_gets_the_same_ones_every_time(tmp_path):
    model = tiny_networks.generator()
    state = {name: array for name, array in files.state_of(model).items() if not name.startswith("noises.")}
    data = files.checkpoint(mean=files.mean_of(model), g_ema=state)
    found, again = load(data, tmp_path), load(data, tmp_path)
    assert_same(found, again)
    maps = [np.asarray(v) for v in found.weights if v.path.endswith("noise_const")]
    assert [m.shape[0] for m in maps] == [4, 8, 8, 16, 16]
    assert abs(np.concatenate([m.reshape(-1) for m in maps]).std() - 1) < 0.1  # of 656 numbers: four deviations
    constant = [v for v in model.weights if not v.path.endswith("noise_const")]
    for a, b in zip((v for v in found.weights if not v.path.endswith("noise_const")), constant, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


def test_a_file_without_the_filters_is_read_too(tmp_path):
    model = tiny_networks.generator()
    state = {name: array for name, array in files.state_of(model).items() if not name.endswith(".kernel")}
    assert_same_weights(load(files.checkpoint(mean=files.mean_of(model), g_ema=state), tmp_path), model)


@pytest.mark.parametrize("container", CONTAINERS)
def test_half_precision(container, tmp_path):
    model = tiny_networks.generator()
    state = {name: array.astype(np.float16) for name, array in files.state_of(model).items()}
    found = load(files.checkpoint(CONTAINERS[container], files.mean_of(model), g_ema=state), tmp_path)
    for a, b in zip(found.weights, model.weights, strict=True):
        assert_close(np.asarray(a), np.asarray(b), 1e-3, a.path)


def in_one_storage(legacy: bool, model) -> bytes:
    """All tensors are parts of one storage, those of two axes stored the other way round."""
    writer, arrays = files.Writer(legacy), files.state_of(model)
    turned = {name: np.ascontiguousarray(array.T) for name, array in arrays.items()}
    storage = Once(writer.storage(np.concatenate([array.reshape(-1) for array in turned.values()])))
    tensors, offset = {}, 0
    for name, array in turned.items():
        tensors[name] = writer.view(storage, offset, array.T.shape, array.T.strides)
        offset += array.size
    return writer.bytes({"g_ema": files.Ordered(tensors), "latent_avg": writer.tensor(files.mean_of(model))})


class Once(files.Persistent):
    """A reference that is written with every tensor again, as PyTorch does."""

    def __init__(self, reference):
        super().__init__(reference.identifier)


files.Pickler.dispatch[Once] = files.Pickler.dispatch[files.Persistent]


@pytest.mark.parametrize("container", CONTAINERS)
def test_tensors_that_share_a_storage_and_are_turned(container, tmp_path):
    model = tiny_networks.generator()
    assert_same_weights(load(in_one_storage(CONTAINERS[container], model), tmp_path), model)


def test_parameters_and_older_files_of_the_zip_format(tmp_path):
    model = tiny_networks.discriminator()
    writer = files.Writer()
    tensors = {name: writer.tensor(array, parameter=True) for name, array in files.state_of(model).items()}
    data = writer.bytes({"d": tensors}, "network", without=("byteorder", ".format_version", ".data/serialization_id"))
    assert_same_weights(load(data, tmp_path, "D"), model)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_is_recognised_by_its_content_too(container, tmp_path):
    model = tiny_networks.generator()
    data = files.checkpoint(CONTAINERS[container], files.mean_of(model), g_ema=files.state_of(model))
    (tmp_path / "550000").write_bytes(data)
    assert_same_weights(tfstylegan.load(tmp_path / "550000"), model)
    assert interop.looks_official(tmp_path / "550000")
    model.save(tmp_path / "network.keras")
    (tmp_path / "network.keras").rename(tmp_path / "saved")
    assert not interop.looks_official(tmp_path / "saved")
