"""The rooms of the program: imports go only one way, and the page about the source shows them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import py_build_cmake

PACKAGE = Path(py_build_cmake.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}

# From the bottom to the top, as in docs: a layer imports itself and what stands before it.
LAYERS = (
    "base",
    "platforms",
    "config",
    "project",
    "cmake",
    "toolchains",
    "editable",
    "verify",
    "archive",
    "building",
    "wheels",
    "companions",
    "reports",
    "cli",
    "__main__",
    "build",
    "build_component",
    "build_stubs",
)
RANKS = {name: rank for rank, name in enumerate(LAYERS)}
# What a machine is like is read in one place, and handed on as values.
MACHINE_MODULES = {"platform", "sysconfig"}
# Modules that run without this program, in the processes of others.
RUN_BY_OTHERS = ("editable/runtime/", "cmake/interpreter/")


def layer_of(place: str) -> str:
    return place.partition("/")[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the absolute name of the module, and what is imported of it."""
    package = ["py_build_cmake", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, module, alias.name) for alias in node.names)


def imported_layers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the layer of every import from this program."""
    for line, module, name in imports(path):
        root, *below = module.split(".")
        if root != "py_build_cmake" or (not below and name == "__version__"):
            continue
        yield line, below[0] if below else name


@pytest.mark.parametrize("place", MODULES)
def test_imports_go_down(place: str) -> None:
    own = layer_of(place)
    assert own in RANKS, "a new module needs its place among the layers"
    upwards = [
        f"{place}:{line} imports {layer}"
        for line, layer in imported_layers(MODULES[place])
        if RANKS[layer] > RANKS[own]
    ]
    assert upwards == []


def test_the_test_sees_imports() -> None:
    found = {layer for place in MODULES for _, layer in imported_layers(MODULES[place])}
    assert {"base", "config", "project", "cmake", "building"} <= found


@pytest.mark.parametrize("place", MODULES)
def test_one_module_reads_the_machine(place: str) -> None:
    if place == "platforms/build_machine.py" or place.startswith(RUN_BY_OTHERS):
        return
    tree = ast.parse(MODULES[place].read_bytes())
    environ = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "environb", "getenv"}
    }
    assert not environ
    assert not {module for _, module, _ in imports(MODULES[place])} & MACHINE_MODULES


def test_what_runs_without_the_program_does_not_import_it() -> None:
    runtime = {place: path for place, path in MODULES.items() if place.startswith(RUN_BY_OTHERS)}
    assert len(runtime) > 10
    for place, path in runtime.items():
        own = ".".join(["py_build_cmake", *place.split("/")[:-1]])
        for line, module, _ in imports(path):
            inside = module.startswith(f"{own}.") or not module.startswith("py_build_cmake")
            assert inside, f"{place}:{line} imports {module}"


def test_the_page_about_the_source_has_all_rooms() -> None:
    page = PACKAGE.parents[1] / "docs" / "explanation" / "source.md"
    table = page.read_text("utf-8").partition("## The rooms")[2].partition("## ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    shown = [
        [name.removesuffix(".py").rstrip("/") for name in re.findall(r"`([^`]+)`", cell)]
        for cell in first_cells
    ]
    # The table begins at the top. Rooms of one row know nothing of each other.
    assert {name for row in shown for name in row} == set(LAYERS)
    assert [RANKS[row[0]] for row in shown[1:]] == sorted(
        (RANKS[row[0]] for row in shown[1:]), reverse=True
    )
