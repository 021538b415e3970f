"""``.pt`` files that are damaged, hostile, or hold something else."""

import pickle
import struct
import zipfile

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tests.interop import state_dict_files as files
from tests.interop.official_files import Call, Name, dumps
from tests.interop.refusals import check_refused
from tests.interop.test_execution_refused import Command
from tfstylegan.errors import UserError

SMALL = np.ones([2, 3], np.float32)
STATE = files.state_of(tiny_networks.generator())
CRITIC = files.state_of(tiny_networks.discriminator())
KEEP = object()


def generator(legacy: bool = False, **changes) -> bytes:
    """A good file with some tensors of its generator changed, or left out; dots in names are double underscores."""
    renamed = {name.replace("__", "."): value for name, value in changes.items()}
    arrays = {**STATE, **{name: value for name, value in renamed.items() if value is not None}}
    return files.checkpoint(
        legacy, g_ema={name: x for name, x in arrays.items() if renamed.get(name, KEEP) is not None}
    )


def discriminator(**changes) -> bytes:
    """A file that is read as a discriminator, whatever was asked for: a state dict alone."""
    writer = files.Writer()
    return writer.bytes({"d": writer.state({**CRITIC, **changes})})


def holding(value, legacy: bool = False, **changes) -> bytes:
    """A file with one value."""
    writer = files.Writer(legacy)
    return writer.bytes(value(writer), **changes)


def odd(make, legacy: bool = False, name: str = "input.input") -> bytes:
    """A generator with one odd tensor in it."""

    def value(writer):
        tensors = {key: writer.tensor(x) for key, x in STATE.items() if key != name}
        return {"g_ema": files.Ordered({**tensors, name: make(writer)})}

    return holding(value, legacy)


def patched(data: bytes, signature: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """A file with bytes changed in one of its zip records."""
    position = -1
    for _ in range(which + 1):
        position = data.index(signature, position + 1)
    return data[: position + offset] + value + data[position + offset + len(value) :]


GOOD, GOOD_STREAM = generator(), generator(legacy=True)
PLAIN = files.archive({f"archive/{name}": b"" for name in ("a", "b")})
PICKLED = {"archive/data.pkl": dumps({"g_ema": {}}, 2)}
LOCAL, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
EXECUTION = r"it asks for (posix|nt)\.system"
SYSTEM = Call(Name("os", "system"), ("touch executed",))


def bomb() -> bytes:
    return files.archive({"archive/data.pkl": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)


def overlapping(count: int) -> bytes:
    """Many members that are all the same bytes."""
    data = files.archive({f"archive/{index:04}": b"x" * 10_000 if not index else b"" for index in range(count)})
    first = data.index(ENTRY)
    entry = data[first : data.index(ENTRY, first + 1)]
    end = data[data.index(END) :]
    entries = b"".join(entry[:46] + f"archive/{index:04}".encode() for index in range(count))
    return data[:first] + entries + end[:12] + struct.pack("<I", len(entries)) + end[16:]


def many_members(count: int) -> bytes:
    """A directory of members without names."""
    entry = ENTRY + bytes(42)
    end = END + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    size = count * len(entry)
    end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, 4)
    return LOCAL + entry * count + end64 + b"PK\6\7" + struct.pack("<IQI", 0, 4 + size, 1) + end


def names_in_itself() -> bytes:
    """A state dict that is its own tensor."""
    return files.archive(
        {"archive/data.pkl": b"\x80\x02}q\x00X\x05\x00\x00\x00g_emah\x00sX\x0b\x00\x00\x00input.inputh\x00s."}
    )


CASES = {
    # what is no state dict
    "a zip of other things": (PLAIN, "a zip archive, but none that torch.save has written"),
    "a zip of files without a folder": (files.archive({"a.png": b"x"}), "but none that torch.save has written"),
    "a zip of two folders": (files.archive({**PICKLED, "b/c": b""}), "but none that torch.save has written"),
    "an empty zip": (files.archive({}), "but none that torch.save has written"),
    "TorchScript": (
        files.archive({**PICKLED, "archive/code/__torch__.py": b"x", "archive/constants.pkl": b"x"}),
        "it is a TorchScript program; what can be imported is a state dict",
    ),
    "a tensor": (holding(lambda w: w.tensor(SMALL)), "it holds an object of type Tensor, and no state dict"),
    "a list, legacy": (holding(lambda w: [w.tensor(SMALL)], legacy=True), "an object of type list, and no state dict"),
    "nothing": (holding(lambda w: {}), "it holds no StyleGAN2 generator or discriminator, but nothing"),
    "a module saved whole": (
        holding(lambda w: Call(Name("model", "Generator"), ())),
        r"it asks for model\.Generator, which no state dict needs; of a module that was saved whole, save the",
    ),
    "another state dict": (
        holding(lambda w: w.state({f"layer{i}.weight": SMALL for i in range(9)})),
        "but layer0.weight, layer1.weight, layer2.weight and 6 more",
    ),
    "another state dict as g_ema": (
        files.checkpoint(g_ema={"fc.weight": SMALL}),
        r"its g_ema is not the state dict of a StyleGAN2 generator, but has fc\.weight",
    ),
    "names with control characters": (holding(lambda w: {"a\nb\x1b[31m": 1}), r"but a\\nb\\x1b\[31m"),
    "a name of control characters too many": (generator(**{"a\nb": SMALL}), r"it has weights called a\\nb, which"),
    "numbers for names": (holding(lambda w: {"g_ema": {**w.state(STATE).value.items, 7: 1}}), "its 7 is of type int"),
    "a number for a tensor": (
        holding(lambda w: {"g_ema": {"input.input": 1.5}}),
        "its input.input is of type float, and no tensor",
    ),
    "a discriminator only": (discriminator(), "it holds no G_ema, only D"),
    # what does not fit together
    "a missing weight": (generator(convs__2__conv__weight=None), "it lacks convs.2.conv.weight"),
    "no constant": (generator(input__input=None), "it lacks input.input"),
    "a missing noise map": (generator(noises__noise_1=None), "it lacks noises.noise_1"),
    "a weight too many": (generator(convs__9__conv__weight=SMALL), "weights called convs.9.conv.weight, which"),
    "a wrong shape": (generator(convs__1__conv__weight=SMALL), r"its convs.1.conv.weight has shape \(2, 3\)"),
    "a wrong number of dimensions": (generator(input__input=SMALL), r"input.input has shape \(2, 3\), and not 4 dim"),
    "two constants": (generator(input__input=np.ones([2, 32, 4, 4], np.float32)), r"has shape \(2, 32, 4, 4\), which"),
    "no channels": (generator(input__input=np.ones([1, 0, 4, 4], np.float32)), "which is not min|impossible"),
    "integers": (generator(conv1__activate__bias=np.ones(32, np.int64)), "numbers of type int64"),
    "channels that grow": (
        generator(convs__2__conv__weight=np.ones([1, 33, 16, 3, 3], np.float32)),
        r"its convs.2.conv.weight has 33 channels, which is not min\(channel_base / 16, channel_max\)",
    ),
    "channels of no rule": (
        generator(convs__2__conv__weight=np.ones([1, 12, 16, 3, 3], np.float32)),
        "its convs.2.conv.weight has 12 channels, which is not min",
    ),
    "another filter": (
        generator(**{"convs.0.conv.blur.kernel": files.BLUR}),
        r"its convs.0.conv.blur.kernel is not the filter \[1, 3, 3, 1\]",
    ),
    "a filter of another size": (generator(to_rgbs__1__upsample__kernel=SMALL), "its to_rgbs.1.upsample.kernel is not"),
    "endless mapping layers": (
        generator(**{f"style.{i}.weight": STATE["style.1.weight"] for i in range(1, 200)}),
        "it has 199 layers such as style.1.weight, far more than any network",
    ),
    "endless blocks": (
        generator(**{f"to_rgbs.{i}.conv.weight": STATE["to_rgb1.conv.weight"] for i in range(200)}),
        "it has 200 layers such as to_rgbs.0.conv.weight, far more",
    ),
    # containers
    "half of an archive": (GOOD[: len(GOOD) // 2], "cut off: a zip archive without a directory"),
    "an archive without its end": (GOOD[:-1], "cut off"),
    "an archive without its beginning": (GOOD[:30] + GOOD[200:], "damaged|cut off"),
    "half of a stream": (GOOD_STREAM[: len(GOOD_STREAM) // 2], "cut off: a tensor declares"),
    "a stream without its end": (GOOD_STREAM[:-1], "cut off: a tensor declares"),
    "a stream of a magic number": (dumps(0x1950A86A20F9469CFC6C, 2), "cut off: the pickle has no end"),
    "a missing storage": (
        holding(lambda w: {"g_ema": w.state(STATE)}, without=["data/3"]),
        "it lacks data/3, which its pickle refers to",
    ),
    "storages that are not listed": (
        holding(lambda w: {"g_ema": w.state(STATE)}, legacy=True, keys=["1"]),
        "storages, and lists others",
    ),
    "a storage listed twice": (
        holding(lambda w: [w.tensor(SMALL), w.tensor(SMALL)], legacy=True, keys=["94117887903600"] * 2),
        "storages, and lists others",
    ),
    "no pickle": (holding(lambda w: {}, without=["data.pkl"]), "but none that torch.save has written"),
    "a big-endian archive": (holding(lambda w: {}, extra={"byteorder": b"big"}), "a big-endian machine"),
    "a big-endian stream": (
        holding(lambda w: {}, legacy=True, machine={"little_endian": False}),
        "a big-endian machine",
    ),
    "a compressed pickle": (files.archive(PICKLED, zipfile.ZIP_DEFLATED), "its data.pkl is compressed, which no"),
    "an encrypted pickle": (patched(files.archive(PICKLED), ENTRY, 8, b"\1\0"), "its data.pkl is encrypted"),
    "a member out of the folder": (files.archive({**PICKLED, "archive/../x": b""}), "which is no path in a folder"),
    "an absolute member": (files.archive({"/archive/data.pkl": b""}), "which is no path in a folder"),
    "a member twice": (
        patched(files.archive({**PICKLED, "archive/data.pkk": b""}), ENTRY, 46, b"archive/data.pkl", 1),
        "it has two members called archive/data.pkl",
    ),
    "a local header of another name": (
        patched(files.archive(PICKLED), LOCAL, 30, b"A"),
        "there is no data.pkl where its directory has it",
    ),
    "a local header elsewhere": (patched(files.archive(PICKLED), ENTRY, 42, b"\7"), "damaged: there is no data.pkl"),
    "a directory elsewhere": (patched(GOOD, END, 16, b"\7\0\0\0"), "its directory of members cannot be read"),
    "a directory after the end": (patched(GOOD, END, 16, b"\0\0\0\x7f"), "its directory of members is not in it"),
    "a directory of more members": (patched(GOOD, END, 10, b"\xff\x7f"), "fewer members than it says"),
    "one of several disks": (patched(GOOD, END, 4, b"\1\0"), "one part of a zip archive in several"),
    # what is too large
    "a zip bomb": (bomb(), "its data.pkl is compressed, which no archive of torch.save is"),
    "members that overlap": (overlapping(200), "its members claim to be larger than the whole file"),
    "members without end": (many_members(600_000), "more than 500000 steps"),
    "a member larger than the file": (
        patched(patched(files.archive(PICKLED), ENTRY, 20, b"\0\0\0\x7f"), ENTRY, 24, b"\0\0\0\x7f"),
        "its members claim to be larger",
    ),
    "a storage shorter than it says": (
        odd(lambda w: w.view(w.storage(SMALL, numel=512), 0, (1, 32, 4, 4), (2048, 64, 16, 4))),
        "damaged: a storage of 512 numbers of 4 bytes has 24 bytes",
    ),
    "a storage shorter than it says, legacy": (
        odd(lambda w: w.view(w.storage(SMALL, numel=512), 0, (1, 32, 4, 4), (2048, 64, 16, 4)), legacy=True),
        "damaged: a storage of 512 numbers has 6",
    ),
    "a storage of no size": (odd(lambda w: w.view(w.storage(SMALL, numel=-1), 0, (1,), (4,))), "a storage of -1 numb"),
    "a storage of an endless size": (
        odd(lambda w: w.view(w.storage(SMALL, numel=1 << 60), 0, (1,), (4,))),
        "a storage of 1152921504606846976 numbers",
    ),
    "a tensor beyond its storage": (
        odd(lambda w: w.view(w.storage(SMALL), 0, (1, 32, 4, 4), (2048, 64, 16, 4))),
        r"a tensor of shape \(1, 32, 4, 4\) in a storage of 6 numbers",
    ),
    "a storage of storages": (odd(lambda w: w.view(w.storage(SMALL, view=("1", 0, 1)), 0, (1,), (4,)), legacy=True),
                              "views of others, as versions of PyTorch before 0.4"),
    "weights stretched beyond the file": (
        odd(lambda w: w.view(w.storage(SMALL[:1, :1]), 0, (16, 1 << 16), (0, 0)), name="style.1.weight"),
        "its tensors claim to be larger than the whole file",
    ),
    "a state dict in itself": (names_in_itself(), "its g_ema is of type dict, and no tensor"),
    "lists in lists": (files.archive({"archive/data.pkl": b"\x80\x02" + b"]" * 600_000}), "more than 500000 steps"),
    # what would be executed
    "os.system": (holding(lambda w: None, pickle=pickle.dumps(Command(), 2)), EXECUTION),
    "os.system, legacy": (holding(lambda w: None, legacy=True, pickle=pickle.dumps(Command(), 2)), EXECUTION),
    "os.system as a tensor": (odd(lambda w: SYSTEM), r"it asks for os\.system"),
    "os.system as a storage": (odd(lambda w: w.view(w.storage(SMALL, "os.system"), 0, (), ())), r"torch\.os\.system"),
    "os.system as an argument": (holding(lambda w: {"g_ema": w.state(STATE), "args": SYSTEM}), r"os\.system"),
    "an unknown storage": (odd(lambda w: w.view(w.storage(SMALL, "QInt8Storage"), 0, (), ())), r"torch\.QInt8Storage"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_refused(CASES[case], tmp_path / "x.pt")


def test_a_mapping_network_too_large_to_average_over(tmp_path):
    width = 1 << 13
    state = {**STATE, "style.1.weight": np.zeros([16, width], np.float32)}
    (tmp_path / "x.pt").write_bytes(files.checkpoint(g_ema=state))
    with pytest.raises(UserError, match="no latent_avg, and a mapping network far too large to estimate it with"):
        tfstylegan.load(tmp_path / "x.pt")


def test_noise_maps_larger_than_the_file_are_not_made(tmp_path):
    model = tiny_networks.generator(img_resolution=4, channel_base=8, channel_max=1, z_dim=1, w_dim=1, mapping_layers=1)
    state = {name: x for name, x in files.state_of(model).items() if not name.startswith("noises.")}
    for i in range(9):  # 2048 px of one channel
        for name in [name for name in state if name.startswith("conv1.")]:
            state |= {f"convs.{2 * i + k}{name[5:]}": state[name] for k in (0, 1)}
        state |= {f"to_rgbs.{i}{name[7:]}": state[name] for name in list(state) if name.startswith("to_rgb1.")}
    (tmp_path / "x.pt").write_bytes(files.checkpoint(mean=files.mean_of(model), g_ema=state))
    with pytest.raises(UserError, match="its tensors claim to be larger than the whole file"):
        tfstylegan.load(tmp_path / "x.pt")
