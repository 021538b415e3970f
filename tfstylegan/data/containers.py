"""Where image files lie: a folder or a zip. Lists the candidates in a fixed order, and reads their bytes.

Which files count:

| file                                                  | treatment                                       |
|-------------------------------------------------------|-------------------------------------------------|
| with one of ``IMAGE_EXTENSIONS``, in either case      | a candidate; its content decides                |
| hidden (a name that starts with a dot), ``__MACOSX``  | ignored                                         |
| ``dataset.json``, ``labels.csv``, README, Thumbs.db,  | ignored: they go with images (``_SIDECARS``,    |
| checksums and the like                                | ``_SIDECAR_NAMES``)                             |
| anything else                                         | reported as not an image file                   |
| in a zip: encrypted, or of an absurd declared size    | reported                                        |
"""

import dataclasses
import os
import stat
import threading
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from tfstylegan.data.report import printable
from tfstylegan.errors import UserError

IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif")
MAX_FILE_BYTES = 1 << 29  # 512 MiB, that is MAX_PIXELS uncompressed pixels of 16-bit RGB

_NOTES = (".txt", ".md", ".rst", ".pdf", ".html")
_INDICES = (".json", ".jsonl", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".md5", ".sha1", ".sha256")
_SIDECARS = frozenset((*_NOTES, *_INDICES, ".db", ".ini"))  # the last two: Thumbs.db, desktop.ini
_SIDECAR_NAMES = frozenset(("readme", "license", "licence", "copying", "authors", "md5sums", "sha256sums"))
# The ways of packing whose reader in Python stops at the declared size: a small file can't fill the memory.
_SAFE_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Unreadable(Exception):
    """A file's bytes can't be had; the message is the reason, without the file's name."""


@dataclasses.dataclass(frozen=True)
class Member:
    """A file that may be an image: its name, relative and with forward slashes, and where it lies."""

    name: str
    place: Any  # a Path for a folder, a ZipInfo for a zip


class Container(Protocol):
    """A folder or a zip, listed.

    Attributes:
      members: the candidates, sorted by name.
      skipped: (name, reason) of each file that is none.
    """

    members: list[Member]
    skipped: list[tuple[str, str]]

    def read(self, member: Member) -> bytes:
        """The bytes of ``member``; from any thread. Raises Unreadable."""

    def close(self) -> None:
        """Lets go of the files."""


class Folder:
    """The files below a folder, links followed. A folder reached a second time is not entered again."""

    def __init__(self, path: Path):
        """Lists the folder.

        Raises:
          UserError: when the folder itself can't be read.
        """
        self.members: list[Member] = []
        self.skipped: list[tuple[str, str]] = []
        try:
            os.listdir(path)
        except OSError as error:
            raise UserError(f"the folder {printable(str(path))} can't be read: {_why(error)}.") from error
        self._list(path)
        self.members.sort(key=lambda member: member.name)
        self.skipped.sort()

    def read(self, member: Member) -> bytes:
        """The bytes of ``member``; from any thread. Raises Unreadable."""
        try:
            with open(member.place, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size > MAX_FILE_BYTES:
                    raise Unreadable(_too_big(status.st_size))
                return file.read()
        except OSError as error:
            raise Unreadable(f"can't be read: {_why(error)}") from error

    def close(self) -> None:
        """Nothing is held open between reads."""

    def _list(self, root: Path) -> None:
        # Without recursion, because folders may be nested deeper than calls may.
        pending = [(root, PurePosixPath())]
        seen = set()
        while pending:
            path, name = pending.pop()
            try:
                status = path.stat()
                if stat.S_ISDIR(status.st_mode):
                    identity = (status.st_dev, status.st_ino)
                    if identity not in seen:
                        seen.add(identity)
                        children = sorted(child for child in os.listdir(path) if not _is_hidden(child))
                        pending += [(path / child, name / child) for child in reversed(children)]
                elif stat.S_ISREG(status.st_mode):
                    _sort_in(self, str(name), path)
                else:
                    self.skipped.append((printable(str(name)), "not a regular file"))
            except OSError as error:  # a link to nowhere, a loop of links, a folder that may not be read
                self.skipped.append((printable(str(name)), f"can't be read: {_why(error)}"))


class ZipArchive:
    """The files in a zip, read without unpacking it to disk."""

    def __init__(self, path: Path):
        """Lists the archive.

        Raises:
          UserError: when it can't be opened, or is not a whole zip file.
        """
        self.members: list[Member] = []
        self.skipped: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise UserError(f"{printable(str(path))} can't be read: {_why(error)}.") from error
        except Exception as error:  # zipfile raises half a dozen types on hostile data
            reason = printable(str(error))
            raise UserError(
                f"{printable(str(path))} is not a whole zip file ({reason}); copy or download it again."
            ) from error
        for info in self._zip.infolist():
            if not info.is_dir() and not any(_is_hidden(part) for part in info.filename.split("/")):
                _sort_in(self, info.filename, info, _zip_objection(info))
        self.members.sort(key=lambda member: member.name)
        self.skipped.sort()

    def read(self, member: Member) -> bytes:
        """The bytes of ``member``; from any thread. Raises Unreadable."""
        info: zipfile.ZipInfo = member.place
        try:
            # One reader at a time: ZipFile does not promise more, and unpacking is quick beside decoding.
            # Reading a given number of bytes, unlike read(), unpacks no more; it also checks the CRC.
            with self._lock, self._zip.open(info) as file:
                data = file.read(info.file_size)
        except Exception as error:  # as above
            raise Unreadable(f"can't be unpacked: {printable(str(error))}") from error
        if len(data) != info.file_size:
            raise Unreadable(f"can't be unpacked: has {len(data)} bytes, not the {info.file_size} declared")
        return data

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()


def _sort_in(container: Folder | ZipArchive, name: str, place: Any, objection: str = ""):
    """Files a name under ``members``, ``skipped``, or neither."""
    file = PurePosixPath(name)
    extension = file.suffix.lower()
    if extension in IMAGE_EXTENSIONS:
        if objection:
            container.skipped.append((printable(name), objection))
        else:
            container.members.append(Member(name, place))
    elif extension not in _SIDECARS and file.stem.lower() not in _SIDECAR_NAMES:
        container.skipped.append((printable(name), "not an image file by its extension"))


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _why(error: OSError) -> str:
    return printable(str(error.strerror or error))


def _zip_objection(info: zipfile.ZipInfo) -> str:
    """Why a zip's member is not even unpacked, or nothing."""
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.file_size > MAX_FILE_BYTES:
        return _too_big(info.file_size)
    if info.compress_type not in _SAFE_COMPRESSION:
        return "is packed in another way than deflate; pack the zip again"
    return ""


def _too_big(size: int) -> str:
    return f"has {size / 2**20:,.0f} MiB, more than the {MAX_FILE_BYTES >> 20} MiB an image file may have"
