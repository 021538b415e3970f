"""What each part of the package may import at module level. The order of the layers is checked by import-linter."""

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tfstylegan
from tfstylegan import export

PACKAGE = Path(tfstylegan.__file__).parent
FOLDERS = [PACKAGE, Path(export.__file__).parent]

# These run under every Keras backend, so a framework must not be needed to import them. Those that are files are
# used by the others.
PORTABLE = [
    "configs", "custom_ops", "ops", "layers", "networks", "latents", "interop",
    "animation.py", "errors.py", "files.py", "images.py", "progress.py", "version.py",
]  # fmt: skip
FRAMEWORKS = {"tensorflow", "tf_keras", "jax", "torch"}


def module_level_imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import that runs when the module is imported; type checkers' imports do not."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))


def offences(paths: list[Path], forbidden) -> list[str]:
    return [
        f"{path.name}:{line} imports {module}"
        for path in paths
        for line, module in module_level_imports(path.read_text(encoding="utf-8"))
        if forbidden(module)
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import tensorflow as tf", ["tensorflow"]),
        ("try:\n    from tensorflow.lite import x\nexcept ImportError:\n    x = None", ["tensorflow.lite"]),
        ("class A:\n    import jax", ["jax"]),
        ("def f():\n    import tensorflow", []),
        ("if TYPE_CHECKING:\n    import tensorflow\nelse:\n    import jax", ["jax"]),
        ("from ..training import loop", ["..training"]),
    ],
)
def test_module_level_imports_are_recognised(source, found):
    assert [module for _, module in module_level_imports(source)] == found


@pytest.mark.parametrize("name", PORTABLE)
def test_the_portable_parts_import_no_framework(name):
    path = PACKAGE / name
    files = [path] if path.suffix else sorted(path.rglob("*.py"))
    assert not offences(files, lambda module: module.partition(".")[0] in FRAMEWORKS)


def test_nothing_but_the_command_line_imports_the_top_level_package():
    # tfstylegan.data, say, would be found through it without an import that the check of layers can see.
    files = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py")) if path.parent.name != "cli"]
    found = [
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and any(alias.name == "tfstylegan" for alias in node.names)
    ]
    assert not found


def test_imports_are_absolute():
    files = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
    assert len(files) > 50
    assert not offences(files, lambda module: module.startswith("."))


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_the_portable_parts_run_where_tensorflow_is_not_installed():
    code = """
import sys
sys.modules["tensorflow"] = None  # importing it fails
import numpy as np
from tfstylegan import latents, layers, networks, ops
f = ops.setup_filter([1, 3, 3, 1])
print(ops.downsample2d(np.ones([1, 4, 4, 2], "float32"), f).shape)
print(layers.Dense.__name__, networks.Generator.__name__, latents.z_from_seeds([0], 4).shape)
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["(1, 2, 2, 2)", "Dense Generator (1, 4)"]
