"""Components: wheels of CMake components that are not in the main project's wheel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..archive.copies import keep_sonames
from ..archive.dist_info import check_announced, write_dist_info
from ..archive.reproducible import Packing
from ..base.errors import ConfigError, Problem, WheelError
from ..base.places import Place
from ..building.kept import set_aside
from ..building.steps import component_steps
from ..building.universal import check_one_machine
from ..building.wheel import pack_wheel
from ..config.companions import load_component
from ..project.files import tree_files
from ..project.plan import Configuration, installed_place
from ..verify.staged import prove
from .companion_metadata import component_metadata
from .companion_sdist import write_companion_sdist
from .main_project import (
    alone,
    files_in_full,
    main_requirements,
    main_session,
    plan_main,
    run_main_steps,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..building.session import Session
    from ..config.companions import ComponentConfig, ComponentProject
    from ..config.schema import CMakeConfig
    from ..project.plan import BuildPlan

_REPLACED = ("build_presets", "build_args", "build_tool_args", "install_args", "install_components")


def requirements_for_wheel(session: Session) -> list[str]:
    """Return what has to be installed before the main project can be built."""
    project = _load(session)
    return main_requirements(main_session(session, project.companion), stubs=False)


def announce_metadata(session: Session, directory: Path) -> str:
    """Write the dist-info directory that the wheel will have; return its name."""
    project = _load(session)
    main = plan_main(main_session(session, project.companion))
    plan = plan_component(project, main)
    if plan.tag_follows_build:
        with alone(session, main):
            plan, _, _ = _build(session, project, main, plan)
    return write_dist_info(directory, plan.metadata, plan.tag, plan.wheel.build_tag)


def build_wheel(session: Session, directory: Path, announced: Path | None) -> str:
    """Build what the components need, and pack them; return the wheel's file name.

    :raises Error: the configuration is wrong, a command failed, or what was built does not make
        a correct wheel.
    """
    project = _load(session)
    main = plan_main(main_session(session, project.companion))
    plan = plan_component(project, main)
    packing = Packing.on(session.machine, plan.wheel.compression_level)
    with alone(session, main):
        plan, dist_info, files = _build(session, project, main, plan)
        if announced is not None:
            check_announced(announced, files[f"{dist_info}/METADATA"].parent)
        path = directory / plan.wheel_name
        pack_wheel(path, files, dist_info=dist_info, packing=packing, console=session.console)
    return path.name


def build_sdist(session: Session, directory: Path) -> str:
    """Pack the component's sources and the main project's; return the archive's name."""
    project = _load(session)
    main = plan_main(main_session(session, project.companion))
    metadata = plan_component(project, main).metadata
    return write_companion_sdist(session, project.companion, metadata, main, directory)


def plan_component(project: ComponentProject, main: BuildPlan) -> BuildPlan:
    """Plan the wheel: the main project's plan, with other metadata and other arguments.

    :raises Error: the main project has no such CMake configuration, or the metadata are wrong.
    """
    metadata = component_metadata(project.companion)
    configurations = (
        {configuration.index: configuration for configuration in main.main_pass.configurations}
        if main.main_pass
        else {}
    )
    problems = [
        Problem(
            f"the main project has no CMake configuration {index} for this system",
            Place("pyproject.toml", "tool.py-build-cmake.component"),
            f"its configurations are {', '.join(map(str, configurations))}"
            if configurations
            else "components are parts of what CMake installs",
        )
        for index, _ in project.components
        if index not in configurations
    ]
    if problems:
        raise ConfigError.from_problems(problems)
    assert main.main_pass
    check_one_machine(main, "a wheel of components")
    # The rules for the contents of the main wheel do not apply to this one.
    wheel = replace(main.wheel, expect=(), forbid=())
    return replace(
        main,
        config=replace(main.config, host_tables=replace(main.config.host_tables, wheel=wheel)),
        metadata=metadata,
        main_pass=replace(
            main.main_pass,
            configurations=tuple(
                _changed(configurations[index], config) for index, config in project.components
            ),
            install_prefix=main.main_pass.install_prefix.with_name(f"staging-{metadata.name}"),
            install_dir=installed_place(main.wheel.install_dir, metadata.base_name),
        ),
    )


def _load(session: Session) -> ComponentProject:
    return load_component(session.project_dir, session.settings, session.machine.environ)


def _changed(configuration: Configuration, component: ComponentConfig) -> Configuration:
    given = {name: getattr(component, name) for name in _REPLACED}
    config: CMakeConfig = replace(
        configuration.config, **{name: value for name, value in given.items() if value is not None}
    )
    return replace(configuration, config=config)


def _build(
    session: Session, project: ComponentProject, main: BuildPlan, plan: BuildPlan
) -> tuple[BuildPlan, str, Mapping[str, Path]]:
    """Build and install into staging; return the plan with the final tag, and what is there."""
    assert plan.main_pass
    staging = plan.main_pass.install_prefix
    set_aside(plan)
    install_only = {index for index, config in project.components if config.install_only}
    with files_in_full(main.config.project_dir):
        steps = component_steps(main, plan, install_only, session.runner, session.console)
        run_main_steps(session, main, steps)
    files = tree_files(staging)
    if not files:
        raise WheelError(
            "the components have no files: CMake installed nothing",
            where=Place("pyproject.toml", "tool.py-build-cmake.component.install_components"),
            hint="compare with the COMPONENT of the install() rules in CMakeLists.txt",
        )
    if plan.wheel.deduplicate_sonames:
        files = keep_sonames(files, session.console)
    plan = prove(plan, files, session.console)
    dist_info = write_dist_info(staging, plan.metadata, plan.tag, plan.wheel.build_tag)
    information = {f"{dist_info}/{p}": path for p, path in tree_files(staging / dist_info).items()}
    return plan, dist_info, {**files, **information}
