"""Reads pickles that hold nothing but data, and runs nothing.

A pickle is a program. This is an interpreter of its own rather than a subclass of ``pickle.Unpickler``, because a
restricted ``find_class`` closes only one of the doors: the C implementation allocates whatever length an opcode
declares before it looks for the bytes (BYTEARRAY8, BINBYTES8) and a memo as large as the highest index used
(LONG_BINPUT), hashes arbitrarily nested tuples on the C stack when they become dictionary keys, and copies every
frame; the Python one, ``pickle._Unpickler``, is private and shares most of that. Here

* a name in the pickle stands for an entry of a table of constructors, given by the caller, and for nothing else;
  modules are never imported, and functions of the interpreter never reachable;
* the opcodes are those that pickle protocols 2 to 5 write for data; text opcodes, extensions and persistent ids
  (unless asked for) are refused;
* every length is compared with the bytes that are there; byte strings are views of the file, not copies;
* dictionary keys are strings or small integers;
* the number of opcodes is bounded.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tfstylegan.interop.limits import Budget, Refused, readable
from tfstylegan.interop.opcodes import OPCODES, STOP

MAX_NAME = 200  # characters in the name of a module or class
MAX_KEY = 1 << 48  # optimisers of old versions of PyTorch number parameters by their addresses
UNKNOWN_NAME = "which no official checkpoint needs"


@dataclass(frozen=True)
class Constructor:
    """What a global name in a pickle stands for. Without functions it is a mere token.

    Args:
      call: takes the arguments of a call (REDUCE) and returns an inert object, or None if it is not to be called.
      new: the same for an instantiation (NEWOBJ).
    """

    call: Callable[..., Any] | None = None
    new: Callable[..., Any] | None = None


def empty_dictionary() -> dict:
    """For dictionaries whose items come after they are made; unlike ``dict`` it copies nothing."""
    return {}


class StandIn:
    """An inert object in place of one whose class is not needed here."""

    __slots__ = ()

    def set_state(self, state) -> None:
        """Takes the state of BUILD; by default there is none to take."""
        raise Refused(f"it gives a state to an object of type {type(self).__name__}")


class Unpickler:
    """Interprets one pickle.

    Args:
      data: the bytes that hold the pickle, and may hold more after it.
      constructors: what (module, name) stands for: a :class:`Constructor`, or a token that cannot be called.
      budget: what reading may cost.
      position: where the pickle begins; after :meth:`load`, the byte after its end.
      persistent_load: turns a persistent id into an object; None refuses them.
      unknown_name: what is said of a name that is not among the constructors.
    """

    def __init__(
        self,
        data: memoryview,
        constructors: Mapping[tuple[str, str], Any],
        budget: Budget,
        position: int = 0,
        persistent_load: Callable[[Any], Any] | None = None,
        unknown_name: str = UNKNOWN_NAME,
    ):
        self.data = data
        self.constructors = constructors
        self.budget = budget
        self.position = position
        self.persistent_load = persistent_load
        self.unknown_name = unknown_name
        self.stack: list = []
        self.outer: list[list] = []  # the stacks below each open mark
        self.memo: dict[int, Any] = {}

    def load(self):
        """Interprets up to STOP, and returns the object.

        Raises:
          Refused: if the pickle is damaged, or asks for anything but data.
        """
        try:
            return self._run()
        except (LookupError, TypeError, ValueError, struct.error) as error:
            # The opcodes below assume a well-formed stream; whatever trips one of them means that it is not.
            raise Refused(f"it is damaged at byte {self.position}") from error

    def _run(self):
        spend, opcodes = self.budget.spend_opcode, OPCODES
        while True:
            spend()
            if self.position >= len(self.data):
                raise Refused("it is cut off: the pickle has no end")
            opcode = self.data[self.position]
            self.position += 1
            if opcode == STOP:
                return self.stack.pop()
            handler = opcodes.get(opcode)
            if handler is None:
                raise Refused(f"it uses the pickle opcode {_opcode_name(opcode)}, which no official checkpoint does")
            handler(self)

    # ------------------------------------------------------------------------------------------ reading

    def take(self, count: int) -> memoryview:
        """The next ``count`` bytes."""
        end = self.position + count
        if count < 0 or end > len(self.data):
            raise Refused(
                f"it is cut off: {count} bytes are declared at byte {self.position}, "
                f"where {len(self.data) - self.position} are left"
            )
        view = self.data[self.position : end]
        self.position = end
        return view

    def number(self, fmt: struct.Struct) -> Any:
        """The next binary number."""
        return fmt.unpack(self.take(fmt.size))[0]

    def line(self) -> str:
        """The text up to the next line feed."""
        text = bytes(self.data[self.position : self.position + MAX_NAME + 1])
        end = text.find(b"\n")
        if end < 0:
            raise Refused(f"it is damaged at byte {self.position}: a name does not end")
        self.position += end + 1
        return text[:end].decode()

    # ------------------------------------------------------------------------------------------ stack and memo

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop_to_mark(self) -> list:
        items = self.stack
        self.stack = self.outer.pop()
        return items

    def push_mark(self) -> None:
        self.outer.append(self.stack)
        self.stack = []

    def memoize(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        self.stack.append(self.memo[index])

    # ------------------------------------------------------------------------------------------ containers

    def append_all(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise Refused(f"it appends to an object of type {type(target).__name__}")
        target.extend(items)

    def set_items(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise Refused(f"it sets items of an object of type {type(target).__name__}")
        for index in range(0, len(items), 2):
            target[_checked_key(items[index])] = items[index + 1]

    # ------------------------------------------------------------------------------------------ names and calls

    def push_global(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise Refused("it asks for a global whose name is not text")
        found = self.constructors.get((module, name))
        if found is None:
            raise Refused(f"it asks for {readable(f'{module}.{name}')}, {self.unknown_name}")
        self.stack.append(found)

    def call(self, function: str) -> None:
        arguments, target = self.stack.pop(), self.stack.pop()
        if not isinstance(target, Constructor) or type(arguments) is not tuple:
            raise Refused(f"it calls an object of type {type(target).__name__}")
        construct = getattr(target, function)
        if construct is None:
            raise Refused("it calls a name that stands for no function")
        self.stack.append(construct(*arguments))

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, StandIn):
            target.set_state(state)
        elif type(target) is not dict:  # a dictionary's own attributes are of no use here
            raise Refused(f"it gives a state to an object of type {type(target).__name__}")

    def push_persistent(self) -> None:
        if self.persistent_load is None:
            raise Refused("it refers to objects outside of it")
        self.stack.append(self.persistent_load(self.stack.pop()))


def _checked_key(key: Any) -> Any:
    if type(key) is str or (type(key) is int and abs(key) < MAX_KEY):
        return key
    raise Refused(f"it has a dictionary key of type {type(key).__name__}")


def _opcode_name(opcode: int) -> str:
    import pickletools

    names = {known.code: known.name for known in pickletools.opcodes}
    return names.get(chr(opcode), f"{opcode:#04x}")
