"""The harness finds errors, says where, and measures only what it can; run over the emulation."""

import sys

import numpy as np
import pytest

from tfstylegan.custom_ops import harness, harness_checks, harness_timing
from tfstylegan.custom_ops.harness_memory import POISON, Buffer, HostMemory, from_storage, to_storage


@pytest.fixture
def cache(emulation, monkeypatch):
    """In which the emulation is built already."""
    monkeypatch.setenv("TFSTYLEGAN_CACHE", str(emulation.parent))


def some_checks(rounds, seed):
    """A few of each op."""
    return [case for case in harness_checks.all_checks(rounds, seed) if case[0].endswith(" 1") or "random" in case[0]]


def test_a_good_library_passes_and_nothing_is_measured_on_the_host(cache, monkeypatch, capsys):
    monkeypatch.setattr(harness, "all_checks", some_checks)
    assert harness.main(["--emulate", "--rounds=1"]) == 0
    said = capsys.readouterr().out
    assert "all checks passed" in said and "bfloat16, not aligned: 6 checks" in said
    rows = [line for line in said.splitlines() if line.startswith("| ") and not line.startswith("| op")]
    assert len(rows) == 3 * 12 and all(row.endswith("| - | - | - |") for row in rows)


def test_a_wrong_result_is_found_and_named(cache, monkeypatch, capsys):
    right = harness_checks.harness_elementwise.reference.bias_act

    def wrong(x, b, act):
        y = right(x, b, act)
        y[..., 0] *= 1.01
        return y

    monkeypatch.setattr(harness, "all_checks", some_checks)
    monkeypatch.setattr(harness_checks.harness_elementwise.reference, "bias_act", wrong)
    assert harness.main(["--emulate", "--rounds=0", "--no-timing"]) == 1
    said = capsys.readouterr().out
    assert "FAILED float32, aligned, bias_act 1: bias_act:" in said and "checks failed" in said
    assert "style_epilogue 1:" not in said


def test_rates_are_of_the_bytes_that_must_be_moved(monkeypatch):
    workload = harness_timing.Workload("an op", "bias_act", {}, 3_000_000)
    session = type("Session", (), {"dtype": "float16"})()
    monkeypatch.setattr(harness_timing, "workloads", lambda *_: [workload])
    monkeypatch.setattr(harness_timing, "prepare", lambda *_: None)
    *_, row = harness_timing.table([session], lambda call: 0.002, 6e9, 1, 2, 3)
    assert row == "| an op | float16 | 1 x 2 x 2 x 3 | 2.000 ms | 2 | 25 % |"


def test_without_pytorch_one_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert harness.main(["--library=missing.so"]) == 1
    assert capsys.readouterr().err == ("error: PyTorch is not installed: the harness needs it for memory on the GPU.\n")


def test_writes_around_an_array_are_found():
    buffer = Buffer(HostMemory(), (4, 3), "float32", offset=4)
    assert np.isnan(buffer.get()).all() and buffer.block[0] == POISON
    buffer.set(np.ones((4, 3), np.float32))
    np.testing.assert_array_equal(buffer.get(), 1.0)
    for place in (3, 4 + 4 * 12):
        spoiled = Buffer(HostMemory(), (4, 3), "float32", offset=4)
        spoiled.block[place] = 0
        with pytest.raises(AssertionError, match="outside of an array"):
            spoiled.get()


def test_bfloat16_is_rounded_to_the_nearest():
    values = np.float32([1.0, 1.00390625, 1.01171875, -3.140625, 0.0, 65536.0, 1.005])  # two of them are halfway
    expected = [1.0, 1.0, 1.015625, -3.140625, 0.0, 65536.0, 1.0078125]
    np.testing.assert_array_equal(from_storage(to_storage(values, "bfloat16")), expected)
