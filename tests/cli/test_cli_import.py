"""``tfstylegan import``, from an official checkpoint to a ``.keras`` file and to pictures."""

import os

import numpy as np
import pytest
from PIL import Image

import tfstylegan
from tests.golden_data import FOLDER, Golden, assert_close, nchw, nhwc
from tests.interop import state_dict_files
from tfstylegan import networks
from tfstylegan.cli.main import main
from tfstylegan.images import to_uint8

PYTORCH = FOLDER / "pkl" / "sg2ada_u32_fp16cfg.pkl"
CONDITIONAL = FOLDER / "pkl" / "sg2ada_c16_cifar.pkl"
TF1 = FOLDER / "tf1" / "pkl" / "sg2_config_f.pkl"


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_checkpoint_becomes_a_keras_file_with_the_official_pictures(capsys):
    assert main(["import", f"--source={PYTORCH}", "--output=out/network.keras"]) == 0
    golden = Golden("pkl/sg2ada_u32_fp16cfg")
    generator = tfstylegan.load("out/network.keras")
    assert_close(nchw(generator(golden["z"], truncation_psi=0.7)), golden["img_ema_psi0.7"], 2e-5)
    said = capsys.readouterr().out
    assert said.startswith("wrote out/network.keras: G_ema of ") and "StyleGAN2, 32x32 pixels, 3 channels" in said
    assert os.listdir("out") == ["network.keras"]


@pytest.mark.parametrize(
    ("which", "kind"), [("G_ema", networks.Generator), ("G", networks.Generator), ("D", networks.Discriminator)]
)
def test_which_network(which, kind):
    assert main(["import", str(TF1), "--output=network.keras", f"--which={which}"]) == 0
    found, expected = tfstylegan.load("network.keras"), tfstylegan.load(TF1, network=which)
    assert isinstance(found, kind) and found.config == expected.config
    for a, b in zip(found.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


def test_a_state_dict_of_the_community(capsys):
    """Its pictures are those of the official network whose weights it has."""
    golden = Golden("sg2_skip_resnet_u32")
    official, critic = golden.under("weights/G/"), golden.under("weights/D/")
    state, mean = state_dict_files.generator_state(official), official["mapping.w_avg"]
    data = state_dict_files.checkpoint(mean=mean, g_ema=state, d=state_dict_files.discriminator_state(critic))
    with open("550000.pt", "wb") as file:
        file.write(data)
    assert main(["import", "--source=550000.pt", "--output=network.keras"]) == 0
    assert "G_ema of 550000.pt, StyleGAN2, 32x32 pixels, 3 channels" in capsys.readouterr().out
    generator = tfstylegan.load("network.keras")
    assert_close(nchw(generator(golden["z"], noise_mode="const")), golden["img/full_psi1_const"], 2e-5)
    assert main(["import", "--source=550000.pt", "--output=critic.keras", "--which=D"]) == 0
    assert_close(tfstylegan.load("critic.keras")(nhwc(golden["D/img"])), golden["D/logits"], 2e-5)
    assert main(["generate", "--network=550000.pt", "--seeds=3", "--noise-mode=const"]) == 0
    z = np.random.RandomState(3).randn(1, generator.z_dim).astype(np.float32)
    with Image.open("out/seed0003.png") as image:
        expected = to_uint8(generator(z, noise_mode="const"))[0]
        assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1
    assert main(["import", "--source=550000.pt", "--output=other.keras", "--which=G"]) == 2
    assert "it holds no G, only G_ema, D" in capsys.readouterr().err


@pytest.mark.parametrize("noise_mode", ["const", "none"])
def test_pictures_straight_from_a_checkpoint(noise_mode):
    flags = ["--seeds=0,5", "--trunc=0.7", "--class=2", f"--noise-mode={noise_mode}"]
    assert main(["generate", f"--network={CONDITIONAL}", *flags]) == 0
    generator = tfstylegan.load(CONDITIONAL)
    z = np.concatenate([np.random.RandomState(seed).randn(1, generator.z_dim) for seed in (0, 5)]).astype(np.float32)
    c = np.eye(4, dtype=np.float32)[[2, 2]]
    expected = to_uint8(generator(z, c, truncation_psi=0.7, noise_mode=noise_mode))
    for seed, picture in zip((0, 5), expected, strict=True):
        with Image.open(f"out/seed{seed:04d}.png") as image:
            assert np.abs(np.asarray(image).astype(int) - picture).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output=x.keras"], "--source is missing"),
        ([f"--source={TF1}"], "--output is missing"),
        ([f"--source={TF1}", "--output=x.h5"], "the name has to end in .keras"),
        ([f"--source={TF1}", "--output=."], "the name has to end in .keras"),
        ([f"--source={TF1}", "--output=x.keras", "--which=H"], "G_ema"),
        (["--source=nowhere.pkl", "--output=x.keras"], "nowhere.pkl cannot be read: No such file"),
        (["--source=text.pkl", "--output=x.keras"], "text.pkl cannot be imported: it is not a pickle"),
    ],
)
def test_mistakes_are_one_sentence(arguments, message, capsys):
    with open("text.pkl", "w", encoding="utf-8") as file:
        file.write("hello")
    assert main(["import", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("tfstylegan import: ") and message in captured.err and captured.err.count("\n") == 1
    assert not captured.out and not os.path.exists("x.keras")


def test_a_refused_checkpoint_leaves_an_older_file_alone(tmp_path):
    (tmp_path / "network.keras").write_bytes(b"older")
    (tmp_path / "cut.pkl").write_bytes(TF1.read_bytes()[:-1000])
    assert main(["import", "--source=cut.pkl", "--output=network.keras"]) == 2
    assert (tmp_path / "network.keras").read_bytes() == b"older"
    assert sorted(os.listdir(tmp_path)) == ["cut.pkl", "network.keras"]
