"""The build of the CUDA library: what it needs, what it caches, and what comes out of it."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tfstylegan.custom_ops import build, build_cuda, loading, nvrtc
from tfstylegan.custom_ops.c_interface import CudaLibrary, OpError
from tfstylegan.errors import UserError

REPOSITORY = Path(__file__).parents[2]
OPS = (
    *("BiasAct", "BiasActGrad", "BiasActGrad2"),
    *("StyleEpilogue", "StyleEpilogueGrad", "StyleEpilogueGradGrad", "NormEpilogue", "NormEpilogueGrad"),
    *("Upfirdn2d", "FilteredLrelu", "FilteredLreluGrad"),
)
LIST_KERNELS = """
import sys
from tfstylegan.custom_ops import loading
import tensorflow as tf
from tensorflow.python.framework import kernels
if sys.argv[2] == "after": assert loading.load_cpu().ops, loading.load_cpu().reason
tf.load_op_library(sys.argv[1])
for op in sys.argv[3:]:
    for kernel in kernels.get_registered_kernels_for_op("Tfstylegan" + op).kernel:
        if kernel.device_type == "GPU":
            print(op, tf.as_dtype(kernel.constraint[0].allowed_values.list.type[0]).name, *kernel.host_memory_arg)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFSTYLEGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def fake_compiler(tmp_path, monkeypatch):
    """A compiler that writes what it is told to, slowly, and leaves a line in a log."""
    program, log = tmp_path / "fake-c++", tmp_path / "log"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo fake 1.0; exit; fi\necho "$@" >> {log}\nsleep 0.01\n'
        'while [ "$1" != -o ]; do shift; done\necho made > "$2"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    return log


def python(*arguments, **environment):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    return result.stdout


def test_no_compiler_is_said_in_one_sentence(cache, monkeypatch, capsys):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert build.main(["--emulation"]) == 1
    assert capsys.readouterr().err == (
        "error: There is no C++ compiler: install g++, or name one in the environment variable CXX.\n"
    )


def test_neither_nvcc_nor_nvrtc_is_said_in_one_sentence(cache, fake_compiler, monkeypatch, capsys):
    monkeypatch.setenv("NVCC", "off")
    monkeypatch.setattr(nvrtc, "find", lambda: None)
    assert build.main(["--cuda", "--no-tensorflow"]) == 1
    assert "neither nvcc nor NVRTC: install CUDA" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "90,,80", "sm_x", "5"])
def test_architectures_that_are_none(text, capsys):
    with pytest.raises(SystemExit):
        build.main(["--cuda", f"--architectures={text}"])
    assert "no list of architectures such as 80,90" in capsys.readouterr().err


def test_nothing_to_build(capsys):
    with pytest.raises(SystemExit):
        build.main([])
    assert "--cuda" in capsys.readouterr().err


def test_a_dry_run_shows_commands_and_makes_nothing(cache, fake_compiler, monkeypatch, capsys):
    monkeypatch.setattr(build_cuda, "find_nvcc", lambda: ("/opt/nvcc", "13.0"))
    assert build.main(["--cuda", "--no-tensorflow", "--architectures=80,sm_90", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "/opt/nvcc -fatbin" in said and "arch=compute_80,code=sm_80" in said and "code=compute_90" in said
    assert not cache.exists() and not fake_compiler.exists()


def test_what_was_built_is_not_built_again(cache, fake_compiler):
    path = build_cuda.build("emulation")
    commands = fake_compiler.read_text().count("\n")
    assert path.read_text() == "made\n" and path.parent == cache
    assert build_cuda.build("emulation") == path
    assert fake_compiler.read_text().count("\n") == commands
    assert [file.suffix for file in cache.iterdir()].count(".so") == 1


def test_other_sources_are_another_library(cache, fake_compiler, monkeypatch, tmp_path):
    before = build_cuda.build("emulation")
    copy = tmp_path / "copy"
    for folder in ("cuda", "include"):
        shutil.copytree(build_cuda.FOLDER / folder, copy / folder)
    monkeypatch.setattr(build_cuda, "FOLDER", copy)
    with open(copy / "cuda" / "activation.h", "a") as file:
        file.write("\n")
    assert build_cuda.build("emulation") != before


def test_what_was_built_is_found_for_the_same_tensorflow_only(cache, fake_compiler, monkeypatch):
    monkeypatch.setattr(build_cuda, "find_nvcc", lambda: (str(fake_compiler.with_name("fake-c++")), "13.0"))
    monkeypatch.setattr(build_cuda, "_tensorflow", lambda: ("2.21.0", ()))
    assert build_cuda.find_built("2.21.0") is None
    older, newer = (build_cuda.build("tensorflow", architectures) for architectures in ((80,), (90,)))
    os.utime(older, (1, 1))
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert older != newer and build_cuda.find_built("2.21.0") == newer
    assert build_cuda.find_built("2.22.0") is None


def test_of_several_processes_one_builds(cache, fake_compiler):
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: build_cuda.build("emulation"), range(4)))
    assert len(set(paths)) == 1
    assert fake_compiler.read_text().count("-shared") == 1


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing(cache, tmp_path, monkeypatch):
    program = tmp_path / "fails"
    program.write_text('#!/bin/sh\nif [ "$1" = --version ]; then echo 1; exit; fi\necho "out of memory" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    with pytest.raises(UserError, match="out of memory"):
        build_cuda.build("emulation")
    assert [file.suffix for file in cache.iterdir()] == [".lock"]


@pytest.mark.slow
@pytest.mark.skipif(build_cuda.find_nvcc() is None, reason="there is no nvcc")
def test_the_cuda_library_loads_without_a_gpu_and_lists_its_kernels(cache):
    path = build_cuda.build("tensorflow", optimize="-O1")
    library = CudaLibrary(path)
    assert {"bias_act_float16_x8", "filtered_lrelu_any"} < set(library.kernels())
    if not Path("/dev/nvidia0").exists():
        with pytest.raises(OpError, match="CUDA"):
            library.check_device()
    expected = {f"{op} {dtype}" for op in OPS for dtype in ("float32", "float16", "bfloat16")}
    for order in ("after", "alone") if loading.CPU_LIBRARY.is_file() else ("alone",):
        lines = python("-c", LIST_KERNELS, str(path), order, *OPS).splitlines()
        assert {" ".join(line.split()[:2]) for line in lines} == expected
        assert "Upfirdn2d float32 fy fx" in lines and "FilteredLrelu float16 fu_y fu_x fd_y fd_x" in lines


@pytest.mark.slow
@pytest.mark.skipif(nvrtc.find() is None, reason="there is no NVRTC")
def test_nvrtc_compiles_the_kernels(cache, monkeypatch):
    monkeypatch.setenv("NVCC", "off")
    path = build_cuda.build("standalone", architectures=(80, 90), optimize="-O1")  # several: PTX
    image = path.read_bytes()
    assert b".target sm_80" in image
    assert all(b".entry tfsg_" + name.encode() in image for name in CudaLibrary(path).kernels())


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which(os.environ.get("CXX", "g++")), reason="there is no C++ compiler")
@pytest.mark.skipif(not loading.CPU_LIBRARY.is_file(), reason="the CPU library, which registers the ops, is not built")
def test_tensors_become_arguments(cache):
    """Of the GPU kernels everything but the device: on the CPU device, over the emulation."""
    path = build_cuda.build("tensorflow_emulation", optimize="-O1")
    said = python(str(Path(__file__).with_name("run_emulated_tensorflow_ops.py")), str(path))
    assert said.splitlines()[-1] == "all is well"
