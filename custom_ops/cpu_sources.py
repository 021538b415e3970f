"""What the CPU library is made of, and the compiler's flags for it. setup.py runs this, so it imports nothing."""

import platform
from pathlib import PurePosixPath

LIBRARY = "libtfstylegan_cpu"  # and the platform's suffix of shared libraries

# Paths from the root of the repository.
SOURCES = (
    "custom_ops/cpu/arguments.cc",
    "custom_ops/cpu/dispatch.cc",
    "custom_ops/cpu/elementwise.cc",
    "custom_ops/cpu/kernels_avx2.cc",
    "custom_ops/cpu/kernels_avx512.cc",
    "custom_ops/cpu/kernels_baseline.cc",
    "custom_ops/cpu/resampling.cc",
    "custom_ops/cpu/thread_pool.cc",
    "custom_ops/tf/elementwise_ops.cc",
    "custom_ops/tf/kernel.cc",
    "custom_ops/tf/registration.cc",
    "custom_ops/tf/resampling_ops.cc",
)
DEPENDS = (
    *(
        f"custom_ops/cpu/{name}.h"
        for name in ("arguments", "dispatch", "kernels", "partition", "thread_pool", "vector")
    ),
    *(
        f"custom_ops/cpu/{name}.inl"
        for name in (
            "activations",
            "bias_act",
            "filtered_lrelu",
            "kernels",
            "norm_epilogue",
            "style_epilogue",
            "upfirdn2d",
        )
    ),
    "custom_ops/include/tfstylegan_ops.h",
    *(f"custom_ops/tf/{name}.h" for name in ("kernel", "registration", "tensorflow_c_api")),
)

COMMON_FLAGS = (
    "-std=c++17",
    "-O3",
    "-g0",
    "-ffp-contract=fast",
    "-fPIC",
    "-fvisibility=hidden",
    "-pthread",
    "-Wno-psabi",
)
INSTRUCTION_SETS = {
    "kernels_avx2": ("-mavx2", "-mfma"),
    "kernels_avx512": ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma"),
}


def compile_flags(source: str, machine: str | None = None) -> tuple[str, ...]:
    """Flags for one source file on ``machine`` (this one, if None), in GCC's and Clang's spelling."""
    machine = (machine or platform.machine()).lower()
    extra = INSTRUCTION_SETS.get(PurePosixPath(source).stem, ()) if machine in ("x86_64", "amd64") else ()
    return (*COMMON_FLAGS, *extra)
