"""generate, mix, interpolate and info, from flags to files."""

import hashlib
import os
import re

import keras
import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests import tiny_networks
from tfstylegan import latents
from tfstylegan.cli.main import main
from tfstylegan.images import to_uint8


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory with networks of every kind, and files that are none."""
    path = tmp_path_factory.mktemp("networks")
    tiny_networks.generator().save(path / "plain.keras")
    tiny_networks.generator(c_dim=3).save(path / "classes.keras")
    tiny_networks.generator(img_channels=1).save(path / "gray.keras")
    tiny_networks.generator(img_channels=4).save(path / "rgba.keras")
    tiny_networks.generator(img_channels=5).save(path / "five.keras")
    tiny_networks.generator(img_resolution=64).save(path / "large.keras")
    tiny_networks.discriminator().save(path / "d.keras")
    keras.Sequential([keras.layers.Input([2]), keras.layers.Dense(1)]).save(path / "other.keras")
    (path / "cut.keras").write_bytes((path / "plain.keras").read_bytes()[:3000])
    (path / "noise.keras").write_bytes(os.urandom(3000))
    (path / "run" / "snapshots").mkdir(parents=True)
    (path / "run" / "snapshots" / "network-000001.keras").write_bytes((path / "plain.keras").read_bytes())
    return path


@pytest.fixture(scope="module")
def generator():
    return tiny_networks.generator()


@pytest.fixture(autouse=True)
def inside(folder, tmp_path, monkeypatch):
    """Runs in an empty directory that has the networks beside it, under ../n."""
    (tmp_path / "n").symlink_to(folder)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def assert_same_picture(found, expected):
    # Rounding in the last bit of a float may move a value across the border between two levels.
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1


# ---------------------------------------------------------------------------------------------- generate


def test_generate_writes_the_generators_pictures(generator, capsys):
    assert main(["generate", "--model=../n/plain.keras", "--seeds=0-2,7", "--trunc=0.7"]) == 0
    assert sorted(os.listdir("out")) == ["seed0000.png", "seed0001.png", "seed0002.png", "seed0007.png"]
    expected = to_uint8(generator(latents.z_from_seeds([0, 1, 2, 7], 16), truncation_psi=0.7, noise_mode="const"))
    for seed, picture in zip([0, 1, 2, 7], expected, strict=True):
        assert_same_picture(pixels(f"out/seed{seed:04d}.png"), picture)
    assert "wrote 4 pictures to out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--truncation_psi=0.5"], {"truncation_psi": 0.5}),
        (["--trunc=0.5", "--truncation-cutoff=2"], {"truncation_psi": 0.5, "truncation_cutoff": 2}),
        (["--noise-mode=none"], {"noise_mode": "none"}),
        (["--batch=1"], {}),
        (["--batch=2"], {}),
    ],
    ids=str,
)
def test_generate_passes_its_flags_on(generator, arguments, options):
    assert main(["generate", "--network=../n/plain.keras", "--seeds=0-2", "--outdir=a/b", *arguments]) == 0
    expected = to_uint8(generator(latents.z_from_seeds([0, 1, 2], 16), **options))
    for seed in range(3):
        assert_same_picture(pixels(f"a/b/seed{seed:04d}.png"), expected[seed])


def test_generate_a_class():
    assert main(["generate", "--model=../n/classes.keras", "--seeds=3", "--class=2"]) == 0
    model = tiny_networks.generator(c_dim=3)
    expected = to_uint8(model(latents.z_from_seeds([3], 16), np.array([[0, 0, 1]], np.float32)))
    assert_same_picture(pixels("out/seed0003.png"), expected[0])


def test_generate_from_a_run_directory_names_the_snapshot():
    assert main(["generate", "--model=../n/run", "--seeds=0"]) == 0
    with Image.open("out/seed0000.png") as picture:
        assert picture.text["model"] == "network-000001.keras"


def test_generate_stores_how_a_picture_was_made(folder):
    assert main(["generate", "--model=../n/classes.keras", "--seeds=5", "--trunc=0.7", "--class=1"]) == 0
    with Image.open("out/seed0005.png") as picture:
        text = picture.text
    assert text.pop("Software").startswith("tfstylegan ")
    assert text == {
        "seed": "5",
        "model": "classes.keras",
        "model_sha256": hashlib.sha256((folder / "classes.keras").read_bytes()).hexdigest()[:16],
        "truncation_psi": "0.7",
        "noise_mode": "const",
        "class": "1",
    }


@pytest.mark.parametrize(("model", "mode"), [("gray", "L"), ("plain", "RGB"), ("rgba", "RGBA")])
def test_generate_writes_every_kind_of_image(model, mode):
    assert main(["generate", f"--model=../n/{model}.keras", "--seeds=0"]) == 0
    with Image.open("out/seed0000.png") as picture:
        assert picture.mode == mode and picture.size == (16, 16)


@pytest.mark.parametrize(("grid", "size"), [("3x2", (48, 32)), ("3", (48, 32)), ("2", (32, 48)), ("4x9", (64, 32))])
def test_generate_a_grid_in_place_of_single_files(generator, grid, size):
    assert main(["generate", "--model=../n/plain.keras", "--seeds=0-4", f"--grid={grid}"]) == 0
    assert os.listdir("out") == ["grid.png"]
    found = pixels("out/grid.png")
    assert found.shape == (size[1], size[0], 3)
    expected = to_uint8(generator(latents.z_from_seeds([0, 1], 16)))
    assert_same_picture(found[:16, 16:32], expected[1])
    with Image.open("out/grid.png") as picture:
        assert picture.text["seeds"] == "0-4"


# --------------------------------------------------------------------------------------------------- mix


def test_mix_writes_a_grid_with_its_sources_and_every_pair(generator):
    assert main(["mix", "--model=../n/plain.keras", "--rows=1,2", "--cols=5,6,7", "--styles=0,3-4", "--trunc=0.8"]) == 0
    pairs = {f"{row}-{col}.png" for row in (1, 2) for col in (5, 6, 7)}
    sources = {f"{seed}-{seed}.png" for seed in (1, 2, 5, 6, 7)}
    assert set(os.listdir("out")) == {"grid.png"} | pairs | sources

    ws = np.asarray(generator.mapping(latents.z_from_seeds([1, 2, 5, 6, 7], 16), None, truncation_psi=0.8))
    mixed = latents.mix(ws[1], ws[3], layers=[0, 3, 4])  # row 2, column 6
    assert_same_picture(pixels("out/2-6.png"), to_uint8(generator.synthesis(mixed[None]))[0])
    with Image.open("out/2-6.png") as picture:
        assert picture.text["row_seed"] == "2" and picture.text["styles"] == "0,3,4"

    grid = pixels("out/grid.png")
    assert grid.shape == (3 * 16, 4 * 16, 3)
    assert not grid[:16, :16].any()
    for name, row, column in [("5-5", 0, 1), ("7-7", 0, 3), ("1-1", 1, 0), ("2-2", 2, 0), ("1-5", 1, 1), ("2-6", 2, 2)]:
        cell = grid[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16]
        np.testing.assert_array_equal(cell, pixels(f"out/{name}.png"), err_msg=name)


@pytest.mark.parametrize(
    ("model", "styles", "expected"),
    [
        ("plain", None, "0,1,2"),
        ("large", None, "0,1,2,3,4,5,6"),
        ("large", "coarse,middle", "0,1,2,3,4,5,6"),
        ("large", "0-6", "0,1,2,3,4,5,6"),
        ("large", "fine", "7,8,9"),
        ("large", "Fine, 0", "0,7,8,9"),
        ("plain", "middle", "3,4,5"),
    ],
)
def test_mix_styles_by_number_and_by_name(model, styles, expected):
    arguments = [] if styles is None else [f"--styles={styles}"]
    assert main(["mix", f"--model=../n/{model}.keras", "--rows=0", "--cols=1", *arguments]) == 0
    with Image.open("out/0-1.png") as picture:
        assert picture.text["styles"] == expected


def test_mix_a_seed_with_itself():
    assert main(["mix", "--model=../n/plain.keras", "--rows=0,1", "--cols=1,0"]) == 0
    assert set(os.listdir("out")) == {"grid.png", "0-0.png", "1-1.png", "0-1.png", "1-0.png"}


# ------------------------------------------------------------------------------------------- interpolate


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [([], 12), (["--noloop"], 9), (["--loop", "--frames=2"], 6), (["--space=z"], 12), (["--space=z", "--noloop"], 9)],
    ids=str,
)
def test_interpolate_passes_every_seed(generator, arguments, frames):
    flags = ["--model=../n/plain.keras", "--seeds=3-5", "--frames=4", "--fps=20", "--trunc=0.9", "--output=walk.png"]
    assert main(["interpolate", *flags, *arguments]) == 0
    with Image.open("walk.png") as walk:
        pictures = [np.asarray(frame) for frame in ImageSequence.Iterator(walk)]
        assert len(pictures) == frames and walk.info["loop"] == 0
    expected = to_uint8(generator(latents.z_from_seeds([3, 4, 5], 16), truncation_psi=0.9))
    step = 2 if "--frames=2" in arguments else 4
    for index, picture in enumerate(expected):
        assert_same_picture(pictures[index * step], picture)


@pytest.mark.parametrize("space", ["w", "z"])
def test_interpolate_several_walks_at_once(generator, space):
    flags = [f"--space={space}", "--grid=3x2", "--frames=2", "--seeds=0-11", "--output=walk.png"]
    assert main(["interpolate", "--model=../n/plain.keras", *flags]) == 0
    with Image.open("walk.png") as walk:
        assert walk.size == (48, 32) and walk.n_frames == 4
        first = np.asarray(walk)
    expected = to_uint8(generator(latents.z_from_seeds([0, 8, 10], 16)))  # walks 0, 4 and 5 begin with them
    for picture, (x, y) in zip(expected, [(0, 0), (16, 16), (32, 16)], strict=True):
        assert_same_picture(first[y : y + 16, x : x + 16], picture)


@pytest.mark.parametrize("suffix", ["webp", "gif", "mp4"])
def test_interpolate_writes_the_format_that_the_name_says(suffix):
    if suffix == "mp4":
        pytest.importorskip("av")
    flags = ["--seeds=0,1", "--frames=5", "--fps=10", f"--output=new/walk.{suffix}"]
    assert main(["interpolate", "--model=../n/plain.keras", *flags]) == 0
    assert os.listdir("new") == [f"walk.{suffix}"]
    if suffix != "mp4":
        with Image.open(f"new/walk.{suffix}") as walk:
            assert walk.format == suffix.upper() and walk.info["loop"] == 0
            # A frame's time is known once it is decoded.
            times = [frame.copy().info["duration"] for frame in ImageSequence.Iterator(walk)]
            assert len(times) == 10 and sum(times) == 1000


def test_interpolate_a_class():
    flags = ["--class=1", "--seeds=0,1", "--frames=2", "--output=walk.png"]
    assert main(["interpolate", "--model=../n/classes.keras", *flags]) == 0
    model = tiny_networks.generator(c_dim=3)
    expected = to_uint8(model(latents.z_from_seeds([0], 16), np.array([[0, 1, 0]], np.float32)))
    with Image.open("walk.png") as walk:
        assert_same_picture(np.asarray(walk), expected[0])


# -------------------------------------------------------------------------------------------------- info


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model=../n/plain.keras"], ["StyleGAN2\n", "img_resolution          16\n", "synthesis.b8.conv0", "total"]),
        (["--model=../n/d.keras"], ["StyleGAN2Discriminator\n", "network.b16.conv1", "total"]),
        (["--model=../n/run"], ["StyleGAN2\n", "synthesis.b16.torgb"]),
        (["--preset=tiny"], ["img_resolution          32\n", "StyleGAN2Discriminator\n", "network.b32.conv0"]),
        (["--preset=wgan-gp", "--resolution=16"], ["DCGAN\n", "b8.norm", "DCGANDiscriminator\n", "layer\n"]),
        (["--preset=tiny", "--resolution=16"], ["img_resolution          16\n", "16 x 16 x 3"]),
        (
            ["--preset=tiny", "--resolution=24x32"],
            ["img_resolution          [24, 32]\n", "24 x 32 x 3", "network.b12x16.conv0"],
        ),
    ],
    ids=str,
)
def test_info_prints_layers_of_files_and_presets(capsys, arguments, expected):
    assert main(["info", *arguments]) == 0
    text = capsys.readouterr().out
    for part in expected:
        assert part in text


def test_info_says_in_one_line_which_fused_ops_are_loaded(capsys, monkeypatch):
    assert main(["info", "--ops"]) == 0
    assert re.fullmatch(
        r"fused ops: (CPU, \w+, \d+ threads? \(.*\)|none \(.*\); the composed .*)\n", capsys.readouterr().out
    )
    monkeypatch.setenv("TFSTYLEGAN_OPS", "off")
    assert main(["info", "--ops"]) == 0
    assert capsys.readouterr().out == "fused ops: off (TFSTYLEGAN_OPS=off)\n"
    assert main(["info", "--ops", "--preset=tiny"]) == 2
    assert "--ops is about this machine" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ errors

GENERATE = "generate --model=../n/plain.keras --seeds=0"
MIX = "mix --model=../n/plain.keras --rows=0 --cols=1"
WALK = "interpolate --model=../n/plain.keras --seeds=0,1 --frames=2"
MISTAKES = [
    ("generate --seeds=0", "--model is missing"),
    ("generate --model=../n/plain.keras", "--seeds is missing; for instance --seeds=0-3"),
    ("generate --model=../n/plain.keras --seeds=a", "--seeds takes numbers and ranges"),
    ("generate --model=../n/plain.keras --seeds=3-1", "runs backwards"),
    ("generate --model=../n/none.keras --seeds=0", "../n/none.keras: no such file"),
    ("generate --model=../n/cut.keras --seeds=0", "cut.keras is not a .keras file (or a truncated one)"),
    ("generate --model=../n/noise.keras --seeds=0", "noise.keras is not a .keras file"),
    ("generate --model=../n/other.keras --seeds=0", "other.keras holds a Sequential"),
    ("generate --model=../n/d.keras --seeds=0", "d.keras holds a Discriminator, which makes no pictures"),
    ("generate --model=../n/five.keras --seeds=0", "five.keras makes images of 5 channels"),
    ("generate --model=../n/classes.keras --seeds=0", "this network has 3 classes: choose one with --class=0"),
    ("generate --model=../n/classes.keras --seeds=0 --class=3", "this network's 3 classes are 0 to 2"),
    (f"{GENERATE} --class=0", "--class=0: this network was trained without classes"),
    (f"{GENERATE} --class=-1", "class"),
    (f"{GENERATE} --trunc=nan", "--trunc must be a finite number"),
    (f"{GENERATE} --trunc=half", "trunc"),
    (f"{GENERATE} --truncation-cutoff=-1", "truncation_cutoff"),
    (f"{GENERATE} --noise-mode=loud", "noise_mode"),
    (f"{GENERATE} --batch=0", "batch"),
    (f"{GENERATE} --outdir=file", "--outdir=file: the directory cannot be made"),
    (f"{GENERATE} --outdir=file/deeper", "--outdir=file/deeper: the directory cannot be made"),
    (f"{GENERATE} --outdir=", "--outdir is missing"),
    (f"{GENERATE} --grid=x", "--grid takes COLUMNSxROWS"),
    (f"{GENERATE} --grid=0x2", "--grid takes COLUMNSxROWS"),
    (f"{GENERATE}-4 --grid=2x2", "4 places, too few for the 5 seeds"),
    (f"{GENERATE} more", "unexpected argument 'more'"),
    ("mix --model=../n/plain.keras --cols=0", "--rows is missing"),
    ("mix --model=../n/plain.keras --rows=0", "--cols is missing"),
    ("mix --model=../n/plain.keras --rows=0 --cols=x", "--cols takes numbers"),
    (f"{MIX} --styles=0-6", "--styles=0-6: this network's 6 styles are 0 to 5"),
    (f"{MIX} --styles=fine", "this network of 3 resolutions has no fine styles"),
    (f"{MIX} --styles=course", "--styles takes numbers, ranges and coarse, middle, fine; got 'course'"),
    (f"{MIX} --styles=", "--styles takes"),
    (f"{MIX} --styles=2-1", "--styles: the range 2-1 runs backwards"),
    ("interpolate --model=../n/plain.keras --seeds=0", "--seeds must have 2 seeds or more"),
    (f"{WALK} --grid=3x1", "cannot be divided evenly between 3 walks"),
    (f"{WALK} --grid=2x1", "2 seeds or more for each walk"),
    (f"{WALK} --output=walk.avi", "walk.avi: the name of an animation must end in"),
    (f"{WALK} --output=file/walk.webp", "--output=file/walk.webp: the directory cannot be made"),
    (f"{WALK} --output=folder.gif", "--output=folder.gif is a directory"),
    (f"{WALK} --output=walk.gif --fps=60", "GIF shows at most 50 frames"),
    (f"{WALK} --fps=0", "above 0"),
    (f"{WALK} --frames=0", "frames"),
    (f"{WALK} --space=y", "space"),
    ("info", "give either --model, a file, or --preset"),
    ("info --model=../n/plain.keras --preset=tiny", "give either --model, a file, or --preset"),
    ("info --preset=huge", "--preset=huge is not one of stylegan2, stylegan2-e"),
    (
        "info --preset=tiny --resolution=33x40",
        "--resolution=33x40: StyleGAN2: img_resolution=(33, 40) cannot be reached",
    ),
    ("info --preset=tiny --resolution=24by32", "it takes a number of pixels, such as 64, or height x width"),
    ("info --preset=tiny --resolution=33", "--resolution=33: StyleGAN2: img_resolution=33 cannot be reached"),
    ("info --model=../n/plain.keras --resolution=32", "--resolution goes with --preset"),
    ("info --model=../n/other.keras", "holds a Sequential"),
    ("info --model=../n", "n"),
]


@pytest.mark.parametrize(("command", "message"), MISTAKES, ids=[command for command, _ in MISTAKES])
def test_a_mistake_gets_one_sentence_and_writes_nothing(capfd, command, message):
    with open("file", "w"):
        pass
    os.mkdir("folder.gif")
    assert main(command.split()) == 2
    error = capfd.readouterr().err
    assert message in error and error.startswith(f"tfstylegan {command.split()[0]}: ")
    assert error.count("\n") == 1
    assert sorted(os.listdir()) == ["file", "folder.gif"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_to(capsys):
    os.mkdir("locked", 0o500)
    assert main(f"{GENERATE} --outdir=locked".split()) == 2
    assert "--outdir=locked: the directory cannot be written to" in capsys.readouterr().err


def test_a_full_disk_is_reported_and_leaves_no_half_file(capsys, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device", "out/seed0000.png")

    monkeypatch.setattr(os, "fsync", full)
    assert main(GENERATE.split()) == 1
    assert re.search("No space left", capsys.readouterr().err)
    assert os.listdir("out") == []


def test_debug_shows_the_traceback(capsys):
    assert main(["generate", "--seeds=0", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
