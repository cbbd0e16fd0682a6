"""Where the Python module of the project is, and which files belong to it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Problem, ProjectError
from ..base.places import Place
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..config.schema import ModuleConfig
    from ..platforms.host import HostPlatform

_COMPILED = re.compile(
    r"(?P<module>\w+)(?P<tag>\.(?:abi3|cpython-|cp\d|pypy\d|graalpy)[\w.-]*)?\.(?P<suffix>so|pyd)"
)
_WHERE = Place("pyproject.toml", "tool.py-build-cmake.module")


@dataclass(frozen=True)
class Module:
    """A Python module or package.

    ``path`` is its directory or file, and ``root`` the directory that contains it, to which
    places in the wheel are relative. Both are None if CMake generates the module.
    """

    name: str
    path: Path | None
    root: Path | None
    is_namespace: bool = False

    @property
    def main_file(self) -> Path | None:
        """The file with the docstring and the version, if there is one."""
        if self.path is None or self.is_namespace:
            return None
        return self.path / "__init__.py" if self.path.is_dir() else self.path

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield the place in the wheel and the path of every file, in no particular order.

        Files that links point to belong to the module, because an import from the sources finds
        them.

        :raises ProjectError: a link leads to a directory that contains it; a name is not UTF-8.
        :raises OSError: a directory cannot be read.
        """
        if self.path is None or self.root is None:
            return
        if self.path.is_file():
            yield self.path.name, self.path
            return
        from .files import followed_files

        yield from followed_files(self.path, self.path.relative_to(self.root).as_posix())


def without_compiled(
    files: Mapping[str, Path], project_dir: Path, host: HostPlatform
) -> tuple[dict[str, Path], list[str]]:
    """Leave compiled modules out of the sources of a module that CMake compiles.

    An earlier build or installation left them there, and this build does not update them. Returns
    the other files by their places, and a warning for each that imports would find where the wheel
    is installed.

    :raises ProjectError: some are for another Python, so it is unclear whether they are wanted.
    """
    compiled = {place: path for place, path in sorted(files.items()) if is_compiled_module(path)}
    said = {
        place: f"{os.path.relpath(path, project_dir)} is a compiled module among the sources of the"
        " package, left by an earlier build or installation there"
        for place, path in compiled.items()
    }
    suffixes = (host.ext_suffix, host.stable_abi_suffix, host.module_suffix)
    problems = [
        Problem(
            f"{said[place]}, for another Python",
            place,
            "remove it; if the wheel needs it, let CMake install it",
        )
        for place, path in compiled.items()
        if path.name[path.name.index(".") :] not in suffixes
    ]
    if problems:
        raise ProjectError.from_problems(problems)
    warnings = [f"{text}; it is left out of the wheel, remove it" for text in said.values()]
    return {place: path for place, path in files.items() if place not in compiled}, warnings


def is_compiled_module(path: Path) -> bool:
    """Whether a file is an extension module, by its name or by the function that makes it one.

    Sources: importlib.machinery.EXTENSION_SUFFIXES of CPython, PyPy and GraalPy (PEP 3149), and
    PEP 489 for the name of the function.
    """
    name = _COMPILED.fullmatch(path.name)
    if name is None or not path.is_file():
        return False
    if name["tag"] or name["suffix"] == "pyd":
        return True
    return f"PyInit_{name['module']}".encode() in path.read_bytes()


def find_module(config: ModuleConfig) -> Module:
    """Find the module in its directory or the ``src`` directory in it.

    :raises ProjectError: there is none, more than one, or it is not what the table says.
    """
    if config.generated is not None:
        return Module(config.name, None, None)
    roots = (config.directory, config.directory / "src")
    candidates = [(root / config.name, root) for root in roots if (root / config.name).is_dir()]
    if not config.namespace:
        candidates += [
            (root / f"{config.name}.py", root)
            for root in roots
            if (root / f"{config.name}.py").is_file()
        ]
    if not candidates:
        files = "" if config.namespace else f" or {config.name}.py"
        raise ProjectError(
            f"no module {config.name!r}: there is no directory {config.name}{files} in "
            + " or ".join(map(str, roots)),
            where=_WHERE,
            hint="set `name` and `directory`, or `generated` if CMake makes the module",
        )
    if len(candidates) > 1:
        raise ProjectError(
            f"module {config.name!r} is ambiguous: "
            + " and ".join(str(path) for path, _ in candidates),
            where=_WHERE,
            hint="remove one of them, or set `directory`",
        )
    path, root = candidates[0]
    _check_namespace(path, namespace=config.namespace)
    return Module(config.name, path, root, config.namespace)


def _check_namespace(path: Path, *, namespace: bool) -> None:
    if not path.is_dir():
        return
    has_init = (path / "__init__.py").exists()
    if namespace and has_init:
        raise ProjectError(
            f"a namespace package has no __init__.py, but {path} has one",
            where=_WHERE.at("namespace"),
            hint="remove the file or the option",
        )
    if not namespace and not has_init:
        raise ProjectError(
            f"the package {path} has no __init__.py",
            where=_WHERE,
            hint="add the file, or set `namespace = true` for a namespace package",
        )
