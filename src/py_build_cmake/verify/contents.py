"""Whether the files of a wheel fit its tag, in the staging tree or in an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.records import dataclass
from ..platforms.pythons import STABLE_ABIS, implementation_of, parse_abi
from ..platforms.tags import WheelTag
from .checks.destinations import check_destinations
from .checks.libraries import check_libraries
from .checks.loading import check_loading
from .checks.modules import check_compiled, check_modules
from .checks.paths import check_paths
from .checks.processor import check_processor
from .checks.python import check_python_library
from .checks.signature import check_signature
from .checks.stable_abi import check_stable_abi
from .checks.symbols import check_symbols
from .checks.system import (
    check_platform,
    check_side_module,
    is_data_for_many,
    wrong_machine,
)
from .expectation import Circumstances, Expectation
from .finding import Code, FileReport, Severity, finding, of_severity, shortened
from .formats.reading import TEXT_SIZE, read_binary, read_other
from .formats.report import EXECUTABLE, LIBRARY, NO_FORMAT
from .loader.search import NO_LINKS, Links, find_links
from .promise import promise_of
from .suffix import may_be_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from .finding import Finding
    from .formats.report import BinaryReport


@dataclass(frozen=True)
class WheelReport:
    """The compiled files of a wheel, and what is found in it."""

    tag: WheelTag
    files: tuple[FileReport, ...]
    findings: tuple[Finding, ...]
    name: str = ""
    circumstances: Circumstances = Circumstances()
    links: Links = NO_LINKS

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What breaks the wheel."""
        return self._problems(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What makes the wheel doubtful."""
        return self._problems(Severity.WARNING)

    @property
    def is_sound(self) -> bool:
        """Whether the wheel keeps what its tag promises."""
        return not self.errors

    def _problems(self, severity: Severity) -> tuple[Problem, ...]:
        return tuple(found.problem for found in of_severity(self.findings, severity))


def read_files(files: Mapping[str, Path]) -> tuple[FileReport, ...]:
    """Describe those of the files, given by their places in the wheel, that are compiled code.

    Those that are not, though their name says so, are described as well.
    """
    return tuple(
        FileReport(place, binary)
        for place, path in sorted(files.items())
        if (binary := read_binary(path) or _other(place, path))
    )


def _other(place: str, path: Path) -> BinaryReport | None:
    if not may_be_loaded(place):
        return None
    with path.open("rb") as file:
        return read_other(file.read(TEXT_SIZE))


def check_wheel(
    tag: WheelTag,
    files: Iterable[FileReport],
    *,
    places: Iterable[str] = (),
    unchecked: Iterable[str] = (),
    circumstances: Circumstances | None = None,
) -> WheelReport:
    """Compare the compiled files of a wheel with its tag.

    ``places`` are those of all files in the wheel, including those that are ``unchecked``.
    """
    reports, listed, skipped = tuple(files), tuple(places), frozenset(unchecked)
    known = circumstances or Circumstances()
    expected = _expectation(tag, reports, listed, known)
    findings = [found for report in reports for found in check_file(report, expected)]
    wrong = {found.problem.where for found in findings if found.code is Code.WRONG_MACHINE}
    findings += [f for f in check_symbols(expected) if f.problem.where not in wrong]
    findings += check_destinations(
        (place for place in listed if place not in skipped), reports, expected
    )
    unproved = _unproved(expected) if reports else ()
    return WheelReport(
        tag, reports, (*unproved, *findings), circumstances=known, links=expected.links
    )


def _unproved(expected: Expectation) -> tuple[Finding, ...]:
    """Say which parts of a tag no file could be compared with, since they are not known here."""
    tag = expected.tag
    parts = [p for p in tag.pythons if implementation_of(p) is None]
    parts += [a for a in tag.abis if a not in ("none", *STABLE_ABIS) and parse_abi(a) is None]
    parts += [
        platform
        for platform, promise in zip(tag.platforms, expected.promises)
        if promise is None and platform != "any"
    ]
    message = "it was not proved that the compiled files fit: py-build-cmake does not know"
    return tuple(finding(Code.UNKNOWN_TAG, str(tag), f"{message} {part}") for part in parts)


def _expectation(
    tag: WheelTag,
    files: tuple[FileReport, ...],
    places: Iterable[str],
    circumstances: Circumstances,
) -> Expectation:
    promises = tuple(promise_of(platform) for platform in tag.platforms)
    adds_directories = circumstances.adds_dll_directories
    links = find_links(files, places, promises, adds_dll_directories=adds_directories)
    is_data = is_data_for_many([f for f in files if f.binary.format and not f.binary.is_portable])
    return Expectation(tag, promises, links, circumstances, is_data)


def check_file(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Compare one file with the tag.

    What is for another machine is not looked at further: nothing else could be right.
    """
    if file.binary.format == NO_FORMAT:
        yield from check_compiled(file, expected)
        return
    if file.binary.is_portable:
        yield from check_side_module(file, expected)
        return
    if wrong := wrong_machine(file, expected):
        yield wrong
        return
    yield from check_platform(file, expected)
    yield from check_processor(file, expected)
    yield from check_signature(file, expected)
    yield from check_modules(file, expected)
    yield from check_python_library(file, expected)
    yield from check_stable_abi(file, expected)
    yield from check_paths(file, expected)
    yield from check_libraries(file, expected)
    yield from check_loading(file, expected)
    if file.binary.is_damaged:
        yield _damaged(file)


def _damaged(file: FileReport) -> Finding:
    """Say that a file is not whole: what is not loaded can be right for its reader all the same."""
    message = f"is {file.binary}, and cut off or damaged: it was not read whole"
    hint = "look at how it came into the wheel: copies that stopped, and tools that changed it"
    severity = None if file.binary.kind in (LIBRARY, EXECUTABLE) else Severity.WARNING
    return finding(Code.DAMAGED_BINARY, file.place, message, hint, severity)


def check_machine(path: Path, place: str, platforms: Iterable[str]) -> Problem | None:
    """Return what is wrong with one file if it breaks the promise of the platform tags.

    ``place`` names the file for the user.
    """
    binary = read_binary(path)
    if binary is None or binary.is_portable:
        return None
    tag = WheelTag(("py3",), ("none",), tuple(platforms))
    file = FileReport(place, binary)
    expected = _expectation(tag, (file,), (), Circumstances())
    findings = (wrong_machine(file, expected), *check_platform(file, expected))
    return next((f.problem for f in findings if f and f.is_error), None)


def check_contents(
    places: Iterable[str], expect: Iterable[str], forbid: Iterable[str]
) -> tuple[Problem, ...]:
    """Check that every pattern of ``expect`` matches a file, and none of ``forbid`` does.

    :raises ConfigError: a pattern is not valid.
    """
    from ..project.files import compile_patterns

    names = sorted(places)
    problems = [
        Problem(
            f"nothing in the wheel matches {pattern!r}",
            "`wheel.expect`",
            f"there is: {', '.join(shortened(names, 10)) or 'nothing'}",
        )
        for pattern in expect
        if not any(compile_patterns([pattern]).match_files(names))
    ]
    problems += [
        Problem("must not be in the wheel", place, "a pattern of `wheel.forbid` matches it")
        for place in compile_patterns(forbid).match_files(names)
    ]
    return tuple(problems)
