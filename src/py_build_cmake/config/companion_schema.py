"""The schema of companions: projects that make a wheel of their own from a main project.

Their pyproject.toml has the tables that are declared here, and none of a main project's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import dataclass
from .kinds import Boolean, DirPath, StringList
from .schema import SdistConfig, Section, option, section_of

if TYPE_CHECKING:
    from pathlib import Path


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
        default_doc="none: it has to be given",
    )
    install_only: bool = option(
        Boolean(), "Install without building before: CMake's `all` target is not needed.", False
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
