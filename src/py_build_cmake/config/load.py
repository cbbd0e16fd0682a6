"""From the sources to :class:`~.schema.ProjectConfig`: inheritance, conditions, checks."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

from ..base.errors import ConfigError, Problem
from ..base.places import SETTING, Place
from ..base.records import dataclass
from ..platforms.host import (
    check_native_python,
    cross_host,
    native_host,
    tag_problems,
    unknown_tags,
)
from .conan_tables import ambiguous_tables, change_cmake, cmake_entries, uses_cmake, with_conan
from .conditions import holds, host_facts
from .cross import (
    Completed,
    complete_cross,
    detected_cross,
    one_deployment_target,
    pre_build_remark,
    wants_detection,
    with_toolchain,
)
from .evaluate import Evaluator
from .kinds import Tags
from .layers import ABSENT, Table, describe, indexed, merge
from .schema import (
    CMAKE_LISTS,
    MINIMUM_CMAKE,
    NOT_WITH_CONAN,
    SYSTEM_SECTIONS,
    CMakeConfig,
    ConanConfig,
    CrossConfig,
    DynamicConfig,
    EditableConfig,
    GenerateConfig,
    MatchConfig,
    ModuleConfig,
    ProjectConfig,
    SdistConfig,
    StubgenConfig,
    SystemTables,
    WheelConfig,
    WhenConfig,
    options_of,
)
from .sources import PYPROJECT, TOOL, is_unpacked_sdist, read_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform
    from ..platforms.python_files import Note
    from .conditions import Facts
    from .cross import DetectedCross
    from .evaluate import Explanation
    from .layers import Node
    from .settings import ConfigSettings
    from .sources import Sources

Record = TypeVar("Record")
_CMAKE_ARGS = "CMAKE_ARGS"
PYTHON_HINTS = ("prefix", "library", "sabi_library", "include_dir", "soabi", "sosabi")


def load_config(
    project_dir: Path, settings: ConfigSettings, machine: BuildMachine, *, editable: bool = False
) -> ProjectConfig:
    """Load the configuration of a project.

    ``editable`` is whether an editable wheel is wanted, which conditions can ask for.

    :raises ConfigError: there are mistakes; all of them are reported.
    """
    return load_explained(project_dir, settings, machine, editable=editable).config


@dataclass(frozen=True)
class Explained:
    """The configuration, where every value of it comes from, and what conditions looked at.

    The values for the native pre-build stand below ``native``, unless there is none.
    """

    config: ProjectConfig
    explanations: tuple[Explanation, ...]
    facts: Facts


def load_explained(
    project_dir: Path, settings: ConfigSettings, machine: BuildMachine, *, editable: bool = False
) -> Explained:
    """Load the configuration, and say where every value of it comes from.

    :raises ConfigError: as :func:`load_config`.
    """
    problems: list[Problem] = []
    project_dir = project_dir.resolve()
    sources = read_sources(project_dir, settings, machine.environ, problems)
    loader = _Loader(
        sources=sources,
        tree=merge(sources.project, sources.above),
        evaluator=Evaluator(project_dir, machine.environ, problems),
        machine=machine,
        editable=editable,
        from_sdist=is_unpacked_sdist(project_dir),
    )
    config = loader.load()
    if settings.fresh:
        config = replace(
            config,
            native_tables=_all_fresh(config.native_tables),
            host_tables=_all_fresh(config.host_tables),
        )
    if problems:
        raise ConfigError.from_problems(dict.fromkeys(problems))
    explanations = tuple(loader.evaluator.explanations)
    return Explained(config, explanations, loader.facts(config.host_platform))


def _all_fresh(tables: SystemTables) -> SystemTables:
    """Set ``fresh`` in every CMake configuration."""
    cmake = tuple((index, replace(one, fresh=True)) for index, one in tables.cmake)
    return replace(tables, cmake=cmake)


@dataclass(frozen=True)
class _Loader:
    sources: Sources
    tree: Table
    evaluator: Evaluator
    machine: BuildMachine
    editable: bool
    from_sdist: bool

    def load(self) -> ProjectConfig:
        """Evaluate everything. If there are problems, the result is of no use."""
        evaluator = self.evaluator
        project = self._project_table()
        cross_table, stubgen_table = self.tree.table("cross"), self.tree.table("stubgen")
        module, dynamic = self._module(project), self._dynamic(project)
        stubgen = cross = None
        if stubgen_table.present:
            stubgen = evaluator.record(StubgenConfig, stubgen_table, ("stubgen",))
        detected = detected_cross(self.tree, self.sources.whens, self.machine, evaluator)
        cross_table = detected.cross
        cross_where = detected.where or _place_of_cross(cross_table)
        if cross_table.present:
            cross = evaluator.record(CrossConfig, cross_table, ("cross",))
            cross = with_toolchain(cross, cross_table, cross_where, evaluator.problems)
        completed = self._complete_from_python(cross, cross_table, cross_where)
        cross = completed.cross if completed else cross
        platform, notes = self._host_platform(completed, cross_table, cross_where)
        native = native_host(self.machine)
        if cross and stubgen and not cross_table.edits("native_build"):
            # stubgen imports what was compiled, which only works for the system that runs it.
            pre_build = detected.pre_build
            tables = self._tables(pre_build.os, native_host(pre_build))
            cross = replace(cross, native_build=uses_cmake(tables))
        if cross is None:
            tables = self._tables(self.machine.os, native)
            native_tables = host_tables = self._system(self._with_cmake_args(tables))
        else:
            tables = self._tables(cross.os, platform, cross_table)
            self._warn_of_unused_cmake_args(detected)
            host_tables = self._system(tables)
            native_tables = self._native_system(detected.pre_build, cross)
        if not host_tables.wheel.allow_unknown_tags:
            self._refuse_unknown_tags(host_tables.wheel, tables.table("wheel"))
            if platform and cross:
                evaluator.problems += (
                    _at_its_key(problem, cross_where, cross_table)
                    for problem in unknown_tags(platform, cross_where)
                )
        host_tables = one_deployment_target(
            host_tables, detected.deployment_target, evaluator.warnings
        )
        return ProjectConfig(
            project_dir=evaluator.project_dir,
            project=project,
            module=module,
            dynamic=dynamic,
            stubgen=stubgen,
            native_tables=native_tables,
            host_tables=host_tables,
            cross=cross,
            host_platform=platform or native,
            cross_where=cross_where,
            remarks=(*detected.remarks, *self._remarks_of_pre_build(detected, cross)),
            filled=(*detected.filled, *(completed.notes() if completed else ()), *notes),
            warnings=tuple(dict.fromkeys(evaluator.warnings)),
            detection=detected.detection,
            generate=self._generate(),
            pre_build=detected.pre_build if cross and detected.pre_build != self.machine else None,
            build_requires=self._build_requires(platform, detected.pre_build, cross),
        )

    def _remarks_of_pre_build(
        self, detected: DetectedCross, cross: CrossConfig | None
    ) -> Iterator[str]:
        """Yield what a native pre-build ignores. Environments that start cross builds have always
        variables for the host; beside a cross file, they may be a surprise.
        """
        if cross and cross.wants_native_build and detected.detection is None:
            remark = pre_build_remark(self.machine.environ)
            if remark:
                yield remark

    def _with_cmake_args(self, tables: Table) -> Table:
        """Add the environment variable of that name to every CMake configuration."""
        machine = self.machine
        if not machine.environ.get(_CMAKE_ARGS) or not wants_detection(self.tree.table("cross")):
            return tables
        from .native_args import with_cmake_args

        def changed(table: Table) -> Table:
            project_dir, is_windows = self.evaluator.project_dir, machine.os == "windows"
            return with_cmake_args(table, machine.environ, project_dir, windows=is_windows)

        try:
            return change_cmake(tables, changed)
        except ConfigError as e:
            self.evaluator.problems += e.problems
            return tables

    def _warn_of_unused_cmake_args(self, detected: DetectedCross) -> None:
        """Warn where a user may believe that the variable counts."""
        found = detected.detection.found if detected.detection else None
        if self.machine.environ.get(_CMAKE_ARGS) and not (found and found.reads_cmake_args):
            self.evaluator.warnings.append(
                f"the environment variable {_CMAKE_ARGS} is not used in cross builds: write what"
                " the host's build needs into `cross.cmake.options`"
            )

    def _refuse_unknown_tags(self, wheel: WheelConfig, table: Table) -> None:
        for name, option in options_of(WheelConfig).items():
            if isinstance(option.kind, Tags) and table.edits(name):
                self.evaluator.problems += (
                    Problem(refusal.message, table.edits(name)[-1].origin.place, refusal.advice())
                    for refusal in option.kind.unknown(getattr(wheel, name) or ())
                )

    def _native_system(self, pre_build: BuildMachine, cross: CrossConfig) -> SystemTables:
        """Evaluate the tables for the build machine, in the environment of a native pre-build."""
        tables = self._tables(pre_build.os, native_host(pre_build))
        evaluator = replace(self.evaluator, environ=pre_build.environ)
        loader = replace(self, machine=pre_build, evaluator=evaluator)
        return loader._system(tables, ("native",), in_use=cross.wants_native_build)

    def _project_table(self) -> Mapping[str, object]:
        """Return the [project] table; only its name matters here."""
        if self.sources.contents is None:
            return {}
        project, where = self.sources.contents.get("project"), Place(PYPROJECT, "project")
        hint = 'add [project] with `name = "…"` and `version = "…"`'
        if not isinstance(project, dict):
            found = "is missing" if project is None else f"is the {describe(project)}"
            self.evaluator.problems.append(Problem(f"must be a table, but {found}", where, hint))
            return {}
        name, where = project.get("name"), Place(PYPROJECT, "project.name")
        if not isinstance(name, str):
            found = "is missing" if name is None else f"must be a string, not the {describe(name)}"
            self.evaluator.problems.append(Problem(found, where, 'write `name = "…"`'))
        return project

    def _module(self, project: Mapping[str, object]) -> ModuleConfig:
        """Evaluate the module table; the name of the project is the default name."""
        name, table = project.get("name"), self.tree.table("module")
        default = re.sub(r"[-_.]+", "_", name).lower() if isinstance(name, str) else "unknown"
        config = self.evaluator.record(ModuleConfig, table, ("module",), defaults={"name": default})
        config = replace(config, name=config.name.replace("-", "_"))
        if not config.name.isidentifier():
            edits = table.edits("name")
            where = edits[-1].origin.place if edits else Place(PYPROJECT, "project.name")
            hint = f"set `{TOOL}.module.name` to the name that is imported"
            message = f"{config.name!r} cannot be the import name of a module"
            self.evaluator.problems.append(Problem(message, where, hint))
        return config

    def _dynamic(self, project: Mapping[str, object]) -> DynamicConfig:
        table = self.tree.table("dynamic")
        config = self.evaluator.record(DynamicConfig, table, ("dynamic",))
        dynamic = project.get("dynamic")
        keys = [key for key in ("version_file", "version_pattern", "version") if table.edits(key)]
        if keys and not (isinstance(dynamic, list) and "version" in dynamic):
            where = table.edits(keys[0])[-1].origin.place
            hint = 'write `dynamic = ["version"]` into [project], and no `version`'
            message = "the version of the project is not dynamic"
            self.evaluator.problems.append(Problem(message, where, hint))
        if config.version_file and config.version:
            where = table.edits("version")[-1].origin.place
            message = "the version is said to be in `version_file`, too"
            self.evaluator.problems.append(Problem(message, where, "remove one of the two keys"))
        if config.version_pattern and not config.version_file:
            where = table.edits("version_pattern")[-1].origin.place
            message = "there is no file to search"
            self.evaluator.problems.append(Problem(message, where, "name it in `version_file`"))
        return config

    def _generate(self) -> tuple[tuple[int, GenerateConfig], ...]:
        """Evaluate the files to be made from templates; each is in one place, from one template."""
        files = []
        seen: dict[tuple[str, str | None], int] = {}
        for index, table in indexed(self.tree.table("generate")).items():
            config = self.evaluator.record(GenerateConfig, table, ("generate", str(index)))
            files.append((index, config))
            other = seen.setdefault((config.location, config.path), index)
            if config.path is None and self.evaluator.problems:
                continue  # it may be there, and wrong
            if config.path is None:
                said = ("`path` is missing", 'write for example `path = "my_module/_version.py"`')
            elif (config.template is None) == (config.template_path is None):
                found = "is missing" if config.template is None else "is given twice"
                hint = "write either `template` or `template_path`"
                said = (f"the template of {config.path} {found}", hint)
            elif config.path.startswith("/") and config.location != "install":
                hint = "write a relative path, or leave `location` out"
                said = (f"{config.path} is a place in the wheel", hint)
            elif other != index:
                said = (f"{config.path} is also the file of `generate.{other}`", "remove one")
            else:
                continue
            self.evaluator.problems.append(Problem(said[0], generate_place(index), said[1]))
        return tuple(files)

    def _complete_from_python(
        self, cross: CrossConfig | None, table: Table, where: Place
    ) -> Completed | None:
        """Fill in what `cross.python` says; None in native builds."""
        if cross is None:
            return None
        completed = Completed(cross, {}, ())
        if self.evaluator.problems:
            return completed
        found: tuple[Problem, ...]
        try:
            completed = complete_cross(cross, where, self.machine)
            found = completed.problems
        except ConfigError as e:
            found = e.problems
        self.evaluator.problems += (_at_its_key(problem, where, table) for problem in found)
        return completed

    def _host_platform(
        self, completed: Completed | None, table: Table, where: Place
    ) -> tuple[HostPlatform | None, tuple[Note, ...]]:
        """Describe the host system, and say what was filled in.

        None where mistakes have been found already: more of them might be their consequences.
        """
        if completed is None:
            return native_host(self.machine), ()
        cross = completed.cross
        if self.evaluator.problems:
            wrong = tag_problems(where, cross.implementation, cross.abi, cross.arch)
            placed = [_at_its_key(problem, where, table) for problem in wrong]
            said = {problem.where for problem in self.evaluator.problems}
            self.evaluator.problems += (p for p in placed if p.where not in said)
            return None, ()
        try:
            host, notes = cross_host(
                self.machine,
                where=where,
                implementation=cross.implementation,
                version=cross.version,
                abi=cross.abi,
                arch=cross.arch,
                soabi=cross.soabi,
                abiflags=cross.abiflags,
                sources=completed.sources,
            )
            if cross.force_native_python:
                hints = {name: getattr(cross, name) for name in PYTHON_HINTS}
                check_native_python(self.machine, host, where=where, hints=hints)
        except ConfigError as e:
            self.evaluator.problems += (
                _at_its_key(problem, where, table) for problem in e.problems
            )
            return None, ()
        return host, notes

    def _tables(
        self, os_name: str | None, platform: HostPlatform | None, cross: Table = ABSENT
    ) -> Table:
        """Merge the layers of one system: base, OS, conditions, ``cross``. If a matching condition
        sets anything in a table, pyproject.toml is applied first, then the conditional tables, then
        the other sources. Every other table is the base's, then the OS's.
        """
        project, above, system = self.sources.project, self.sources.above, os_name or ""
        whens = self._whens_that_hold(platform)
        if above.table(system).cleared:
            project = replace(project, children={**project.children, system: ABSENT})
        tables: dict[str, Node] = {}
        for name in SYSTEM_SECTIONS:
            base, of_os = project.table(name), project.table(system, name)
            base_above, of_os_above = above.table(name), above.table(system, name)
            conditional = [when.table(name) for when in whens if name in when.children]
            layers = [base, base_above, of_os, of_os_above]
            if conditional:
                layers = [base, of_os, *conditional, base_above, of_os_above]
            tables[name] = reduce(merge, [*layers, cross.table(name)])
        return Table(tables, present=True)

    def facts(self, platform: HostPlatform) -> Facts:
        """Collect what conditions look at."""
        return host_facts(
            platform,
            os_name=self.machine.os,
            editable=self.editable,
            from_sdist=self.from_sdist,
            environ=self.machine.environ,
        )

    def _build_requires(
        self, platform: HostPlatform | None, pre_build: BuildMachine, cross: CrossConfig | None
    ) -> tuple[str, ...]:
        """Return the build requirements of the conditions that hold for the host, and for the build
        machine if there is a native pre-build.
        """
        whens = self._whens_that_hold(platform)
        if cross and cross.wants_native_build:
            whens += replace(self, machine=pre_build)._whens_that_hold(native_host(pre_build))
        records = (self.evaluator.record(WhenConfig, w, ("when",), in_use=False) for w in whens)
        return tuple(dict.fromkeys(text for one in records for text in one.build_requires))

    def _whens_that_hold(self, platform: HostPlatform | None) -> list[Table]:
        if platform is None:
            return []
        facts = self.facts(platform)
        return [when for match, when in self._matches() if holds(match, facts)]

    def _matches(self) -> Iterator[tuple[MatchConfig, Table]]:
        """Yield the conditions with their tables."""
        for number, when in enumerate(self.sources.whens, 1):
            path = (f"when[{number}]", "match")
            match = self.evaluator.record(MatchConfig, when.table("match"), path, in_use=False)
            if match == MatchConfig() and not self.evaluator.problems:
                where = Place(PYPROJECT, f"{TOOL}.{path[0]}")
                hint = 'name a fact of the host system, for example `match = { os = "linux" }`'
                self.evaluator.problems.append(Problem("a condition is missing", where, hint))
            yield match, when

    def _system(
        self, tables: Table, path: tuple[str, ...] = (), *, in_use: bool = True
    ) -> SystemTables:
        """Evaluate the tables of one system."""

        def record(kind: type[Record], name: str) -> Record:
            # A native pre-build makes no wheel.
            table, is_used = tables.table(name), in_use and not path
            return self.evaluator.record(kind, table, (*path, name), in_use=is_used)

        evaluator = self.evaluator
        evaluator.problems += ambiguous_tables(tables)
        cmake = []
        for index, entry in cmake_entries(tables).items():
            shown, table = (*path, *entry.path), entry.table
            if entry.conan is None:
                config = evaluator.record(CMakeConfig, table, shown, in_use=in_use)
            else:
                conan = evaluator.record(ConanConfig, entry.conan, shown[:-1], in_use=in_use)
                config = evaluator.record(
                    CMakeConfig, table, shown, in_use=in_use, hidden=NOT_WITH_CONAN
                )
                config = with_conan(config, conan, evaluator.warnings)
            if config.strip is None and (self.editable or path):
                # To strip a file that is installed already is to write it again: what depends on it
                # would be built again, and programs that have loaded it could crash.
                config = replace(config, strip=False)
            cmake.append((index, config))
            self._check_policies(config, table)
        return SystemTables(
            editable=record(EditableConfig, "editable"),
            sdist=record(SdistConfig, "sdist"),
            cmake=tuple(cmake),
            wheel=record(WheelConfig, "wheel"),
        )

    def _check_policies(self, config: CMakeConfig, table: Table) -> None:
        minimum, maximum = config.minimum_version, config.maximum_policy
        if minimum == CMAKE_LISTS:
            minimum = MINIMUM_CMAKE
        if maximum and _numbers(maximum) < _numbers(minimum):
            where = table.edits("maximum_policy")[-1].origin.place
            message = f"{maximum!r} is older than the `minimum_version` {minimum!r}"
            self.evaluator.problems.append(Problem(message, where, f"write '{minimum}' or newer"))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def generate_place(index: int) -> Place:
    """Return the place of a table for a file that is made from a template."""
    return Place(PYPROJECT, f"{TOOL}.generate.{index}")


def _at_its_key(problem: Problem, where: Place, table: Table) -> Problem:
    """Say where the key was written that a problem with the table at ``where`` is about."""
    for name, edits in table.leaves():
        if problem.place == where.at(name):
            return replace(problem, place=edits[-1].origin.place)
    return problem


def _place_of_cross(table: Table) -> Place:
    """Return where a cross configuration was written: in files, in the project, or by overrides."""
    places = [edit.origin.place for edit in table.all_edits()]
    files = list(dict.fromkeys(place.file for place in places if place.file))
    own = [name for name in files if name != PYPROJECT]
    if own:
        return Place(own[0], more_files=tuple(own[1:]))
    if files or not places:
        return Place(PYPROJECT, f"{TOOL}.cross")
    # Each config setting names its own key.
    words = places[0].elsewhere.split()
    elsewhere = SETTING if words[0] == SETTING else places[0].elsewhere
    return Place(elsewhere=elsewhere, key="cross")
