"""Stubs that mypy's stubgen makes of a package."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.projects import LOCAL, write

Package = Callable[[str], Path]


def _stubs(backend: Backend, project: Path) -> dict[str, str]:
    files = backend.build_wheel(project).wheel.files
    return {name: data.decode() for name, data in files.items() if name.endswith(".pyi")}


def test_whole_package(with_stubgen: Backend, package: Package) -> None:
    """A stub that is there already wins; nothing is left in the project."""
    project = package("stubs")
    before = set(project.rglob("*"))
    stubs = _stubs(with_stubgen, project)
    assert {path.parent.name for path in set(project.rglob("*")) - before} <= {"dist", "stubs"}
    assert sorted(stubs) == [
        "stubbed/__init__.pyi",
        "stubbed/numbers.pyi",
        "stubbed/written.pyi",
    ]
    assert "def double(x: int) -> int: ..." in stubs["stubbed/numbers.pyi"]
    assert "by hand" in stubs["stubbed/written.pyi"]
    assert "from .numbers import double as double" in stubs["stubbed/__init__.pyi"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("modules = ['stubbed.numbers']", ["numbers", "written"]),
        ("files = ['stubbed/numbers.py']", ["numbers", "written"]),
        ("args = ['--include-private']", ["__init__", "numbers", "written"]),
        ("args = ['-o', '../of the user']", ["written"]),
    ],
)
def test_options(with_stubgen: Backend, package: Package, table: str, expected: list[str]) -> None:
    project = package("stubs")
    write(project / LOCAL, f"[stubgen]\n{table}\n")
    assert sorted(_stubs(with_stubgen, project)) == [f"stubbed/{name}.pyi" for name in expected]


def test_single_file(with_stubgen: Backend, package: Package) -> None:
    project = package("pure-module")
    with (project / "pyproject.toml").open("a") as file:
        file.write("\n[tool.py-build-cmake.stubgen]\n")
    assert list(_stubs(with_stubgen, project)) == ["pure_module.pyi"]


def test_stubs_of_what_cmake_installs(with_stubgen: Backend, package: Package) -> None:
    project = package("stubs")
    with (project / "pyproject.toml").open("a") as file:
        file.write("\n[tool.py-build-cmake.cmake]\n")
    write(
        project / "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.15...4.1)
        project(stubs LANGUAGES NONE)
        file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/made.py" "def made(x: str) -> str: return x\\n")
        install(FILES "${CMAKE_CURRENT_BINARY_DIR}/made.py" DESTINATION stubbed)
        """,
    )
    stubs = _stubs(with_stubgen, project)
    assert "def made(x: str) -> str: ..." in stubs["stubbed/made.pyi"]


def test_stubgen_fails(with_stubgen: Backend, package: Package) -> None:
    project = package("stubs")
    message = with_stubgen.refusal(project, {"stubgen.args": '["--nonsense"]'})
    assert message.startswith("stub generation failed (exit status 2)")
    assert "stubgen --nonsense" in message


def test_stubgen_is_missing(backend: Backend, package: Package, bare_path: Path) -> None:
    message = backend.with_env(PATH=str(bare_path)).refusal(package("stubs"))
    for part in ("stubgen was not found", "tool.py-build-cmake.stubgen", "hint: "):
        assert part in message
