"""Training on real scans, through files: scikit-learn's handwritten digits written out as PNG."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import tfstylegan
from tfstylegan.cli import generate, train
from tfstylegan.training.run_directory import RunDirectory


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    data = load_digits()
    for index, (image, label) in enumerate(zip(data.images[:200], data.target, strict=False)):
        (folder / str(label)).mkdir(exist_ok=True)
        pixels = np.kron(image * (255 / 16), np.ones([2, 2])).astype(np.uint8)  # 8 px scans, enlarged to 16
        Image.fromarray(pixels).save(folder / str(label) / f"{index:04d}.png")
    (folder / "broken.png").write_bytes((folder / "0" / "0000.png").read_bytes()[:60])
    return folder


def test_a_folder_of_scans_trains_and_gives_gray_pictures(digits, tmp_path, capsys):
    flags = [
        f"--outdir={tmp_path / 'run'}", f"--data={digits}", "--resolution=16", "--channels=1", "--cbase=128",
        "--cmax=16", "--z-dim=16", "--w-dim=16", "--batch=8", "--kimg=0.4", "--tick=0.1", "--gpus=0",
    ]  # fmt: skip
    assert train.main(flags) == 0
    said = capsys.readouterr().out
    assert "broken.png" in said and "200 images" in said
    stats = RunDirectory(tmp_path / "run").read_stats()
    assert all(np.isfinite(line["loss/G"]) and np.isfinite(line["loss/D"]) for line in stats)
    generator = tfstylegan.load(tmp_path / "run")
    assert generator.img_channels == 1
    assert Image.open(tmp_path / "run" / "samples" / "reals.png").mode == "L"

    # Digits are white on black: even this early the generator has learned that most of a picture is dark.
    pictures = np.asarray(generator(tfstylegan.z_from_seeds(range(16), generator.z_dim)))
    assert pictures.mean() < -0.1


def test_images_that_are_not_square_train_from_a_folder(tmp_path, capsys):
    """Twice as wide as high, cut to 3 : 4: a red middle between blue edges, of which a part stays."""
    folder = tmp_path / "wide"
    folder.mkdir()
    for index in range(12):
        pixels = np.full([30, 60, 3], (0, 0, 255), np.uint8)
        pixels[:, 15:45] = (200 + index, 0, 0)
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")
    run, out = tmp_path / "run", tmp_path / "out"
    flags = [
        f"--outdir={run}", f"--data={folder}", "--resolution=24x32", "--cbase=256", "--cmax=8", "--z-dim=8",
        "--w-dim=8", "--map-depth=1", "--batch=4", "--mbstd-group=4", "--pl-weight=2", "--gpus=0", "--tick=0.016",
    ]  # fmt: skip
    assert train.main([*flags, "--kimg=0.032"]) == 0
    assert train.main([*flags, "--kimg=0.064"]) == 0  # continues
    assert "12 images" in capsys.readouterr().out
    stats = RunDirectory(run).read_stats()
    assert all(np.isfinite(line["loss/G"]) and np.isfinite(line["loss/D"]) for line in stats)
    assert RunDirectory(run).read_config()["generator"]["img_resolution"] == [24, 32]
    reals = Image.open(run / "samples" / "reals.png")
    assert (reals.width % 32, reals.height % 24) == (0, 0)
    real = np.asarray(reals)[:24, :32]
    assert (real[12, 16, 0] > 150) and real[12, 1, 2] > 200 and np.ptp(real[:, 16, 0]) < 20
    assert generate.main([f"--model={run}", "--seeds=0", f"--outdir={out}"]) == 0
    assert Image.open(out / "seed0000.png").size == (32, 24)
    assert train.main([*flags[:2], "--resolution=32x24", *flags[3:], "--kimg=0.064"]) == 2


def test_strict_refuses_the_broken_file_by_name(digits, tmp_path, capsys):
    assert train.main([f"--outdir={tmp_path / 'run'}", f"--data={digits}", "--resolution=16", "--strict"]) == 2
    said = capsys.readouterr().err
    assert "broken.png" in said and "Traceback" not in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "--outdir is missing"),
        (["--outdir=x"], "--data is missing"),
        (["--outdir=x", "--data=builtin:faces", "--resolution=33"], "--resolution: img_resolution=33 cannot be"),
        (["--outdir=x", "--data=builtin:faces", "--resolution=33x40"], "(32, 40) or (36, 40) can"),
        (["--outdir=x", "--data=builtin:faces", "--resolution=2x40"], "--resolution: img_resolution must be"),
        (["--outdir=x", "--data=builtin:faces", "--resolution=24x"], "height x width, such as 192x256"),
        (["--outdir=x", "--data=builtin:faces", "--batch=6"], "not a multiple of"),
        (["--outdir=x", "--data=builtin:faces", "--gamma=-1"], "--gamma: r1_gamma must not be negative"),
        (["--outdir=x", "--data=builtin:faces", "--gpus=9"], "--gpus=9"),
        (["--outdir=x", "--data=/no/such/folder"], "/no/such/folder"),
        (["--outdir=x", "--data=builtin:cats"], "builtin:cats"),
        (["--outdir=x", "--data=builtin:faces", "--resize-filter=sinc"], "sinc"),
    ],
)
def test_mistakes_are_one_sentence(flags, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert train.main(flags) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error and not list(tmp_path.iterdir())
