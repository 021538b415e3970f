"""Maps the top-level folder ``export/`` into the package as ``tfstylegan.export``.

Everything declarative is in pyproject.toml; only the package mapping needs a line of code.
"""

from setuptools import find_packages, setup

FOLDERS = {"tfstylegan": "tfstylegan", "tfstylegan.export": "export"}

setup(
    packages=[
        name
        for package, folder in FOLDERS.items()
        for name in [package, *(f"{package}.{sub}" for sub in find_packages(folder))]
    ],
    package_dir=FOLDERS,
)
