from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from support import clean, locked
from support.builds import build_wheelhouse, find_links, make_venv
from support.outcomes import UNAVAILABLE, Recorder, annotate, is_unavailable


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--outcomes", type=Path, metavar="FILE", help="write what came out for tests/run.py"
    )


# The environment in which every test begins (`support.clean`).
_known: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    # Before any module of the tests is imported, and in every process.
    clean.enter()
    os.environ.update(locked.offers())
    _known.update(os.environ)
    file = config.getoption("--outcomes")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(file), "outcomes")


@pytest.fixture(autouse=True)
def known_environment() -> Generator[None]:
    """Every test begins in the known state, whatever the one before has left."""
    of_pytest = {name: os.environ[name] for name in os.environ if name.startswith("PYTEST_")}
    if os.environ != {**_known, **of_pytest}:
        os.environ.clear()
        os.environ.update({**_known, **of_pytest})
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[Any],
) -> Generator[None, Any, None]:
    outcome = yield
    annotate(outcome.get_result(), call)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if report.skipped and is_unavailable(report):
        return UNAVAILABLE, "u", UNAVAILABLE.upper()
    return None


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
