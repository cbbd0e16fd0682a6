"""Planning all targets before anything is built: every mistake is found at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ..backend import Session, plan_wheel, requirements_for_wheel
from ..errors import ConfigError, Error, Problem
from ..records import dataclass
from .targets import Target, name_of_cross_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..config.settings import ConfigSettings
    from ..plan import BuildPlan
    from .targets import Matrix

NATIVE = "native"
_DEFAULT = "default"


@dataclass(frozen=True)
class Planned:
    """A target with its plan.

    ``native_key`` is the same for targets whose native pre-builds are the same, and empty for
    those that have none. ``requirements`` are what has to be installed for it.
    """

    target: Target
    settings: ConfigSettings
    plan: BuildPlan
    native_key: str
    requirements: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The tag, as far as it is known before the build."""
        return "" if self.plan.tag_follows_build else str(self.plan.tag)


def choose_targets(
    cross_files: Sequence[str], matrices: Iterable[Matrix], *, native: bool
) -> tuple[Target, ...]:
    """Return the targets of one call of the command: the native wheel if there are no others."""
    matrices = tuple(matrices)
    targets = [Target(name_of_cross_file(file), (file,)) for file in cross_files]
    targets += [target for matrix in matrices for target in matrix.targets]
    if native or not targets or any(matrix.native for matrix in matrices):
        targets.insert(0, Target(NATIVE))
    return tuple(_distinct(targets))


def plan_targets(session: Session, targets: Iterable[Target]) -> list[Planned]:
    """Plan the targets, of which ``session`` has what they have in common.

    :raises ConfigError: the configuration of some of them is wrong; all mistakes are reported.
        Or two of them are the same wheel.
    """
    planned: list[Planned] = []
    problems: dict[Problem, list[str]] = {}
    for wanted in targets:
        target, settings = wanted, wanted.settings(session.settings)
        of_target = replace(session, settings=settings)
        try:
            plan = plan_wheel(of_target)
            requirements = tuple(requirements_for_wheel(of_target))
        except Error as e:
            for problem in e.problems:
                problems.setdefault(problem, []).append(target.name)
        else:
            if target.name == NATIVE and plan.config.cross:
                # The project has a cross file that every build of it uses.
                target = replace(wanted, name=_DEFAULT)
            planned.append(Planned(target, settings, plan, _native_key(plan), requirements))
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
            names.setdefault(each.plan.wheel_name, []).append(each.target.name)
    problems = [
        Problem(
            f"the targets {' and '.join(targets)} make wheels of one name, {name}",
            hint="leave out all but one, or give them different tags, versions or a"
            " `wheel.build_tag`",
        )
        for name, targets in names.items()
        if len(targets) > 1
    ]
    if problems:
        raise ConfigError.from_problems(problems)


def _native_key(plan: BuildPlan) -> str:
    """Return a digest of all that a native pre-build depends on and that targets differ in.

    The environment and the Python that runs the build are the same for all.
    """
    native = plan.native_pass
    if native is None:
        return ""
    configurations = [
        # Where a value was written does not matter, only what it is.
        replace(
            build.config,
            env={name: replace(value, where="") for name, value in build.config.env.items()},
        )
        for build in native.builds
    ]
    metadata = plan.metadata
    known = (configurations, native.tag, metadata.name, metadata.version, plan.module)
    return hashlib.sha256(repr(known).encode(errors="surrogateescape")).hexdigest()


def _distinct(targets: Iterable[Target]) -> Iterator[Target]:
    seen: set[str] = set()
    for target in targets:
        name, number = target.name, 1
        while name in seen:
            number += 1
            name = f"{target.name}-{number}"
        seen.add(name)
        yield replace(target, name=name)
