"""Where things are: every package says what its modules are for, and the tests mirror the rooms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.builds import REPOSITORY

import py_build_cmake

PACKAGE = Path(py_build_cmake.__file__).parent
ROOMS = {
    path.parent.relative_to(PACKAGE).as_posix(): path.parent
    for path in sorted(PACKAGE.rglob("__init__.py"))
    if path.parent != PACKAGE
}
TESTS = REPOSITORY / "tests"
# What pytest collects, and nothing else: what tests share is in tests/support.
COLLECTED = [
    path
    for folder in ("unit", "integration", "cross")
    for path in sorted((TESTS / folder).rglob("*.py"))
]


def modules_of(package: Path) -> Iterator[str]:
    """Yield the names of the modules and packages in a package."""
    for path in package.iterdir():
        if (path / "__init__.py").is_file():
            yield path.name
        elif path.suffix == ".py" and path.name != "__init__.py":
            yield path.stem


@pytest.mark.parametrize("room", ROOMS)
def test_each_package_says_what_its_modules_are_for(room: str) -> None:
    tree = ast.parse((ROOMS[room] / "__init__.py").read_text("utf-8"))
    docstring = ast.get_docstring(tree) or ""
    summary, _, listed = docstring.partition("\n")
    assert summary.endswith("."), "the first line is a sentence about the package"
    named = re.findall(r"^\* :mod:`\.(\w+)`: \S", listed, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == set(modules_of(ROOMS[room]))


def test_the_page_about_the_source_names_files_that_exist() -> None:
    page = (REPOSITORY / "docs" / "explanation" / "source.md").read_text("utf-8")
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", page)
    assert len(named) > 10
    missing = [
        place
        for place in named
        if not any((top / place).is_file() for top in (PACKAGE, REPOSITORY))
    ]
    assert missing == []


def test_unit_tests_mirror_the_rooms() -> None:
    folders = {
        path.parent.relative_to(TESTS / "unit").as_posix()
        for path in COLLECTED
        if path.is_relative_to(TESTS / "unit")
    }
    # Tests of the whole program, such as this one, lie beside the rooms; `support` has those of
    # what tests share.
    assert folders - {".", "support"} <= set(ROOMS)
    rooms = {room for room in ROOMS if "/" not in room}
    assert rooms <= folders, "every room has its tests"


def test_what_tests_share_is_in_one_place() -> None:
    helpers = [
        path for path in COLLECTED if not re.fullmatch(r"test_\w+\.py|conftest\.py", path.name)
    ]
    assert helpers == [], "move them into tests/support"


@pytest.mark.parametrize("path", COLLECTED, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_imports_a_test(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports from beside it"
            names = [node.module or ""]
        else:
            continue
        parts = {part for name in names for part in name.split(".")}
        assert not any(part.startswith("test_") or part == "conftest" for part in parts)
