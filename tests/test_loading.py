"""Opening networks: files, run directories, and everything that is neither."""

import os
import zipfile

import keras
import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tfstylegan import networks
from tfstylegan.errors import UserError
from tfstylegan.loading import newest_snapshot


@pytest.fixture(scope="module")
def generator():
    return tiny_networks.generator()


@pytest.fixture(scope="module")
def saved(generator, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "network.keras"
    generator.save(path)
    return path


def test_a_generator_comes_back_equal(generator, saved):
    found = tfstylegan.load(saved)
    assert isinstance(found, networks.Generator) and found.config == generator.config
    z = tfstylegan.z_from_seeds([1, 2], 16)
    np.testing.assert_array_equal(np.asarray(found(z)), np.asarray(generator(z)))
    for a, b in zip(generator.weights, found.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


def test_a_conditional_discriminator_comes_back_equal(tmp_path):
    model = tiny_networks.discriminator(c_dim=3)
    model.save(tmp_path / "d.keras")
    found = tfstylegan.load(str(tmp_path / "d.keras"))
    assert isinstance(found, networks.Discriminator) and found.config == model.config
    images, labels = np.random.RandomState(0).randn(4, 16, 16, 3).astype(np.float32), np.eye(4, 3, dtype=np.float32)
    np.testing.assert_array_equal(np.asarray(found(images, labels)), np.asarray(model(images, labels)))


def test_a_run_directory_gives_its_newest_snapshot(saved, tmp_path):
    for kimg in (2, 100, 30):
        (tmp_path / "snapshots").mkdir(exist_ok=True)
        (tmp_path / "snapshots" / f"network-{kimg:06d}.keras").write_bytes(saved.read_bytes())
    (tmp_path / "snapshots" / "network-000100.keras.tmp").write_bytes(b"")
    (tmp_path / "snapshots" / ".tmp-0123-network-000900.keras").write_bytes(b"half")
    assert newest_snapshot(tmp_path).name == "network-000100.keras"
    assert isinstance(tfstylegan.load(tmp_path), networks.Generator)


def test_a_directory_without_snapshots_has_no_newest(tmp_path):
    assert newest_snapshot(tmp_path) is None


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")


def write_other_model(path):
    keras.Sequential([keras.layers.Input([2]), keras.layers.Dense(1)]).save(path)


def write_other_class(path, saved):
    """A .keras file of a class that nobody registered."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"Generator", b"Degenerator"))


def write_wrong_config(path, saved):
    """A field that this version does not know."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'"z_dim"', b'"q_dim"'))


BAD_FILES = {
    "empty": (lambda path, _: path.write_bytes(b""), "not a .keras file"),
    "random bytes": (lambda path, _: path.write_bytes(os.urandom(5000)), "not a .keras file"),
    "text": (lambda path, _: path.write_text("hello"), "not a .keras file"),
    "a zip of something else": (lambda path, _: write_zip(path), "could not be loaded"),
    "another Keras model": (lambda path, _: write_other_model(path), "holds a Sequential"),
    "an unknown class": (write_other_class, "could not be loaded"),
    "an unknown field": (write_wrong_config, "could not be loaded"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_explained(case, saved, tmp_path):
    write, message = BAD_FILES[case]
    path = tmp_path / "bad.keras"
    write(path, saved)
    with pytest.raises(UserError, match=message) as info:
        tfstylegan.load(path)
    assert str(path) in str(info.value) and "\n" not in str(info.value)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_is_refused(saved, tmp_path, share):
    content = saved.read_bytes()
    path = tmp_path / "cut.keras"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match=r"cut.keras is not a .keras file \(or a truncated one\)"):
        tfstylegan.load(path)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_a_file_with_damage_inside_is_refused(saved, tmp_path, share):
    content = bytearray(saved.read_bytes())
    at = int(len(content) * share)
    content[at : at + 64] = bytes(255 - byte for byte in content[at : at + 64])
    path = tmp_path / "damaged.keras"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"damaged\.keras"):
        tfstylegan.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.keras: no such file"):
        tfstylegan.load(tmp_path / "nowhere.keras")


def test_an_unknown_network_is_refused(saved):
    with pytest.raises(UserError, match="G_ema, G, D"):
        tfstylegan.load(saved, network="E")
