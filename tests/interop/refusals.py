"""What is common to the tests of files that have to be refused."""

import os
import pickle
import re
import struct

import pytest

from tests.interop import official_files as files
from tests.interop.official_files import Call, Name
from tfstylegan import interop
from tfstylegan.errors import UserError


def check_refused(case: tuple[bytes, str], path) -> None:
    """Reads a file, and checks that it is refused with a sentence like the expected one.

    Args:
      case: the file's content, and a pattern of what has to be said about it.
      path: where to write it, in the current directory.
    """
    data, pattern = case
    path.write_bytes(data)
    with pytest.raises(UserError) as info:
        interop.read_weights(path)
    assert not os.path.exists("executed")
    check_sentence(str(info.value), pattern, path)


def check_sentence(sentence: str, pattern: str, path) -> None:
    """Checks what is said of a file: one line, with its name, and no more than a line's worth of its content."""
    assert sentence.startswith(f"{path} cannot be imported: it") and sentence.isprintable() and len(sentence) < 400
    assert re.search(pattern, sentence), sentence


def checkpoint(value) -> bytes:
    """A checkpoint with something in the place of its generator's only parameter."""
    return files.pytorch_checkpoint(G_ema=files.modules("Generator", {"synthesis.b4.const": value}, files.easy(), {}))


def tf1(value) -> bytes:
    network = files.tf1_network("D_main", {}, {"4x4/Conv/weight": value})
    return files.dumps((network, network, network))


def call(module: str, name: str, *arguments) -> bytes:
    return files.dumps(Call(Name(module, name), arguments))


def raw(*opcodes: bytes) -> bytes:
    return b"\x80\x04" + b"".join(opcodes) + b"."


def text(value: str) -> bytes:
    return pickle.BINUNICODE + struct.pack("<I", len(value)) + value.encode()
