"""Where the Python module of the project is, and which files belong to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ProjectError
from ..base.places import Place
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.schema import ModuleConfig

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

        Linked files belong to the module; linked directories are not descended into.
        """
        if self.path is None or self.root is None:
            return
        if self.path.is_file():
            yield self.path.name, self.path
            return
        for folder, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                if not name.endswith((".pyc", ".pyo")):
                    path = Path(folder, name)
                    yield path.relative_to(self.root).as_posix(), path


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
