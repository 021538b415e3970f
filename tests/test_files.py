"""Writing files: all or nothing."""

import errno
import os

import pytest

from tfstylegan.files import atomic_directory, atomic_path, write_text


def full_disk():
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_appears_whole_in_directories_that_were_not_there(tmp_path):
    path = tmp_path / "a" / "b" / "x.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent and temporary.suffix == ".txt"
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [full_disk(), KeyboardInterrupt(), ValueError("no")], ids=repr)
def test_a_failure_leaves_the_old_content_and_nothing_else(tmp_path, error):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(type(error)), atomic_path(path) as temporary:
        temporary.write_text("new, but ha")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_on_flushing_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def fsync(_):
        raise full_disk()

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error_and_no_file(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "x.txt"):
        pass
    assert not list(tmp_path.iterdir())


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "x.txt"
    with atomic_path(path) as first, atomic_path(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # the outer block ends last
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf8(tmp_path):
    write_text(tmp_path / "x.txt", "γ = 0.3\n")
    assert (tmp_path / "x.txt").read_bytes() == "γ = 0.3\n".encode()


def test_a_directory_appears_whole(tmp_path):
    path = tmp_path / "a" / "model"
    with atomic_directory(path) as temporary:
        (temporary / "weights").write_text("w")
        (temporary / "sub").mkdir()
        assert not path.exists()
    assert sorted(entry.name for entry in path.iterdir()) == ["sub", "weights"]
    assert list(path.parent.iterdir()) == [path]


def test_a_directory_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("")
    with atomic_directory(path) as temporary:
        (temporary / "new").write_text("")
    assert [entry.name for entry in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_directory_and_nothing_else(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("kept")
    with pytest.raises(OSError, match="space"), atomic_directory(path) as temporary:
        (temporary / "new").write_text("")
        raise full_disk()
    assert (path / "old").read_text() == "kept" and len(list(path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == [path]
