"""The commands of a build one by one, for developers: configure, build, install.

They are the stages of the plan that the hooks run, in the same build directories. A later build of
the wheel reuses what they compiled.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Problem, ProjectError
from ..base.places import Place
from ..base.records import dataclass
from ..cmake.build_dir import CACHE_FILE
from ..cmake.commands import parallel_level
from ..cmake.programs import cmake_program
from ..cmake.requirements import find_requirements
from ..cmake.runner import DryRunner
from ..project.plan import BUILD_CONFIG, make_plan
from .staging import exclusive
from .steps import cmake_steps, configured_environment, run_steps
from .universal import check_one_machine
from .wheel import load_project, mark_cache, plan_wheel, write_generated_sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.schema import CMakeConfig
    from ..project.plan import BuildPlan, CMakePass
    from .session import Session
    from .steps import Step

_VERBS = ("configure", "build", "install")


@dataclass(frozen=True)
class Selection:
    """What to work on: one CMake configuration of the main build, or of the native pre-build.

    ``is_whole`` selects all of them; the native pre-build is then installed first. ``build_path``
    replaces the configured one, with the same placeholder. With ``is_fresh``, what precedes a
    command is done as well, in an emptied build directory.
    """

    index: int = 0
    is_native: bool = False
    is_whole: bool = False
    build_path: Path | None = None
    is_fresh: bool = False

    def verbs(self, verb: str) -> tuple[str, ...]:
        """Return what is done for a command, in order."""
        return _VERBS[: _VERBS.index(verb) + 1] if self.is_fresh else (verb,)


@dataclass(frozen=True)
class Changes:
    """Options of a command line that replace the configuration, or are added to it. A preset or a
    configuration to build replaces the configured values of both.
    """

    preset: str | None = None
    build_presets: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()

    def apply(self, config: CMakeConfig, verb: str) -> CMakeConfig:
        """Return the configuration that one command runs with."""
        if verb == "configure":
            return replace(
                config,
                preset=self.preset or config.preset,
                args=(*config.args, *self.arguments),
            )
        if verb == "build":
            if self.build_presets or self.configurations:
                config = replace(
                    config, build_presets=self.build_presets, config=self.configurations
                )
            return replace(config, build_args=(*config.build_args, *self.arguments))
        return replace(
            config,
            install_config=self.configurations or config.install_config,
            install_components=self.components or config.install_components,
            install_args=(*config.install_args, *self.arguments),
        )


def run_verb(session: Session, verb: str, selection: Selection, changes: Changes) -> BuildPlan:
    """Run ``configure``, ``build`` or ``install`` for the selected configurations of the plan that
    is returned.

    :raises Error: the configuration is wrong, nothing is selected, or a command failed.
    """
    plan, main = _plan_selection(session, selection)
    plan = _changed(plan, main, verb, selection, changes)
    _run(session, plan, verb, selection)
    return plan


def write_user_presets(session: Session, selection: Selection) -> None:
    """Configure the selected configurations as a build of the wheel does, and write presets for
    their build directories into the user's files, and links to the compilation databases.

    :raises Error: as :func:`run_verb`; or a file with presets cannot be extended.
    """
    from ..cmake.user_presets import link_compile_commands, user_preset, write_user_preset

    plan, main = _plan_selection(session, selection)
    chosen = tuple(
        c for c in main.configurations if selection.is_whole or c.index == selection.index
    )
    _run(
        session,
        replace(plan, main_pass=replace(main, configurations=chosen)),
        "configure",
        selection,
    )
    if isinstance(session.runner, DryRunner):
        return
    machine, requirements = plan.machine, find_requirements(plan.machine)
    for configuration in chosen:
        environ = configured_environment(plan, main, configuration, requirements)
        known = machine.environ
        variables: dict[str, str | None] = {
            name: environ.get(name)
            for name in sorted({*environ, *known})
            if environ.get(name) != known.get(name)
        }
        preset = user_preset(
            str(main.tag),
            configuration,
            cmake_program(machine),
            variables,
            parallel_level(configuration.config, environ, machine.cpus),
        )
        source = configuration.config.source_path
        path = write_user_preset(source, preset)
        session.console.info(f"wrote the preset {preset.name} to {path}")
    # Of several configurations of one source directory, the first.
    directories = {c.config.source_path: c.build_dir for c in reversed(chosen)}
    for source, build_dir in directories.items():
        if remark := link_compile_commands(source, build_dir):
            session.console.warning(remark)


def _plan_selection(session: Session, selection: Selection) -> tuple[BuildPlan, CMakePass]:
    """Plan the wheel, and check that what is selected is there.

    :raises Error: the project or its configuration is wrong, or nothing is selected.
    """
    plan = plan_in(session, selection.build_path)
    if selection.is_whole and plan.main_pass:
        _check_directories(plan.main_pass)
    for warning in plan.warnings:
        session.console.warning(warning)
    if plan.main_pass is None:
        raise ProjectError(
            "the project has no CMake",
            where=Place("pyproject.toml", "tool.py-build-cmake.cmake"),
            hint="add the table, which may be empty",
        )
    check_one_machine(plan, "a command of its own")
    chosen = (plan.native_pass if selection.is_native else None) or plan.main_pass
    indices = [configuration.index for configuration in chosen.configurations]
    if not selection.is_whole and selection.index not in indices:
        raise ProjectError(
            f"there is no CMake configuration with the index {selection.index}",
            where="option --index",
            hint=f"the indices are {', '.join(map(str, indices))}",
        )
    return plan, plan.main_pass


def _run(session: Session, plan: BuildPlan, verb: str, selection: Selection) -> None:
    steps = [
        step
        for step in cmake_steps(plan, session.runner, session.console)
        if _is_wanted(step, plan.native_pass, verb, selection)
    ]
    if isinstance(session.runner, DryRunner):
        run_steps(steps, session.console)
        return
    if "configure" not in selection.verbs(verb):
        _check_configured(steps)
    assert plan.main_pass
    with exclusive(plan.main_pass.install_prefix.with_name("lock"), session.console):
        mark_cache(plan.config.project_dir)
        _prepare_log(plan, afresh="configure" in selection.verbs(verb))
        write_generated_sources(plan)
        run_steps(steps, session.console)


def plan_in(session: Session, build_path: Path | None) -> BuildPlan:
    """Plan the wheel, built in ``build_path`` if that is given.

    :raises Error: the project or its configuration is wrong.
    """
    if build_path is None:
        return plan_wheel(session)
    config = load_project(session)
    path = Path(os.path.abspath(build_path))  # noqa: PTH100 - absolute() keeps `..`
    cmake = tuple((index, replace(one, build_path=path)) for index, one in config.host_tables.cmake)
    return make_plan(
        replace(config, host_tables=replace(config.host_tables, cmake=cmake)), session.machine
    )


def _check_directories(main: CMakePass) -> None:
    """Refuse one build directory for several CMake configurations."""
    directories = [configuration.build_dir for configuration in main.configurations]
    if len(set(directories)) < len(directories):
        raise ProjectError(
            "several CMake configurations would be built in one directory",
            where=str(directories[0]),
            hint=f"write {BUILD_CONFIG} into the path, which stands for the tag and the index",
        )


def _changed(
    plan: BuildPlan, main: CMakePass, verb: str, selection: Selection, changes: Changes
) -> BuildPlan:
    """Return the plan with the options of the command line."""
    native = plan.native_pass if selection.is_native else None
    if selection.is_native and native is None and plan.config.cross:
        raise ProjectError(
            "the cross build has no native pre-build",
            where=plan.config.cross_where,
            hint="set `native_build = true`, or leave --native out",
        )
    chosen = native or main
    configurations = tuple(
        replace(configuration, config=changes.apply(configuration.config, verb))
        for configuration in chosen.configurations
    )
    if native:
        # The prefix of a native pre-build is fixed, because the cross build looks there.
        return replace(plan, native_pass=replace(native, configurations=configurations))
    # The first build directory has the log.
    configurations = tuple(
        c for c in configurations if selection.is_whole or c.index == selection.index
    )
    return replace(plan, main_pass=replace(main, configurations=configurations, sets_prefix=False))


def _is_wanted(step: Step, native: CMakePass | None, verb: str, selection: Selection) -> bool:
    is_native = native is not None and step.configuration in native.configurations
    if selection.is_whole and is_native:
        # It is installed first, since what follows may need it.
        return step.verb in (*selection.verbs(verb), *_VERBS[_VERBS.index(verb) :])
    if step.configuration is None or step.verb not in selection.verbs(verb):
        return False
    if selection.is_whole:
        return True
    wants_native = selection.is_native and native is not None
    return is_native == wants_native and step.configuration.index == selection.index


def _check_configured(steps: Iterable[Step]) -> None:
    directories = [step.configuration.build_dir for step in steps if step.configuration]
    problems = [
        Problem("CMake has not configured here", str(directory), "run py-build-cmake configure")
        for directory in dict.fromkeys(directories)
        if not (directory / CACHE_FILE).is_file()
    ]
    if problems:
        raise ProjectError.from_problems(problems)


def _prepare_log(plan: BuildPlan, *, afresh: bool) -> None:
    """Provide the log, which is kept until CMake configures again."""
    if plan.log:
        plan.log.parent.mkdir(parents=True, exist_ok=True)
        with plan.log.open("wb" if afresh else "ab"):
            pass
