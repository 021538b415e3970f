"""Time to make a picture, latents to pixels: Keras eagerly, a tf.function, and the exported formats in their runtimes.

usage: python -m benchmarks.inference [--flag=value ...]

All make the same pictures from the same latents with the fixed noise maps, on all processors; that they agree is
checked first. At 256 px the network has the published widths of paper256, below that --width and --max_width. With
--families it is the generators of those presets, in their published widths at any size:

  python -m benchmarks.inference --families=paper256,stylegan3-t-256 --resolutions=256

  ms an image   the median over the turns
  / tf.function the ratio to the tf.function, above 1 is slower
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from absl import flags

from benchmarks import harness

EAGER, FUNCTION, SAVED_MODEL, TFLITE, ONNX = RUNTIMES = ("eager", "tf.function", "SavedModel", "TFLite", "ONNX")

FLAGS = harness.Settings()
flags.DEFINE_list("resolutions", ["32", "64", "128", "256"], "image sides in pixels", flag_values=FLAGS)
flags.DEFINE_list("batches", ["1", "8"], "batch sizes", flag_values=FLAGS)
flags.DEFINE_list("runtimes", list(RUNTIMES), f"of {', '.join(RUNTIMES)}", flag_values=FLAGS)
flags.DEFINE_list(
    "families", [], "presets whose generators are measured instead; see docs/presets.md", flag_values=FLAGS
)
flags.DEFINE_integer("width", 64, "channels at full resolution; twice as many at half of it", flag_values=FLAGS)
flags.DEFINE_integer("max_width", 128, "the most channels anywhere", flag_values=FLAGS)
flags.DEFINE_integer("repeats", 9, "turns", lower_bound=1, flag_values=FLAGS)

# How far two runtimes' pictures may be apart, for pictures of standard deviation about 1: the sums run in other
# orders, over up to 4608 terms in a layer.
TOLERANCE = 1e-3

Call = Callable[[], object]  # gives the pictures


def run(settings: harness.Settings) -> bool:
    import numpy as np

    unknown = set(settings.runtimes) - set(RUNTIMES)
    if unknown:
        raise flags.Error(f"--runtimes: {', '.join(sorted(unknown))} is none of {', '.join(RUNTIMES)}")
    batches = settings.numbers("batches")
    rows: list[list[object]] = []
    for name, config in networks_of(settings):
        generator = build(config)
        z = np.random.RandomState(0).randn(max(batches), generator.z_dim).astype(np.float32)
        for batch in batches:
            with tempfile.TemporaryDirectory() as directory:
                calls = dict(runners(generator, z[:batch], Path(directory), settings.runtimes))
                check_agreement(calls)
                times = harness.alternate(calls, settings.repeats)
            for runtime in calls:
                milliseconds = 1e3 * statistics.median(times[runtime]) / batch
                ratio = harness.ratio(times[runtime], times[FUNCTION])
                rows.append([name, config.img_resolution, batch, runtime, milliseconds, ratio])
    print(harness.table(["network", "px", "batch", "runtime", "ms an image", "/ tf.function"], rows))
    return True


def networks_of(settings: harness.Settings) -> list[tuple[str, object]]:
    """(name, config) of every generator to measure; without labels."""
    from tfstylegan.configs import PRESETS

    unknown = set(settings.families) - set(PRESETS)
    if unknown:
        raise flags.Error(f"--families: {', '.join(sorted(unknown))} is none of {', '.join(PRESETS)}")
    found: list[tuple[str, object]] = []
    for resolution in settings.numbers("resolutions"):
        families = settings.families or (["paper256"] if resolution >= 256 else [])
        found += [(family, PRESETS[family].generator(resolution, c_dim=0)) for family in families]
        if not families:
            found.append(("StyleGAN2", small_config(resolution, settings.width, settings.max_width)))
    return found


def small_config(resolution: int, width: int, max_width: int):
    """A StyleGAN2 of ``width`` channels at full resolution."""
    from tfstylegan import configs

    return configs.StyleGAN2(
        img_resolution=resolution,
        z_dim=max_width,
        w_dim=max_width,
        channel_base=width * resolution,
        channel_max=max_width,
        mapping_layers=4,
    )


def build(config):
    """A generator with random weights."""
    from tfstylegan import networks

    return networks.Generator(config)


def runners(generator, z, directory: Path, wanted: list[str]) -> Iterator[tuple[str, Call]]:
    """(runtime, call) of the wanted runtimes and the tf.function."""
    import tensorflow as tf

    from tfstylegan import export

    latents = tf.constant(z)
    compiled = tf.function(lambda z: generator(z, noise_mode="const"), autograph=False)
    yield FUNCTION, lambda: compiled(latents).numpy()
    if EAGER in wanted:
        yield EAGER, lambda: generator(latents, noise_mode="const").numpy()
    names = ["psi", "noise_gain"] if generator.synthesis.noise_shapes else ["psi"]
    inputs = {"z": latents, **{name: tf.ones([len(z), 1]) for name in names}}
    arrays = {name: value.numpy() for name, value in inputs.items()}
    if SAVED_MODEL in wanted:
        loaded = tf.saved_model.load(str(export.saved_model(generator, directory / "saved_model")))
        yield SAVED_MODEL, lambda: loaded.signatures["serving_default"](**inputs)["image"].numpy()
    if TFLITE in wanted:
        from ai_edge_litert.interpreter import Interpreter

        path = export.tflite(generator, directory / "generator.tflite", batch=len(z))
        signature = Interpreter(model_path=str(path), num_threads=os.cpu_count()).get_signature_runner(
            "serving_default"
        )
        yield TFLITE, lambda: signature(**arrays)["image"]
    if ONNX in wanted:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # Its threads would otherwise keep the processors busy for a while after a call, in the others' turns.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = export.onnx(generator, directory / "generator.onnx")
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        yield ONNX, lambda: session.run(["image"], arrays)[0]


def check_agreement(calls: dict[str, Call]) -> None:
    """Makes sure that all make the same pictures."""
    import numpy as np

    expected = np.asarray(calls[FUNCTION]())
    for name, call in calls.items():
        difference = float(np.abs(np.asarray(call()) - expected).max() / expected.std())
        assert difference < TOLERANCE, f"{name} differs from {FUNCTION} by {difference:.2g}"


def main(argv: list[str] | None = None) -> int:
    return harness.main(run, FLAGS, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
