"""From the sources to :class:`~.schema.ProjectConfig`: inheritance, defaults, paths, checks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ConfigError, Problem
from .edits import Mismatch
from .dictionaries import Dictionary
from .kinds import UNSET, PathKind
from .schema import (
    CMakeConfig,
    CrossConfig,
    EditableConfig,
    ModuleConfig,
    ProjectConfig,
    SdistConfig,
    StubgenConfig,
    SystemTables,
    WheelConfig,
    options_of,
)
from .sources import PYPROJECT, read_sources
from .tree import Table, indexed, merge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .edits import Edit, Origin
    from .schema import Option
    from .settings import ConfigSettings

Record = TypeVar("Record")


def load_config(
    project_dir: Path, settings: ConfigSettings, *, os_name: str, environ: Mapping[str, str]
) -> ProjectConfig:
    """Load the configuration of a project.

    ``os_name`` is the OS table that holds for the build system; a name without a table means
    the base tables. Of ``environ``, ``CMAKE_GENERATOR`` is a default and ``PWD`` the base of file
    names in the settings.

    :raises ConfigError: there are mistakes; all of them are reported.
    """
    problems: list[Problem] = []
    project_dir = project_dir.resolve()
    pyproject, tree = read_sources(project_dir, settings, environ, problems)
    project = _project_table(pyproject, problems)
    loader = _Loader(project_dir, environ, problems)
    cross_table = tree.table("cross")
    cross = loader.record(CrossConfig, cross_table) if cross_table.present else None
    build_in_use = cross is None or cross.wants_native_build
    build = loader.system(tree, tree.table(os_name), in_use=build_in_use)
    host = build
    if cross:
        base = _inherit(tree, tree.table(cross.os)) if cross.os else tree
        host = loader.system(base, cross_table, in_use=True)
    stubgen = tree.table("stubgen")
    config = ProjectConfig(
        project_dir=project_dir,
        project=project,
        module=loader.module(tree.table("module"), project),
        stubgen=loader.record(StubgenConfig, stubgen) if stubgen.present else None,
        build=build,
        host=host,
        cross=cross,
        cross_where=_where_is_cross(cross_table),
        warnings=tuple(loader.warnings),
    )
    if problems:
        raise ConfigError.from_problems(dict.fromkeys(problems))
    return config


def _project_table(
    pyproject: Mapping[str, object], problems: list[Problem]
) -> Mapping[str, object]:
    project = pyproject.get("project")
    if isinstance(project, dict):
        return project
    if not problems:
        message = "the table is missing" if project is None else "must be a table"
        hint = 'add [project] with `name = "…"` and `version = "…"`'
        problems.append(Problem(message, f"{PYPROJECT}: `project`", hint))
    return {}


def _inherit(base: Table, heir: Table) -> Table:
    """Put the system tables of one system over those of another, or over the base tables."""
    names = ("editable", "sdist", "cmake", "wheel")
    return Table({name: merge(base.table(name), heir.table(name)) for name in names}, present=True)


def _where_is_cross(table: Table) -> str:
    """Return where a cross configuration was written: its files, or its table."""
    origins = [edits[-1].origin for _, edits in table.leaves()]
    sources = dict.fromkeys(o.source for o in origins if o.source != PYPROJECT)
    return ", ".join(sources) or f"{PYPROJECT}: `tool.py-build-cmake.cross`"


@dataclass
class _Loader:
    """Evaluates tables to records. What is wrong is added to ``problems``."""

    project_dir: Path
    environ: Mapping[str, str]
    problems: list[Problem]
    warnings: list[str] = field(default_factory=list)

    def system(self, base: Table, heir: Table, *, in_use: bool) -> SystemTables:
        """Evaluate the tables of one system. Paths are looked at only if they are in use."""
        tables = _inherit(base, heir)
        return SystemTables(
            editable=self.record(EditableConfig, tables.table("editable"), in_use=in_use),
            sdist=self.record(SdistConfig, tables.table("sdist"), in_use=in_use),
            cmake=tuple(
                (index, self.record(CMakeConfig, table, in_use=in_use))
                for index, table in indexed(tables.table("cmake")).items()
            ),
            wheel=self.record(WheelConfig, tables.table("wheel"), in_use=in_use),
        )

    def module(self, table: Table, project: Mapping[str, object]) -> ModuleConfig:
        """Evaluate the module table; the name of the project is the default name."""
        name = project.get("name")
        default = re.sub(r"[-_.]+", "-", name).lower() if isinstance(name, str) else ""
        config = self.record(ModuleConfig, table, defaults={"name": default})
        import_name = config.name.replace("-", "_")
        edits = table.edits("name")
        if not import_name.isidentifier() and (edits or isinstance(name, str)):
            where = str(edits[-1].origin) if edits else f"{PYPROJECT}: `project.name`"
            hint = "set `tool.py-build-cmake.module.name` to the name that is imported"
            message = f"{import_name!r} cannot be the import name of a module"
            self.problems.append(Problem(message, where, hint))
        return ModuleConfig(import_name, config.directory, config.namespace, config.generated)

    def record(
        self,
        record: type[Record],
        table: Table,
        *,
        defaults: Mapping[str, object] | None = None,
        in_use: bool = True,
    ) -> Record:
        """Evaluate all options of a record."""
        values: dict[str, Any] = {}
        for name, option in options_of(record).items():
            default = self._default(option, name, {**values, **(defaults or {})})
            values[name] = self._value(option, table, name, default, in_use=in_use)
        return record(**values)

    def _default(self, option: Option, name: str, known: Mapping[str, Any]) -> object:
        if option.default_from:
            other = known[option.default_from]
            as_list = (other,) if isinstance(other, str) else other
            return as_list or option.default
        if option.default_environ:
            return self.environ.get(option.default_environ) or None
        return known.get(name, option.default)

    def _value(
        self, option: Option, table: Table, name: str, default: object, *, in_use: bool
    ) -> object:
        kind = option.kind
        if isinstance(kind, Dictionary):
            values = {
                key: self._fold(kind.element(key), edits)
                for key, edits in table.table(name).leaves()
            }
            return {key: value for key, value in values.items() if value is not UNSET}
        edits = table.edits(name)
        value = self._fold(kind, edits)
        origin = edits[-1].origin if edits else None
        if value is UNSET:
            value, origin = default, None
        if isinstance(kind, PathKind) and isinstance(value, str):
            return self._path(kind, value, origin, in_use=in_use)
        return value

    def _fold(self, kind: Any, edits: Sequence[Edit]) -> object:
        try:
            value = kind.fold(edits)
        except Mismatch as e:
            self.problems.append(Problem(str(e), str(edits[-1].origin), e.hint))
            return UNSET
        self.warnings += kind.warnings(edits)
        return value

    def _path(self, kind: PathKind, value: str, origin: Origin | None, *, in_use: bool) -> Path:
        """Make a path absolute, and look at what is there."""
        from_file = kind.base == "file" and origin is not None
        base = origin.directory if from_file and origin else self.project_dir
        where = str(origin) if origin else f"{PYPROJECT}: `tool.py-build-cmake`"
        if Path(value).is_absolute() and not kind.absolute:
            hint = "paths here are relative to the project directory"
            self.problems.append(Problem(f"{value!r} must not be absolute", where, hint))
        path = Path(base, value).resolve()
        if kind.must_exist and in_use:
            noun = "directory" if kind.is_directory else "file"
            exists = path.is_dir() if kind.is_directory else path.is_file()
            missing = path if not exists else path / kind.contains
            if not exists or (kind.contains and not missing.is_file()):
                noun = noun if not exists else "file"
                hint = f"relative paths here begin at {base}"
                self.problems.append(Problem(f"there is no {noun} {missing}", where, hint))
        return path
