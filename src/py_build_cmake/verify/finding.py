"""What is known of a wheel's files, and what is found wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.records import dataclass
from .suffix import read_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..platforms.tags import WheelTag
    from .formats.report import BinaryReport
    from .promise import Promise
    from .suffix import ModuleSuffix


@dataclass(frozen=True)
class FileReport:
    """A compiled file of a wheel and its place in it."""

    place: str
    binary: BinaryReport

    @property
    def suffix(self) -> ModuleSuffix | None:
        """What its name says about Python, if it is that of an extension module."""
        return read_suffix(self.place)


@dataclass(frozen=True)
class Expectation:
    """What the files of a wheel are compared with.

    ``promises`` has None for platform tags that this program does not know. ``provided`` are
    the names of the files in the wheel, and the names that its libraries are known by.
    ``build_dirs`` are directories that exist during the build only, or None if they are not
    known.
    """

    tag: WheelTag
    promises: tuple[Promise | None, ...]
    provided: frozenset[str] = frozenset()
    build_dirs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Finding:
    """A problem, and whether the wheel is broken by it or only doubtful."""

    problem: Problem
    is_error: bool = True


def error(file: FileReport, message: str, hint: str = "") -> Finding:
    """Say that a file breaks the wheel."""
    return Finding(Problem(message, file.place, hint))


def warning(file: FileReport, message: str, hint: str = "") -> Finding:
    """Say that a file makes the wheel doubtful."""
    return Finding(Problem(message, file.place, hint), is_error=False)


def grouped(problems: Iterable[Problem], most: int = 8) -> tuple[Problem, ...]:
    """Put what is wrong with many files in the same way together, for people to read."""
    places: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        places.setdefault((problem.message, problem.hint), []).append(problem.where)
    return tuple(
        Problem(message, ", ".join(shortened(where, most)), hint)
        for (message, hint), where in places.items()
    )


def shortened(names: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the first names, and how many more there are."""
    more = len(names) - most
    return tuple(names) if more <= 0 else (*names[:most], f"and {more} more")
