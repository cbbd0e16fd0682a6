from __future__ import annotations

from pathlib import Path

import pytest
from support.builds import build_wheelhouse, find_links, make_venv


@pytest.fixture(scope="session")
def build_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with pip and build, and nothing of this project."""
    return make_venv(tmp_path_factory.mktemp("front-end") / "venv", "build")


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory, build_python: Path) -> Path:
    """A directory with the backend's own wheel, built from this checkout."""
    return build_wheelhouse(tmp_path_factory.mktemp("wheelhouse"), build_python)


@pytest.fixture(scope="session")
def build_env(wheelhouse: Path) -> dict[str, str]:
    """What the environment of a front end must have to find the backend's wheel."""
    return find_links(wheelhouse)


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    """The directory of the programs of an environment with everything."""
    (wheel,) = wheelhouse.glob("*.whl")
    directory = tmp_path_factory.mktemp("program") / "venv"
    return make_venv(directory, f"{wheel}[cli]", "validate-pyproject").parent
