"""Maps the top-level folders ``export/`` and ``custom_ops/`` into the package, and builds the fused CPU ops.

Everything declarative is in pyproject.toml. The ops are optional: where there is no C++ compiler the package installs
without them, and says so. ``TFSTYLEGAN_BUILD_OPS=require`` makes that an error, ``=off`` does not try.
"""

import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor

from setuptools import Extension, find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

FOLDERS = {"tfstylegan": "tfstylegan", "tfstylegan.export": "export", "tfstylegan.custom_ops": "custom_ops"}
CPU = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom_ops", "cpu_sources.py"))
BUILD_OPS = os.environ.get("TFSTYLEGAN_BUILD_OPS", "auto")
if BUILD_OPS not in ("auto", "require", "off"):
    sys.exit(f"TFSTYLEGAN_BUILD_OPS must be auto, require or off; got {BUILD_OPS!r}")


class BuildOps(build_ext):
    """A plain shared library, independent of Python, each of whose sources has flags of its own."""

    def get_ext_filename(self, fullname):
        suffix = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
        return os.path.join(*fullname.split(".")) + suffix

    def get_export_symbols(self, ext):
        return []

    def _compile(self, source, depends):
        flags = CPU["compile_flags"](source.replace(os.sep, "/"))
        (made,) = self.compiler.compile(
            [source], output_dir=self.build_temp, extra_postargs=list(flags), depends=depends
        )
        return made

    def build_extension(self, ext):
        if sys.platform == "win32":
            raise CompileError("the fused ops are not built on Windows: TensorFlow's symbols cannot be weak there")
        try:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = list(pool.map(lambda source: self._compile(source, ext.depends), ext.sources))
            path = self.get_ext_fullpath(ext.name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            flags = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-s"]
            self.compiler.link_shared_object(
                objects, path, extra_postargs=["-pthread", *flags], target_lang="c++", build_temp=self.build_temp
            )
        except CompileError:
            raise
        except Exception as error:  # a missing compiler has many faces
            raise CompileError(f"the fused ops cannot be built: {error}") from error


class Wheel(bdist_wheel):
    """The library is for a platform, but for any version of Python."""

    def get_tag(self):
        _, _, platform = super().get_tag()
        return "py3", "none", platform


def extensions():
    """The CPU library, unless it is switched off."""
    if BUILD_OPS == "off":
        return []
    name = f"tfstylegan.custom_ops.{CPU['LIBRARY']}"
    return [
        Extension(
            name,
            sources=list(CPU["SOURCES"]),
            depends=list(CPU["DEPENDS"]),
            language="c++",
            optional=BUILD_OPS != "require",
        )
    ]


setup(
    packages=[
        name
        for package, folder in FOLDERS.items()
        for name in [package, *(f"{package}.{sub}" for sub in find_packages(folder))]
    ],
    package_dir=FOLDERS,
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildOps, **({"bdist_wheel": Wheel} if BUILD_OPS != "off" else {})},
)
