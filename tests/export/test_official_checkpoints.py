"""From an official checkpoint to every format: the pictures are those that the official code made."""

import numpy as np
import pytest

import tfstylegan
from tests.golden_data import FOLDER, assert_close, nhwc
from tfstylegan import export

WRITERS = {"saved_model": export.saved_model, "generator.tflite": export.tflite, "generator.onnx": export.onnx}
# A checkpoint, and what its labels and images are called in the file next to it.
CHECKPOINTS = {
    "pkl/sg2ada_c16_cifar": ("c", "img_ema_psi1"),
    "pkl/sg3t_c32_fp16cfg": ("c", "img_ema_psi1"),
    "pkl/sg3r_u32": ("c", "img_ema_psi1"),
    "tf1/pkl/progan_tfutil": ("labels", "images_Gs"),
    "tf1/pkl/sg1_uncond": ("labels", "images_Gs"),
    "tf1/pkl/sg1_cond_lod": ("labels", "images_Gs"),
    "tf1/pkl/sg2_cond": ("labels", "images_Gs"),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_an_official_checkpoint_goes_to_every_format(checkpoint, name, tmp_path):
    generator = tfstylegan.load(FOLDER / f"{checkpoint}.pkl")
    labels, images = CHECKPOINTS[checkpoint]
    with np.load(FOLDER / f"{checkpoint}.npz", allow_pickle=False) as recorded:
        z, c, expected = recorded["z"], recorded[labels], nhwc(recorded[images])
    assert_close(generator(z, c if generator.c_dim else None), expected, 2e-5, "imported")
    path = WRITERS[name](generator, tmp_path / name)
    report = export.verify(path, generator)
    assert report.ok and report.max_abs_difference <= 1e-4 * report.value_range
