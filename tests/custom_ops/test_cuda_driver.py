"""What the launcher asks of the CUDA driver, shown by a driver that only writes it down."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tfstylegan.custom_ops import build_cuda

REPOSITORY = Path(__file__).parents[2]
PROGRAM = """
import sys
from tfstylegan.custom_ops.c_interface import *
library = CudaLibrary(sys.argv[1])
def attempt(name, args):
    try:
        library.call(name, args, None, 0x1234)
    except OpError as error:
        print(error.code, error)
bias_act = BiasActArgs(dtype=0, act=CActivation(2, 0.2, 1.0, -1.0), rows=40, channels=8, x=4096, y=4096)
attempt("bias_act", bias_act)
attempt("bias_act", bias_act)
f = c_filter([1 / 12] * 12, [1 / 12] * 12)
attempt("filtered_lrelu", FilteredLreluArgs(
    batch=2, channels=9, in_h=32, in_w=32, out_h=32, out_w=32, up=2, down=2, pad_x0=11, pad_x1=10, pad_y0=11, pad_y1=10,
    fu=f, fd=f, gain=1, slope=1, clamp=-1, x=4096, y=8192))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(the library with a text for kernels, the folder of the fake driver)."""
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None or sys.platform != "linux":
        pytest.skip("there is no C++ compiler")
    folder = tmp_path_factory.mktemp("fake")
    source = Path(__file__).with_name("fake_cuda_driver.cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libcuda.so.1", source], check=True)
    nvcc = folder / "nvcc"
    nvcc.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo 1.0; exit; }\n'
        'while [ "$1" != -o ]; do shift; done\nprintf kernels > "$2"\n'
    )
    nvcc.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFSTYLEGAN_CACHE", str(folder / "cache"))
        patch.setenv("NVCC", str(nvcc))
        return build_cuda.build("standalone", optimize="-O0"), folder


def run(built, tmp_path, **environment) -> tuple[str, list[str]]:
    """(what the program printed, what the driver was asked)."""
    library, folder = built
    log = tmp_path / "log"
    environment |= {"PYTHONPATH": str(REPOSITORY), "FAKE_CUDA_LOG": str(log), "LD_LIBRARY_PATH": str(folder)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, library], capture_output=True, text=True, env=os.environ | environment
    )
    assert result.returncode == 0, result.stderr
    return result.stdout, log.read_text().splitlines() if log.exists() else []


def test_the_module_is_loaded_once_and_kernels_found_once(built, tmp_path):
    said, asked = run(built, tmp_path)
    assert said == ""
    assert asked.count("cuModuleLoadData kernels") == asked.count("cuInit") == 1
    assert [line for line in asked if line.startswith("cuModuleGetFunction")] == [
        "cuModuleGetFunction tfsg_bias_act_float32_x4",
        "cuModuleGetFunction tfsg_filtered_lrelu_up2_down2",
    ]
    assert asked.count("cuFuncSetAttribute 8 101376") == 2


def test_kernels_are_launched_on_the_stream_with_the_shared_memory_they_need(built, tmp_path):
    _, asked = run(built, tmp_path)
    first, second, third = (line for line in asked if line.startswith("cuLaunchKernel"))
    assert first == second
    assert first == "cuLaunchKernel tfsg_bias_act_float32_x4 grid 1 1 1 threads 256 1 1 shared 4096 stream 0x1234"
    words = third.split()
    assert words[1:4] == ["tfsg_filtered_lrelu_up2_down2", "grid", str(2 * 2 * 4 * 2)]  # samples, groups, tiles
    assert 48 * 1024 < int(words[words.index("shared") + 1]) <= 101376


@pytest.mark.parametrize(
    "failure, code, message",
    [
        ("cuModuleLoadData=209", 13, "the kernels of tfstylegan do not load: a fake error; build the library on this"),
        ("cuModuleGetFunction=500", 13, "tfsg_bias_act_float32_x4: a fake error"),
        ("cuLaunchKernel=2", 8, "bias_act_float32_x4: a fake error"),
        ("cuInit=100", 13, "the CUDA driver finds no GPU"),
    ],
)
def test_errors_of_the_driver_are_reported(built, tmp_path, failure, code, message):
    said, _ = run(built, tmp_path, FAKE_CUDA_FAIL=failure)
    assert said.startswith(f"{code} {message}")


def test_without_a_context_one_sentence_says_so(built, tmp_path):
    said, _ = run(built, tmp_path, FAKE_CUDA_NO_CONTEXT="1")
    assert said.startswith("13 no GPU is in use in this thread")
