"""Damaged checkpoints give a network or a refusal: no crash, no endless work, no memory, nothing started."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.fuzzing import FILES


@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_files(count):
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop.fuzzing", str(count), "0"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    outcomes = found["outcomes"]
    assert sum(outcomes.values()) == count * len(FILES)
    # Some damage hits a weight or a name that does not matter; most of it is found, in many ways.
    assert 0 < outcomes["read"] < 0.7 * count * len(FILES) and len(outcomes) > 10
    assert found["slowest"] < 20
    assert found["growth"] < 200 << 20
