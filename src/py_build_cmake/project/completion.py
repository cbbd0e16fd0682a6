"""The ``[project]`` table with its dynamic fields: from the sources, the module, and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import MetadataError, Problem
from ..base.places import Place
from ..base.records import dataclass
from ..config.sources import PLUGINS, has_plugins
from .dynamic import SUPPORTED, dynamic_fields
from .import_names import KEYS, import_names
from .project_table import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .dynamic import DynamicSources

_WHERE = Place(FILE, "project.dynamic")


@dataclass(frozen=True)
class CompletedTable:
    """The table with values for all dynamic fields, and without the list of them.

    ``files`` are those of the project that plugins are said to read. ``headers`` are the fields of
    METADATA whose values in wheels may differ from those in the source distribution that this is
    the table of. ``warnings`` are for the user.
    """

    table: dict[str, object]
    files: tuple[Path, ...] = ()
    headers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_dynamic(table: Mapping[str, object], *, with_plugins: bool) -> list[Problem]:
    """Return the mistakes in the list of dynamic fields.

    ``with_plugins`` is whether plugins compute fields: lists and tables may have a static part then
    (PEP 808).
    """
    dynamic = table.get("dynamic", [])
    if not isinstance(dynamic, list) or not all(isinstance(field, str) for field in dynamic):
        return [Problem("must be a list of strings", _WHERE)]
    supported: set[str] = {*SUPPORTED, *KEYS}
    extendable: tuple[str, ...] = ()
    if with_plugins:
        from .plugins import EXTENDABLE, FIELDS

        supported.update(FIELDS)
        extendable = EXTENDABLE
    problems = [
        Problem(
            f"{field!r} cannot be dynamic",
            _WHERE,
            f"write it in the [project] table; {' and '.join(SUPPORTED)} can be dynamic, and what"
            f" a plugin in [[tool.{PLUGINS}]] computes",
        )
        for field in dynamic
        if field not in supported
    ]
    problems += [
        Problem(f"{field!r} is both dynamic and in the [project] table", _WHERE, "remove one")
        for field in dynamic
        if field in supported and field in table and field not in extendable
    ]
    if "version" not in dynamic and "version" not in table:
        problems.append(
            Problem(
                "`version` is missing",
                Place(FILE, "project"),
                'add `version = "1.2.3"`, or `dynamic = ["version"]` to take it from the module',
            )
        )
    return problems


def complete(table: Mapping[str, object], sources: DynamicSources) -> CompletedTable:
    """Find out the dynamic fields of a table whose list of them has no mistakes.

    :raises MetadataError: a field cannot be provided.
    """
    listed = table.get("dynamic")
    dynamic = [str(field) for field in listed] if isinstance(listed, list) else []
    values = {key: value for key, value in table.items() if key != "dynamic"}
    if not dynamic or not has_plugins(sources.project_dir):
        values.update(_own(dynamic, sources))
        return CompletedTable(values)
    from .plugins import fields_of_wheels, headers_of, read_entries, run_plugins

    entries = read_entries(sources.project_dir)
    if "version" in dynamic and (sources.says_where_version_is or sources.recorded_version):
        # Plugins may use it, and what is recorded is no longer asked for.
        recorded = {"version": sources.recorded_version}
        values.update(recorded if sources.recorded_version else _own(["version"], sources))
    values, produced = run_plugins(entries, values, dynamic, sources)
    values.update(_own([field for field in dynamic if field not in values], sources))
    of_wheels = fields_of_wheels(entries) if sources.state == "sdist" else []
    missing = [f for f in dynamic if f not in {*values, *KEYS, *of_wheels}]
    if missing:
        raise MetadataError(
            f"no plugin sets {' and '.join(map(repr, missing))}",
            where=_WHERE,
            hint="remove it from the list, or add the plugin",
        )
    unused = [field for field in dynamic if field in table and field not in produced]
    return CompletedTable(
        values,
        tuple(path for entry in entries for path in entry.files()),
        tuple(headers_of(of_wheels)),
        tuple(
            f"{_WHERE}: {field!r} has a static part, and no plugin adds to it" for field in unused
        ),
    )


def _own(wanted: list[str], sources: DynamicSources) -> dict[str, object]:
    """Return what this program finds out by itself of the wanted fields."""
    fields = dict[str, object](dynamic_fields([f for f in wanted if f in SUPPORTED], sources))
    if not set(KEYS).isdisjoint(wanted):
        names = import_names(sources.module)
        fields.update((key, names[key]) for key in KEYS if key in wanted and names[key])
    return fields
