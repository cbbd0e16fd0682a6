"""``dynamic`` metadata: what the module's source or a version file says.

``PROVIDERS`` lists where fields can come from; the first one that has a field provides it. The
syntax tree of a module is read first, because the module need not be importable for that. The
module is imported only if the syntax tree does not show the value.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import MetadataError, shown_value
from ..base.places import Place
from ..base.records import dataclass
from ..config.sources import recorded_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from ..config.schema import DynamicConfig
    from .module import Module

_VERSION = "__version__"


@dataclass(frozen=True)
class DynamicSources:
    """Where dynamic metadata can come from in a project.

    ``config`` says where the version is, ``cmake_dir`` has the top level CMakeLists.txt. ``state``
    is what is built, in the words of plugins for metadata.
    """

    module: Module
    project_dir: Path
    config: DynamicConfig | None = None
    cmake_dir: Path | None = None
    state: str = "wheel"

    @property
    def version_file(self) -> Path | None:
        """The file with the version, if there is one."""
        return self.config.version_file if self.config else None

    @property
    def recorded_version(self) -> str:
        """The version of an unpacked source distribution; empty in other directories."""
        return recorded_version(self.project_dir)

    @property
    def says_where_version_is(self) -> bool:
        """Whether the configuration does; otherwise the version is the module's."""
        return self.config is not None and bool(self.config.version or self.config.version_file)

    def has_version(self, where: str) -> bool:
        """Whether the configuration says that the version is there."""
        return self.config is not None and self.config.version == where


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


def dynamic_fields(wanted: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    """Return the wanted fields of ``[project]``, each a member of ``SUPPORTED``.

    :raises MetadataError: the module has no main file, or what provides a field lacks it.
    """
    fields: dict[str, str] = {}
    for provider in PROVIDERS:
        asked = [name for name in wanted if name in provider.fields and name not in fields]
        if asked and provider.is_there(sources):
            fields.update(provider.provide(asked, sources))
    return fields


def _of_version_file(_: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    assert sources.version_file is not None
    assert sources.config is not None
    if pattern := sources.config.version_pattern:
        return {"version": _version_by_pattern(sources.version_file, pattern)}
    return {"version": _version_of_file(sources.version_file)}


def _of_cmake(_: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    from .cmake_lists import project_version

    directory = sources.cmake_dir or sources.project_dir
    version = project_version(directory)
    path = directory / "CMakeLists.txt"
    if version is None:
        raise MetadataError(
            "has no `project(… VERSION …)` with a literal version",
            where=str(path),
            hint="write one, or say in `tool.py-build-cmake.dynamic` where the version is",
        )
    return {"version": _normalised_version(version, path)}


def _of_git(_: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    from .scm import version_of_checkout

    pyproject = sources.project_dir / "pyproject.toml"
    version = version_of_checkout(sources.project_dir)
    return {"version": _normalised_version(version, pyproject)}


def _of_module(wanted: Sequence[str], sources: DynamicSources) -> dict[str, str]:
    return _fields_of_module(wanted, sources.module)


PROVIDERS = (
    Provider(("version",), lambda s: s.version_file is not None, _of_version_file),
    Provider(("version",), lambda s: s.has_version("cmake"), _of_cmake),
    Provider(("version",), lambda s: s.has_version("git"), _of_git),
    Provider(("version", "description"), lambda _: True, _of_module),
)
SUPPORTED = tuple(dict.fromkeys(name for provider in PROVIDERS for name in provider.fields))


def _version_of_file(path: Path) -> str:
    """Return the version that a Python file assigns, or that is all that a file has in it."""
    if path.suffix in (".py", ".pyi"):
        tree = _parse(path)
        version = _literal_version(tree, path)
        lines = sorted({binding.line for binding in _bindings(tree, _VERSION)})
        if version is None and lines:
            raise MetadataError(
                f"has no `{_VERSION}` that can be read without running the file: it is bound in"
                f" line {' and '.join(map(str, lines))}",
                where=str(path),
                hint=f'end the file with one literal, `{_VERSION} = "1.2.3"`',
            )
        return _checked_version(version, path)
    try:
        lines_of_text = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeError) as e:
        raise MetadataError(f"cannot be read: {e}", where=str(path)) from e
    versions = [line.strip() for line in lines_of_text if line.strip()]
    if len(versions) != 1:
        raise MetadataError(
            f"must have the version and nothing else in it, but has {len(versions)} lines",
            where=str(path),
            hint="a file that ends in .py may have more, and assign `__version__`",
        )
    return _normalised_version(versions[0], path)


def _version_by_pattern(path: Path, pattern: str) -> str:
    """Return what a pattern finds in a file, which is the same wherever it is found."""
    import re

    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as e:
        raise MetadataError(f"cannot be read: {e}", where=str(path)) from e
    expression = re.compile(pattern, re.MULTILINE)
    group = "version" if "version" in expression.groupindex else 1
    versions = dict.fromkeys(match[group] or "" for match in expression.finditer(text))
    if len(versions) != 1:
        found = f"has {', '.join(map(shown_value, versions))}" if versions else "has nothing"
        raise MetadataError(
            f"{found} where `dynamic.version_pattern` {pattern!r} matches",
            where=str(path),
            hint="change the pattern, so that it finds one version",
        )
    return _normalised_version(next(iter(versions)), path)


def _fields_of_module(wanted: Sequence[str], module: Module) -> dict[str, str]:
    main_file = module.main_file
    if main_file is None:
        kind = "a namespace package" if module.is_namespace else "a module that CMake generates"
        raise MetadataError(
            f"{kind} cannot provide {' and '.join(wanted)}",
            where=Place("pyproject.toml", "project.dynamic"),
            hint="write them in the [project] table",
        )
    tree = _parse(main_file)
    version: object = _literal_version(tree, main_file)
    docstring = ast.get_docstring(tree, clean=False)
    if ("version" in wanted and version is None) or ("description" in wanted and docstring is None):
        version, docstring = _from_import(main_file, module.name)
    fields = {}
    if "version" in wanted:
        fields["version"] = _checked_version(version, main_file)
    if "description" in wanted:
        fields["description"] = _checked_description(docstring, main_file)
    return fields


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        # The parser raises the last two for expressions that are nested too deeply.
        raise MetadataError(f"cannot be parsed: {e}", where=str(path)) from e
    except OSError as e:
        raise MetadataError(f"cannot be read: {e.strerror}", where=str(path)) from e


def _literal_version(tree: ast.Module, path: Path) -> str | None:
    """Return the version that the module certainly has after it was run; None if that is unclear.
    It is a literal that is assigned on the top level, after everything else that may bind the name.
    The result of an ``if``, an import, ``+=`` or a function is known only when the module is run.

    ``path`` is the file that the tree is of.
    """
    bindings = list(_bindings(tree, _VERSION))
    if not bindings or any(binding.is_late for binding in bindings):
        return None
    last = bindings[-1]
    after = (node for node in _star_imports(tree) if node.lineno > last.line)
    if any(_may_export(source, _VERSION) for node in after for source in _imported(node, path)):
        return None
    return last.literal


def _star_imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield node


def _imported(node: ast.ImportFrom, path: Path) -> Iterator[Path]:
    """Yield the source file that the import of a file at ``path`` reads, if that is of the same
    package. Of other packages and compiled modules, no source is known.
    """
    folder = path.parent
    parts = (node.module or "").split(".") if node.module else []
    if node.level:
        folder = folder.parents[node.level - 2] if node.level > 1 else folder
    elif parts and parts[0] in folder.parts:
        depth = len(folder.parts) - 1 - folder.parts[::-1].index(parts[0])
        folder = Path(*folder.parts[:depth])
    else:
        return
    target = folder.joinpath(*parts)
    candidates = (target / "__init__.py", target.with_name(f"{target.name}.py"))
    yield from (file for file in candidates if file.is_file())


def _may_export(path: Path, name: str) -> bool:
    """Whether ``from … import *`` of a file may bind a name that begins with an underscore.

    Its ``__all__`` has the name then, or is computed from that of a file that it imports so.
    Source: "The import statement" in the language reference of Python.
    """
    seen: set[Path] = set()
    wanted = [path]
    while wanted:
        file = wanted.pop()
        if file in seen:
            continue
        seen.add(file)
        tree = _parse(file)
        if any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree)):
            return True
        wanted += [found for node in _star_imports(tree) for found in _imported(node, file)]
    return False


@dataclass(frozen=True)
class _Binding:
    """A place where a name of the module may get a value, or lose it.

    ``literal`` is the text if it is one, on the top level. ``is_late`` is whether the name may be
    bound at any later time, as by a function.
    """

    line: int
    literal: str | None = None
    is_late: bool = False


def _bindings(tree: ast.Module, name: str) -> Iterator[_Binding]:
    """Yield every place where a module may bind a name, statement by statement."""
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                value = statement.value
                if value is None:  # an annotation alone binds nothing
                    continue
                is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
                literal = str(ast.literal_eval(value)) if is_text else None
                yield _Binding(statement.lineno, literal)
                continue
        yield from _nested_bindings(statement, name)


def _nested_bindings(statement: ast.stmt, name: str) -> Iterator[_Binding]:
    """Yield the bindings in a statement, and in what is run in the module's own scope below it."""
    nodes: list[ast.AST] = [statement]  # expressions can be nested more deeply than calls
    while nodes:
        node = nodes.pop()
        line = getattr(node, "lineno", 0)
        if _is_binding(node, name):
            yield _Binding(line)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = [child for statement in node.body for child in ast.walk(statement)]
            if any(_is_late_binding(child, name) for child in inner):
                yield _Binding(line, is_late=True)
        elif not (isinstance(node, ast.AnnAssign) and node.value is None):
            nodes += ast.iter_child_nodes(node)


def _is_binding(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == name
    # Functions, classes, exceptions, and the captures of `match`, which Python 3.9 has not.
    names = (getattr(node, "name", None), getattr(node, "rest", None))
    return name in names or _is_item(node, name) or _runs_text(node)


def _is_late_binding(node: ast.AST, name: str) -> bool:
    """Whether a function may bind a name of the module."""
    return (isinstance(node, ast.Global) and name in node.names) or _is_item(node, name)


def _runs_text(node: ast.AST) -> bool:
    """Whether a text is run as a part of the module, as by ``exec(file.read())``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    # With dictionaries of its own, it binds nothing here.
    return node.func.id == "exec" and len(node.args) == 1


def _is_item(node: ast.AST, name: str) -> bool:
    """Whether a name is written into a dictionary, as by ``globals()["__version__"] = …``, or
    given to ``setattr``.
    """
    if isinstance(node, ast.Call):
        is_setter = isinstance(node.func, ast.Name) and node.func.id == "setattr"
        return is_setter and any(isinstance(a, ast.Constant) and a.value == name for a in node.args)
    if not isinstance(node, ast.Subscript) or isinstance(node.ctx, ast.Load):
        return False
    return any(isinstance(n, ast.Constant) and n.value == name for n in ast.walk(node.slice))


def _from_import(path: Path, name: str) -> tuple[object, str | None]:
    """Import the file under its own name; return its version and docstring.

    A package may import parts of itself by its name, and must not find an installed version.
    """
    import importlib.util
    import sys

    is_package = path.name == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)] if is_package else None
    )
    assert spec is not None and spec.loader is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    with foreign_code(name):
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as e:
            raise MetadataError(
                f"cannot be imported for `project.dynamic`: {type(e).__name__}: {e}",
                where=str(path),
                hint='write the version as a literal, `__version__ = "1.2.3"`, behind everything'
                " else that may assign it, so that it is read without an import, or add what the"
                " import needs to `build-system.requires`",
            ) from e
    return getattr(module, _VERSION, None), module.__doc__


@contextmanager
def foreign_code(name: str) -> Iterator[None]:
    """Run code that is not this program's, without traces in this process: modules that it loads
    under ``name``, loggers, and byte code beside its sources.
    """
    import logging
    import sys

    # What is loaded under these names may be a package that this program uses.
    loaded = _take_out(name)
    log_handlers, writes_nothing = logging.root.handlers[:], sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # the project's directory is not ours to write to
    try:
        yield
    finally:
        _take_out(name)
        sys.modules.update(loaded)
        logging.root.handlers[:] = log_handlers
        sys.dont_write_bytecode = writes_nothing


def _take_out(name: str) -> dict[str, ModuleType]:
    """Remove a module and its submodules from those that are loaded, and return them."""
    import sys

    names = [n for n in sys.modules if name and (n == name or n.startswith(f"{name}."))]
    return {n: sys.modules.pop(n) for n in names}


def _checked_version(version: object, path: Path) -> str:
    if not isinstance(version, str):
        found = "has no" if version is None else f"has {shown_value(version)}, not a string, as"
        raise MetadataError(
            f"{found} `__version__`",
            where=str(path),
            hint='add `__version__ = "1.2.3"`, or set `project.version` in pyproject.toml',
        )
    return _normalised_version(version, path)


def _normalised_version(version: str, path: Path) -> str:
    from packaging.version import Version

    try:
        return str(Version(version))
    except ValueError as e:  # also numbers that have more digits than Python converts
        raise MetadataError(
            f"{shown_value(version)} is not a version (PEP 440)", where=str(path)
        ) from e


def _checked_description(docstring: str | None, path: Path) -> str:
    lines = (docstring or "").strip().splitlines()
    if not lines:
        raise MetadataError(
            "has no docstring, which `project.dynamic` asks for as the description",
            where=str(path),
            hint="begin the file with a docstring, or set `project.description`",
        )
    return lines[0].rstrip()
