"""The zip archives that ``torch.save`` writes since PyTorch 1.6, read without copying or extracting anything.

Below one folder there are a pickle, ``data.pkl``, and the raw bytes of every storage that it refers to, ``data/KEY``.
Members are stored and not compressed, so that each is a view of the file's bytes. (Python's ``zipfile`` makes an object
of hundreds of bytes of each entry before one can be refused, and inflates whatever it is told to.)
"""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tfstylegan.interop.limits import Budget, Refused, readable
from tfstylegan.interop.torch_storage import STORAGE_TYPES, Storage, StorageType
from tfstylegan.interop.unpickling import Unpickler

SIGNATURE = b"PK"

# The format's records (APPNOTE 4.3): the local header before a member's bytes, the central directory's entry, the
# ends of the directory of zip and zip64, and the locator of the latter.
LOCAL = struct.Struct("<4s22xHH")
ENTRY = struct.Struct("<4s4xHH8xIIHHH8xI")
END = struct.Struct("<4sHHHHIIH")
LOCATOR = struct.Struct("<4sIQI")
END64 = struct.Struct("<4sQ4xIIQQQQ")
MAX_COMMENT = 0xFFFF
IN_EXTRA_FIELD = 0xFFFFFFFF  # the size or offset is a 64-bit one
ZIP64_FIELD = 1
MAX_EXTRA_FIELDS = 8
ENCRYPTED, STORED = 1, 0

PICKLE, BYTE_ORDER, PROGRAM = "data.pkl", "byteorder", "constants.pkl"


class Member(NamedTuple):
    """What the directory says of a member: its name, where its local header is, its size, and how it is kept."""

    name: bytes
    offset: int
    size: int
    is_stored: bool
    is_encrypted: bool


class Archive:
    """The members of an archive by their path below its folder.

    Raises:
      Refused: if it is damaged, no archive of PyTorch's, or one that has to be unpacked.
    """

    def __init__(self, data: memoryview, budget: Budget):
        self._data = data
        self._members = _relative(_directory(data, budget))

    def __contains__(self, path: str) -> bool:
        return path in self._members

    def read(self, path: str) -> memoryview:
        """The bytes of a member."""
        member = self._members.get(path)
        if member is None:
            raise Refused(f"it lacks {readable(path)}, which its pickle refers to")
        if member.is_encrypted:
            raise Refused(f"its {readable(path)} is encrypted")
        if not member.is_stored:
            raise Refused(f"its {readable(path)} is compressed, which no archive of torch.save is")
        signature, name_length, extra_length = LOCAL.unpack(_cut(self._data, member.offset, LOCAL.size))
        begin = member.offset + LOCAL.size
        if signature != b"PK\3\4" or _cut(self._data, begin, name_length) != member.name:
            raise Refused(f"it is damaged: there is no {readable(path)} where its directory has it")
        return _cut(self._data, begin + name_length + extra_length, member.size)


def read_archive(
    data: memoryview, constructors: Mapping[tuple[str, str], Any], budget: Budget, unknown_name: str
) -> Any:
    """The object that an archive holds.

    Args:
      data: the file.
      constructors: what the object may ask for besides the types of storages.
      budget: what this may cost.
      unknown_name: what is said of a name that it may not ask for.

    Raises:
      Refused: if it is damaged, hostile, a program, or no archive of PyTorch's.
    """
    archive = Archive(data, budget)
    if PROGRAM in archive:
        raise Refused("it is a TorchScript program; what can be imported is a state dict")
    if PICKLE not in archive:
        raise Refused("it is a zip archive, but none that torch.save has written")
    if BYTE_ORDER in archive and bytes(archive.read(BYTE_ORDER)[:8]) != b"little":
        raise Refused("it holds tensors of a big-endian machine")

    def persistent_load(identifier):
        kind, storage_type, key, _, length = identifier
        known = isinstance(storage_type, StorageType) and type(key) is str and type(length) is int
        if kind != "storage" or not known:
            raise Refused("it refers to a storage in a way that cannot be read")
        storage, found = Storage(storage_type.dtype, length), archive.read(f"data/{key}")
        if not 0 <= length * storage.dtype.itemsize <= len(found):
            raise Refused(
                f"it is damaged: a storage of {length} numbers of {storage.dtype.itemsize} bytes has {len(found)} bytes"
            )
        storage.values = np.frombuffer(found, storage.dtype, length)
        return storage

    table = {**constructors, **STORAGE_TYPES}
    return Unpickler(archive.read(PICKLE), table, budget, 0, persistent_load, unknown_name).load()


def looks_like_archive(head: bytes) -> bool:
    """Whether a file that begins so is one of PyTorch's archives: their first member is the pickle."""
    if len(head) < LOCAL.size:
        return False
    signature, length, _ = LOCAL.unpack(head[: LOCAL.size])
    return signature == b"PK\3\4" and head[LOCAL.size : LOCAL.size + length].endswith(b"/data.pkl")


def _cut(data: memoryview, begin: int, size: int) -> memoryview:
    if size > len(data) - begin:
        raise Refused(f"it is cut off: {size} bytes are declared at byte {begin}, of {len(data)}")
    return data[begin : begin + size]


def _directory(data: memoryview, budget: Budget) -> list[Member]:
    """Every entry of the central directory."""
    position, size, count = _end(data)
    entries, end = [], position + size
    if end > len(data):
        raise Refused("it is cut off: its directory of members is not in it")
    total = 0
    for _ in range(count):
        budget.spend_opcode()
        if position + ENTRY.size > end:
            raise Refused("it is damaged: its directory has fewer members than it says")
        fields = ENTRY.unpack(data[position : position + ENTRY.size])
        signature, flags, method, packed, size, name_length, extra_length, comment_length, offset = fields
        if signature != b"PK\1\2":
            raise Refused("it is damaged: its directory of members cannot be read")
        position += ENTRY.size
        name = bytes(_cut(data, position, name_length))
        extra = _cut(data, position + name_length, extra_length)
        size, packed, offset = _wide([size, packed, offset], extra)
        position += name_length + extra_length + comment_length
        total += packed
        entries.append(Member(name, offset, size, method == STORED and packed == size, bool(flags & ENCRYPTED)))
    if total > len(data):
        raise Refused("its members claim to be larger than the whole file")
    return entries


def _end(data: memoryview) -> tuple[int, int, int]:
    """Where the directory begins, its size, and its number of entries."""
    tail = max(0, len(data) - END.size - MAX_COMMENT)
    found = bytes(data[tail:]).rfind(b"PK\5\6")
    if found < 0 or tail + found + END.size > len(data):
        raise Refused("it is cut off: a zip archive without a directory of its members")
    end = tail + found
    _, disk, _, _, count, size, position, _ = END.unpack(data[end : end + END.size])
    if end >= LOCATOR.size:
        signature, _, end64, _ = LOCATOR.unpack(data[end - LOCATOR.size : end])
        if signature == b"PK\6\7":
            fields = END64.unpack(_cut(data, end64, END64.size))
            signature, _, disk, _, _, count, size, position = fields
            if signature != b"PK\6\6":
                raise Refused("it is damaged: its directory of members cannot be read")
    if disk:
        raise Refused("it is one part of a zip archive in several")
    return position, size, count


def _wide(values: list[int], extra: memoryview) -> list[int]:
    """Replaces what does not fit 32 bits by the numbers of the zip64 field, which come in this order."""
    if IN_EXTRA_FIELD not in values:
        return values
    for _ in range(MAX_EXTRA_FIELDS):
        if len(extra) < 4:
            break
        identifier, size = struct.unpack("<HH", extra[:4])
        if identifier == ZIP64_FIELD:
            numbers = iter(struct.unpack(f"<{size // 8}Q", _cut(extra, 4, size // 8 * 8)))
            return [next(numbers, value) if value == IN_EXTRA_FIELD else value for value in values]
        extra = extra[4 + size :]
    return values


def _relative(members: list[Member]) -> dict[str, Member]:
    """Members by their path below the one folder that PyTorch puts everything into."""
    found: dict[str, Member] = {}
    folders = set()
    for member in members:
        folder, slash, path = member.name.decode("utf-8", "replace").partition("/")
        folders.add(folder)
        if len(folders) > 1 or not slash:
            raise Refused("it is a zip archive, but none that torch.save has written")
        if not {"", ".", ".."}.isdisjoint([folder, *path.split("/")]):
            raise Refused(f"it has a member called {_shown(member.name)}, which is no path in a folder")
        if path in found:
            raise Refused(f"it has two members called {_shown(member.name)}")
        found[path] = member
    return found


def _shown(name: bytes) -> str:
    return readable(name.decode("utf-8", "replace"))
