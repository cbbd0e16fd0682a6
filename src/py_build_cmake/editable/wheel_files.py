"""The files that an editable wheel has of its own: paths, the finder, the wrapper."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..project.plan import BuildPlan
    from .layout import Layout

_RUNTIME = Path(__file__).with_name("runtime")
_IMPORT = "from os import fsdecode\n"
_FIRST_WITH_START_FILES = (3, 15)
_ALWAYS = ("finder", "links", "resources")
_REBUILDING = (
    *(
        "afresh",
        "dependencies",
        "execution",
        "lock",
        "outputs",
        "rebuild",
        "stamp",
        "state",
        "times",
    ),
)


def own_files(plan: BuildPlan, layout: Layout, outputs: Collection[str]) -> dict[str, str]:
    """Return the texts of the files by their place in the wheel.

    ``outputs`` are the places of what CMake installed and stubgen made.
    """
    files = _path_files(plan, layout, outputs)
    files[f"{layout.hook}/__init__.py"] = _hook(plan, layout, outputs)
    modules = [*_ALWAYS]
    if layout.build_hook:
        modules += _REBUILDING
    module = plan.module
    if layout.mode == "wrapper" and module.path:
        modules.append("wrapper")
        files[f"{module.name}/__init__.py"] = _wrapper(plan, layout)
        if (module.path / "py.typed").is_file():
            files[f"{module.name}/py.typed"] = (module.path / "py.typed").read_text("utf-8")
    for name in modules:
        files[f"{layout.hook}/{name}.py"] = (_RUNTIME / f"{name}.py").read_text("utf-8")
    return files


def _path_files(plan: BuildPlan, layout: Layout, outputs: Collection[str]) -> dict[str, str]:
    """Return the ``.pth`` files: directories for ``sys.path``, and what is imported at start.

    Before version 3.13, Python reads them in the encoding of the locale, and does not start if that
    fails. So directories that are not ASCII are added by the module that is imported at start.
    From 3.15 on, a ``.start`` file of the same name replaces the lines with imports, which later
    versions ignore (PEP 829).
    """
    files = _pth_files(plan, layout, outputs)
    if plan.machine.version_info >= _FIRST_WITH_START_FILES:
        last = next(reversed(files)).removesuffix(".pth")
        files[f"{last}.start"] = f"{layout.hook}:start\n"
    return files


def _pth_files(plan: BuildPlan, layout: Layout, outputs: Collection[str]) -> dict[str, str]:
    """Return the ``.pth`` files, of which the last has the line with the import."""
    paths = [path for path in _directories(plan, layout, outputs) if path.isascii()]
    imports = f"import {layout.hook}"
    if layout.mode == "symlink" and not layout.build_hook and paths:
        # The layout that existing tools know: this file has the path and nothing else.
        return {f"{layout.label}.pth": f"{paths[0]}\n", f"{layout.hook}.pth": f"{imports}\n"}
    return {f"{layout.label}.pth": "".join(f"{line}\n" for line in (*paths, imports))}


def _directories(plan: BuildPlan, layout: Layout, outputs: Collection[str]) -> list[str]:
    """Return what ``sys.path`` needs."""
    tree, root = str(layout.tree or ""), str(plan.module.root or "")
    if layout.mode == "symlink":
        return [tree]
    paths = [root] if root else []
    if tree and _needs_path(plan, outputs):
        paths.append(tree)
    return paths


def _needs_path(plan: BuildPlan, outputs: Collection[str]) -> bool:
    """Whether anything in the tree is found by the path, not by the finder of the package."""
    name = plan.module.name
    inside = (f"{name}/", *([] if plan.module.root is None else [f"{name}.pyi"]))
    if plan.module.is_namespace or plan.module.root is None:
        return True
    return any(not place.startswith(inside) or place.endswith(".pyi") for place in outputs)


def _arguments(plan: BuildPlan, layout: Layout) -> Mapping[str, object]:
    return {
        "mode": layout.mode,
        "project": str(plan.config.project_dir),
        "source": str(plan.module.path or ""),
        "tree": str(layout.tree or ""),
        "state": str(layout.state_file) if layout.build_hook else "",
        "namespace": plan.module.is_namespace,
    }


def _literal(value: object) -> str:
    """Return Python code for a value; paths work in any locale."""
    if isinstance(value, str) and not value.isascii():
        return f"fsdecode({os.fsencode(value)!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)


def _hook(plan: BuildPlan, layout: Layout, outputs: Collection[str]) -> str:
    name = plan.module.name
    arguments = "".join(
        f"                {key}={_literal(value)},\n"
        for key, value in _arguments(plan, layout).items()
    )
    others = [path for path in _directories(plan, layout, outputs) if not path.isascii()]
    adding = f"sys.path += {_literal(others)}\n" if others else ""
    return f'''"""Written by py-build-cmake: the editable install of {name}."""

import sys
{_IMPORT if "fsdecode" in arguments else ""}
{adding}
class EditableFinder:
    """Finds {name}, and does nothing until that is imported."""

    finder = None

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "{name}" and not name.startswith("{name}."):
            return None
        if cls.finder is None:
            from os.path import dirname

            from .finder import Finder

            cls.finder = Finder(
                "{name}",
{arguments}                site=dirname(dirname(__file__)),
            )
        return cls.finder.find_spec(name, path, target)


def start():
    """Called by Python 3.15 and newer; that this module is imported is all that it takes."""


sys.meta_path.insert(0, EditableFinder)
'''


def _wrapper(plan: BuildPlan, layout: Layout) -> str:
    name = plan.module.name
    places = [str(plan.module.path), *([str(layout.tree / name)] if layout.tree else [])]
    project = _literal(str(plan.config.project_dir))
    arguments = f"{_literal(places)}, {project}"
    imports = f"{_IMPORT}\n" if "fsdecode" in arguments else ""
    return f'''"""Written by py-build-cmake: stands for the package in {places[0]!a}."""

{imports}__import__("{layout.hook}.wrapper", fromlist=["load"]).load(
    globals(), {arguments}
)
'''
