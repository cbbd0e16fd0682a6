"""The backend runs on every Python from 3.9 on, and builds for the one it runs on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import make_venv, run
from support.pythons import MINORS, find_python
from support.wheels import Wheel

Package = Callable[[str], Path]


@pytest.fixture(scope="module", params=MINORS, ids=lambda minor: f"3.{minor}")
def of_version(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wheelhouse: Path,
    tools: dict[str, str],
) -> tuple[int, Backend]:
    """The backend on each Python that this machine has."""
    minor = request.param
    python = Path(sys.executable) if minor == sys.version_info[1] else find_python(minor)
    if python is None:
        pytest.skip(f"no Python 3.{minor} with headers; see PY_BUILD_CMAKE_TEST_PYTHONS")
    (wheel,) = wheelhouse.glob("*.whl")
    venv = tmp_path_factory.mktemp(f"python3.{minor}") / "venv"
    return minor, Backend(make_venv(venv, wheel, python=python), tools)


def test_extension_module(
    of_version: tuple[int, Backend], package: Package, tmp_path: Path
) -> None:
    minor, backend = of_version
    project = package("c-extension")
    announced = tmp_path / "announced"
    announced.mkdir()
    hooks = backend.hooks(project)
    assert hooks.get_requires_for_build_wheel() == []
    name = hooks.prepare_metadata_for_build_wheel(str(announced), None, False)
    built = backend.build_wheel(project, metadata=announced / name)
    assert built.path.name.startswith(f"c_extension-1.2.3-cp3{minor}-cp3{minor}-")
    (module,) = (name for name in built.wheel.payload if "_native" in name)
    assert f"cpython-3{minor}-" in module
    run(backend.python, "-m", "pip", "install", "--no-index", "--no-deps", built.path)
    code = "import c_extension; print(c_extension.answer())"
    assert run(backend.python, "-I", "-c", code, cwd=tmp_path).strip() == "42"


def test_source_distribution_and_dynamic_metadata(
    of_version: tuple[int, Backend], package: Package
) -> None:
    """The same files whatever Python builds them."""
    _, backend = of_version
    project = package("pure-module")
    sdist, wheel = backend.build_sdist(project), backend.build_wheel(project)
    assert sdist.path.name == "pure_module-2.1.tar.gz"
    assert list(Wheel.read(wheel.path).files) == [
        "pure_module.py",
        "pure_module-2.1.dist-info/METADATA",
        "pure_module-2.1.dist-info/WHEEL",
        "pure_module-2.1.dist-info/entry_points.txt",
        "pure_module-2.1.dist-info/RECORD",
    ]
