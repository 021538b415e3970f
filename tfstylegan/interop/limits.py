"""What a file may cost to read: never much more than its own size."""

from typing import Any

# A 1024 px checkpoint of three networks takes about 60,000 opcodes, so that this leaves room for any network while
# it bounds the time (a second) and the memory (the largest object that one byte of a file makes takes 200).
MAX_OPCODES = 500_000

# A small file may describe tensors that share memory; beyond that, tensors are as large as the bytes they are made of.
SPARE_ELEMENTS = 1 << 16


class Refused(Exception):
    """A file is not read. The message completes the sentence "FILE cannot be imported: ..."."""


def readable(text: Any, most: int = 80) -> str:
    """Something that a file says, made fit for a message: on one line, and short."""
    shown = str(text)[: most + 1]
    shown = shown if shown.isprintable() else ascii(shown)[1:-1]
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


class Budget:
    """Counts down what is left to spend on one file; every step of reading it spends first, then works.

    Args:
      file_size: in bytes.
    """

    def __init__(self, file_size: int):
        self.opcodes = MAX_OPCODES
        self.nested_bytes = 2 * file_size  # what is inside the pickle is at most decoded from text once, and read once
        self.elements = file_size + SPARE_ELEMENTS  # numbers in the arrays taken from the file

    def spend_opcode(self) -> None:
        """Pays for one opcode.

        Raises:
          Refused: when there have been too many.
        """
        self.opcodes -= 1
        if self.opcodes < 0:
            raise Refused(f"it takes more than {MAX_OPCODES} steps to unpickle, far more than a network does")

    def spend_nested_bytes(self, count: int) -> None:
        """Pays for reading or copying bytes that the pickle holds.

        Raises:
          Refused: when they are more than there are in the file, which means that some are read again and again.
        """
        self.nested_bytes -= count
        if self.nested_bytes < 0:
            raise Refused("it reads the same bytes over and over, which no checkpoint does")

    def spend_elements(self, count: int) -> None:
        """Pays for taking an array of ``count`` numbers.

        Raises:
          Refused: when the arrays hold more numbers than the file has bytes.
        """
        self.elements -= count
        if self.elements < 0:
            raise Refused("its tensors claim to be larger than the whole file")
