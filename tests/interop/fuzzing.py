"""Damages good checkpoints in every way that chance finds, and reads them.

``python -m tests.interop.fuzzing N SEED FILE...`` reads N damaged copies of every recorded checkpoint, and of the files
given, in a process that may not take more than 2 GiB and in which starting anything is an error, and prints what came
of them as JSON. Anything but a network or a refusal is a traceback.
"""

import io
import json
import pickletools
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tfstylegan.interop.checkpoint import NETWORKS, parse
from tfstylegan.interop.limits import Refused

FOLDER = Path(__file__).parents[1] / "golden"
FILES = (
    "pkl/sg2ada_c16_cifar",
    "pkl/sg2ada_u32_fp16cfg",
    "pkl/sg3r_u32",
    "tf1/pkl/ada_cond",
    "tf1/pkl/sg1_cond_lod",
    "tf1/pkl/sg2_cond",
    "tf1/pkl/progan_tfutil",
)
STREAM = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46"  # how the legacy format of PyTorch begins: five pickles, then numbers
OPCODES = [ord(opcode.code) for opcode in pickletools.opcodes]


def structure(data: bytes) -> tuple[list[int], list[int]]:
    """Where the opcodes of a checkpoint are, and where their arguments; the records of an archive count as both."""
    file, is_archive = io.BytesIO(data), data[:2] == b"PK"
    file.seek(data.index(b"\x80\x02") if is_archive else 0)
    opcodes: list[int] = []
    arguments: list[int] = []
    for _ in range(5 if data.startswith(STREAM) else 1):
        for opcode, argument, position in pickletools.genops(file):
            opcodes.append(position)
            if isinstance(argument, (int, float, bytes, str)):
                arguments.append(position + len(opcode.code))
    if is_archive:
        records = [match.start() + index for match in re.finditer(b"PK[\1-\7]", data) for index in range(46)]
        opcodes += records
        arguments += records
    return opcodes, arguments


class Mutator:
    """Damages files, most often where their structure is, because most of their bytes are weights."""

    def __init__(self, seed: int, paths: Iterable[Path]):
        self.random = random.Random(seed)
        self.files = [path.read_bytes() for path in paths]
        found = [structure(data) for data in self.files]
        self.structure = [positions for positions, _ in found]
        self.arguments = [positions for _, positions in found]

    def damaged(self, index: int) -> tuple[str, bytes]:
        """(kind of damage, a damaged copy of file ``index``)."""
        data = bytearray(self.files[index])
        kind = self.random.choice(list(KINDS))
        if self.random.random() < 0.5:  # keep the opcodes and change what they say: this gets further
            for _ in range(self.random.choice((1, 1, 2, 5))):
                at = self.random.choice(self.arguments[index]) + self.random.randrange(6)
                self.overwrite(data, min(at, len(data) - 1))
            return "argument", bytes(data)
        for _ in range(self.random.choice((1, 1, 1, 2, 5, 20))):
            KINDS[kind](self, data, self._position(index, data))
        return kind, bytes(data)

    def _position(self, index: int, data: bytearray) -> int:
        position = self.random.choice(self.structure[index]) + self.random.randrange(3)
        if self.random.random() < 0.2:
            position = self.random.randrange(len(self.files[index]))
        return min(position, len(data) - 1)

    def flip(self, data, at):
        data[at] ^= 1 << self.random.randrange(8)

    def overwrite(self, data, at):
        data[at] = self.random.choice((0, 1, data[at] ^ 1, 0x7F, 0x80, 0xFF, self.random.randrange(256)))

    def swap_opcode(self, data, at):
        data[at] = self.random.choice(OPCODES)

    def insert_opcode(self, data, at):
        data[at:at] = bytes([self.random.choice(OPCODES), *self.random.randbytes(self.random.choice((0, 1, 4, 8)))])

    def delete(self, data, at):
        del data[at : at + self.random.choice((1, 2, 4, 100, 10_000))]
        data or data.append(0)

    def repeat(self, data, at):
        piece = data[at : at + self.random.choice((1, 8, 100, 5000))]
        data[at:at] = piece * self.random.choice((1, 2, 10))

    def splice(self, data, at):
        other = self.random.choice(self.files)
        start = self.random.randrange(len(other))
        data[at : at + self.random.choice((0, 100))] = other[start : start + self.random.choice((10, 1000, 100_000))]

    def cut(self, data, at):
        del data[max(at, 1) :]

    def exchange(self, data, at):
        size, other = self.random.choice((1, 4, 64)), self.random.randrange(len(data))
        data[at : at + size], data[other : other + size] = data[other : other + size], data[at : at + size]


KINDS = {
    function.__name__: function
    for function in (
        Mutator.flip, Mutator.overwrite, Mutator.swap_opcode, Mutator.insert_opcode, Mutator.delete, Mutator.repeat,
        Mutator.splice, Mutator.cut, Mutator.exchange,
    )
}  # fmt: skip


class Hook:
    """An audit hook: nothing is to be started, imported or opened while it is active."""

    active = True

    def __call__(self, event: str, _) -> None:
        forbidden = ("import", "compile", "exec", "open", "os", "subprocess", "socket", "ctypes")
        if self.active and event.partition(".")[0] in forbidden:
            raise AssertionError(f"reading a damaged file led to {event}")


def read(data: bytes) -> str:
    """What came of reading a file: "read", or the reason of the refusal without its numbers."""
    try:
        checkpoint = parse(data)
        for network in NETWORKS:
            for array in checkpoint.weights(network).arrays.values():
                array.sum()  # looks at every number
        return "read"
    except Refused as error:
        return "".join(character for character in str(error) if not character.isdigit())[:40]


def peak_memory() -> int:
    """The most bytes that the process ever had in memory; ru_maxrss would count what it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))


def main(count: int, seed: int, *paths: str) -> dict:
    """Reads ``count`` damaged copies of every recorded checkpoint, and of these files."""
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    mutator = Mutator(seed, [*(FOLDER / f"{name}.pkl" for name in FILES), *map(Path, paths)])
    for data in mutator.files:
        read(data)
    outcomes: Counter[str] = Counter()
    slowest, before, hook = 0.0, peak_memory(), Hook()
    sys.addaudithook(hook)
    for index in range(len(mutator.files)):
        for _ in range(count):
            _, data = mutator.damaged(index)
            begin = time.monotonic()
            outcomes[read(data)] += 1
            slowest = max(slowest, time.monotonic() - begin)
    hook.active = False
    return {"outcomes": dict(outcomes.most_common()), "slowest": slowest, "growth": peak_memory() - before}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])))
