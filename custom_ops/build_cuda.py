"""Builds the CUDA library: kernels by nvcc, or by NVRTC where there is none, and the rest by the C++ compiler.

What is built is kept in a cache under a name that holds a hash of everything it depends on, so that it is built once
for each version of the sources, of TensorFlow and of CUDA.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tfstylegan.custom_ops import nvrtc
from tfstylegan.errors import UserError

FOLDER = Path(__file__).resolve().parent
ARCHITECTURES = (75, 80, 86, 89, 90)  # and PTX of the last, from which a driver makes code for later GPUs
LAUNCHER = (
    "launch.cc",
    "launch_common.cc",
    "launch_bias_act.cc",
    "launch_style_epilogue.cc",
    "launch_norm_epilogue.cc",
    "launch_upfirdn2d.cc",
    "launch_filtered_lrelu.cc",
)
TARGETS = {  # what is compiled besides the launcher
    "tensorflow": ("tf_gpu_kernels.cc", "tf_gpu_fir.cc", "driver.cc"),
    "standalone": ("driver.cc",),
    "emulation": ("kernels.cu", "emulation/blocks.cc", "emulation/driver.cc"),
    "tensorflow_emulation": (
        "tf_gpu_kernels.cc",
        "tf_gpu_fir.cc",
        "kernels.cu",
        "emulation/blocks.cc",
        "emulation/driver.cc",
    ),
}


@dataclass(frozen=True)
class Toolchain:
    """What a build depends on besides the sources."""

    compiler: str  # of C++
    compiler_version: str
    nvcc: str | None = None
    nvrtc: str | None = None  # the library
    cuda_version: str = ""
    architectures: tuple[int, ...] = ()
    tensorflow_version: str = ""
    tensorflow_flags: tuple[str, ...] = ()


def cache_folder() -> Path:
    """TFSTYLEGAN_CACHE, or tfstylegan in the user's cache folder."""
    chosen = os.environ.get("TFSTYLEGAN_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfstylegan"


def _run(command: list[str], doing: str):
    """Raises UserError with the first lines of what the program said if it fails."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[:30])
        raise UserError(f"{doing} failed: {shlex.join(command)}\n{said}")
    return result.stdout


def find_compiler() -> tuple[str, str]:
    """The C++ compiler, CXX or g++ or c++ or clang++, and its version."""
    chosen = os.environ.get("CXX")
    for name in [chosen] if chosen else ["g++", "c++", "clang++"]:
        path = shutil.which(name)
        if path:
            return path, _run([path, "--version"], "The C++ compiler").splitlines()[0]
    raise UserError("There is no C++ compiler: install g++, or name one in the environment variable CXX.")


def find_nvcc() -> tuple[str, str] | None:
    """nvcc of NVCC, of the path, or of /usr/local/cuda, and its version; NVCC=off hides it."""
    chosen = os.environ.get("NVCC")
    if chosen == "off":
        return None
    path = shutil.which(chosen or "nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")
    if path is None:
        return None
    return path, _run([path, "--version"], "nvcc").strip().splitlines()[-1]


def _tensorflow() -> tuple[str, tuple[str, ...]]:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise UserError(
            "TensorFlow is not installed here, and its version is part of the library: install it, or build the "
            "library without it by --no-tensorflow."
        ) from error
    return tf.__version__, (*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags())


def find_toolchain(target: str, architectures: tuple[int, ...] | None = None) -> Toolchain:
    """What there is for a target. Raises UserError that says what is missing."""
    compiler, compiler_version = find_compiler()
    version, flags = _tensorflow() if target.startswith("tensorflow") else ("", ())
    common = (compiler, compiler_version)
    if target.endswith("emulation"):
        return Toolchain(*common, tensorflow_version=version, tensorflow_flags=flags)
    nvcc = find_nvcc()
    if nvcc:
        return Toolchain(*common, nvcc[0], None, nvcc[1], architectures or ARCHITECTURES, version, flags)
    library = nvrtc.find()
    if library is None:
        raise UserError(
            "There is neither nvcc nor NVRTC: install CUDA, or NVRTC by pip install 'tensorflow[and-cuda]' or "
            "pip install nvidia-cuda-nvrtc-cu12."
        )
    chosen = architectures or nvrtc.architectures_of_this_machine()
    return Toolchain(*common, None, str(library), nvrtc.Nvrtc(library).version, chosen, version, flags)


def sources() -> list[Path]:
    """Every file that the library is made of, in a fixed order. Raises UserError if they are not installed."""
    kinds = ("*.cc", "*.h", "*.cu", "*.cuh")
    found = sorted(path for kind in kinds for top in ("cuda", "include") for path in (FOLDER / top).rglob(kind))
    if FOLDER / "cuda" / "kernels.cu" not in found:
        raise UserError(f"The sources of the CUDA library are not in {FOLDER / 'cuda'}: install the package again.")
    return found


def _source_key(tensorflow_version: str) -> str:
    """A hash of the sources and of the TensorFlow that the library is for."""
    digest = hashlib.sha256(tensorflow_version.encode())
    for path in sources():
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def library_path(target: str, toolchain: Toolchain, optimize: str) -> Path:
    """Where the library is, or will be: two hashes say what it needs, and what it was made by."""
    made_by = hashlib.sha256(f"{toolchain} {optimize}".encode()).hexdigest()[:12]
    return cache_folder() / f"libtfstylegan_cuda_{target}_{_source_key(toolchain.tensorflow_version)}_{made_by}.so"


def find_built(tensorflow_version: str) -> Path | None:
    """The newest library in the cache that is of these sources and for that TensorFlow; needs no compiler."""
    pattern = f"libtfstylegan_cuda_tensorflow_{_source_key(tensorflow_version)}_*.so"
    return max(cache_folder().glob(pattern), key=lambda path: path.stat().st_mtime, default=None)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the others wait. Where there are no locks, the rename at the end is safe all the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass
        yield


def nvcc_command(toolchain: Toolchain, output: Path) -> list[str]:
    """A fatbin with code for every architecture, and PTX of the last."""
    assert toolchain.nvcc
    command = [
        toolchain.nvcc,
        "-fatbin",
        "-std=c++17",
        "-O3",
        "--threads=0",
        "-Xfatbin=-compress-all",
        "-o",
        str(output),
    ]
    for number in toolchain.architectures:
        command.append(f"-gencode=arch=compute_{number},code=sm_{number}")
    last = max(toolchain.architectures)
    return [*command, f"-gencode=arch=compute_{last},code=compute_{last}", str(FOLDER / "cuda/kernels.cu")]


def compile_commands(target: str, toolchain: Toolchain, folder: Path, optimize: str) -> list[list[str]]:
    """A command for each object file, and the last one for the library."""
    flags = ["-std=c++17", optimize, "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"]
    inputs = [*TARGETS[target], *LAUNCHER]  # what takes longest first
    if target.endswith("emulation"):
        # Fused multiplications would round differently by compiler; fibres jump between stacks, which fortified
        # longjmp takes for a mistake.
        flags += ["-DTFSG_EMULATION", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-fno-strict-aliasing"]
    else:
        flags += [f'-DTFSG_MODULE="{folder / "kernels.image"}"']
    commands, objects = [], []
    for name in inputs:
        output = folder / (name.replace("/", "_") + ".o")
        objects.append(str(output))
        language = ["-x", "c++"] if name.endswith(".cu") else []
        extra = []
        if name.startswith("tf_"):
            extra = [flag for flag in toolchain.tensorflow_flags if not flag.startswith(("-L", "-l", "--std"))]
            extra = [flag.replace("-I", "-isystem", 1) if flag.startswith("-I") else flag for flag in extra]
        commands.append(
            [toolchain.compiler, *flags, *extra, "-c", *language, str(FOLDER / "cuda" / name), "-o", str(output)]
        )
    link = [flag for flag in toolchain.tensorflow_flags if flag.startswith(("-L", "-l"))]
    return [*commands, [toolchain.compiler, "-shared", "-o", str(folder / "library.so"), *objects, *link, "-ldl"]]


def build(
    target: str = "tensorflow",
    architectures: tuple[int, ...] | None = None,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda line: None,
    optimize: str | None = None,
) -> Path:
    """Builds the library unless it is in the cache.

    Args:
      target: "tensorflow"; "standalone", for ctypes; "emulation", whose kernels run on the host; or for tests
        "tensorflow_emulation", which puts them on TensorFlow's CPU device for float16 and bfloat16.
      architectures: such as (80, 90); None for all that nvcc serves, or this machine's with NVRTC.
      dry_run: only say what would be done.
      say: is given lines of progress.
      optimize: of the C++ compiler; None for -O2, or -O1 for the emulation, which is compiled more often than run.

    Returns:
      The path of the library.

    Raises:
      UserError: a program is missing, or does not compile.
    """
    optimize = optimize or ("-O1" if target.endswith("emulation") else "-O2")
    toolchain = find_toolchain(target, architectures)
    path = library_path(target, toolchain, optimize)
    if path.exists():
        say(f"Is built: {path}")
        return path
    if dry_run:
        folder = Path(tempfile.gettempdir())
        say(f"Would build {path}")
        if not target.endswith("emulation"):
            image = folder / "kernels.image"
            say(shlex.join(nvcc_command(toolchain, image)) if toolchain.nvcc else f"{toolchain.nvrtc} -> {image}")
        for command in compile_commands(target, toolchain, folder, optimize):
            say(shlex.join(command))
        return path
    with _locked(path.with_suffix(".lock")):
        if not path.exists():
            _build(target, toolchain, path, say, optimize)
    say(f"Built {path}")
    return path


def _build(target: str, toolchain: Toolchain, path: Path, say: Callable[[str], None], optimize: str):
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="building_") as temporary:
        folder = Path(temporary)
        image = folder / "kernels.image"
        if not target.endswith("emulation"):
            names = ", ".join(f"sm_{number}" for number in toolchain.architectures)
            say(f"Compiling the kernels for {names} by {'nvcc' if toolchain.nvcc else 'NVRTC'}")
            if toolchain.nvcc:
                _run(nvcc_command(toolchain, image), "Compiling the kernels")
            elif toolchain.nvrtc:
                image.write_bytes(nvrtc.compile_kernels(FOLDER / "cuda", toolchain.nvrtc, toolchain.architectures))
        *compile_all, link = compile_commands(target, toolchain, folder, optimize)
        say(f"Compiling {len(compile_all)} files by {Path(toolchain.compiler).name}")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda command: _run(command, "Compiling the library"), compile_all))
        _run(link, "Linking the library")
        os.replace(folder / "library.so", path)
