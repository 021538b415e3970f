"""Files that would have a pickle reader execute or import something."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests import tiny_networks
from tests.golden_data import FOLDER
from tests.interop import official_files as files
from tests.interop import state_dict_files
from tests.interop.official_files import Built, Call, Name, New
from tests.interop.refusals import call, check_refused, checkpoint, raw, text, tf1

SMALL = np.ones([2, 3], np.float32)


class Command:
    """Pickles as a call of ``os.system``."""

    def __reduce__(self):
        return os.system, ("touch executed",)


CASES = {
    "os.system": (pickle.dumps(Command()), r"it asks for (posix|nt)\.system"),
    "os.system, older protocols": (pickle.dumps(Command(), 2), r"it asks for (posix|nt)\.system"),
    "os.system, in text": (pickle.dumps(Command(), 0), "it is not a pickle"),
    "os.system inside a checkpoint": (
        pickle.dumps({"G": None, "D": None, "G_ema": Command()}),
        r"it asks for (posix|nt)\.system",
    ),
    "os.system as a parameter": (checkpoint(Call(Name("os", "system"), ("touch executed",))), r"os\.system"),
    "os.system inside a tensor": (
        checkpoint(files.tensor(SMALL, data=pickle.dumps(Command(), 2))),
        r"it asks for (posix|nt)\.system",
    ),
    "os.system as a storage": (
        checkpoint(files.tensor(SMALL, data=files.stream(SMALL, storage="os.system"))),
        "os.sys",
    ),
    "os.system as a numpy type": (tf1(files.numpy_array(SMALL, dtype=Command())), r"(posix|nt)\.system"),
    "eval": (call("builtins", "eval", "__import__('os').system('touch executed')"), r"it asks for builtins\.eval"),
    "exec of the source": (call("builtins", "exec", "open('executed', 'w')"), r"builtins\.exec"),
    "getattr": (call("builtins", "getattr", Name("collections", "OrderedDict"), "__init__"), r"builtins\.getattr"),
    "a chain of attributes": (
        raw(text("numpy"), text("core.multiarray.scalar"), pickle.STACK_GLOBAL),
        r"it asks for numpy\.core\.multiarray\.scalar",
    ),
    "Python's classes": (call("collections", "OrderedDict.__subclasses__"), "__subclasses__"),
    "torch.load": (call("torch", "load", "x"), r"it asks for torch\.load"),
    "numpy.load": (call("numpy", "load", "x"), r"it asks for numpy\.load"),
    "an instance of Popen": (files.dumps(New(Name("subprocess", "Popen"))), r"subprocess\.Popen"),
    "a state for a class": (
        files.dumps(Built(Name("collections", "OrderedDict"), {"__init__": 1})),
        "it gives a state to an object of type Constructor",
    ),
    "a call of a mere name": (call("numpy", "ndarray", (2,)), "it calls a name that stands for no function"),
    "a call of data": (raw(b"K\x01", b")", pickle.REDUCE), "it calls an object of type int"),
    "an opcode of text pickles": (raw(b"(", b"S'touch executed'\n", b"ios\nsystem\n"), "the pickle opcode STRING"),
    "INST": (raw(b"(", b"ios\nsystem\n"), "the pickle opcode INST"),
    "an extension": (raw(b"\x82\x01"), "the pickle opcode EXT1"),
    "an unknown opcode": (raw(b"\xff"), "0xff"),
    "a persistent id": (raw(text("file:///etc/passwd"), pickle.BINPERSID), "it refers to objects outside of it"),
    "a name of control characters": (call("os\x1b[31m", "system"), r"os\\x1b\[31m\.system"),
    "a name without end": (raw(b"c" + b"x" * 100_000), "a name does not end"),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_executed(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_refused(CASES[case], tmp_path / "x.pkl")


def test_reading_runs_nothing_that_the_interpreter_can_watch(tmp_path):
    """The interpreter reports every import, compilation, file and process to a hook, which allows the file alone."""
    state, critic = (
        state_dict_files.state_of(make()) for make in (tiny_networks.generator, tiny_networks.discriminator)
    )
    for name in ("archive", "stream"):
        data = state_dict_files.checkpoint(name == "stream", g_ema=state, g=state, d=critic)
        (tmp_path / f"{name}.pt").write_bytes(data)
    recorded = [str(path) for path in [*sorted(FOLDER.rglob("*.pkl")), *sorted(tmp_path.glob("*.pt"))]]
    code = f"""
import pickletools, sys
from tfstylegan import interop
from tfstylegan.errors import UserError
paths = {recorded!r}
for path in paths:  # what is imported on first use
    interop.looks_official(path)
interop.read_weights(paths[0])

def watch(event, arguments):
    if event == "open" and arguments[0] in paths and arguments[1] in ("r", "rb"):
        return
    if event.split(".")[0] in ("import", "compile", "exec", "open", "os", "subprocess", "socket", "ctypes", "shutil"):
        print(event, arguments[:1])

sys.addaudithook(watch)
for path in paths:
    for network in ("G_ema", "G", "D"):
        try:
            interop.read_weights(path, network)
        except UserError as error:
            assert "not supported" in str(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == ""
