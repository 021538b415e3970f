"""From an official checkpoint to every format: the pictures are those that the official code made."""

import numpy as np
import pytest

import tfstylegan
from tests.golden_data import FOLDER, assert_close, nhwc
from tfstylegan import export

WRITERS = {"saved_model": export.saved_model, "generator.tflite": export.tflite, "generator.onnx": export.onnx}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("checkpoint", ["sg2ada_c16_cifar", "sg3t_c32_fp16cfg", "sg3r_u32"])
def test_an_official_checkpoint_goes_to_every_format(checkpoint, name, tmp_path):
    generator = tfstylegan.load(FOLDER / "pkl" / f"{checkpoint}.pkl")
    with np.load(FOLDER / "pkl" / f"{checkpoint}.npz", allow_pickle=False) as recorded:
        z, c, expected = recorded["z"], recorded["c"], nhwc(recorded["img_ema_psi1"])
    assert_close(generator(z, c if generator.c_dim else None), expected, 2e-5, "imported")
    path = WRITERS[name](generator, tmp_path / name)
    report = export.verify(path, generator)
    assert report.ok and report.max_abs_difference <= 1e-4 * report.value_range
