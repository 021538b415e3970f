"""Checkpoints: whole or absent, self-checking, and only the newest few."""

import numpy as np
import pytest

from tfstylegan.errors import UserError
from tfstylegan.training import checkpoint

ARRAYS = {
    "G/generator/b4/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "scalar": np.float32(0.25),
    "steps": np.array([1, 2], np.int64),
}


def test_round_trip_keeps_values_types_and_facts(tmp_path):
    path = checkpoint.save(tmp_path, 7, ARRAYS, {"nimg": 224}, keep=3)
    found = checkpoint.load(path)
    assert (found.step, found.meta["nimg"]) == (7, 224)
    assert set(found.arrays) == set(ARRAYS)
    for name, value in ARRAYS.items():
        assert found.arrays[name].dtype == value.dtype
        np.testing.assert_array_equal(found.arrays[name], value)


def test_numpy_reads_a_checkpoint_without_this_package(tmp_path):
    path = checkpoint.save(tmp_path, 7, ARRAYS, {}, keep=3)
    with np.load(path, allow_pickle=False) as data:
        np.testing.assert_array_equal(data["G/generator/b4/kernel"], ARRAYS["G/generator/b4/kernel"])


def test_a_prefix_reads_one_network(tmp_path):
    path = checkpoint.save(tmp_path, 7, ARRAYS, {}, keep=3)
    assert set(checkpoint.load(path, "G/").arrays) == {"G/generator/b4/kernel"}


def test_only_the_newest_are_kept(tmp_path):
    for step in (5, 900, 10_000, 200_000):
        checkpoint.save(tmp_path, step, ARRAYS, {}, keep=3)
    assert [checkpoint.load(path).step for path in checkpoint.paths(tmp_path)] == [900, 10_000, 200_000]


def test_no_checkpoint_is_not_an_error(tmp_path):
    assert checkpoint.load_newest(tmp_path / "absent", print) is None


@pytest.mark.parametrize("keep_share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_newest_checkpoint_falls_back_and_says_so(tmp_path, keep_share):
    checkpoint.save(tmp_path, 1, ARRAYS, {}, keep=3)
    newest = checkpoint.save(tmp_path, 2, ARRAYS, {}, keep=3)
    newest.write_bytes(newest.read_bytes()[: int(newest.stat().st_size * keep_share)])
    said = []
    assert checkpoint.load_newest(tmp_path, said.append).step == 1
    assert len(said) == 1 and newest.name in said[0] and "falling back" in said[0]


@pytest.mark.parametrize("position", [0.2, 0.5])
def test_a_flipped_bit_is_noticed(tmp_path, position):
    path = checkpoint.save(tmp_path, 1, {"a": np.zeros(1000, np.float32)}, {}, keep=3)
    data = bytearray(path.read_bytes())
    data[int(len(data) * position)] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        checkpoint.load(path)


def test_nothing_readable_stops_the_run_instead_of_starting_over(tmp_path):
    checkpoint.save(tmp_path, 1, ARRAYS, {}, keep=3).write_bytes(b"nonsense")
    with pytest.raises(UserError, match="none of the 1 checkpoints"):
        checkpoint.load_newest(tmp_path, print)


def test_a_full_disk_leaves_the_old_checkpoints(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, 1, ARRAYS, {}, keep=1)

    def no_space(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", no_space)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(tmp_path, 2, ARRAYS, {}, keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["state-000000001.npz"]
    assert checkpoint.load_newest(tmp_path, print).step == 1
