"""Artefacts are made once and shared by the tests that only read them."""

import pytest

from tests.export import exported


@pytest.fixture(scope="session")
def artefact(tmp_path_factory):
    """``artefact(format, case, **options)`` gives (model, path)."""
    made = {}

    def get(name: str, case: str = "rgb", **options):
        key = (name, case, *sorted(options.items()))
        if key not in made:
            model = exported.generator(case)
            made[key] = model, exported.write(name, model, tmp_path_factory.mktemp(name), **options)
        return made[key]

    return get
