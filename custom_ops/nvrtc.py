"""NVRTC, NVIDIA's compiler as a library, by ctypes: kernels without nvcc. ``tensorflow[and-cuda]`` installs it."""

import ctypes
import ctypes.util
import importlib.util
import re
from pathlib import Path

from tfstylegan.errors import UserError

CAPABILITY_MAJOR, CAPABILITY_MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...


def find() -> Path | str | None:
    """The library: of the pip package, or of the system."""
    for package in ("nvidia.cuda_nvrtc", "nvidia.cu13"):
        try:
            spec = importlib.util.find_spec(package)
        except ImportError:
            continue
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found = sorted(Path(folder).glob("lib/libnvrtc.so.*"))
            if found:
                return found[-1]
    return ctypes.util.find_library("nvrtc")


def architectures_of_this_machine() -> tuple[int, ...]:
    """Of the first GPU. Raises UserError if there is none."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise UserError(
            "There is no CUDA driver here, so --architectures must say what GPU to compile for, such as "
            "--architectures=90."
        ) from error
    major, minor, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), 0):
        raise UserError("The CUDA driver finds no GPU: name one by --architectures, such as --architectures=90.")
    cuda.cuDeviceGetAttribute(ctypes.byref(major), CAPABILITY_MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), CAPABILITY_MINOR, device)
    return (10 * major.value + minor.value,)


class Nvrtc:
    """The functions of the library that are needed."""

    def __init__(self, library: Path | str):
        self.c = ctypes.CDLL(str(library))
        self.c.nvrtcGetErrorString.restype = ctypes.c_char_p

    def _check(self, code: int, doing: str):
        if code:
            raise UserError(f"NVRTC: {doing}: {self.c.nvrtcGetErrorString(code).decode()}.")

    @property
    def version(self) -> str:
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._check(self.c.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)), "asking its version")
        return f"NVRTC {major.value}.{minor.value}"

    def supported(self) -> list[int]:
        """The architectures it compiles for."""
        count = ctypes.c_int()
        self._check(self.c.nvrtcGetNumSupportedArchs(ctypes.byref(count)), "asking for architectures")
        numbers = (ctypes.c_int * count.value)()
        self._check(self.c.nvrtcGetSupportedArchs(numbers), "asking for architectures")
        return list(numbers)

    def _result(self, program, kind: str) -> bytes:
        size = ctypes.c_size_t()
        self._check(getattr(self.c, f"nvrtcGet{kind}Size")(program, ctypes.byref(size)), f"reading the {kind}")
        data = ctypes.create_string_buffer(size.value)
        self._check(getattr(self.c, f"nvrtcGet{kind}")(program, data), f"reading the {kind}")
        return data.raw

    def compile(self, source: str, name: str, headers: dict[str, str], architecture: int, ptx: bool) -> bytes:
        """A cubin for an architecture, or PTX for it and later ones. Raises UserError with the compiler's words."""
        program = ctypes.c_void_p()
        texts = (ctypes.c_char_p * len(headers))(*(text.encode() for text in headers.values()))
        names = (ctypes.c_char_p * len(headers))(*(text.encode() for text in headers))
        self._check(
            self.c.nvrtcCreateProgram(
                ctypes.byref(program), source.encode(), name.encode(), len(headers), texts, names
            ),
            "reading the sources",
        )
        try:
            kind = "compute" if ptx else "sm"
            options = [b"--std=c++17", f"--gpu-architecture={kind}_{architecture}".encode()]
            code = self.c.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
            if code:
                log = self._result(program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
                raise UserError("NVRTC does not compile the kernels: " + "\n".join(log.splitlines()[:30]))
            return self._result(program, "PTX" if ptx else "CUBIN")
        finally:
            self.c.nvrtcDestroyProgram(ctypes.byref(program))


def compile_kernels(folder: Path, library: Path | str, architectures: tuple[int, ...]) -> bytes:
    """The module of ``kernels.cu``: a cubin for one architecture, PTX of the oldest for several.

    Raises:
      UserError: if NVRTC does not know the architecture, or does not compile.
    """
    compiler = Nvrtc(library)
    known = compiler.supported()
    oldest = min(architectures)
    newer = [number for number in known if number <= oldest]
    if not newer:
        raise UserError(f"{compiler.version} compiles for sm_{min(known)} and later, not for sm_{oldest}.")
    # A GPU that is newer than NVRTC takes PTX of the newest architecture that NVRTC knows.
    ptx = len(architectures) > 1 or oldest not in known
    headers = {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.suffix in (".h", ".cuh")}
    source = (folder / "kernels.cu").read_text()
    missing = set(re.findall(r'#include "([^"]+)"', source)) - set(headers)
    if missing:
        raise UserError(f"The sources are not complete: {', '.join(sorted(missing))} is not in {folder}.")
    return compiler.compile(source, "kernels.cu", headers, max(newer), ptx)
