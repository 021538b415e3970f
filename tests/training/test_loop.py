"""The training loop: what a run writes, and that stopping and continuing changes nothing."""

import json
import signal

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfstylegan
from tests.training.tiny import assert_same_arrays, final_arrays, run_training, tiny_config
from tfstylegan.errors import UserError
from tfstylegan.training.reports import Listener
from tfstylegan.training.run_directory import RunDirectory
from tfstylegan.training.stopping import StopRequest


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run from start to end: 8 steps, 4 ticks."""
    path = tmp_path_factory.mktemp("finished") / "run"
    outcome = run_training(tiny_config(), path)
    assert outcome.finished and outcome.nimg == 64 and outcome.stop_signal is None
    return path


class StopAt(Listener):
    """Sends the process a signal after a step."""

    def __init__(self, nimg, number=signal.SIGTERM):
        self.nimg, self.number = nimg, number

    def step(self, nimg, total_nimg):
        if nimg == self.nimg:
            signal.raise_signal(self.number)


class Messages(Listener):
    def __init__(self):
        self.texts = []

    def message(self, text):
        self.texts.append(text)


def test_a_run_writes_its_directory(finished):
    run = RunDirectory(finished)
    config = json.loads(run.config_path.read_text())
    assert config["training"]["batch_size"] == 8 and config["fingerprint"]
    assert len(list(run.checkpoints.iterdir())) == 3
    assert [path.name for path in run.snapshots.iterdir()] == ["network-000000.keras"]
    assert sorted(path.name for path in run.samples.iterdir()) == ["fakes000000.png", "reals.png"]
    assert Image.open(run.curve_path).height > 500  # three panels
    stats = run.read_stats()
    assert [line["step"] for line in stats] == [2, 4, 6, 8]
    for name in ("loss/G", "loss/D", "loss/R1", "path_length", "scores/real"):
        assert np.isfinite(stats[0][name])
    log = run.log_path.read_text()
    assert "s/kimg" in log and "ETA" in log and "finished" in log


def test_the_snapshot_is_the_averaged_generator(finished):
    generator = tfstylegan.load(finished)
    arrays = final_arrays(finished)
    for variable in generator.weights:
        np.testing.assert_array_equal(variable, arrays[f"G_ema/{variable.path}"])
    assert np.abs(generator.mapping.w_avg).max() > 0


@pytest.mark.parametrize("network", ["G", "D"])
def test_the_other_networks_load_from_the_checkpoint(finished, network):
    model = tfstylegan.load(finished, network=network)
    arrays = final_arrays(finished)
    for variable in model.weights:
        np.testing.assert_array_equal(variable, arrays[f"{network}/{variable.path}"])


def test_tensorboard_reads_the_events(finished):
    scalars, images = {}, []
    (file,) = RunDirectory(finished).tensorboard.iterdir()
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                scalars.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
            elif value.metadata.plugin_data.plugin_name == "images":
                images.append((value.tag, tf.make_ndarray(value.tensor)[2]))
    stats = RunDirectory(finished).read_stats()
    assert [(line["nimg"], pytest.approx(line["loss/G"])) for line in stats] == scalars["loss/G"]
    reals = np.asarray(Image.open(finished / "samples" / "reals.png"))
    assert np.array_equal(tf.io.decode_png(dict(images)["reals"]).numpy(), reals)


@pytest.mark.parametrize("nimg", [8, 24, 40])
def test_stopping_by_a_signal_and_continuing_gives_the_same_weights(finished, tmp_path, nimg):
    outcome = run_training(tiny_config(), tmp_path / "run", listeners=[StopAt(nimg)])
    assert (outcome.finished, outcome.nimg, outcome.stop_signal) == (False, nimg, signal.SIGTERM)
    assert run_training(tiny_config(), tmp_path / "run").finished
    assert_same_arrays(final_arrays(tmp_path / "run"), final_arrays(finished))
    assert [line["step"] for line in RunDirectory(tmp_path / "run").read_stats()] == [2, 4, 6, 8]


def test_another_seed_gives_other_weights(finished, tmp_path):
    run_training(tiny_config(seed=1), tmp_path / "run")
    ours, theirs = final_arrays(tmp_path / "run"), final_arrays(finished)
    name = "G/generator/synthesis/b16/conv1/kernel"
    assert np.abs(ours[name] - theirs[name]).max() > 0.1


def test_continuing_a_finished_run_changes_nothing(finished):
    before = final_arrays(finished)
    assert run_training(tiny_config(), finished).finished
    assert_same_arrays(before, final_arrays(finished))


def test_a_longer_run_is_a_continuation(finished, tmp_path):
    run_training(tiny_config(total_kimg=0.032), tmp_path / "run")
    run_training(tiny_config(), tmp_path / "run")
    assert_same_arrays(final_arrays(tmp_path / "run"), final_arrays(finished))


def test_a_truncated_newest_checkpoint_costs_its_steps_only(finished, tmp_path):
    run_training(tiny_config(total_kimg=0.048), tmp_path / "run")
    newest = sorted(RunDirectory(tmp_path / "run").checkpoints.iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    messages = Messages()
    run_training(tiny_config(), tmp_path / "run", listeners=[messages])
    assert any("falling back" in text for text in messages.texts)
    assert_same_arrays(final_arrays(tmp_path / "run"), final_arrays(finished))


def test_a_time_limit_leaves_pictures_and_a_network(tmp_path):
    outcome = run_training(tiny_config(total_kimg=100, kimg_per_tick=50), tmp_path / "run", time_limit=0.0)
    assert not outcome.finished and outcome.stop_signal is None
    assert tfstylegan.load(tmp_path / "run").img_resolution == 16


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"r1_gamma": 3.0}, "--gamma was 1.0"),
        ({"batch_size": 16}, "training.batch_size was 8"),
        ({"seed": 5}, "seed was 0"),
    ],
)
def test_a_changed_setting_is_refused_by_name(finished, changed, named):
    with pytest.raises(UserError, match=named):
        run_training(tiny_config(**changed), finished, flag_names={"training.r1_gamma": "--gamma"})


def test_other_images_are_refused(finished):
    from dataclasses import replace

    config = tiny_config()
    with pytest.raises(UserError, match="are not those the run"):
        run_training(replace(config, data=replace(config.data, count=23)), finished)


def test_a_directory_with_other_things_is_refused(tmp_path):
    (tmp_path / "holiday.txt").write_text("plans")
    with pytest.raises(UserError, match="holds no run"):
        run_training(tiny_config(), tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == ["holiday.txt"]


def test_two_processes_cannot_train_in_one_directory(tmp_path):
    run = RunDirectory(tmp_path / "run")
    with run.locked(), pytest.raises(UserError, match="another process"):
        run_training(tiny_config(), tmp_path / "run")


def test_without_lazy_regularisation_the_loss_and_regulariser_make_one_step(tmp_path):
    config = tiny_config(g_reg_interval=None, d_reg_interval=None, total_kimg=0.016)
    assert run_training(config, tmp_path / "run").finished
    arrays = final_arrays(tmp_path / "run")
    assert arrays["g_optimizer/steps"].max() == 2 and arrays["d_optimizer/steps"].max() == 2
    assert arrays["pl_mean"] > 0


def test_a_second_interrupt_does_not_wait():
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.requested and stop.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
