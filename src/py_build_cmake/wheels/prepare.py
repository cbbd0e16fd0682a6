"""Planning all wheels before anything is built: every mistake is found at once.

No front end installs the requirements of these builds, so a missing one is a mistake, too.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Error, Problem
from ..base.records import dataclass
from ..building.session import Session
from ..building.wheel import plan_wheel, requirements_for_wheel
from .jobs import Job, name_of_cross_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..config.settings import ConfigSettings
    from ..project.plan import BuildPlan
    from .jobs import Matrix


_OURSELVES = "py-build-cmake"


def installed_versions() -> dict[str, str]:
    """Return the versions of what is installed, by normalised name."""
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(canonicalize_name(name), distribution.version)
    return found


def missing(requirements: Iterable[str], installed: Mapping[str, str]) -> list[str]:
    """Return the requirements that what is installed does not fulfil."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    lacking = []
    for text in dict.fromkeys(requirements):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            lacking.append(text)
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        version = installed.get(name)
        if version is None and name == _OURSELVES:
            continue  # This program is running, so it need not be installed.
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            lacking.append(text)
    return lacking


def check_requirements(requirements: Iterable[str], installed: Mapping[str, str]) -> None:
    """Refuse to build where something is not installed.

    :raises Error: the message has the command that installs it.
    """
    from shlex import quote

    lacking = missing(requirements, installed)
    if lacking:
        raise Error(
            f"the environment lacks what the build requires: {', '.join(lacking)}",
            where="pyproject.toml: `build-system.requires`, and what the configuration needs",
            hint=f"{sys.executable} -m pip install {' '.join(map(quote, lacking))}"
            " (this command builds in the environment that it runs in)",
        )


NATIVE = "native"
_DEFAULT = "default"


@dataclass(frozen=True)
class Planned:
    """A job with its plan.

    ``native_key`` is the same for jobs whose native pre-builds are the same, and empty for
    those that have none. ``requirements`` are what has to be installed for it.
    """

    job: Job
    settings: ConfigSettings
    plan: BuildPlan
    native_key: str
    requirements: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The tag, as far as it is known before the build."""
        return "" if self.plan.tag_follows_build else str(self.plan.tag)


def choose_jobs(
    cross_files: Sequence[str], matrices: Iterable[Matrix], *, native: bool
) -> tuple[Job, ...]:
    """Return the jobs of one call of the command: the native wheel if there are no others."""
    matrices = tuple(matrices)
    jobs = [Job(name_of_cross_file(file), (file,)) for file in cross_files]
    jobs += [job for matrix in matrices for job in matrix.jobs]
    if native or not jobs or any(matrix.native for matrix in matrices):
        jobs.insert(0, Job(NATIVE))
    return tuple(_distinct(jobs))


def plan_jobs(session: Session, jobs: Iterable[Job]) -> list[Planned]:
    """Plan the jobs. ``session`` has what they have in common.

    :raises ConfigError: the configuration of some of them is wrong; all mistakes are reported. Or
        two of them are the same wheel.
    """
    planned: list[Planned] = []
    problems: dict[Problem, list[str]] = {}
    for wanted in jobs:
        job, settings = wanted, wanted.settings(session.settings)
        of_target = replace(session, settings=settings)
        try:
            plan = plan_wheel(of_target)
            requirements = tuple(requirements_for_wheel(of_target))
        except Error as e:
            for problem in e.problems:
                problems.setdefault(problem, []).append(job.name)
        else:
            if job.name == NATIVE and plan.config.cross:
                # The project has a cross file that every build of it uses.
                job = replace(wanted, name=_DEFAULT)
            planned.append(Planned(job, settings, plan, _native_key(plan), requirements))
    if problems:
        raise ConfigError.from_problems(
            replace(problem, message=f"{problem.message} (target {', '.join(names)})")
            for problem, names in problems.items()
        )
    _check_names(planned)
    return planned


def _check_names(planned: Iterable[Planned]) -> None:
    """Refuse two wheels of one name: one would replace the other."""
    names: dict[str, list[str]] = {}
    for each in planned:
        if not each.plan.tag_follows_build:
            names.setdefault(each.plan.wheel_name, []).append(each.job.name)
    problems = [
        Problem(
            f"the targets {' and '.join(jobs)} make wheels of one name, {name}",
            hint="leave out all but one, or give them different tags, versions or a"
            " `wheel.build_tag`",
        )
        for name, jobs in names.items()
        if len(jobs) > 1
    ]
    if problems:
        raise ConfigError.from_problems(problems)


def _native_key(plan: BuildPlan) -> str:
    """Return a digest of all that a native pre-build depends on and that jobs differ in.

    The environment and the Python that runs the build are the same for all.
    """
    native = plan.native_pass
    if native is None:
        return ""
    configurations = [
        # Where a value was written does not matter, only what it is.
        replace(
            configuration.config,
            env={
                name: replace(value, where="") for name, value in configuration.config.env.items()
            },
        )
        for configuration in native.configurations
    ]
    metadata = plan.metadata
    known = (configurations, native.tag, metadata.name, metadata.version, plan.module)
    return hashlib.sha256(repr(known).encode(errors="surrogateescape")).hexdigest()


def _distinct(jobs: Iterable[Job]) -> Iterator[Job]:
    seen: set[str] = set()
    for job in jobs:
        name, number = job.name, 1
        while name in seen:
            number += 1
            name = f"{job.name}-{number}"
        seen.add(name)
        yield replace(job, name=name)
