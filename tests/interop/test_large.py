"""A checkpoint of StyleGAN2's configuration F at 1024 px, the largest one published: three times 30 million weights."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.golden_data import FOLDER
from tests.interop import official_files as files
from tfstylegan import configs

SIZES = {"img_resolution": 1024, "channel_base": 32768, "channel_max": 512, "conv_clamp": 256.0}
SECONDS = 20
MEMORY = 1500 << 20

READER = """
import json, sys, time
begin = time.monotonic()
import tfstylegan
model = tfstylegan.load(sys.argv[1])
seconds = time.monotonic() - begin
trainable = sum(int(variable.value.shape.num_elements()) for variable in model.trainable_weights)
from tests.interop.fuzzing import peak_memory
print(json.dumps({"seconds": seconds, "trainable": trainable, "peak": peak_memory()}))
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    random = np.random.default_rng(0)

    def network(config):
        arrays = files.official_arrays(config, lambda row: random.standard_normal(row.shape, np.float32))
        return files.pytorch_tree(config, {name: files.tensor(array) for name, array in arrays.items()})

    generator, discriminator = configs.StyleGAN2(**SIZES), configs.StyleGAN2Discriminator(**SIZES)
    path = tmp_path_factory.mktemp("large") / "network.pkl"
    networks = {"G": network(generator), "D": network(discriminator), "G_ema": network(generator)}
    path.write_bytes(files.pytorch_checkpoint(**networks))
    yield path
    path.unlink()


@pytest.mark.slow
def test_time_and_memory(path):
    command, folder = [sys.executable, "-c", READER, path], FOLDER.parents[1]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder, check=True)
    found = json.loads(done.stdout)
    assert path.stat().st_size > 350e6
    assert found["trainable"] == 30_370_060
    assert found["seconds"] < SECONDS
    assert found["peak"] < MEMORY
