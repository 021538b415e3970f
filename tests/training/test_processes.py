"""Runs in processes of their own: killed ones, and several devices."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.training.tiny import assert_same_arrays, final_arrays

FLAGS = [
    "--data=builtin:faces", "--count=24", "--resolution=16", "--cbase=128", "--cmax=8", "--z-dim=8", "--w-dim=8",
    "--batch=16", "--kimg=0.48", "--tick=0.064", "--pl-weight=2", "--style-mixing=0.9", "--mirror", "--gpus=0",
]  # fmt: skip


def start(outdir, *flags) -> subprocess.Popen:
    command = [sys.executable, "-m", "tfstylegan.cli.main", "train", f"--outdir={outdir}", *FLAGS, *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("uninterrupted") / "run"
    finish(start(path))
    return path


@pytest.mark.slow
def test_kill_9_at_random_moments_loses_nothing_but_steps(uninterrupted, tmp_path):
    """Killed hard three times, in training and possibly in a write; the weights come out the same, bit for bit."""
    path, moments = tmp_path / "run", random.Random(0)
    for killed in range(3):
        process = start(path)
        wait_for_checkpoints(path, killed + 1, process)
        time.sleep(moments.uniform(0.0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        leftovers = [name for name in os.listdir(path / "checkpoints") if not name.startswith(("state-", ".tmp-"))]
        assert not leftovers
    out = finish(start(path))
    assert "continuing from kimg" in out
    assert_same_arrays(final_arrays(path), final_arrays(uninterrupted))


def wait_for_checkpoints(path, least, process) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        steps = sorted(int(p.name[6:15]) for p in (path / "checkpoints").glob("state-*.npz"))
        if steps and steps[-1] >= 4 * least:
            return
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()[1]


@pytest.mark.slow
def test_interrupting_from_the_keyboard_saves_and_says_how_to_continue(tmp_path):
    process = start(tmp_path / "run", "--kimg=1000")
    wait_for_checkpoints(tmp_path / "run", 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "the same command continues from here" in out and "Traceback" not in err


@pytest.mark.slow
def test_two_devices_take_the_steps_of_one(tmp_path):
    """Six steps on the same global batches, with R1, path length, style mixing and minibatch stddev.

    Only the order of summation differs. The tolerance leaves room for Adam's first steps, which turn the rounding of
    a gradient near zero into a visible step; two runs drift apart exponentially, so the run is short. It is relative
    to the largest weight of a tensor, or to 0.01, about what six steps move a bias that started at zero.
    """
    finish(start(tmp_path / "one", "--kimg=0.096"))
    finish(start(tmp_path / "two", "--kimg=0.096", "--cpu-devices=2"))
    one, two = final_arrays(tmp_path / "one"), final_arrays(tmp_path / "two")
    assert set(one) == set(two) and two["g_optimizer/steps"].max() == 8
    for name, value in one.items():
        if name.startswith(("G", "D")):
            error = np.abs(two[name] - value).max()
            assert error <= 2e-4 * max(np.abs(value).max(), 0.01), f"{name}: {error}"
    np.testing.assert_allclose(two["pl_mean"], one["pl_mean"], rtol=1e-5)
