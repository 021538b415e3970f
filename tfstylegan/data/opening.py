"""Opening a data set: names it can go by, and the one pass over its files that finds out which are good."""

import concurrent.futures
import hashlib
import json
import operator
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfstylegan.data import decoding
from tfstylegan.data.containers import IMAGE_EXTENSIONS, Container, Folder, Member, Unreadable, ZipArchive
from tfstylegan.data.report import SourceReport, printable
from tfstylegan.data.sources import ArraySource, FacesSource, FileSource, ImageSource, in_order, workers
from tfstylegan.errors import UserError

BUILTIN_FACES = "builtin:faces"
DEFAULT_FACES = 10_000

Progress = Callable[[int, int], None]


def open_source(
    spec: str | os.PathLike,
    resolution: int | tuple[int, int],
    *,
    img_channels: int = 3,
    resize_filter: str = "lanczos",
    crop: str = "center",
    upscale: bool = False,
    strict: bool = False,
    count: int | None = None,
    seed: int = 0,
    memory_limit_bytes: int = 1 << 30,
    on_progress: Progress | None = None,
) -> ImageSource:
    """Opens a data set of images.

    Every file is decoded once, here, by several threads, so that a broken one is found before a run begins.
    The pictures stay in memory if they all fit; otherwise they are decoded again whenever they are asked
    for. ``data.containers`` says which files count as images, ``data.decoding`` what is done with each kind.

    Args:
      spec: a folder (searched to any depth), a .zip file, or "builtin:faces".
      resolution: the pictures' height and width: one number for both, or (height, width).
      img_channels: 1 (gray), 3 (RGB) or 4 (RGBA).
      resize_filter: a key of ``decoding.RESIZE_FILTERS``: how a larger image is made smaller.
      crop: "center" cuts an image to the pictures' aspect ratio; "none" cuts nothing, and skips an image of
        another aspect ratio.
      upscale: whether an image smaller than ``resolution`` is enlarged; otherwise it is skipped.
      strict: whether a file that would be skipped refuses the whole data set.
      count: take no more images than this, the first ones by name; None takes all. Or the number of built-in
        faces, where None means 10000.
      seed: names a set of built-in faces; nothing else depends on it.
      memory_limit_bytes: the most that decoded pictures may take in memory.
      on_progress: called as ``on_progress(done, total)`` after each file.

    Returns:
      The data set. ``report`` says which files were skipped and why. Close it after use.

    Raises:
      UserError: when the data set does not exist, can't be read, or has no usable image; when an argument is
        out of its range; or, with ``strict``, when a file can't be used.
    """
    height, width = _height_and_width(resolution)
    recipe = decoding.Recipe(height, width, img_channels, resize_filter, crop, upscale)
    if count is not None and count < 1:
        raise UserError(f"count={count} asks for no image; give at least 1, or leave it out.")
    path = os.fspath(spec)
    name = printable(path)
    if name.startswith("builtin:"):
        return _open_faces(name, recipe, count, seed, memory_limit_bytes)

    container = _container(path, name)
    try:
        scan = _scan(container, recipe, count, memory_limit_bytes, on_progress or (lambda done, total: None))
        skipped = tuple(sorted(scan.skipped))
        report = SourceReport(name, len(scan.used) + len(skipped), len(scan.used), skipped)
        _refuse(report, strict)
        listing = [(member.name, *checks) for member, checks in zip(scan.used, scan.checks, strict=True)]
        description = {
            "name": name,
            "shape": recipe.shape,
            "fingerprint": _fingerprint(listing, recipe),
            "report": report,
        }
        if scan.pictures is None:
            return FileSource(container, scan.used, recipe, **description)
    except BaseException:
        container.close()
        raise
    container.close()
    return ArraySource(scan.pictures, **description)


class _Decoded(NamedTuple):
    member: Member
    picture: np.ndarray | None  # None: rejected
    reason: str
    checks: tuple[int, int]  # size and CRC-32 of the file


class _Scan(NamedTuple):
    used: list[Member]
    checks: list[tuple[int, int]]
    skipped: list[tuple[str, str]]
    pictures: np.ndarray | None  # [used, height, width, channels]; None: more than the memory allowed


def _scan(
    container: Container,
    recipe: decoding.Recipe,
    count: int | None,
    memory_limit_bytes: int,
    on_progress: Progress,
) -> _Scan:
    members = container.members
    wanted = len(members) if count is None else min(count, len(members))
    room = min(wanted, memory_limit_bytes // recipe.nbytes)
    pictures: np.ndarray | None = np.empty((room, *recipe.shape), np.uint8)  # unwritten, it takes no memory
    used: list[Member] = []
    checks: list[tuple[int, int]] = []
    skipped = list(container.skipped)
    for done, decoded in enumerate(_decode_all(container, recipe), start=1):
        if decoded.picture is None:
            skipped.append((printable(decoded.member.name), decoded.reason))
        else:
            if len(used) == room:
                pictures = None
            if pictures is not None:
                pictures[len(used)] = decoded.picture
            used.append(decoded.member)
            checks.append(decoded.checks)
        on_progress(done, len(members))
        if len(used) == wanted:
            break
    return _Scan(used, checks, skipped, None if pictures is None else pictures[: len(used)])


def _decode_all(container: Container, recipe: decoding.Recipe) -> Iterator[_Decoded]:
    """Decodes all candidates with several threads; yields them in order."""

    def decode_some(members: list[Member]) -> list[_Decoded]:
        return [_decode(container, member, recipe) for member in members]

    # Small pictures go to the threads by the dozen. Few are under way at a time: large ones must not pile up.
    size = max(1, min(16, (1 << 20) // recipe.nbytes))
    groups = (container.members[start : start + size] for start in range(0, len(container.members), size))
    pool = concurrent.futures.ThreadPoolExecutor(workers(), "tfstylegan-open")
    try:
        for group in in_order(pool, decode_some, groups, ahead=2 * workers()):
            yield from group
    finally:
        pool.shutdown(cancel_futures=True)


def _decode(container: Container, member: Member, recipe: decoding.Recipe) -> _Decoded:
    try:
        data = container.read(member)
        return _Decoded(member, decoding.decode(data, recipe), "", (len(data), zlib.crc32(data)))
    except (Unreadable, decoding.ImageRejected) as error:
        return _Decoded(member, None, str(error), (0, 0))


def _container(path: str, name: str) -> Container:
    if not path:
        raise UserError(f"--data is empty; give a folder of images, a .zip of them, or {BUILTIN_FACES}.")
    try:
        place = Path(path).expanduser()
        if place.is_dir():
            return Folder(place)
        exists = place.exists()
    except (OSError, ValueError, RuntimeError) as error:  # a forbidden parent, a null byte, an unknown ~user
        raise UserError(f"--data={name} can't be read: {error}.") from error
    if not exists:
        raise UserError(f"--data={name} does not exist; give a folder of images, a .zip of them, or {BUILTIN_FACES}.")
    if place.suffix.lower() != ".zip":
        raise UserError(f"--data={name} is neither a folder nor a .zip file; give one of them, or {BUILTIN_FACES}.")
    return ZipArchive(place)


def _refuse(report: SourceReport, strict: bool) -> None:
    if strict and report.skipped:
        raise UserError(
            f"--strict refuses --data={report.source}: {report.skipped_files()}; mend or remove them, "
            "or leave out --strict to go on without them."
        )
    if not report.used:
        found = report.skipped_files() if report.skipped else "no such file found"
        raise UserError(
            f"--data={report.source} has no usable image; looked for {' '.join(IMAGE_EXTENSIONS)} in it "
            f"and in the folders below: {found}."
        )


def _open_faces(
    name: str, recipe: decoding.Recipe, count: int | None, seed: int, memory_limit_bytes: int
) -> FacesSource:
    if name != BUILTIN_FACES:
        raise UserError(f"--data={name} is not known; the built-in data set is {BUILTIN_FACES}.")
    from tfstylegan.data import faces  # a sizeable module that other data sets have no need of

    number = DEFAULT_FACES if count is None else count
    return FacesSource(
        faces.Faces(max(recipe.height, recipe.width), number, seed),
        recipe,
        keep=number * recipe.nbytes <= memory_limit_bytes,
        name=name,
        shape=recipe.shape,
        fingerprint=_fingerprint([(name, number, seed)], recipe),
        report=SourceReport(name, number, number),
    )


def _fingerprint(listing: list[tuple], recipe: decoding.Recipe) -> str:
    """Digests names, sizes and checksums in order, and what is made of them. A folder and its zip agree."""
    preparation = [*recipe.shape, recipe.resize_filter, recipe.crop]
    text = json.dumps([preparation, listing])  # escapes all that is not ASCII, so any file name will do
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _height_and_width(resolution: int | tuple[int, int]) -> tuple[int, int]:
    try:
        height, width = resolution if isinstance(resolution, tuple | list) else (resolution, resolution)
        return operator.index(height), operator.index(width)
    except (TypeError, ValueError):
        raise UserError(f"resolution={resolution!r} is neither a number nor (height, width).") from None
