"""What the opcodes of a pickle do: those that protocols 2 to 5 write for data, and no others.

Each is a function of the :class:`~tfstylegan.interop.unpickling.Unpickler` that met it.
"""

import struct
from collections.abc import Callable
from typing import Any

from tfstylegan.interop.limits import Refused

MAX_INTEGER_BYTES = 16

U1, U2, U4, U8, I4 = (struct.Struct(f"<{code}") for code in "BHIQi")
F8 = struct.Struct(">d")
STOP = ord(".")


def _text(size: struct.Struct, encoding: str = "utf-8", errors: str = "surrogatepass"):
    return lambda r: r.push(str(r.take(r.number(size)), encoding, errors))


def _binary(size: struct.Struct):
    return lambda r: r.push(r.take(r.number(size)))


def _constant(value):
    return lambda r: r.push(value)


def _take_tuple(count: int):
    def run(r):
        items = [r.stack.pop() for _ in range(count)]
        r.push(tuple(reversed(items)))

    return run


def _pop(r) -> None:
    if r.stack:
        r.stack.pop()
    else:
        r.pop_to_mark()


# The opcodes by their byte. A set is kept as a list: nobody asks what is in one.
OPCODES: dict[int, Callable[[Any], None]] = {
    ord(code): run
    for code, run in {
        # framing
        "\x80": lambda r: _check_protocol(r.number(U1)),  # PROTO
        "\x95": lambda r: _check_frame(r, r.number(U8)),  # FRAME
        # values
        "N": _constant(None),
        "\x88": _constant(True),
        "\x89": _constant(False),
        "J": lambda r: r.push(r.number(I4)),  # BININT
        "K": lambda r: r.push(r.number(U1)),
        "M": lambda r: r.push(r.number(U2)),
        "\x8a": lambda r: r.push(_integer(r, r.number(U1))),  # LONG1
        "\x8b": lambda r: r.push(_integer(r, r.number(I4))),
        "G": lambda r: r.push(r.number(F8)),  # BINFLOAT
        "\x8c": _text(U1),  # SHORT_BINUNICODE
        "X": _text(U4),
        "\x8d": _text(U8),
        "U": _text(U1, "latin-1"),  # SHORT_BINSTRING, of Python 2
        "T": _text(I4, "latin-1"),
        "C": _binary(U1),  # SHORT_BINBYTES
        "B": _binary(U4),
        "\x8e": _binary(U8),
        "\x96": _binary(U8),  # BYTEARRAY8
        # containers
        ")": _constant(()),
        "]": lambda r: r.push([]),
        "}": lambda r: r.push({}),
        "\x8f": lambda r: r.push([]),  # EMPTY_SET
        "\x85": _take_tuple(1),
        "\x86": _take_tuple(2),
        "\x87": _take_tuple(3),
        "t": lambda r: r.push(tuple(r.pop_to_mark())),
        "a": lambda r: r.append_all([r.stack.pop()]),
        "e": lambda r: r.append_all(r.pop_to_mark()),
        "\x90": lambda r: r.append_all(r.pop_to_mark()),  # ADDITEMS
        "\x91": lambda r: r.push(r.pop_to_mark()),  # FROZENSET
        "s": lambda r: r.set_items([r.stack.pop(), r.stack.pop()][::-1]),
        "u": lambda r: r.set_items(r.pop_to_mark()),
        # stack and memo
        "(": lambda r: r.push_mark(),
        "0": _pop,
        "1": lambda r: r.pop_to_mark(),
        "2": lambda r: r.push(r.stack[-1]),  # DUP
        "q": lambda r: r.memoize(r.number(U1)),
        "r": lambda r: r.memoize(r.number(U4)),
        "\x94": lambda r: r.memoize(len(r.memo)),
        "h": lambda r: r.recall(r.number(U1)),
        "j": lambda r: r.recall(r.number(U4)),
        # names and calls
        "c": lambda r: r.push_global(r.line(), r.line()),
        "\x93": lambda r: r.push_global(*[r.stack.pop(), r.stack.pop()][::-1]),  # STACK_GLOBAL
        "R": lambda r: r.call("call"),
        "\x81": lambda r: r.call("new"),
        "b": lambda r: r.build(),
        "Q": lambda r: r.push_persistent(),
    }.items()
}


def _check_protocol(version: int) -> None:
    if version > 5:
        raise Refused(f"it is a pickle of protocol {version}, which does not exist")


def _check_frame(reader, size: int) -> None:
    if size > len(reader.data) - reader.position:
        raise Refused(f"it is cut off: a frame of {size} bytes begins at byte {reader.position}")


def _integer(reader, size: int) -> int:
    if size > MAX_INTEGER_BYTES:
        raise Refused(f"it has an integer of {size} bytes")
    return int.from_bytes(reader.take(size), "little", signed=True)
