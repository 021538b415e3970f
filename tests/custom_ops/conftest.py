"""The emulation of the CUDA library, which is built once for all tests."""

import os
import shutil
from pathlib import Path

import pytest

from tfstylegan.custom_ops import build_cuda


@pytest.fixture(scope="session")
def emulation(tmp_path_factory) -> Path:
    """The library; its folder is the cache that it was built into. Skips where there is no compiler."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "c++", "clang++")):
        pytest.skip("there is no C++ compiler")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFSTYLEGAN_CACHE", str(tmp_path_factory.mktemp("emulation")))
        return build_cuda.build("emulation")
