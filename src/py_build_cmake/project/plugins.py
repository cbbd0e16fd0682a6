"""``[[tool.dynamic-metadata]]``: fields of ``[project]`` that plugins compute, in order.

Source: the documentation of the package ``dynamic-metadata`` 0.6, "Reimplementing the loader"; PEP
808 for fields that have a static part, to which a plugin may only add.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ..base.errors import MetadataError, Problem, shown_value
from ..base.places import Place
from ..base.records import dataclass
from ..config.layers import close_names
from ..config.sources import PLUGINS, PYPROJECT, tool_contents
from .dynamic import foreign_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Callable

    from .dynamic import DynamicSources

    Result = TypeVar("Result")

_GROUP = "dynamic_metadata.provider"
_SCALARS = ("version", "description", "requires-python", "license", "readme")
_LISTS = (
    *("authors", "maintainers", "classifiers", "keywords", "dependencies", "license-files"),
    *("import-names", "import-namespaces"),
)
_TABLES = ("urls", "scripts", "gui-scripts", "optional-dependencies", "entry-points")
# PEP 808: arrays and tables may have a static part.
EXTENDABLE = (*_LISTS, *_TABLES)
FIELDS = (*_SCALARS, *EXTENDABLE)
# Fields of METADATA that a source distribution may leave to its wheels (PEP 643, "Dynamic").
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "description": ("summary",),
    "requires-python": ("requires-python",),
    "license": ("license", "license-expression"),
    "readme": ("description", "description-content-type"),
    "authors": ("author", "author-email"),
    "maintainers": ("maintainer", "maintainer-email"),
    "classifiers": ("classifier",),
    "keywords": ("keywords",),
    "dependencies": ("requires-dist",),
    "license-files": ("license-file",),
    "import-names": ("import-name",),
    "import-namespaces": ("import-namespace",),
    "urls": ("project-url",),
    "optional-dependencies": ("provides-extra", "requires-dist"),
}


@dataclass(frozen=True)
class Entry:
    """One table of the array: its provider as it is written, and the settings for that."""

    project_dir: Path
    index: int
    provider: object
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> Place:
        """The place of the table."""
        return Place(PYPROJECT, f"tool.{PLUGINS}.{self.index}")

    def files(self) -> Iterator[Path]:
        """Yield the files of the project that it names: source distributions need them."""
        for value in self.settings.values():
            for text in value if isinstance(value, list) else (value,):
                path = self.project_dir / text if isinstance(text, str) and text else None
                if path and path.is_file() and path.resolve().is_relative_to(self.project_dir):
                    yield path
        if isinstance(self.provider, dict):
            module = str(self.provider.get("module")).partition(":")[0]
            base = self.project_dir / str(self.provider.get("path")) / module.replace(".", "/")
            candidates = (base.with_suffix(".py"), base / "__init__.py")
            yield from (path for path in candidates if path.is_file())


def read_entries(project_dir: Path) -> tuple[Entry, ...]:
    """Return the tables of a project's pyproject.toml.

    :raises MetadataError: they are not an array of tables with a provider.
    """
    tables = tool_contents(project_dir, PLUGINS)
    where = Place(PYPROJECT, f"tool.{PLUGINS}")
    if tables is None:
        return ()
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        hint = f"write [[tool.{PLUGINS}]], with two brackets"
        raise MetadataError("must be an array of tables", where=where, hint=hint)
    problems = [
        Problem("`provider` is missing", where.at(str(index)), "name the plugin")
        for index, table in enumerate(tables)
        if "provider" not in table
    ]
    if problems:
        raise MetadataError.from_problems(problems)
    return tuple(
        Entry(
            project_dir,
            index,
            table["provider"],
            {key: value for key, value in table.items() if key != "provider"},
        )
        for index, table in enumerate(tables)
    )


def requirements_of_plugins(project_dir: Path) -> list[str]:
    """Return what the plugins of a project say that they need to be installed.

    :raises MetadataError: a plugin cannot be loaded, or fails.
    """
    found: list[str] = []
    for entry in read_entries(project_dir):
        with _loaded(entry) as provider:
            hook = getattr(provider, "get_requires_for_dynamic_metadata", None)
            said = _called(entry, hook, deepcopy(dict(entry.settings))) if hook else []
            if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
                raise _wrong_answer(entry, "get_requires_for_dynamic_metadata", said)
            found += said
    return found


def fields_of_wheels(entries: Sequence[Entry]) -> list[str]:
    """Return the fields that may differ between a source distribution and its wheels, as plugins
    say.

    :raises MetadataError: as :func:`requirements_of_plugins`.
    """
    fields: list[str] = []
    for entry in entries:
        with _loaded(entry) as provider:
            hook = getattr(provider, "dynamic_wheel", None)
            said = _called(entry, hook, deepcopy(dict(entry.settings))) if hook else {}
            if not isinstance(said, dict) or not {*FIELDS} - {"version"} >= said.keys():
                raise _wrong_answer(entry, "dynamic_wheel", said)
            fields += (name for name, differs in said.items() if differs)
    return fields


def headers_of(fields: Sequence[str]) -> list[str]:
    """Return the fields of METADATA that have fields of the table."""
    return sorted({header for name in fields for header in _HEADERS.get(name, ())})


def _wrong_answer(entry: Entry, hook: str, said: object) -> MetadataError:
    message = f"`{hook}` of the plugin {shown_value(entry.provider)} says {shown_value(said)}"
    return MetadataError(message, where=entry.where.at("provider"))


def run_plugins(
    entries: Sequence[Entry],
    table: Mapping[str, object],
    dynamic: Sequence[str],
    sources: DynamicSources,
) -> tuple[dict[str, object], list[str]]:
    """Return the ``[project]`` table with what the plugins say of its ``dynamic`` fields, and
    the names of the fields that they set.

    A later plugin sees the fields of earlier ones, replaces single values of theirs, and adds to
    their lists and tables. To the table's own lists and tables, plugins only add. In an unpacked
    source distribution, the version stays what it is there.

    :raises MetadataError: as :func:`requirements_of_plugins`, or a plugin sets what it may not.
    """
    result: dict[str, object] = dict(table)
    produced: list[str] = []
    for entry in entries:
        if sources.recorded_version and entry.settings.get("field") == "version":
            continue
        for name, value in _fields_of(entry, result, dynamic, sources.state).items():
            if problem := _refusal(entry, name, dynamic):
                raise MetadataError.from_problems([problem])
            if name == "version" and sources.recorded_version:
                continue
            if name in result and (name not in produced or name in EXTENDABLE):
                result[name] = _merged(entry, name, result[name], value)
            else:
                result[name] = value
            produced.append(name)
    return result, produced


def _fields_of(
    entry: Entry, table: Mapping[str, object], dynamic: Sequence[str], state: str
) -> Mapping[str, object]:
    project = {**deepcopy(dict(table)), "dynamic": [name for name in dynamic if name not in table]}
    with _loaded(entry) as provider:
        if tell := getattr(provider, "build_state", None):
            _called(entry, tell, state)
        hook = getattr(provider, "dynamic_metadata", None)
        if hook is None:
            message = f"the plugin {shown_value(entry.provider)} has no `dynamic_metadata`"
            raise MetadataError(message, where=entry.where.at("provider"))
        settings = deepcopy(dict(entry.settings))
        fields = _called(entry, hook, settings, MappingProxyType(project))
    if not isinstance(fields, dict):
        message = f"the plugin {shown_value(entry.provider)} returns no dictionary of fields"
        raise MetadataError(message, where=entry.where.at("provider"))
    return fields


def _refusal(entry: Entry, name: object, dynamic: Sequence[str]) -> Problem | None:
    said = f"the plugin {shown_value(entry.provider)} sets"
    if name not in FIELDS:
        return Problem(f"{said} {shown_value(name)}, which cannot be dynamic", entry.where)
    if name not in dynamic:
        hint = f"add {name!r} to `project.dynamic`"
        return Problem(f"{said} {name!r}, which is not dynamic", entry.where, hint)
    return None


def _merged(entry: Entry, name: str, value: Any, added: Any) -> object:
    """Return a value with what a plugin adds.

    :raises MetadataError: it is a single one, or the plugin would change a part of it.
    """
    fits = isinstance(added, list if name in _LISTS else dict) and type(value) is type(added)
    if name in _SCALARS or not fits:
        raise MetadataError(
            f"the plugin {shown_value(entry.provider)} sets {name!r}, which is set already"
            if name in _SCALARS
            else f"the plugin {shown_value(entry.provider)} does not add to {name!r}, as it must",
            where=entry.where,
            hint="remove one of the two" if name in _SCALARS else "",
        )
    if name in _LISTS:
        return [*value, *added]
    result = dict(value)
    for key, inner in added.items():
        if isinstance(inner, list):
            result[key] = [*result.get(key, []), *inner]
        elif isinstance(inner, dict):
            result[key] = _merged_table(entry, f"{name}.{key}", result.get(key, {}), inner)
        else:
            result = _merged_table(entry, name, result, {key: inner})
    return result


def _merged_table(
    entry: Entry, name: str, value: Mapping[str, object], added: Mapping[str, object]
) -> dict[str, object]:
    for key, text in added.items():
        if value.get(key, text) != text:
            message = f"the plugin {shown_value(entry.provider)} changes `{name}.{key}`"
            raise MetadataError(message, where=entry.where, hint="it may only add to the table")
    return {**value, **added}


@contextmanager
def _loaded(entry: Entry) -> Iterator[Any]:
    """Provide the object that has the hooks of an entry's plugin, in the project's directory.

    :raises MetadataError: there is none, or it cannot be imported.
    """
    provider = entry.provider
    is_local = isinstance(provider, dict)
    directory = (
        entry.project_dir / str(provider.get("path")) if isinstance(provider, dict) else None
    )
    _check_provider(entry, directory)
    module = str(provider.get("module")).partition(":")[0] if isinstance(provider, dict) else ""
    before, path = Path.cwd(), sys.path[:]
    os.chdir(entry.project_dir)
    try:
        with foreign_code(module.partition(".")[0] if is_local else ""):
            if directory:
                sys.path.insert(0, str(directory))
            found = _called(entry, _import_local if is_local else _import_installed, entry)
            yield _called(entry, found) if isinstance(found, type) else found
    finally:
        sys.path[:] = path
        os.chdir(before)


def _check_provider(entry: Entry, directory: Path | None) -> None:
    where = entry.where.at("provider")
    if directory is None and not isinstance(entry.provider, str):
        raise MetadataError("must be a name, or a table with `path` and `module`", where=where)
    if not isinstance(entry.provider, dict):
        return
    keys = {key: type(value) for key, value in entry.provider.items()}
    if keys != {"path": str, "module": str}:
        raise MetadataError("must have the keys `path` and `module`, both texts", where=where)
    if directory and not directory.is_dir():
        raise MetadataError(f"there is no directory {directory}", where=where.at("path"))


def _import_local(entry: Entry) -> object:
    import importlib

    assert isinstance(entry.provider, dict)
    module, _, name = str(entry.provider["module"]).partition(":")
    importlib.invalidate_caches()
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


def _import_installed(entry: Entry) -> object:
    from importlib.metadata import entry_points

    if sys.version_info >= (3, 10):
        listed = tuple(entry_points(group=_GROUP))
    else:
        listed = tuple(entry_points().get(_GROUP, ()))
    # A distribution may be listed twice, where two entries of `sys.path` are one directory.
    found = {(point.name, point.value): point for point in listed if point.name == entry.provider}
    if len(found) == 1:
        return next(iter(found.values())).load()
    names = sorted({point.name for point in listed})
    close = close_names(str(entry.provider), names)
    several = ", ".join(point.value for point in found.values())
    raise MetadataError(
        f"several plugins have the name {entry.provider!r}: {several}"
        if found
        else f"no installed plugin has the name {entry.provider!r}",
        where=entry.where.at("provider"),
        hint=f"did you mean {close}?"
        if close
        else "add the package that has it to `build-system.requires`; there is"
        f" {', '.join(names) or 'none'}",
    )


def _called(entry: Entry, hook: Callable[..., Any], *arguments: object) -> Any:
    """Call what belongs to a plugin.

    :raises MetadataError: it fails, in whatever way.
    """
    try:
        return hook(*arguments)
    except MetadataError:
        raise
    except (Exception, SystemExit) as e:
        text = str(e).strip().partition("\n")[0]
        raise MetadataError(
            f"the plugin {shown_value(entry.provider)} fails: {type(e).__name__}: {text}",
            where=entry.where,
        ) from e
