"""The stages of a build: native pre-build, cross or native build, installation, copying.

Each stage is made of steps with titles; they are numbered in the log.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..archive.reproducible import archive_time
from ..base.records import dataclass
from ..cmake.host_environment import host_environment
from ..cmake.inputs import cmake_environment, own_environment
from ..cmake.programs import cmake_program
from ..cmake.requirements import find_requirements
from .cmake_build import ConfiguredBuild
from .shared_native import is_of_use, take_native_build
from .staging import copy_from_native_build

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from ..base.console import Console
    from ..cmake.requirements import Requirements
    from ..cmake.runner import Runner
    from ..project.plan import BuildPlan, CMakePass, Configuration


@dataclass(frozen=True)
class Step:
    """A part of a build that is announced by its title.

    If it is one of ``configure``, ``build`` and ``install`` for one CMake configuration, ``verb``
    and ``build`` say which.
    """

    title: str
    run: Callable[[], None]
    verb: str = ""
    configuration: Configuration | None = None


@dataclass(frozen=True)
class Sharing:
    """What a build shares with others that run at the same time. ``jobs`` is how many compilers it
    may run at most, ``native`` a copy of the native pre-build for all of them.
    """

    jobs: int | None = None
    native: Path | None = None


ALONE = Sharing()


def cmake_steps(
    plan: BuildPlan, runner: Runner, console: Console, sharing: Sharing = ALONE
) -> list[Step]:
    """Return the steps of the native pre-build, if there is one, and of the main build.

    :raises Error: CMake was not found, or the environment refers to what does not exist.
    """
    main, native = plan.main_pass, plan.native_pass
    if main is None:
        return []
    steps: list[Step] = []
    if native and sharing.native and is_of_use(sharing.native, plan):
        take = partial(take_native_build, sharing.native, native.install_prefix)
        steps.append(Step("copy the shared native pre-build", take))
    else:
        steps += native_steps(plan, runner, console, sharing)
    steps += main_steps(plan, runner, console, sharing)
    patterns = main.cross.copy_from_native_build if main.cross else None
    if native and patterns:
        steps.append(
            Step(
                "copy files of the native pre-build",
                lambda: copy_from_native_build(
                    native.install_prefix,
                    main.install_prefix,
                    patterns,
                    plan.config.host_platform.platform_tags,
                ),
            )
        )
    return steps


def native_steps(
    plan: BuildPlan, runner: Runner, console: Console, sharing: Sharing = ALONE
) -> list[Step]:
    """Return the steps of the native pre-build; none, if there is no such build.

    :raises Error: as :func:`cmake_steps`.
    """
    native = plan.native_pass
    if native is None:
        return []
    if plan.config.pre_build:
        # A pipeline's environment may be for the host system's compiler.
        plan = replace(plan, machine=plan.config.pre_build)
    system = "the build machine (native pre-build)"
    return list(_pass_steps(plan, native, system, (runner, console, sharing)))


def main_steps(
    plan: BuildPlan, runner: Runner, console: Console, sharing: Sharing = ALONE
) -> list[Step]:
    """Return the steps for the system that the wheel is for.

    :raises Error: as :func:`cmake_steps`.
    """
    main = plan.main_pass
    if main is None:
        return []
    steps: list[Step] = []
    for one in plan.main_passes:
        system = " and ".join(one.host.platform_tags)
        steps += _pass_steps(plan, one, system, (runner, console, sharing))
    if plan.more_passes:
        from .universal import join_machines

        names = " and ".join(one.host.platform_tags[0] for one in plan.main_passes)
        steps.append(Step(f"join the files for {names}", partial(join_machines, plan)))
    return steps


def run_steps(steps: Sequence[Step], console: Console) -> None:
    """Announce and run steps, which are the whole build."""
    for number, step in enumerate(steps, 1):
        console.step(number, len(steps), step.title)
        step.run()


def component_steps(
    main: BuildPlan,
    component: BuildPlan,
    install_only: Container[int],
    runner: Runner,
    console: Console,
) -> list[Step]:
    """Return the steps that configure as the main project does, and build and install components.

    ``component`` is the plan of the main project but for what the component changes;
    ``install_only`` are the indices of what is not built.

    :raises Error: as :func:`cmake_steps`.
    """
    steps = native_steps(main, runner, console)
    # The cache is the main project's. Configuring again is quick, and replaces paths of programs
    # that an earlier, isolated build left and that no longer exist.
    configures = {
        step.configuration.index: step
        for step in main_steps(main, runner, console)
        if step.configuration and step.verb == "configure"
    }
    for step in main_steps(component, runner, console):
        assert step.configuration
        index = step.configuration.index
        if step.verb == "configure":
            steps.append(configures[index])
        elif step.verb != "build" or index not in install_only:
            steps.append(step)
    return steps


def _pass_steps(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    system: str,
    means: tuple[Runner, Console, Sharing],
) -> Iterator[Step]:
    runner, console, sharing = means
    cmake = cmake_program(plan.machine)
    requirements = find_requirements(plan.machine)
    for configuration in cmake_pass.configurations:
        configured = ConfiguredBuild(
            plan=plan,
            cmake_pass=cmake_pass,
            configuration=configuration,
            runner=runner,
            console=console,
            cmake=cmake,
            environ=configured_environment(plan, cmake_pass, configuration, requirements),
            requirements=requirements,
            log=plan.log or configuration.build_dir / "log",
            most_jobs=sharing.jobs,
        )
        of_index = (
            f", configuration {configuration.index}" if len(cmake_pass.configurations) > 1 else ""
        )
        for verb, run in configured.verbs():
            yield Step(f"{verb} for {system}{of_index}", run, verb, configuration)


def configured_environment(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration, requirements: Requirements
) -> dict[str, str]:
    """Return the environment of the commands of one CMake configuration.

    :raises ConfigError: `cmake.env` refers to a variable that does not exist.
    """
    base = host_environment(plan, cmake_pass)
    base.update(requirements.environment(configuration.build_dir, base))
    if configuration.config.reproducible:
        base["SOURCE_DATE_EPOCH"] = str(archive_time(base))
    if cmake_pass is plan.native_pass:
        # CMake reads this variable too, but its toolchain file is not for the build machine.
        base.pop("CMAKE_TOOLCHAIN_FILE", None)
    return cmake_environment(
        base, own_environment(plan, cmake_pass, configuration), configuration.config
    )
