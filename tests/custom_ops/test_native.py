"""The C++ tests of the CPU library pass, plain and under the sanitizers, wherever there is a compiler."""

import os
import runpy
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "custom_ops"
TESTS = ("test_bias_act", "test_epilogues", "test_refusals", "test_resampling", "test_threads", "fuzz")
COMPILER = shutil.which(os.environ.get("CXX", "g++")) or shutil.which("c++")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler"),
    pytest.mark.skipif(not (SOURCE / "CMakeLists.txt").is_file(), reason="not in a clone of the repository"),
]


def run(*command: str | Path, **environment: str) -> None:
    outcome = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,
        env={**os.environ, **environment},
    )
    assert outcome.returncode == 0, f"{command} failed:\n{outcome.stdout[-8000:]}"


def sanitizer_works(sanitizer: str, folder: Path) -> bool:
    """Whether the compiler has the sanitizer's run-time library, and the system lets it run."""
    program = folder / "probe.cc"
    program.write_text("int main() { return 0; }\n")
    made = subprocess.run([COMPILER, f"-fsanitize={sanitizer}", program, "-o", folder / "probe"], capture_output=True)
    return made.returncode == 0 and subprocess.run([folder / "probe"], capture_output=True).returncode == 0


@pytest.mark.skipif(shutil.which("ctest") is None, reason="CMake is not installed")
@pytest.mark.parametrize(
    ("sanitizer", "instruction_sets"),
    [
        ("", "avx2;avx512"),
        ("address,undefined", "avx512"),  # compiles for half a minute for each; their source is the same
        ("thread", "avx2;avx512"),
    ],
    ids=["plain", "address", "thread"],
)
def test_native_tests_pass(sanitizer, instruction_sets, tmp_path):
    if sanitizer and not sanitizer_works(sanitizer, tmp_path):
        pytest.skip(f"-fsanitize={sanitizer} does not work here")
    build = tmp_path / "build"
    options = {"SANITIZE": sanitizer, "INSTRUCTION_SETS": instruction_sets, "CMAKE_CXX_COMPILER": COMPILER}
    run("cmake", "-S", SOURCE, "-B", build, *(f"-D{name}={value}" for name, value in options.items()))
    run("cmake", "--build", build, "--parallel", str(os.cpu_count()))
    run("ctest", "--test-dir", build, "--output-on-failure", CTEST_OUTPUT_ON_FAILURE="1")


@pytest.mark.skipif(shutil.which("ctest") is not None, reason="CTest runs them")
def test_native_tests_pass_without_cmake(tmp_path):
    cpu = runpy.run_path(str(SOURCE / "cpu_sources.py"))
    sources = [path for path in cpu["SOURCES"] if path.startswith("custom_ops/cpu/")]
    objects = [tmp_path / f"{Path(path).stem}.o" for path in sources]
    commands = [
        (COMPILER, *cpu["compile_flags"](path), "-c", ROOT / path, "-o", made)
        for path, made in zip(sources, objects, strict=True)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda command: run(*command), commands))
    for name in TESTS:
        program = tmp_path / name
        run(COMPILER, "-std=c++17", "-O1", SOURCE / "tests" / f"{name}.cc", *objects, "-pthread", "-o", program)
        run(program)


def test_cmake_builds_what_pip_builds():
    cpu = runpy.run_path(str(SOURCE / "cpu_sources.py"))
    listed = (SOURCE / "CMakeLists.txt").read_text()
    for path in cpu["SOURCES"]:
        if path.startswith("custom_ops/cpu/"):
            assert path.removeprefix("custom_ops/") in listed
    for flags in cpu["INSTRUCTION_SETS"].values():
        assert ";".join(flags) in listed
