"""The layout of a stub package: which files it has, and what is missing (PEP 561)."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..errors import Problem, ProjectError
from ..project.files import tree_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# The names of extension modules, but not of libraries: importlib.machinery.EXTENSION_SUFFIXES.
_EXTENSION = re.compile(
    r"([A-Za-z_]\w*)\.(?:(?:cpython-|pypy|graalpy|abi3|cp\d)[^/]*\.)?(?:so|pyd)"
)
_HINT = (
    "make a stub, as nanobind_add_stub() and the table `stubgen` of the main project do, or set"
    " `partial = true` if some modules have none"
)


def stub_files(tree: Path, packages: Iterable[str], *, partial: bool) -> dict[str, bytes]:
    """Return the stubs of packages and modules in an installed tree, by their places in a wheel.

    A stub package is complete (PEP 561): what it lacks does not exist for type checkers. A
    module in Python without a stub is therefore its own stub, and an extension module without one
    is an error, unless the package is ``partial``.

    :raises ProjectError: stubs are missing; all of them are reported.
    """
    installed = tree_files(tree)
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for package in packages:
        found = _stubs_of(package, installed)
        if not partial:
            problems += _complete(package, installed, found)
        if not found:
            message = f"the main project has no stubs for {package!r}"
            problems.append(Problem(message, hint=_HINT))
        top = f"{package.partition('.')[0]}-stubs"
        files.update({f"{top}/{place}": data for place, data in found.items()})
        if partial:
            files[f"{top}/py.typed"] = b"partial\n"
    if problems:
        raise ProjectError.from_problems(problems)
    return dict(sorted(files.items()))


def _below(package: str, installed: Mapping[str, Path]) -> dict[str, Path]:
    """Return what belongs to a package, by its place below the package's top directory.

    A module that is a file becomes a package: there are no stubs outside of a directory.
    """
    parts = package.split(".")
    inside = {}
    for place, path in installed.items():
        head, *rest = PurePosixPath(place).parts
        if rest and [head, *rest][: len(parts)] == parts:
            inside["/".join(rest)] = path
        elif not rest and len(parts) == 1 and head.partition(".")[0] == package:
            inside[f"__init__{head[len(package) :]}"] = path
    return inside


def _stubs_of(package: str, installed: Mapping[str, Path]) -> dict[str, bytes]:
    return {
        # The same bytes on systems that end lines in other ways.
        place: path.read_bytes().replace(b"\r\n", b"\n")
        for place, path in _below(package, installed).items()
        if place.endswith(".pyi")
    }


def _complete(
    package: str, installed: Mapping[str, Path], stubs: dict[str, bytes]
) -> Iterable[Problem]:
    """Add stubs for the modules in Python that have none."""
    inside = _below(package, installed)
    for place, path in inside.items():
        extension = _EXTENSION.fullmatch(PurePosixPath(place).name)
        if place.endswith(".py") and not _has_stub(place[:-3], stubs):
            stubs[f"{place}i"] = source_as_stub(path.read_bytes(), place)
        elif extension:
            module = str(PurePosixPath(place).with_name(extension[1]))
            if not _has_stub(module, stubs):
                yield Problem("the extension module has no stub", path.name, _HINT)


def _has_stub(module: str, stubs: Mapping[str, bytes]) -> bool:
    return f"{module}.pyi" in stubs or f"{module}/__init__.pyi" in stubs


def source_as_stub(source: bytes, place: str) -> bytes:
    """Make a stub of a module's source: the same text, but what it imports is exported.

    In a stub, ``from .m import f`` is private and ``from .m import f as f`` is not (PEP 484).

    :raises ProjectError: it is not valid Python.
    """
    text = source.replace(b"\r\n", b"\n")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as e:
        raise ProjectError(f"is not valid Python: {e}", where=place) from None
    lines = text.split(b"\n")
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    for node in reversed(imports):
        if node.module != "__future__" and node.names[0].name != "*":
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
            lines[first : last + 1] = [before + _exporting(node).encode() + after]
    return b"\n".join(lines)


def _exporting(node: ast.ImportFrom) -> str:
    """Write an import that exports what it imports under its own name, unless that is private."""
    names = []
    for alias in node.names:
        exported = alias.asname or ("" if alias.name.startswith("_") else alias.name)
        names.append(f"{alias.name} as {exported}" if exported else alias.name)
    return f"from {'.' * node.level}{node.module or ''} import {', '.join(names)}"
