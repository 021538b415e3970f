"""Opening data sets: what is used, what is skipped and why, what refuses the run."""

import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.data.image_files import encoded, picture, png_declaring, write_pictures
from tfstylegan import data
from tfstylegan.data import containers
from tfstylegan.data.sources import ArraySource, FileSource
from tfstylegan.errors import UserError


def zipped(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def reasons(source) -> dict[str, str]:
    return dict(source.report.skipped)


# What is used


def test_a_nested_folder_is_read_in_the_order_of_its_relative_names(tmp_path):
    names = ["b/2.png", "b/10.png", "a.png", "b.png", "B/1.PNG", "c/d/e/f.jpeg", "é/ü 1.webp", "a/x.jpg"]
    for seed, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}.get(path.suffix, "PNG")
        path.write_bytes(encoded(np.full((16, 16, 3), 20 * seed, np.uint8), kind))
    source = data.open_source(tmp_path, 16)
    shown = [round(float(source[i].mean()) / 20) for i in range(len(source))]
    assert [names[seed] for seed in shown] == sorted(names)
    assert source.report == data.SourceReport(str(tmp_path), 8, 8)
    assert source.name == str(tmp_path) and source.shape == (16, 16, 3)


def test_a_zip_gives_what_its_folder_gives(tmp_path):
    pictures = write_pictures(tmp_path / "in/photos/é", 5)
    files = {
        path.relative_to(tmp_path / "in").as_posix(): path.read_bytes() for path in (tmp_path / "in").rglob("*.png")
    }
    files |= {
        "photos/": b"",
        "__MACOSX/photos/000.png": b"x",
        "photos/.hidden.png": b"x",
        "dataset.json": b"{}",
    }
    folder = data.open_source(tmp_path / "in", 16)
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archive = data.open_source(zipped(tmp_path / "x.zip", files, compression), 16, strict=True)
        np.testing.assert_array_equal(archive.batch(range(5)), pictures)
        assert archive.fingerprint == folder.fingerprint


def test_real_scans_are_read_back_as_they_were_written(tmp_path):
    scans = (load_digits().images * (255 / 16)).astype(np.uint8)[:200]
    for number, scan in enumerate(scans):
        Image.fromarray(scan).save(tmp_path / f"{number:04d}.png")
    source = data.open_source(tmp_path, 8, img_channels=1)
    np.testing.assert_array_equal(source.batch(range(200)), scans[..., None])


def test_companions_of_images_are_ignored_and_strangers_are_reported(tmp_path):
    write_pictures(tmp_path, 2)
    for name in ("dataset.json", "labels.csv", "README", "LICENSE.txt", "Thumbs.db", ".DS_Store", ".x.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX/000.png").write_bytes(b"x")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache/000.png").write_bytes(b"x")
    assert data.open_source(tmp_path, 16, strict=True).report.total == 2

    for name in ("film.mp4", "noextension"):
        (tmp_path / name).write_bytes(b"x")
    source = data.open_source(tmp_path, 16)
    assert reasons(source) == dict.fromkeys(["film.mp4", "noextension"], "not an image file by its extension")
    assert len(source) == 2 and source.report.total == 4


def test_count_takes_the_first_usable_images(tmp_path):
    pictures = write_pictures(tmp_path, 9)
    (tmp_path / "001.png").write_bytes(b"broken")
    source = data.open_source(tmp_path, 16, count=4)
    np.testing.assert_array_equal(source.batch(range(4)), pictures[[0, 2, 3, 4]])
    assert len(data.open_source(tmp_path, 16, count=100)) == 8


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("resolution", [16, (8, 16), (16, 12)])
def test_pictures_have_the_asked_shape(tmp_path, channels, resolution):
    write_pictures(tmp_path, 2, size=20)
    shape = (*((resolution, resolution) if isinstance(resolution, int) else resolution), channels)
    for spec in (tmp_path, "builtin:faces"):
        source = data.open_source(spec, resolution, img_channels=channels, count=2)
        assert source.shape == shape
        assert source[0].shape == shape and source[1].dtype == np.uint8
        assert source.batch([1, 0, 1]).shape == (3, *shape)


def test_builtin_faces_are_those_of_the_set_and_are_drawn_once():
    from tfstylegan.data.faces import Faces

    expected = Faces(16, 6, 3).batch(range(6))
    for limit in (1 << 30, 0):  # kept in memory; drawn whenever asked for
        with data.open_source("builtin:faces", 16, count=6, seed=3, memory_limit_bytes=limit) as source:
            for indices in ([4, 4, 1], [0, 1, 2, 3, 4, 5], [-1]):
                np.testing.assert_array_equal(source.batch(indices), expected[indices])
            assert source.report.summary() == "builtin:faces: 6 images."
    assert len(data.open_source("builtin:faces", 16)) == 10_000


# What is skipped

BAD_FILES = {
    "empty.png": (b"", "the file is empty"),
    "text.png": (b"hello, I am a text", "not an image"),
    "html.jpg": (b"<html>404 not found</html>" * 20, "not an image"),
    "cut.png": (encoded(picture(0, 32, 32))[:-200], "broken or cut short"),
    "cut.jpg": (encoded(picture(0, 32, 32), "JPEG")[:-30], "broken or cut short"),
    "cut.webp": (encoded(picture(0, 32, 32), "WEBP")[:-30], "broken or cut short"),
    "bomb.png": (png_declaring(60_000, 60_000), "89,478,485 pixels"),
    "small.png": (encoded(picture(0, 15, 40)), "is 40x15 pixels, 15x15 after the crop, smaller than 16x16"),
    "new\nline.png": (b"x", "not an image"),
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("limit", [1 << 30, 0], ids=["in memory", "on the fly"])
def test_bad_files_are_skipped_by_name_with_the_reason(tmp_path, kind, limit):
    pictures = write_pictures(tmp_path / "set", 3)
    for name, (content, _) in BAD_FILES.items():
        (tmp_path / "set" / name).write_bytes(content)
    spec = tmp_path / "set"
    if kind == "zip":
        spec = zipped(tmp_path / "set.zip", {path.name: path.read_bytes() for path in spec.iterdir()})

    with data.open_source(spec, 16, memory_limit_bytes=limit) as source:
        np.testing.assert_array_equal(source.batch(range(len(source))), pictures)
        assert (source.report.total, source.report.used) == (3 + len(BAD_FILES), 3)
        found = reasons(source)
        for name, (_, reason) in BAD_FILES.items():
            assert reason in found[name.replace("\n", "\\n")]

    with pytest.raises(UserError) as refused:
        data.open_source(spec, 16, memory_limit_bytes=limit, strict=True)
    assert f"--strict refuses --data={spec}: 9 files skipped: bomb.png (" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_upscale_accepts_small_files(tmp_path):
    (tmp_path / "small.png").write_bytes(encoded(np.full((4, 4, 3), 77, np.uint8)))
    assert (data.open_source(tmp_path, 16, upscale=True)[0] == 77).all()


def test_the_summary_names_ten_files_and_counts_the_rest(tmp_path):
    write_pictures(tmp_path, 2)
    for number in range(13):
        (tmp_path / f"bad{number:02d}.png").write_bytes(b"x")
    summary = data.open_source(tmp_path, 16).report.summary()
    assert summary.startswith(f"{tmp_path}: 2 images of 15 files; 13 files skipped: bad00.png (not an image")
    assert "bad09.png" in summary and "bad10.png" not in summary and summary.endswith(", and 3 more.")


@pytest.mark.parametrize("deny", ["open", "listdir"])
def test_what_may_not_be_read_is_skipped_with_the_reason(tmp_path, monkeypatch, deny):
    write_pictures(tmp_path, 2)
    write_pictures(tmp_path / "below", 1)
    denied = tmp_path / ("000.png" if deny == "open" else "below")

    def forbidding(real):
        def function(path, *arguments):
            if Path(path) == denied:  # permission bits would not stop a privileged test run
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *arguments)

        return function

    if deny == "open":
        monkeypatch.setattr(containers, "open", forbidding(open), raising=False)
    else:
        monkeypatch.setattr(containers.os, "listdir", forbidding(os.listdir))
    source = data.open_source(tmp_path, 16)
    assert reasons(source) == {denied.name: "can't be read: Permission denied"}
    assert len(source) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX system")
def test_links_are_followed_but_not_in_circles(tmp_path):
    write_pictures(tmp_path / "set", 2)
    write_pictures(tmp_path / "elsewhere", 3)
    (tmp_path / "set/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set/again").symlink_to(tmp_path / "set")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "set")
    (tmp_path / "set/file.png").symlink_to(tmp_path / "elsewhere/000.png")
    (tmp_path / "set/nowhere.png").symlink_to(tmp_path / "missing.png")
    (tmp_path / "set/self.png").symlink_to(tmp_path / "set/self.png")
    os.mkfifo(tmp_path / "set/pipe.png")
    source = data.open_source(tmp_path / "set", 16)
    assert len(source) == 6
    assert set(reasons(source)) == {"nowhere.png", "self.png", "pipe.png"}
    assert reasons(source)["pipe.png"] == "not a regular file"


@pytest.mark.skipif(os.name != "posix", reason="uses the rm program")
def test_folders_may_be_nested_deeper_than_calls(tmp_path):
    here = Path.cwd()
    os.chdir(tmp_path)  # a name longer than the system takes can only be made step by step
    try:
        for _ in range(1500):
            os.mkdir("a")
            os.chdir("a")
        Path("x.png").write_bytes(encoded(picture()))
    finally:
        os.chdir(here)
    write_pictures(tmp_path / "b", 1)
    assert len(data.open_source(tmp_path, 16)) in (1, 2)  # 1 where such a name can't be opened
    subprocess.run(["rm", "-rf", tmp_path / "a"], check=True)  # shutil.rmtree would be nested too deep


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_no_text_can_be_used_and_reported(tmp_path):
    for name in (b"\xff\xfe.png", b"bad\xff.png"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(encoded(picture()) if name[0] == 0xFF else b"x")
    source = data.open_source(tmp_path, 16)
    assert len(source) == 1 and source.fingerprint
    assert source.report.summary().encode("utf-8").isascii()


# Zips


def patched_zip(path: Path, name: str, field: int, value: bytes) -> Path:
    """Overwrites ``value`` at the offset ``field`` of a member's entry in the zip's central directory."""
    content = bytearray(path.read_bytes())
    entry = content.rindex(name.encode()) - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + field : entry + field + len(value)] = value
    path.write_bytes(content)
    return path


FLAGS, CRC, SIZE = 8, 16, 24
DAMAGED_MEMBERS = [
    ("encrypted", FLAGS, struct.pack("<H", 1), "is encrypted"),
    ("wrong checksum", CRC, b"abcd", "can't be unpacked"),
    ("absurd size", SIZE, struct.pack("<I", 0xF0000000), "has 3,840 MiB, more than the 512 MiB"),
    ("larger than it is", SIZE, struct.pack("<I", 100_000), "can't be unpacked"),
    ("smaller than it is", SIZE, struct.pack("<I", 50), "can't be unpacked"),
]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [row[1:] for row in DAMAGED_MEMBERS],
    ids=[row[0] for row in DAMAGED_MEMBERS],
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_of_a_zip_is_skipped_with_the_reason(tmp_path, field, value, reason, compression):
    files = {"good.png": encoded(picture(1)), "bad.png": encoded(picture(2))}
    path = patched_zip(zipped(tmp_path / "x.zip", files, compression), "bad.png", field, value)
    source = data.open_source(path, 16)
    assert list(reasons(source)) == ["bad.png"] and reason in reasons(source)["bad.png"]
    np.testing.assert_array_equal(source[0], picture(1))


def test_a_member_that_unpacks_to_far_more_than_it_declares_takes_no_memory(tmp_path):
    path = zipped(
        tmp_path / "x.zip",
        {"bomb.png": bytes(50 << 20), "good.png": encoded(picture())},
        zipfile.ZIP_DEFLATED,
    )
    archive = containers.ZipArchive(patched_zip(path, "bomb.png", SIZE, struct.pack("<I", 1000)))
    member = archive.members[0]
    read = []
    real = zipfile.ZipExtFile._update_crc
    try:
        zipfile.ZipExtFile._update_crc = lambda self, new: (read.append(len(new)), real(self, new))[1]
        with pytest.raises(containers.Unreadable, match="CRC"):
            archive.read(member)
    finally:
        zipfile.ZipExtFile._update_crc = real
        archive.close()
    assert sum(read) <= 4096


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_packed_so_that_its_size_is_not_bounded_is_skipped(tmp_path, compression):
    path = zipped(tmp_path / "x.zip", {"bomb.png": bytes(1000)}, compression)
    with pytest.raises(UserError, match=r"another way than deflate"):
        data.open_source(path, 16)


def test_a_corrupt_zip_is_a_user_error_wherever_it_is_cut(tmp_path):
    whole = zipped(tmp_path / "x.zip", {f"{n}.png": encoded(picture(n)) for n in range(3)}).read_bytes()
    for cut in range(0, len(whole), 101):
        (tmp_path / "cut.zip").write_bytes(whole[:cut])
        with pytest.raises(UserError, match=r"cut\.zip is not a whole zip file"):
            data.open_source(tmp_path / "cut.zip", 16)


def test_a_zip_with_wrong_bytes_never_crashes(tmp_path):
    whole = zipped(tmp_path / "x.zip", {f"{n}.png": encoded(picture(n)) for n in range(2)}).read_bytes()
    random = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            damaged[place] = random.integers(256)
        for place in random.integers(len(whole) - 140, len(whole), 2):  # the directory is at the end
            damaged[place] = random.integers(256)
        (tmp_path / "x.zip").write_bytes(damaged)
        try:
            with data.open_source(tmp_path / "x.zip", 16, memory_limit_bytes=0) as source:
                source.batch(range(len(source)))
        except UserError as error:
            assert str(error).isprintable()


def test_a_zip_is_read_by_many_threads_at_once(tmp_path):
    pictures = np.stack([picture(seed) for seed in range(40)])
    files = {f"{seed:02d}.png": encoded(pictures[seed]) for seed in range(40)}
    failures = []
    with data.open_source(zipped(tmp_path / "x.zip", files), 16, memory_limit_bytes=0) as source:

        def read(seed):
            indices = np.random.default_rng(seed).integers(0, 40, 60)
            if not np.array_equal(source.batch(indices), pictures[indices]):
                failures.append(seed)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures


# What refuses the run


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "missing",
            r"--data=.*missing does not exist; give a folder of images, a \.zip of them, or builtin:faces",
        ),
        ("file.tar", r"is neither a folder nor a \.zip file"),
        ("text.zip", r"text\.zip is not a whole zip file"),
        (
            "empty",
            r"has no usable image; looked for \.png .* in it and in the folders below: no such file found",
        ),
        ("bad", r"has no usable image; .*: 1 file skipped: x\.png \(not an image"),
        ("", r"--data is empty"),
        ("builtin:cats", r"--data=builtin:cats is not known; the built-in data set is builtin:faces"),
        ("~nobody-of-this-name/x", r"--data=~nobody-of-this-name/x can't be read"),
        ("nul\0byte", r"--data=nul\\x00byte (can't be read|does not exist)"),
    ],
)
def test_a_data_set_that_is_none_is_a_clear_error(tmp_path, monkeypatch, spec, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.tar").write_bytes(b"x")
    (tmp_path / "text.zip").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/x.png").write_bytes(b"x")
    with pytest.raises(UserError, match=message):
        data.open_source(spec, 16)


def test_an_empty_zip_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match=r"x\.zip has no usable image"):
        data.open_source(zipped(tmp_path / "x.zip", {}), 16)


def test_a_folder_that_may_not_be_read_is_a_clear_error(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(containers.os, "listdir", denied)
    with pytest.raises(UserError, match=r"the folder .* can't be read: Permission denied"):
        data.open_source(tmp_path, 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resolution": 0}, "resolution is 0x0"),
        ({"resolution": (16, 16, 3)}, "is neither a number nor"),
        ({"resolution": "64"}, "is neither a number nor"),
        ({"resolution": 64.5}, "is neither a number nor"),
        ({"resolution": 16, "img_channels": 2}, r"img_channels=2 is not known; choose one of 1, 3, 4"),
        (
            {"resolution": 16, "resize_filter": "sinc"},
            r"resize_filter=sinc is not known; choose one of nearest, box",
        ),
        ({"resolution": 16, "crop": "left"}, "crop=left is not known"),
        ({"resolution": 16, "count": 0}, "count=0 asks for no image"),
    ],
)
def test_impossible_arguments_are_user_errors(tmp_path, arguments, message):
    write_pictures(tmp_path, 1)
    with pytest.raises(UserError, match=message):
        data.open_source(tmp_path, **arguments)


# Memory, progress, change


def test_decoding_on_the_fly_gives_the_same_bytes_as_memory(tmp_path):
    for seed in range(20):
        (tmp_path / f"{seed}.jpg").write_bytes(encoded(picture(seed, 40, 30 + seed), "JPEG"))
    for limit, kind in ((20 * 16 * 16 * 3, ArraySource), (20 * 16 * 16 * 3 - 1, FileSource)):
        source = data.open_source(tmp_path, 16, memory_limit_bytes=limit)
        assert type(source) is kind
    indices = np.random.default_rng(0).integers(-20, 20, 100)
    memory = data.open_source(tmp_path, 16)
    np.testing.assert_array_equal(memory.batch(indices), source.batch(indices))
    assert (memory.fingerprint, memory.report) == (source.fingerprint, source.report)
    assert source.batch([]).shape == memory.batch([]).shape == (0, 16, 16, 3)


def test_skipped_files_do_not_count_toward_the_memory_limit(tmp_path):
    write_pictures(tmp_path, 4)
    for number in range(2):
        (tmp_path / f"0bad{number}.png").write_bytes(b"x")
    assert type(data.open_source(tmp_path, 16, memory_limit_bytes=4 * 768)) is ArraySource


@pytest.mark.parametrize("limit", [1 << 30, 0], ids=["in memory", "on the fly"])
def test_a_number_beyond_the_end_is_an_index_error_and_a_batch_is_a_copy(tmp_path, limit):
    write_pictures(tmp_path, 3)
    source = data.open_source(tmp_path, 16, memory_limit_bytes=limit)
    for indices in ([3], [-4], [0, 99]):
        with pytest.raises(IndexError):
            source.batch(indices)
    before = source.batch([0])
    source.batch([0])[:] = 0
    np.testing.assert_array_equal(source.batch([0]), before)
    assert len(list(source)) == 3


@pytest.mark.parametrize("damage", ["removed", "emptied"])
def test_a_file_that_goes_bad_after_opening_is_named(tmp_path, damage):
    write_pictures(tmp_path, 5)
    source = data.open_source(tmp_path, 16, memory_limit_bytes=0)
    memory = data.open_source(tmp_path, 16)
    if damage == "removed":
        (tmp_path / "002.png").unlink()
    else:
        (tmp_path / "002.png").write_bytes(b"")
    source.batch([0, 1, 3, 4])
    with pytest.raises(UserError, match=r"002\.png in .* was a good image when the data set was opened"):
        source.batch([0, 2, 4])
    memory.batch([2])


@pytest.mark.parametrize("limit", [1 << 30, 0], ids=["in memory", "on the fly"])
@pytest.mark.parametrize("kind", ["folder", "zip", "builtin"])
def test_a_closed_source_says_so(tmp_path, kind, limit):
    write_pictures(tmp_path / "set", 2)
    zipped(tmp_path / "set.zip", {"x.png": encoded(picture())})
    spec = {"folder": tmp_path / "set", "zip": tmp_path / "set.zip", "builtin": "builtin:faces"}[kind]
    source = data.open_source(spec, 16, memory_limit_bytes=limit)
    source.close()
    source.close()
    with pytest.raises(UserError, match=r"was closed"):
        source.batch([0])


def test_progress_is_told_after_each_file(tmp_path):
    write_pictures(tmp_path, 37)
    told = []
    data.open_source(tmp_path, 16, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 37) for done in range(1, 38)]


def test_an_interrupt_while_opening_is_passed_on_and_leaves_no_thread(tmp_path):
    write_pictures(tmp_path, 50)
    before = threading.active_count()

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.open_source(tmp_path, 16, on_progress=interrupt)
    assert threading.active_count() == before


def test_the_fingerprint_changes_with_the_pictures_and_only_with_them(tmp_path):
    write_pictures(tmp_path / "a", 3)
    write_pictures(tmp_path / "b", 3)
    first = data.open_source(tmp_path / "a", 16).fingerprint
    assert re.fullmatch("[0-9a-f]{16}", first)
    (tmp_path / "b/notes.txt").write_bytes(b"x")
    (tmp_path / "b/broken.png").write_bytes(b"x")  # skipped, so nothing that is used changes
    assert data.open_source(tmp_path / "b", 16).fingerprint == first

    others = {
        "resolution": data.open_source(tmp_path / "a", 8).fingerprint,
        "channels": data.open_source(tmp_path / "a", 16, img_channels=1).fingerprint,
        "filter": data.open_source(tmp_path / "a", 16, resize_filter="box").fingerprint,
        "count": data.open_source(tmp_path / "a", 16, count=2).fingerprint,
        "faces": data.open_source("builtin:faces", 16, count=3).fingerprint,
        "other faces": data.open_source("builtin:faces", 16, count=3, seed=1).fingerprint,
    }
    (tmp_path / "b/001.png").write_bytes(encoded(picture(99)))
    others["content"] = data.open_source(tmp_path / "b", 16).fingerprint
    (tmp_path / "a/000.png").rename(tmp_path / "a/zzz.png")
    others["order"] = data.open_source(tmp_path / "a", 16).fingerprint
    assert len({first, *others.values()}) == 1 + len(others)


def test_sources_need_no_tensorflow():
    code = (
        "import sys, tfstylegan.data as data\n"
        "names = [getattr(data, name) for name in dir(data) if name != 'pipeline']\n"
        "data.open_source('builtin:faces', 16, count=1)[0]\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError):
        data.nothing_of_this_name  # noqa: B018
