"""The main project of a companion: its configuration, its plan, and what its build requires."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Error, Problem
from ..base.places import Place
from ..building.session import Session
from ..building.staging import exclusive
from ..building.steps import run_steps
from ..building.wheel import (
    load_project,
    prepare_cache,
    program_requirements,
    write_generated_sources,
)
from ..config.sources import stated_requirements
from ..project.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..building.steps import Step
    from ..config.companions import Companion
    from ..project.plan import BuildPlan


def main_session(session: Session, companion: Companion) -> Session:
    """Return the session of the main project in the place of the companion's."""
    return replace(session, project_dir=companion.main_dir, settings=companion.main_settings)


def plan_main(session: Session, *, native: bool = False) -> BuildPlan:
    """Plan the wheel of the main project, whose session is given. Its warnings are shown.

    ``native`` is whether a native build is needed, even if the wheel is for another system.

    :raises Error: that project or its configuration is wrong; the place of every mistake names
        the project.
    """
    with files_in_full(session.project_dir):
        config = load_project(session)
        if native and config.cross and config.host_tables.cmake:
            config = replace(config, cross=replace(config.cross, native_build=True))
        plan = make_plan(config, session.machine)
    for text in plan.warnings:
        session.console.warning(text)
    for text in plan.notes:
        session.console.info(text)
    return plan


def main_requirements(session: Session, *, stubs: bool) -> list[str]:
    """Return what a build of the main project requires: its own list, and missing programs.

    ``stubs`` is whether the program that generates stubs is needed if the project uses it.
    """
    with files_in_full(session.project_dir):
        config = load_project(session)
    programs = program_requirements(config, session.machine, stubs=stubs, makes_wheel=False)
    return [*_stated_requirements(session), *programs]


def run_main_steps(session: Session, plan: BuildPlan, steps: Sequence[Step]) -> None:
    """Announce and run the steps of a build of the main project, in a log of its own."""
    if plan.log:
        prepare_cache(plan, plan.log)
    write_generated_sources(plan)
    run_steps(steps, session.console)


@contextmanager
def alone(session: Session, plan: BuildPlan) -> Iterator[None]:
    """Keep other builds out of the main project's build directory while the context lasts."""
    if plan.main_pass is None:
        yield
        return
    with exclusive(plan.main_pass.install_prefix.with_name("lock"), session.console):
        yield


def _stated_requirements(session: Session) -> Iterable[str]:
    """Return ``build-system.requires`` without this program, which is already running."""
    problems: list[Problem] = []
    requires = stated_requirements(session.project_dir, problems)
    if problems:
        raise ConfigError.from_problems(problems)
    ours = re.compile(r"\s*py[-_.]+build[-_.]+cmake(?![\w.-])", re.IGNORECASE)
    return [text for text in requires if not ours.match(text)]


@contextmanager
def files_in_full(main_dir: Path) -> Iterator[None]:
    """Name the files of errors in full while the main project is worked on.

    Their names are relative to that project's directory, and those of the companion's own files
    look the same.
    """
    try:
        yield
    except Error as e:
        e.problems = tuple(
            replace(problem, place=problem.place.below(main_dir))
            if isinstance(problem.place, Place)
            else problem
            for problem in e.problems
        )
        raise
