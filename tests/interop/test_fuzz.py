"""Damaged checkpoints give a network or a refusal: no crash, no endless work, no memory, nothing started."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny_networks
from tests.interop import state_dict_files
from tests.interop.fuzzing import FILES


@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_files(count, tmp_path):
    paths = [tmp_path / "archive.pt", tmp_path / "stream.pt"]
    sizes = {"channel_base": 32, "channel_max": 4}  # so that a good part of the bytes says what the others are
    generator, critic = tiny_networks.generator(w_dim=4, z_dim=4, **sizes), tiny_networks.discriminator(**sizes)
    states = {"g_ema": state_dict_files.state_of(generator), "d": state_dict_files.state_of(critic)}
    states["g"] = states["g_ema"]
    for path in paths:
        path.write_bytes(state_dict_files.checkpoint(path.stem == "stream", **states))
    files = len(FILES) + len(paths)
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop.fuzzing", str(count), "0", *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    outcomes = found["outcomes"]
    assert sum(outcomes.values()) == count * files
    # Some damage hits a weight or a name that does not matter; most of it is found, in many ways.
    assert 0 < outcomes["read"] < 0.7 * count * files and len(outcomes) > 10
    assert found["slowest"] < 20
    assert found["growth"] < 200 << 20
