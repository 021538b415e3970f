"""Files with other content than they should have."""

import os
import pickle
import zipfile

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tests.interop import official_files as files
from tests.interop.official_files import Call, Name, Persistent
from tests.interop.refusals import check_refused, checkpoint, tf1
from tfstylegan import configs
from tfstylegan.errors import UserError

SMALL = np.ones([2, 3], np.float32)


def stretched() -> bytes:
    """A 1024 px generator all of whose weights are one and the same number."""
    model = tiny_networks.generator()

    names = files.official_tensors(model)
    tensors = {
        name: files.tensor(np.ones(1, np.float32), view=(0, (4096,) * array.ndim, (0,) * array.ndim))
        for name, array in names.items()
    }

    sizes = {"img_resolution": 16, "channel_base": 4096 * 16, "channel_max": 4096, "w_dim": 4096, "z_dim": 4096}
    return files.pytorch_checkpoint(G_ema=files.pytorch_network(model, tensors, **sizes))


def changed(change, **kwargs) -> bytes:
    """A good generator with its tensors changed."""
    model = tiny_networks.generator()
    tensors = {name: files.tensor(array) for name, array in files.official_tensors(model).items()}
    change(tensors)
    return files.pytorch_checkpoint(G_ema=files.pytorch_network(model, tensors, **kwargs))


def stylegan3(change, **kwargs) -> bytes:
    """A good StyleGAN3 generator with its tensors changed."""
    config = configs.StyleGAN3(img_resolution=32, channel_base=256, channel_max=8, z_dim=4, w_dim=4, num_layers=3)
    arrays = files.official_arrays(config, lambda row: np.zeros(row.shape, np.float32))
    tensors = {name: files.tensor(array) for name, array in arrays.items()}
    tensors |= files.stylegan3_filters(config)
    change(tensors)
    return files.pytorch_checkpoint(G_ema=files.pytorch_tree(config, tensors, **kwargs))


def keep(tensors):
    pass


GOOD = changed(keep)

CASES = {
    "nothing": (b"", "it is empty"),
    "a text": (b"hello", "it is not a pickle"),
    "a web page": (b"<!DOCTYPE html><html></html>", "it is not a pickle"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "it is not a pickle"),
    "random bytes": (b"\x07" + np.random.RandomState(0).bytes(5000), "it is not a pickle"),
    "random opcodes": (b"\x80" + np.random.RandomState(0).bytes(5000), "protocol|damaged|opcode"),
    "a later protocol": (b"\x80\x06N.", "a pickle of protocol 6"),
    "a pickled list": (pickle.dumps([1, 2, 3]), "it holds an object of type list"),
    "a pickled number": (pickle.dumps(1), "it holds an object of type int"),
    "a pickled array": (pickle.dumps(SMALL), "it holds an object of type Array|it asks for"),
    "a pickled dictionary": (pickle.dumps({"G": 1, "D": 2, "G_ema": 3}), "it holds an object of type dict"),
    "a pickled object": (pickle.dumps(UserError("x")), r"it asks for tfstylegan\.errors\.UserError"),
    "a pair of networks": (files.dumps((files.tf1_network("G_main", {}, {}),) * 2), "it holds an object of type tuple"),
    "no networks": (pickle.dumps({"G": None, "D": None, "G_ema": None}), "type dict, and not G, D and G_ema"),
    "half of it": (GOOD[: len(GOOD) // 2], "it is cut off|damaged"),
    "all but the end": (GOOD[:-1], "it is cut off"),
    "a missing weight": (changed(lambda t: t.pop("synthesis.b8.conv0.weight")), "it lacks synthesis.b8.conv0.weight"),
    "a weight too many": (
        changed(lambda t: t.update({"synthesis.b8.conv7": files.tensor(SMALL)})),
        "weights called synthesis.b8.conv7",
    ),
    "a wrong shape": (
        changed(lambda t: t.update({"synthesis.b4.const": files.tensor(SMALL)})),
        r"its synthesis.b4.const has shape \(2, 3\), which does not fit",
    ),
    "integers for weights": (
        changed(lambda t: t.update({"synthesis.b4.const": files.tensor(np.ones([32, 4, 4], np.int64))})),
        "numbers of type int64",
    ),
    "a number for a tensor": (changed(lambda t: t.update({"synthesis.b4.const": 1.5})), "const is of type float"),
    "no constant": (changed(lambda t: t.update({"synthesis.b4.const": None})), "it lacks synthesis.b4.const"),
    "a view out of its storage": (
        changed(lambda t: t.update({"synthesis.b4.const": files.tensor(SMALL, view=(0, (32, 4, 4), (16, 4, 1)))})),
        r"a tensor of shape \(32, 4, 4\) in a storage of 6 numbers",
    ),
    "a negative offset": (
        changed(lambda t: t.update({"synthesis.b4.const": files.tensor(SMALL, view=(-1, (32, 4, 4), (0, 0, 0)))})),
        "a tensor that cannot be read",
    ),
    "negative strides": (
        changed(lambda t: t.update({"synthesis.b4.const": files.tensor(SMALL, view=(5, (6,), (-1,)))})),
        "no list of sizes",
    ),
    "another filter": (
        changed(lambda t: t.update({"synthesis.b8.resample_filter": files.tensor(np.eye(4, dtype=np.float32))})),
        "resampling filter",
    ),
    "weights stretched beyond the file": (stretched(), "its tensors claim to be larger than the whole file"),
    "a resolution out of this world": (changed(keep, img_resolution=1 << 60), "impossible value of img_resolution"),
    "a resolution of 17": (changed(keep, img_resolution=17), "img_resolution=17 cannot be reached"),
    "a resolution of 24": (changed(keep, img_resolution=24), "img_resolution must be a power of two"),
    "an image that is not square": (changed(keep, img_resolution=[16, 32]), "img_resolution must be a power of two"),
    "more resolution than weights": (changed(keep, img_resolution=64), "it lacks synthesis.b32.conv0.weight"),
    "an endless mapping network": (
        changed(keep, mapping_kwargs=files.easy(num_layers=1 << 23)),
        "it lacks mapping.fc2.weight",
    ),
    "a width of text": (changed(keep, w_dim="16"), "impossible value of w_dim"),
    "a filter of text": (changed(keep, resample_filter="1331"), "impossible value of resample_filter"),
    "an endless filter": (changed(keep, resample_filter=[1] * 100_000), "impossible value of resample_filter"),
    "an unknown option": (changed(keep, warp=2), "the hyperparameter warp, which this version does not know"),
    "an option with another value": (
        changed(keep, mapping_kwargs=files.easy(activation="relu")),
        "an activation other than lrelu|activation other than lrelu",
    ),
    "StyleGAN3 without a frequency": (
        stylegan3(lambda t: t.pop("synthesis.input.freqs")),
        "it lacks synthesis.input.freqs",
    ),
    "StyleGAN3 of endless layers": (stylegan3(keep, num_layers=1 << 23), "has not the 8388608 layers"),
    "StyleGAN3 of endless filters": (stylegan3(keep, filter_size=1 << 20), "filters of 4194304 taps"),
    "StyleGAN3 of other filters": (stylegan3(keep, use_radial_filters=True), "has not the down_filter of its hyper"),
    "StyleGAN3 of no stopband": (stylegan3(keep, first_stopband=1e-320), "it lacks|make no synthesis|impossible"),
    "StyleGAN3 of endless margins": (stylegan3(keep, margin_size=1 << 23), "it lacks synthesis.L0"),
    "a wrong magic number": (checkpoint(files.tensor(SMALL, data=files.stream(SMALL, magic=1))), "unknown format"),
    "a big-endian machine": (
        checkpoint(files.tensor(SMALL, data=files.stream(SMALL, machine={"little_endian": False}))),
        "big-endian",
    ),
    "an unknown storage": (
        checkpoint(files.tensor(SMALL, data=files.stream(SMALL, storage="QInt8Storage"))),
        r"it asks for torch\.QInt8Storage",
    ),
    "a stream of other things": (checkpoint(files.tensor(SMALL, data=pickle.dumps([1], 2) * 5)), "unknown format"),
    "a stream cut off": (checkpoint(files.tensor(SMALL, data=files.stream(SMALL)[:-1])), "cut off: a tensor declares"),
    "numpy objects": (tf1(files.numpy_array(SMALL, dtype="O8")), "numpy data of type 'O8'"),
    "numpy objects in a list": (
        tf1(files.numpy_array(SMALL, data=[1, 2])),
        "a numpy array made of an object of type list",
    ),
    "numpy text": (tf1(files.numpy_array(SMALL, dtype="U8")), "numpy data of type 'U8'"),
    "a variable without a value": (tf1(None), "a variable of type NoneType|it lacks|impossible"),
    "an unknown network": (
        files.dumps((files.tf1_network("G_evil", {}, {}),) * 3),
        "a network built by 'G_evil', which this version does not know",
    ),
    "a persistent storage": (
        checkpoint(
            Call(Name("torch._utils", "_rebuild_tensor_v2"), (Persistent(("storage",)), 0, (), (), False, None))
        ),
        "objects outside of it",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_other_content_is_named(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_refused(CASES[case], tmp_path / "x.pkl")


@pytest.mark.parametrize("suffix", ["pt", "pkl"])
def test_an_archive_is_not_inflated(suffix, tmp_path):
    path = tmp_path / f"network.{suffix}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50_000_000))
    with pytest.raises(UserError, match=r"its data\.pkl is compressed"):
        tfstylegan.load(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "network.pkl")
    with pytest.raises(UserError, match="it is not a regular file"):
        tfstylegan.load(tmp_path / "network.pkl")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.pkl: no such file"):
        tfstylegan.load(tmp_path / "nowhere.pkl")


def test_hyperparameters_that_only_the_layers_can_judge(tmp_path):
    (tmp_path / "x.pkl").write_bytes(stylegan3(keep, first_cutoff=15.9))
    with pytest.raises(UserError, match=r"its hyperparameters make no network .*bandwidth"):
        tfstylegan.load(tmp_path / "x.pkl")
