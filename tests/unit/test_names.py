"""One name means one thing: no public class, function or module has the name of another."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import py_build_cmake

PACKAGE = Path(py_build_cmake.__file__).parent
# The hooks of PEP 517 and PEP 660, and what every backend does for one of them.
HOOKS = {
    *("build_editable", "build_sdist", "build_wheel"),
    *("announce_metadata", "requirements_for_wheel"),
}
# `main` starts a program; `detect` is what every environment in their registry has.
PROTOCOLS = {"main", "detect"}


def definitions() -> dict[str, list[str]]:
    """Return where each public class and function of a module is defined."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_bytes()).body:
            is_definition = isinstance(node, (ast.ClassDef, ast.FunctionDef))
            if is_definition and not node.name.startswith("_"):
                place = f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}"
                found[node.name].append(place)
    return found


def test_no_name_has_two_meanings() -> None:
    found = definitions()
    twice = {name: places for name, places in found.items() if len(places) > 1}
    assert not {name: twice[name] for name in twice.keys() - HOOKS - PROTOCOLS}
    assert twice.keys() == HOOKS | PROTOCOLS, "what is not defined twice needs no exception"


# Hooks, and files that Python gives their names; a registry is in two rooms, of two things.
MODULES = {"__init__", "__main__", "registry"}


def test_no_two_modules_have_one_name() -> None:
    """Only a command's module is called as the command is, whatever else has that name."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] != "cli":
            rooms[path.stem].append(place.as_posix())
    twice = {name: places for name, places in rooms.items() if len(places) > 1}
    assert not {name: twice[name] for name in twice.keys() - MODULES}
