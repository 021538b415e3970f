"""Keeps TensorFlow's start-up chatter off the screen.

TensorFlow prints a few lines from C++ while it is imported, whatever TF_CPP_MIN_LOG_LEVEL says. They would stand
above every message of a command, so standard error is held back during that import; all other lines are shown.
"""

import contextlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import tempfile
from collections.abc import Iterator

CHATTER = re.compile(
    r"oneDNN custom operations are on|absl::InitializeLog\(\)|port\.cc|cpu_feature_guard|^To enable the"
)


def install() -> None:
    """Makes the first ``import tensorflow`` of the process a quiet one. Does nothing if it has happened."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not known:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader, finder: _Finder):
        self._loader = loader
        self._finder = finder

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        sys.meta_path.remove(self._finder)
        module.__spec__.loader = module.__loader__ = self._loader
        with held_back_stderr():
            self._loader.exec_module(module)


@contextlib.contextmanager
def held_back_stderr() -> Iterator[None]:
    """Collects what is written to file descriptor 2, and writes all but the chatter when the block ends."""
    try:
        original = os.dup(2)
    except OSError:  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            lines = held.read().decode(errors="replace").splitlines(keepends=True)
            sys.stderr.write("".join(line for line in lines if not CHATTER.search(line)))
            sys.stderr.flush()
