"""``dynamic`` metadata: what the module's source or a version file says.

``PROVIDERS`` lists where fields can come from; the first one that has a field provides it. The
syntax tree of a module is asked first, because it needs nothing of the module to be importable.
Only if it does not hold what is wanted, the module is imported.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Callable

from ..base.errors import MetadataError
from ..base.places import Place
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .module import Module


@dataclass(frozen=True)
class DynamicSources:
    """Where dynamic metadata can come from in a project; None if there is no version file."""

    module: Module
    version_file: Path | None = None


@dataclass(frozen=True)
class Provider:
    """A source of dynamic metadata.

    ``fields`` are the fields of ``[project]`` that it can provide. ``is_there`` says whether a
    project has it, and ``provide`` returns the values of those fields that are wanted of it, at
    least one.
    """

    fields: tuple[str, ...]
    is_there: Callable[[DynamicSources], bool]
    provide: Callable[[Sequence[str], DynamicSources], dict[str, str]]


def dynamic_fields(
    wanted: Sequence[str], module: Module, version_file: Path | None = None
) -> dict[str, str]:
    """Return the wanted fields of ``[project]``, each a member of ``SUPPORTED``.

    If there is a ``version_file``, the version comes from that.

    :raises MetadataError: the module has no main file, or what provides a field lacks it.
    """
    sources = DynamicSources(module, version_file)
    fields: dict[str, str] = {}
    for provider in PROVIDERS:
        asked = [name for name in wanted if name in provider.fields and name not in fields]
        if asked and provider.is_there(sources):
            fields.update(provider.provide(asked, sources))
    return fields


def _of_version_file(_: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    assert sources.version_file is not None
    return {"version": _version_of_file(sources.version_file)}


def _of_module(wanted: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    return _fields_of_module(wanted, sources.module)


PROVIDERS = (
    Provider(("version",), lambda s: s.version_file is not None, _of_version_file),
    Provider(("version", "description"), lambda _: True, _of_module),
)
SUPPORTED = tuple(dict.fromkeys(name for provider in PROVIDERS for name in provider.fields))


def _version_of_file(path: Path) -> str:
    """Return the version that a Python file assigns, or that is all that a file has in it."""
    if path.suffix in (".py", ".pyi"):
        return _checked_version(_from_syntax_tree(path)[0], path)
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeError) as e:
        raise MetadataError(f"cannot be read: {e}", where=str(path)) from e
    versions = [line.strip() for line in lines if line.strip()]
    if len(versions) != 1:
        raise MetadataError(
            f"must have the version and nothing else in it, but has {len(versions)} lines",
            where=str(path),
            hint="a file that ends in .py may have more, and assign `__version__`",
        )
    return _normalised_version(versions[0], path)


def _fields_of_module(wanted: Sequence[str], module: Module) -> dict[str, str]:
    main_file = module.main_file
    if main_file is None:
        kind = "a namespace package" if module.is_namespace else "a module that CMake generates"
        raise MetadataError(
            f"{kind} cannot provide {' and '.join(wanted)}",
            where=Place("pyproject.toml", "project.dynamic"),
            hint="write them in the [project] table",
        )
    version, docstring = _from_syntax_tree(main_file)
    if ("version" in wanted and version is None) or ("description" in wanted and docstring is None):
        version, docstring = _from_import(main_file)
    fields = {}
    if "version" in wanted:
        fields["version"] = _checked_version(version, main_file)
    if "description" in wanted:
        fields["description"] = _checked_description(docstring, main_file)
    return fields


def _from_syntax_tree(path: Path) -> tuple[object, str | None]:
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as e:
        raise MetadataError(f"cannot be parsed: {e}", where=str(path)) from e
    version = None
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and any(isinstance(t, ast.Name) and t.id == "__version__" for t in node.targets)
        ):
            version = node.value.value
            break
    return version, ast.get_docstring(tree, clean=False)


def _from_import(path: Path) -> tuple[object, str | None]:
    """Import the file under a private name and return its version and docstring."""
    import importlib.util
    import logging
    import sys

    name = f"_py_build_cmake_metadata_of_{path.parent.name.replace('.', '_')}"
    is_package = path.name == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)] if is_package else None
    )
    assert spec is not None and spec.loader is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    log_handlers, writes_nothing = logging.root.handlers[:], sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # the project's directory is not ours to write to
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as e:
        raise MetadataError(
            f"cannot be imported for `project.dynamic`: {type(e).__name__}: {e}",
            where=str(path),
            hint='write the version as a literal, `__version__ = "1.2.3"`, so that it is read'
            " without an import, or add what the import needs to `build-system.requires`",
        ) from e
    finally:
        for loaded in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
            del sys.modules[loaded]
        logging.root.handlers[:] = log_handlers
        sys.dont_write_bytecode = writes_nothing
    return getattr(module, "__version__", None), module.__doc__


def _checked_version(version: object, path: Path) -> str:
    if not isinstance(version, str):
        found = "has no" if version is None else f"has {version!r}, not a string, as"
        raise MetadataError(
            f"{found} `__version__`",
            where=str(path),
            hint='add `__version__ = "1.2.3"`, or set `project.version` in pyproject.toml',
        )
    return _normalised_version(version, path)


def _normalised_version(version: str, path: Path) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion as e:
        raise MetadataError(f"{version!r} is not a version (PEP 440)", where=str(path)) from e


def _checked_description(docstring: str | None, path: Path) -> str:
    lines = (docstring or "").strip().splitlines()
    if not lines:
        raise MetadataError(
            "has no docstring, which `project.dynamic` asks for as the description",
            where=str(path),
            hint="begin the file with a docstring, or set `project.description`",
        )
    return lines[0].rstrip()
