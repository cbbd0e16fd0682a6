"""The names under which a project can be imported, if ``[project]`` leaves them to the build.

Source: PEP 794, which lets a build backend find them where the keys are in ``project.dynamic``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .module import Module

NAMES, NAMESPACES = "import-names", "import-namespaces"
KEYS = (NAMES, NAMESPACES)
_PRIVATE = "; private"


def import_names(module: Module) -> Mapping[str, list[str]]:
    """Return the values of both keys for a module: what it alone provides, and namespaces.

    Names that begin with an underscore are private.
    """
    if not module.is_namespace or module.path is None:
        return {NAMES: [_marked(module.name)], NAMESPACES: []}
    inside = sorted(set(_inside(module)))
    return {
        NAMES: [_marked(f"{module.name}.{name}") for name in inside],
        NAMESPACES: [module.name],
    }


def _marked(name: str) -> str:
    is_private = name.rpartition(".")[2].startswith("_")
    return f"{name}{_PRIVATE}" if is_private else name


def _inside(module: Module) -> Iterator[str]:
    """Yield the names of the packages and modules directly in a namespace package."""
    assert module.path is not None
    for path in module.path.iterdir():
        if path.is_dir() and path.name.isidentifier() and any(path.rglob("*.py")):
            yield path.name
        elif path.suffix == ".py" and path.stem.isidentifier():
            yield path.stem
