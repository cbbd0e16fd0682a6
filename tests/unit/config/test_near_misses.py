"""Tables that were meant for this program, under other names."""

from __future__ import annotations

import pytest

from py_build_cmake.base.errors import Problem
from py_build_cmake.config.near_misses import check_tables

OWN = "tool.py-build-cmake"


def found(contents: dict[str, object]) -> list[Problem]:
    problems: list[Problem] = []
    check_tables(contents, problems)
    return problems


@pytest.mark.parametrize(
    ("contents", "where", "meant"),
    [
        *(
            ({"tool": {name: {"cmake": {}}}}, f"tool.{name}", OWN)
            for name in (
                *("py_build_cmake", "py-build-cmak", "py-build-camke", "pybuildcmake"),
                *("Py-Build-CMake", "build-cmake", "py-cmake-build", "py-build-cmakee"),
            )
        ),
        ({"py-build-cmake": {"cmake": {}}}, "py-build-cmake", OWN),
        ({"py_build_cmake": {}}, "py_build_cmake", OWN),
        ({"tool.py-build-cmake": {}}, "tool.py-build-cmake", OWN),
        ({"tools": {"py-build-cmake": {}}}, "tools.py-build-cmake", OWN),
        ({"tol": {"x": 1, "py_build_cmake": {}}}, "tol.py_build_cmake", OWN),
        ({"cmake": {}}, "cmake", f"{OWN}.cmake"),
        ({"wheel": {}}, "wheel", f"{OWN}.wheel"),
    ],
)
def test_near_misses(contents: dict[str, object], where: str, meant: str) -> None:
    (problem,) = found(contents)
    assert problem.where == f"pyproject.toml: `{where}`"
    assert problem.hint == f"did you mean `{meant}`?"


@pytest.mark.parametrize("name", ["scikit-build", "meson-python", "maturin"])
def test_tables_of_another_backend_are_left_over(name: str) -> None:
    (problem,) = found({"tool": {name: {}, "py-build-cmake": {}}})
    assert problem.where == f"pyproject.toml: `tool.{name}`"
    assert "another build backend" in problem.message


def test_what_is_not_ours() -> None:
    names = ("black", "cibuildwheel", "cmake-format", "py-build", "pybind11-stubgen")
    tool = dict.fromkeys((*names, "py-build-cmake"), 1)
    assert not found({"tool": tool, "project": {"cmake": 1}, "build-system": {}, "x": {"cmake": 1}})
    assert not found({"tool": 1, "dependency-groups": {"py-build-cmake": []}})
