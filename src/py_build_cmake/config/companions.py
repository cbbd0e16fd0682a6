"""The configuration of companions: projects that make a wheel of their own from a main project.

Their pyproject.toml has the tables that are declared here, and none of a main project's. Settings
for the main project are passed on to its configuration.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.places import Place
from ..base.records import dataclass
from .evaluate import Evaluator
from .kinds import Boolean, DirPath, StringList
from .layers import ABSENT, Op, Table, indexed, merge, similar
from .overrides import GrammarError, parse_override
from .read import Layer, Reader
from .schema import ROOT, SdistConfig, Section, option, section_of
from .sources import (
    PYPROJECT,
    TOOL,
    ConfigFiles,
    is_unpacked_sdist,
    parse_toml,
    read_file,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .schema import Section
    from .settings import ConfigSettings


@dataclass(frozen=True)
class CompanionConfig:
    """What a companion belongs to."""

    main_project: Path = option(
        DirPath(base="project", contains="pyproject.toml"),
        "Directory of the main project. A source distribution has a copy of it in `main-project`,"
        " which is then used.",
        "..",
    )


@dataclass(frozen=True)
class StubsConfig:
    """What the wheel of a `py_build_cmake.build_stubs` project contains."""

    packages: tuple[str, ...] | None = option(
        StringList(),
        "Packages and modules of the main project that the wheel has stubs for.",
        default_doc="the module of the main project",
    )
    install_components: tuple[str, ...] = option(
        StringList(),
        "Components of the main project's CMake installation that the native build installs for"
        " the stubs, besides what is in the wheel.",
        (),
    )
    partial: bool = option(
        Boolean(),
        "The stubs cover only some of the modules; type checkers take the others from the installed"
        " package (PEP 561).",
        False,
    )


@dataclass(frozen=True)
class ComponentConfig:
    """What a `py_build_cmake.build_component` project builds and installs of the main project."""

    install_components: tuple[str, ...] | None = option(
        StringList(),
        "Components to install, each with `--component`. The empty string installs everything that"
        " is not excluded from all.",
        default_doc="none: the option is required",
    )
    install_only: bool = option(
        Boolean(), "Install without building first: CMake's `all` target is not needed.", False
    )
    build_presets: tuple[str, ...] | None = option(
        StringList(accept_string=True),
        "Build presets, in place of those of the main project.",
        default_doc="those of the main project",
    )
    build_args: tuple[str, ...] | None = option(
        StringList(append=True),
        "More arguments of `cmake --build`, in place of those of the main project.",
        default_doc="those of the main project",
    )
    build_tool_args: tuple[str, ...] | None = option(
        StringList(append=True),
        "Arguments of the build tool, in place of those of the main project.",
        default_doc="those of the main project",
    )
    install_args: tuple[str, ...] | None = option(
        StringList(append=True),
        "More arguments of `cmake --install`, in place of those of the main project.",
        default_doc="those of the main project",
    )


COMPANION = section_of(CompanionConfig)
STUBS = Section(
    COMPANION.options,
    {"stubs": section_of(StubsConfig), "sdist": section_of(SdistConfig)},
    doc="The configuration of a project with stubs.",
)
COMPONENT = Section(
    COMPANION.options,
    {
        "component": section_of(ComponentConfig, is_indexed=True),
        "sdist": section_of(SdistConfig),
    },
    doc="The configuration of a component.",
)


# Where the source distribution of a companion has its main project.
MAIN_COPY = "main-project"
# The first word that sends an override to the main project, whatever else it says.
MAIN = "main"


@dataclass(frozen=True)
class Companion:
    """What all projects have that make a wheel of its own from a main project.

    ``project`` is the ``[project]`` table as parsed, if there is one. ``main_settings`` are the
    config settings for the main project, without the overrides that are for the companion.
    """

    project_dir: Path
    project: Mapping[str, object] | None
    main_dir: Path
    main_settings: ConfigSettings
    sdist: SdistConfig


@dataclass(frozen=True)
class StubsProject:
    """A companion that packs the stubs of the main project."""

    companion: Companion
    stubs: StubsConfig


@dataclass(frozen=True)
class ComponentProject:
    """A companion that packs components of the main project's installation, by CMake index."""

    companion: Companion
    components: tuple[tuple[int, ComponentConfig], ...]


def load_stubs(
    project_dir: Path, settings: ConfigSettings, environ: Mapping[str, str]
) -> StubsProject:
    """Load the configuration of a project with stubs.

    :raises ConfigError: there are mistakes; all of them are reported.
    """
    loader = _Loader.of(STUBS, "stubs", project_dir, settings, environ)
    table = loader.tree.table("stubs")
    stubs = loader.evaluator.record(StubsConfig, table, ("stubs",))
    return StubsProject(loader.companion(), stubs)


def load_component(
    project_dir: Path, settings: ConfigSettings, environ: Mapping[str, str]
) -> ComponentProject:
    """Load the configuration of a component.

    :raises ConfigError: there are mistakes; all of them are reported.
    """
    loader = _Loader.of(COMPONENT, "component", project_dir, settings, environ)
    table = loader.tree.table("component")
    entries = indexed(table) or {0: table}
    components = []
    for index, entry in entries.items():
        shown = ("component", *([] if [*entries] == [0] else [str(index)]))
        config = loader.evaluator.record(ComponentConfig, entry, shown)
        components.append((index, config))
        if not config.install_components and loader.contents:
            where = Place(PYPROJECT, f"{'.'.join((TOOL, *shown))}")
            hint = 'name the components of CMake\'s install() rules, for example ["debug"]'
            message = "`install_components` is missing"
            loader.problems.append(Problem(message, where, hint))
    return ComponentProject(loader.companion(), tuple(components))


@dataclass(frozen=True)
class _Loader:
    """What was read of a companion, before it is evaluated to a record."""

    evaluator: Evaluator
    tree: Table
    contents: Mapping[str, object]
    main_settings: ConfigSettings
    problems: list[Problem] = field(repr=False)

    @classmethod
    def of(
        cls,
        root: Section,
        word: str,
        project_dir: Path,
        settings: ConfigSettings,
        environ: Mapping[str, str],
    ) -> _Loader:
        """Read everything. ``word`` names the companion's own table."""
        problems: list[Problem] = []
        project_dir = project_dir.resolve()
        contents = parse_toml(project_dir / PYPROJECT, PYPROJECT, problems) or {}
        tool = contents.get("tool", {})
        tables = tool.get("py-build-cmake", {}) if isinstance(tool, dict) else {}
        layer = Layer(Place(PYPROJECT, TOOL), project_dir)
        tree = Reader(layer, problems, root).read((), Op.DEFAULT, tables)
        if word == "component":
            finder = ConfigFiles(project_dir, environ, problems)
            for path in finder.given(word, settings.component):
                above = read_file(path, finder.shown(path), problems, root.sections[word])
                tree = merge(tree, Table({word: above}) if above != ABSENT else ABSENT)
        own, mains = _divide(settings.overrides, root, word, problems)
        for label, text in own:
            parsed = parse_override(text)
            reader = Reader(Layer(Place(elsewhere=label), project_dir), problems, root)
            tree = merge(tree, reader.read(parsed.path, parsed.op, parsed.value))
        evaluator = Evaluator(project_dir, environ, problems)
        return cls(evaluator, tree, contents, replace(settings, overrides=mains), problems)

    def companion(self) -> Companion:
        """Evaluate what all companions have.

        :raises ConfigError: there are mistakes, here or in what was evaluated before.
        """
        project_dir = self.evaluator.project_dir
        copy = project_dir / MAIN_COPY
        is_unpacked = is_unpacked_sdist(project_dir) and (copy / PYPROJECT).is_file()
        config = self.evaluator.record(CompanionConfig, self.tree, (), in_use=not is_unpacked)
        sdist = self.evaluator.record(SdistConfig, self.tree.table("sdist"), ("sdist",))
        main_dir = copy if is_unpacked else config.main_project
        project, where = self.contents.get("project"), Place(PYPROJECT, "project")
        if not isinstance(project, dict):
            if project is not None:
                self.problems.append(Problem("must be a table", where))
            project = None
        if main_dir == project_dir:
            message = "the directory is this project, not the main project"
            self.problems.append(Problem(message, Place(PYPROJECT, f"{TOOL}.main_project")))
        if self.problems:
            raise ConfigError.from_problems(dict.fromkeys(self.problems))
        return Companion(project_dir, project, main_dir, self.main_settings, sdist)


_Overrides = tuple[tuple[str, str], ...]


def _divide(
    overrides: _Overrides, root: Section, word: str, problems: list[Problem]
) -> tuple[_Overrides, _Overrides]:
    """Send every override to the configuration that knows it, or to both if both do.

    ``main.`` and the companion's ``word`` in front send it to one of them.
    """
    own, mains = [], []
    for label, text in overrides:
        try:
            path = parse_override(text).path
        except GrammarError as e:
            problems.append(Problem(str(e), Place(elsewhere=label, column=e.column), e.hint))
            continue
        first, second = path[0], (*path, "")[1]
        known = {*root.options, *root.sections}
        if first == MAIN and second:
            mains.append((label, _without_word(text)))
        elif first == word and second in known:
            own.append((label, _without_word(text)))
        else:
            own += [(label, text)] if first in known else []
            mains += [(label, text)] if first in ROOT.sections else []
            if first not in known | ROOT.sections.keys():
                close = similar(first, {*known, *ROOT.sections, MAIN})
                hint = f"did you mean `{close[0]}`?" if close else f"`{MAIN}.` and `{word}.` in"
                hint += "" if close else " front of an option choose the project"
                message = "is not an option of this project, nor of the main project"
                problems.append(Problem(message, Place(elsewhere=label, key=first), hint))
    return tuple(own), tuple(mains)


def _without_word(text: str) -> str:
    return text.partition(".")[2]
