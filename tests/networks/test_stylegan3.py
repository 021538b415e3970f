"""StyleGAN3's generator beyond the official outputs: sizes, equivariance, files, several devices, summaries."""

import math
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests import golden_weights_sg3
from tests.golden_data import FOLDER, Golden, assert_close, nchw
from tfstylegan import configs, networks
from tfstylegan.layers import StyleGAN3SynthesisLayer
from tfstylegan.networks.summary import format_table, layer_table, total

# Counted on the official implementation: T has channel_base 32768 (16384 at 256 px), R twice that.
PUBLISHED = {
    ("T", 1024): 22_313_167,
    ("T", 512): 24_873_519,
    ("T", 256): 23_320_443,
    ("R", 1024): 15_093_151,
    ("R", 512): 16_665_594,
    ("R", 256): 15_779_565,
}
VARIANTS = {"T": {}, "R": {"conv_kernel": 1, "use_radial_filters": True}}
TINY = {"img_resolution": 32, "channel_base": 512, "channel_max": 16, "z_dim": 16, "w_dim": 16}


def published_config(variant: str, resolution: int) -> configs.StyleGAN3:
    factor = {"T": 1, "R": 2}[variant]
    base = 16384 if resolution == 256 else 32768
    widths = {"channel_base": base * factor, "channel_max": 512 * factor}
    return configs.StyleGAN3(img_resolution=resolution, **widths, **VARIANTS[variant])


def tiny(variant: str = "T", **overrides) -> networks.Generator:
    keras.utils.set_random_seed(0)
    return networks.Generator(configs.StyleGAN3(**{**TINY, **VARIANTS[variant], **overrides}))


def some_ws(generator, samples: int = 2):
    z = np.random.RandomState(0).randn(samples, generator.z_dim).astype(np.float32)
    return generator.mapping(z)


@pytest.mark.parametrize(("variant", "resolution"), PUBLISHED)
def test_published_number_of_parameters(variant, resolution):
    generator = networks.Generator(published_config(variant, resolution))
    parameters = sum(math.prod(variable.shape) for variable in generator.trainable_variables)
    assert parameters == PUBLISHED[variant, resolution] == total(layer_table(generator)).parameters
    assert generator.num_ws == 16


def test_a_new_generator_starts_neither_turned_nor_moved():
    generator = tiny()
    source = generator.synthesis.input
    assert_close(source.transform, np.eye(3), 0)
    assert_close(source.affine(np.ones([1, 16], np.float32)), [[1, 0, 0, 0]], 0)
    assert np.abs(source.phases).max() <= 0.5
    radii = np.linalg.norm(np.asarray(source.freqs), axis=1)
    assert radii.min() > 0 and radii.max() <= source.bandwidth
    assert all(float(layer.magnitude_ema) == 1 for layer in generator.synthesis.layers)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_moved_input_moves_the_picture(variant):
    """By two pixels and four, which are whole pixels in every layer, the coarsest of which has half the rate."""
    generator = tiny(variant)
    ws = some_ws(generator)
    still = np.asarray(generator.synthesis(ws))
    generator.synthesis.input.transform.assign([[1, 0, -2 / 32], [0, 1, -4 / 32], [0, 0, 1]])
    moved = np.asarray(generator.synthesis(ws))
    # Near the edges the layers see that the picture ends, beyond its margins.
    error = np.abs(moved[:, 12:-8, 10:-8] - still[:, 8:-12, 8:-10]).max()
    assert error < 0.01 * still.std() < 0.1 * np.abs(moved - still).max()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_turned_input_turns_the_picture_of_configuration_r(variant):
    generator = tiny(variant)
    ws = some_ws(generator)
    still = np.asarray(generator.synthesis(ws))
    generator.synthesis.input.transform.assign([[0, -1, 0], [1, 0, 0], [0, 0, 1]])  # inverse of a quarter turn
    turned = np.asarray(generator.synthesis(ws))
    error = np.abs(turned - np.rot90(still, axes=(1, 2))).max() / still.std()
    assert error < 1e-4 if variant == "R" else error > 0.1


def test_saved_generators_are_the_same_in_a_fresh_process(tmp_path):
    names = ["sg3t_opts_c16", "sg3r_u64"]
    for name in names:
        golden = Golden(name)
        generator = golden_weights_sg3.build_generator(golden.json("config")["G"])
        golden_weights_sg3.load(golden_weights_sg3.generator_variables(generator), golden.under("weights/G/"))
        generator.save(tmp_path / f"{name}.keras")
    run(
        """
        import numpy as np, tfstylegan
        for name in names.split():
            generator = tfstylegan.load(f"{tmp}/{name}.keras")
            ws = np.load(f"{golden}/{name}.npz")["ws_rand"]
            np.save(f"{tmp}/{name}.npy", generator.synthesis(ws))
        """,
        tmp=tmp_path,
        golden=FOLDER,
        names=" ".join(names),
    )
    for name in names:
        assert_close(nchw(np.load(tmp_path / f"{name}.npy")), Golden(name)["img/ws_rand"], 5e-5, name)


def test_running_magnitudes_are_averaged_over_devices(tmp_path):
    """Two devices with half a batch each leave what one device leaves that sees all of it."""
    run(
        """
        import numpy as np, tensorflow as tf
        from tests.networks.test_stylegan3 import some_ws, tiny
        from tfstylegan.training.strategy import create_strategy
        strategy = create_strategy(gpus=0, cpu_devices=2)
        with strategy.scope():
            generator = tiny(magnitude_ema_beta=0.5)
        ws = some_ws(generator, samples=4)

        @tf.function
        def step():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            generator.synthesis(ws[replica * 2 : replica * 2 + 2], update_emas=True)

        strategy.run(step)
        np.save(f"{tmp}/emas.npy", [float(layer.magnitude_ema.numpy()) for layer in generator.synthesis.layers])
        """,
        tmp=tmp_path,
    )
    generator = tiny(magnitude_ema_beta=0.5)
    generator.synthesis(some_ws(generator, samples=4), update_emas=True)
    expected = [float(layer.magnitude_ema) for layer in generator.synthesis.layers]
    assert_close(np.load(tmp_path / "emas.npy"), expected, 1e-5)
    assert min(np.abs(np.array(expected) - 1)) > 1e-3  # they did move


def run(program: str, **values) -> None:
    """Runs a program in a process of its own, with ``values`` as its variables."""
    lines = [f"{name} = {str(value)!r}" for name, value in values.items()]
    lines += [line.removeprefix("        ") for line in program.splitlines()]
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr


def test_half_precision_keeps_positions_and_pictures_in_full():
    generator = tiny()
    half = networks.Generator(generator.config, dtype="mixed_float16")
    half.set_weights(generator.get_weights())
    assert half.synthesis.input.compute_dtype == "float32"
    assert half.synthesis.layers[0].compute_dtype == "float16"
    ws = some_ws(generator)
    img = half.synthesis(ws, update_emas=True)
    generator.synthesis(ws, update_emas=True)
    assert keras.backend.standardize_dtype(img.dtype) == "float32"
    assert_close(img, np.asarray(generator.synthesis(ws)), 0.05)


def test_a_layer_is_rebuilt_from_its_config():
    layer = StyleGAN3SynthesisLayer(published_config("R", 256).layers[3], conv_clamp=None, magnitude_ema_beta=0.9)
    again = StyleGAN3SynthesisLayer.from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and again.spec == layer.spec


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_summary_counts_every_weight_and_shows_the_bands(variant):
    generator = tiny(variant)
    rows = layer_table(generator)
    whole = total(rows)
    assert whole.parameters + whole.buffers == sum(math.prod(variable.shape) for variable in generator.weights)
    named = {row.name: row for row in rows}
    assert named["synthesis.input"].output_shape == (36, 36, 16)
    side = 36 if variant == "R" else 38  # 3x3 kernels run over the padded picture
    kernel = 16 * 16 * (1 if variant == "R" else 9)
    assert named["synthesis.L0_36_16"].multiply_adds == side**2 * kernel + 16 * 16 + 16 * 16
    assert dict(rows[-1].details) == {"rate": "32", "cutoff": "16.00", "stopband": "19.70"}
    lines = format_table(rows).splitlines()
    assert lines[0].split()[:6] == ["layer", "output", "shape", "rate", "cutoff", "stopband"]
    assert len({len(line) for line in lines}) == 1


def test_config_survives_serialization():
    config = published_config("R", 512)
    assert configs.from_dict(configs.to_dict(config)) == config
    assert "layers" not in configs.to_dict(config)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"img_resolution": 100}, r"img_resolution=100 is no whole number of pixels .*: 96 or 104 would be"),
        ({"img_resolution": (48, 50)}, r": 48 or \(48, 52\) would be"),
        ({"img_resolution": 4}, "first_cutoff"),
        ({"last_stopband_rel": 0.9}, "last_stopband_rel"),
        ({"num_critical": 14}, "num_critical"),
        ({"conv_kernel": 0}, "conv_kernel"),
        ({"z_dim": 0}, "no input"),
        ({"channel_base": 128}, "channel_base"),
        ({"magnitude_ema_beta": 1.5}, "magnitude_ema_beta"),
        ({"conv_clamp": 0}, "conv_clamp"),
    ],
)
def test_impossible_configs_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        configs.StyleGAN3(**wrong)


def test_a_first_layer_that_cannot_hold_its_bandwidth_is_refused():
    with pytest.raises(ValueError, match=r"bandwidth=2\.0 must be below half the sampling rate of 2"):
        tiny(first_stopband=1.0)


def test_ws_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="ws must have shape"):
        tiny().synthesis(np.zeros([1, 14, 16], np.float32))
