"""Files that would have a reader make something large of something small, or never end."""

import json
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest

from tests.golden_data import FOLDER
from tests.interop import official_files as files
from tests.interop.refusals import check_sentence, checkpoint, raw, text, tf1
from tests.interop.test_state_dicts_refused import CASES as STATE_DICTS

SMALL = np.ones([2, 3], np.float32)

CASES = {
    "bytes": (raw(b"\x8e" + struct.pack("<Q", 1 << 40)), "cut off: 1099511627776 bytes are declared"),
    "a bytearray": (raw(b"\x96" + struct.pack("<Q", 1 << 62)), "cut off"),
    "text": (raw(b"\x8d" + struct.pack("<Q", 1 << 63)), "cut off"),
    "a frame": (raw(b"\x95" + struct.pack("<Q", 1 << 50)), "cut off: a frame"),
    "negative text": (raw(b"T" + struct.pack("<i", -1)), "cut off"),
    "an integer": (raw(b"\x8b" + struct.pack("<i", 1 << 30)), "an integer of 1073741824 bytes"),
    "a memo index": (raw(b"N" + b"r" + struct.pack("<I", (1 << 32) - 1)), "it holds an object of type NoneType"),
    "a numpy array": (tf1(files.numpy_array(SMALL, shape=(1 << 20, 1 << 20))), r"in 24 bytes, not 4398046511104"),
    "a numpy side": (tf1(files.numpy_array(SMALL, shape=(1 << 70, 0), data=b"")), "no list of sizes"),
    "numpy dimensions": (tf1(files.numpy_array(SMALL, shape=(1,) * 1000, data=b"1234")), "shape cannot be read"),
    "a tensor": (checkpoint(files.tensor(SMALL, view=(0, (1 << 30, 3), (3, 1)))), "it lacks|impossible|has no"),
    "a storage": (
        checkpoint(files.tensor(SMALL, data=files.stream(SMALL, numel=1 << 40, count=1 << 40))),
        "cut off: a tensor declares 1099511627776 numbers",
    ),
    "a storage of no size": (checkpoint(files.tensor(SMALL, data=files.stream(SMALL, numel=-1, count=-1))), "cut off"),
    "lists": (raw(b"]" * 3_000_000), "more than 500000 steps"),
    "lists in lists": (raw(b"]" * 240_000, b"a" * 239_999), "it holds an object of type list"),
    "tuples in tuples": (raw(b")", b"\x85" * 400_000), "it holds an object of type tuple"),
    "dictionaries in dictionaries": (raw(b"}K\x00" * 120_000, b"}", b"s" * 120_000), "it holds an object of type dict"),
    "marks": (raw(b"(" * 1_000_000), "more than 500000 steps"),
    "empty strings": (raw(b"C\x00" * 1_000_000), "more than 500000 steps"),
    "a key of tuples": (raw(b"}", b")", b"\x85" * 300_000, b"N", b"s"), "a dictionary key of type tuple"),
    "a list in itself": (raw(b"]\x94", b"h\x00" * 1000, b"a" * 1000), "it holds an object of type list"),
    "a list that doubles": (raw(b"]\x94", b"(h\x00h\x00e" * 50_000), "it holds an object of type list"),
}


# Archives and state dicts; what they say is tested with the others of their kind.
CASES |= {
    f"{case}, .pt": STATE_DICTS[case]
    for case in (
        "a zip bomb", "members that overlap", "members without end", "a member larger than the file",
        "a storage of an endless size", "weights stretched beyond the file", "endless blocks", "lists in lists",
    )
}  # fmt: skip


def nested_modules(depth: int) -> bytes:
    value = files.module("Layer", {"_parameters": {}, "_buffers": {}, "_modules": {}})
    for _ in range(depth):
        value = files.module("Layer", {"_parameters": {}, "_buffers": {}, "_modules": {"a": value}})
    return files.pytorch_checkpoint(G_ema=value)


def repeated(payload: bytes, call_opcodes: bytes, count: int) -> bytes:
    """A function called on the same bytes many times."""
    return raw(payload, b"\x940", call_opcodes * count)


def doubling_modules(depth: int) -> bytes:
    """Every module contains the next one twice."""
    persist = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    parts = b"".join(text(name) + b"}" for name in ("_parameters", "_buffers"))
    inner = persist + b"}(" + text("state") + b"}(" + parts + text("_modules") + b"}uu\x85R\x940"
    for index in range(depth):
        inside = b"}(" + text("a") + b"h" + bytes([index]) + text("b") + b"h" + bytes([index]) + b"u"
        inner += persist + b"}(" + text("state") + b"}(" + parts + text("_modules") + inside + b"uu\x85R\x940"
    return raw(inner, b"}", text("G_ema"), b"h" + bytes([depth]), b"s")


def looping_modules() -> bytes:
    """A module that contains itself."""
    persist = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    parts = b"".join(text(name) + b"}" for name in ("_parameters", "_buffers"))
    module = persist + b"}(" + text("state") + b"}(" + parts + text("_modules") + b"}\x94uu\x85R\x94"
    return raw(module, b"h\x00", text("a"), b"h\x01", b"s0", b"}", text("G_ema"), b"h\x01", b"s")


CASES |= {
    "modules in modules": (nested_modules(30), "nested without end"),
    "modules that double": (doubling_modules(60), "nested without end|more than 500000 steps"),
    "a module in itself": (looping_modules(), "nested without end"),
    "a stream read again and again": (
        repeated(
            pickle.BINBYTES + struct.pack("<I", 100_000) + b"\x80\x02" + b"N" * 99_998,
            b"ctorch.storage\n_load_from_bytes\nh\x00\x85R0",
            1000,
        ),
        "it is cut off: the pickle has no end|over and over",
    ),
    "text encoded again and again": (
        repeated(text("x" * 1_000_000), b"c_codecs\nencode\nh\x00" + text("latin1") + b"\x86R", 1000),
        "it reads the same bytes over and over",
    ),
    "a set of a list again and again": (
        repeated(b"](" + b"N" * 100_000 + b"e", b"cbuiltins\nset\nh\x00\x85R", 1000),
        "it holds an object of type NoneType|it holds an object of type list",
    ),
}


# What reading may cost beyond a few times the file's size. Time is measured on machines with other things to do.
SPARE_MEMORY = 200 << 20
SPARE_SECONDS = 20

READER = """
import json, resource, sys, time
from tests.interop.fuzzing import peak_memory
from tfstylegan import interop
from tfstylegan.errors import UserError

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


for path in sys.argv[1:]:
    before, begin = peak_memory(), time.monotonic()
    try:
        interop.read_weights(path)
        sentence = "it was read"
    except UserError as error:
        sentence = str(error)
    print(json.dumps([sentence, time.monotonic() - begin, peak_memory() - before]), flush=True)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What was said of every file, in what time, in how much more memory: read in a process with little of its own."""
    folder = tmp_path_factory.mktemp("files")
    paths = {case: folder / f"{index}.pkl" for index, case in enumerate(CASES)}
    for case, (data, _) in CASES.items():
        paths[case].write_bytes(data)
    command = [sys.executable, "-c", READER, *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=FOLDER.parents[1], check=False)
    assert done.returncode == 0, done.stderr
    return {case: (paths[case], *json.loads(line)) for case, line in zip(CASES, done.stdout.splitlines(), strict=True)}


@pytest.mark.parametrize("case", CASES)
def test_nothing_large_is_made_of_something_small(case, results):
    path, sentence, seconds, growth = results[case]
    check_sentence(sentence, CASES[case][1], path)
    assert seconds < SPARE_SECONDS
    assert growth < 8 * len(CASES[case][0]) + SPARE_MEMORY
