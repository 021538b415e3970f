"""Losses, regularisers, optimizer, averages: single phases and a whole small training against the official ones.

Tolerances, relative to the largest reference value: 1e-4 for losses and first gradients, 5e-4 for gradients of the
regularisers, which are second derivatives.
"""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests import golden_weights
from tests.golden_data import FOLDER, Golden, assert_close, nhwc
from tfstylegan import configs
from tfstylegan.training.ema import ema_beta
from tfstylegan.training.inputs import Latents
from tfstylegan.training.optimizers import lazy_adam
from tfstylegan.training.state import TrainingState, copy_weights
from tfstylegan.training.steps import TrainingSteps

SCHEDULES = json.loads((FOLDER / "schedule_tables.json").read_text())


class RecordedInputs:
    """Inputs from a reference file instead of random ones."""

    def __init__(self):
        self.latents_by_phase = {}
        self.noise = None

    def latents(self, phase, step, batch_size):
        found = self.latents_by_phase[phase]
        return Latents(
            found.z[:batch_size],
            c=None if found.c is None else found.c[:batch_size],
            z_mix=None if found.z_mix is None else found.z_mix[:batch_size],
            cutoff=found.cutoff,
        )

    def image_noise(self, step, batch_size):
        return self.noise[:batch_size]


def make_steps(golden, weights, **options):
    """Networks of a reference file under TrainingSteps with recorded inputs."""
    config = golden.json("config")
    strategy = tf.distribute.get_strategy()
    generator = golden_weights.build_generator(config["G"])
    discriminator = golden_weights.build_discriminator(config["D"])
    training = configs.TrainingConfig(**options)
    state = TrainingState.create(generator.config, discriminator.config, training)
    golden_weights.load(golden_weights.generator_variables(state.generator), golden.under(weights.format("G")))
    golden_weights.load(golden_weights.discriminator_variables(state.discriminator), golden.under(weights.format("D")))
    copy_weights(state.generator, state.generator_ema)
    inputs = RecordedInputs()
    return TrainingSteps(state, training, strategy, inputs), inputs, config


@pytest.fixture(scope="module", params=["loss_mix_c16", "loss_nomix_u16"])
def loss_case(request):
    golden = Golden(request.param)
    config = golden.json("config")
    options = config["loss"]
    steps, inputs, _ = make_steps(
        golden,
        "weights/{}/",
        batch_size=golden["in/z"].shape[0],
        r1_gamma=options["r1_gamma"],
        pl_weight=options["pl_weight"],
        pl_decay=options["pl_decay"],
        pl_batch_shrink=options["pl_batch_shrink"],
        g_reg_interval=config["gains"]["Greg"],
        d_reg_interval=config["gains"]["Dreg"],
    )
    conditional = bool(config["G"]["c_dim"])
    mixing = config["style_mixing_cutoff"] is not None
    latents = Latents(
        tf.constant(golden["in/z"]),
        c=tf.constant(golden["in/c"]) if conditional else None,
        z_mix=tf.constant(golden["in/z_mix"]) if mixing else None,
        cutoff=config["style_mixing_cutoff"],
    )
    inputs.latents_by_phase = dict.fromkeys(("Gmain", "Greg", "Dmain"), latents)
    inputs.noise = tf.constant(nhwc(golden["in/pl_noise_unscaled"]))
    real = tf.constant(nhwc(golden["in/real_img"]))
    real_c = tf.constant(golden["in/real_c"]) if conditional else None
    return golden, config, steps, real, real_c


PHASES = {
    "Gmain": ("g_main_gradients", 1e-4, {"loss/G": "Loss.G.loss", "scores/fake": "Loss.scores.fake"}),
    "Greg": ("g_reg_gradients", 5e-4, {"loss/path_length": "Loss.G.reg"}),
    "Dmain": ("d_main_gradients", 1e-4, {"loss/D": "Loss.D.loss", "scores/real": "Loss.scores.real"}),
    "Dreg": ("d_reg_gradients", 5e-4, {"loss/R1": "Loss.D.reg", "r1_penalty": "Loss.r1_penalty"}),
}


@pytest.mark.parametrize("phase", PHASES)
def test_phase_losses_and_gradients(loss_case, phase):
    golden, config, steps, real, real_c = loss_case
    method, tolerance, reports = PHASES[phase]
    network = "G" if phase.startswith("G") else "D"
    state = steps.state
    model = state.generator if network == "G" else state.discriminator
    naming = golden_weights.generator_variables if network == "G" else golden_weights.discriminator_variables
    names = {id(variable): name for name, variable in naming(model).items()}
    before = {v.path: v.numpy() for v in state.generator.non_trainable_weights}
    state.pl_mean.assign(config["pl_mean_initial"])

    args = (tf.constant(0, tf.int64),) + ((real, real_c) if network == "D" else ())
    gradients, metrics = getattr(steps, method)(*args)

    missing = set(golden.json(f"{phase}/gradnone"))
    assert {names[id(v)] for v, g in zip(model.trainable_variables, gradients, strict=True) if g is None} <= missing
    largest = max(np.abs(golden[f"{phase}/grad/{names[id(v)]}"]).max() for v in model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        name = names[id(variable)]
        reference = golden[f"{phase}/grad/{name}"]
        found = np.zeros(reference.shape) if gradient is None else golden_weights.to_theirs(name, gradient)
        if np.abs(found - reference).max() > 1e-7 * largest:  # below is rounding of a vanishing gradient
            assert_close(found, reference, tolerance, name)
    for ours, theirs in reports.items():
        assert_close(metrics[ours], golden[f"{phase}/report/{theirs}_0"].mean(), 1e-4, ours)
    if phase == "Greg":
        assert_close(state.pl_mean, golden["Greg/pl_mean_after"], 1e-4, "pl_mean")
    if phase == "Dmain":
        assert_close(state.generator.mapping.w_avg, golden["Dmain/after/mapping.w_avg"], 1e-5, "w_avg")
    for variable in state.generator.non_trainable_weights:
        variable.assign(before[variable.path])


def test_combined_phases_add_up(loss_case):
    """Without lazy regularisation the loss and its regulariser make one step."""
    golden, _, steps, real, real_c = loss_case
    variables = steps.state.discriminator.trainable_variables
    names = {id(v): n for n, v in golden_weights.discriminator_variables(steps.state.discriminator).items()}
    main, _ = steps.d_main_gradients(tf.constant(0, tf.int64), real, real_c)
    reg, _ = steps.d_reg_gradients(tf.constant(0, tf.int64), real, real_c)
    for variable, a, b in zip(variables, main, reg, strict=True):
        name = names[id(variable)]
        # The reference's combined phase has gain 1, a separate one the interval.
        total = a if b is None else a + b / steps.training.d_reg_interval
        assert_close(golden_weights.to_theirs(name, total), golden[f"Dboth/grad/{name}"], 5e-4, name)


def test_small_training_gives_the_official_weights():
    golden = Golden("train_sg2_u16")
    config = golden.json("config")
    steps, inputs, _ = make_steps(
        golden,
        "weights/{}_init/",
        batch_size=config["batch"],
        g_lr=config["glr"],
        d_lr=config["dlr"],
        r1_gamma=config["r1_gamma"],
        pl_weight=config["pl_weight"],
        g_reg_interval=config["G_reg_interval"],
        d_reg_interval=config["D_reg_interval"],
        style_mixing_prob=config["style_mixing_prob"],
        ema_kimg=config["ema_kimg"],
        ema_rampup=config["ema_rampup"],
    )
    logged = {(entry["it"], entry["phase"]): entry for entry in golden.json("log")}
    calls = {"Gmain": steps.g_main, "Greg": steps.g_reg, "Dmain": steps.d_main, "Dreg": steps.d_reg}
    reports = {
        "Gmain": {"loss/G": "Loss/G/loss"},
        "Greg": {"loss/path_length": "Loss/G/reg"},
        "Dmain": {"loss/D": "Loss/D/loss", "signs/real": "Loss/signs/real"},
        "Dreg": {"r1_penalty": "Loss/r1_penalty"},
    }
    applied = 0
    for iteration in range(config["iters"]):
        real = tf.constant(nhwc(golden[f"it{iteration}/real_img"]))
        phases = [phase for it, phase in logged if it == iteration]
        for phase in phases:
            if phase != "Dreg":
                inputs.latents_by_phase[phase] = Latents(tf.Variable(golden[f"it{iteration}/{phase}/z"]))
            if phase == "Greg":
                inputs.noise = tf.constant(nhwc(golden[f"it{iteration}/Greg/pl_noise_unscaled"]))
            # The inputs change under the compiled step, so run it as it is written.
            tf.config.run_functions_eagerly(True)
            try:
                step = tf.constant(iteration, tf.int64)
                metrics = calls[phase](step) if phase.startswith("G") else calls[phase](step, real)
            finally:
                tf.config.run_functions_eagerly(False)
            for ours, theirs in reports[phase].items():
                expected = np.mean(logged[iteration, phase]["reports"][theirs])
                np.testing.assert_allclose(metrics[ours], expected, rtol=1e-3, err_msg=f"{iteration} {phase} {ours}")
            np.testing.assert_allclose(steps.state.pl_mean, logged[iteration, phase]["pl_mean"], rtol=1e-3)
            applied += 1
        beta = ema_beta(config["batch"], iteration * config["batch"], config["ema_kimg"], config["ema_rampup"])
        np.testing.assert_allclose(beta, logged[iteration, phases[-1]]["ema_beta"], rtol=1e-6)
        steps.update_ema(tf.constant(beta, tf.float32))

    state = steps.state
    check_final(golden, "G_final", golden_weights.generator_variables(state.generator), applied)
    check_final(golden, "G_ema_final", golden_weights.generator_variables(state.generator_ema), applied)
    check_final(golden, "D_final", golden_weights.discriminator_variables(state.discriminator), applied)


def check_final(golden, group, variables, applied):
    """Nearly all elements within 2e-5 + 2e-6 |b|; all within 4 lr per step.

    With beta1 = 0 Adam's first steps move by lr times the gradient's sign, so an element whose gradient is at
    rounding level may go the other way.
    """
    close = total = 0
    for name, reference in golden.under(f"weights/{group}/").items():
        found = golden_weights.to_theirs(name, variables[name])
        error = np.abs(found - reference)
        close += (error <= 2e-5 + 2e-6 * np.abs(reference)).sum()
        total += error.size
        assert error.max() <= 4 * 0.002 * applied, f"{group} {name}: {error.max()}"
    assert total and close / total >= 0.995, f"{group}: only {close / total:.4%} of {total} elements agree"


@pytest.mark.parametrize("row", SCHEDULES["ema"])
def test_ema_schedule(row):
    beta = ema_beta(row["batch_size"], row["cur_nimg"], row["ema_kimg"], row["ema_rampup"])
    assert beta == pytest.approx(row["ema_beta"], rel=1e-9)


@pytest.mark.parametrize("row", SCHEDULES["lazy_regularization"])
def test_lazy_regularization_rescales_adam(row):
    settings = lazy_adam(row["lr"], *row["betas"], 1e-8, row["reg_interval"])
    assert settings.learning_rate == pytest.approx(row["lr_out"], rel=1e-9)
    assert [settings.beta1, settings.beta2] == pytest.approx(row["betas_out"], rel=1e-9)
