"""Fixtures of the tests that build small projects with real CMake, compilers and front ends."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, path_of
from support.backend import with_stubgen as add_stubgen
from support.builds import make_venv
from support.projects import copy_package


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with CMake and Ninja on ``PATH``, from the index if they are not there."""
    missing = [name for name in ("cmake", "ninja") if not shutil.which(name)]
    if not missing:
        return {"PATH": path_of()}
    python = make_venv(tmp_path_factory.mktemp("tools") / "venv", *missing)
    return {"PATH": path_of(python.parent)}


@pytest.fixture(scope="session")
def backend(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Backend:
    """The backend in an environment without CMake, with build tools on ``PATH``."""
    (wheel,) = wheelhouse.glob("*.whl")
    return Backend(make_venv(tmp_path_factory.mktemp("backend") / "venv", wheel), tools)


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str], Path]:
    """Copies a project of ``tests/packages`` to where it can be built and edited."""

    def copy(name: str) -> Path:
        return copy_package(name, tmp_path / name)

    return copy


@pytest.fixture(scope="session")
def make() -> None:
    """Skips where there is no Make."""
    if not shutil.which("make"):
        pytest.skip("no make on PATH")


@pytest.fixture(scope="session")
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for ``PATH`` that has a shell, and neither CMake, Ninja, Make nor a compiler."""
    directory = tmp_path_factory.mktemp("bare-path")
    for name in ("sh", "env", "uname"):
        found = shutil.which(name)
        if found:
            (directory / name).symlink_to(found)
    return directory


@pytest.fixture(scope="session")
def with_stubgen(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """The backend with stubgen on ``PATH``, of the environment that the tests run in."""
    return add_stubgen(backend, tmp_path_factory.mktemp("mypy") / "bin")
