"""The quickstart from end to end, as a newcomer runs it, interrupted once."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import tfstylegan
from tfstylegan.training.run_directory import RunDirectory


def start(outdir) -> subprocess.Popen:
    flags = [f"--outdir={outdir}", "--resolution=16", "--kimg=0.8", "--gpus=0"]
    command = [sys.executable, "-m", "tfstylegan.cli.main", "quickstart", *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_quickstart_interrupted_and_started_again(tmp_path):
    outdir = tmp_path / "quickstart"
    process = start(outdir)
    deadline = time.monotonic() + 240
    while not (outdir / "samples" / "fakes000000.png").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    assert "the same command continues from here" in out and "Traceback" not in err
    assert not (outdir / "exported").exists()

    process = start(outdir)
    out, err = process.communicate(timeout=500)
    assert process.returncode == 0, err
    assert "continuing from kimg" in out and f"Everything is in {outdir}" in out
    assert "absl::InitializeLog" not in err and "oneDNN" not in err
    assert out.count("of the value range") == 3  # a line for every format, with what was measured

    for name in ("pictures/grid.png", "pictures/mix/grid.png", "curve.png", "samples/reals.png"):
        picture = np.asarray(Image.open(outdir / name))
        assert picture.std() > 5, f"{name} is flat"
    assert Image.open(outdir / "pictures" / "walk.webp").n_frames > 60
    for name in ("saved_model/saved_model.pb", "generator.tflite", "generator.onnx"):
        assert (outdir / "exported" / name).stat().st_size > 1000
    assert len(list(RunDirectory(outdir).tensorboard.iterdir())) == 2  # one file a process
    assert tfstylegan.load(outdir).img_resolution == 16


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--resolution=33"], "img_resolution=33 cannot be reached"),
        (["--resolution=1024"], "16 to 512"),
        (["--kimg=0"], "--kimg"),
        (["--minutes=-1"], "--minutes"),
    ],
)
def test_mistakes_are_one_sentence(flags, said, tmp_path, capsys):
    from tfstylegan.cli import quickstart

    assert quickstart.main([f"--outdir={tmp_path / 'q'}", *flags]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert not (tmp_path / "q").exists()
