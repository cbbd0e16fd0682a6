"""What is in one wheel: its files with their sizes, the verdict, and the libraries it needs."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..verify.checks.libraries import is_external
from ..verify.finding import grouped
from ..verify.loader.promised import is_promised, python_library
from ..verify.promise import promise_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..verify.contents import WheelReport
    from ..verify.loader.search import Link


@dataclass(frozen=True)
class FileInWheel:
    """A file in a wheel. ``size`` and ``packed`` are in bytes: before and after compression."""

    place: str
    size: int
    packed: int


@dataclass(frozen=True)
class Need:
    """A library that a compiled file names, and where it is found."""

    file: str
    library: str
    found: str


@dataclass(frozen=True)
class Said:
    """Something that the proof found: severity, code and message."""

    severity: str
    code: str
    message: str


@dataclass(frozen=True)
class WheelContents:
    """A wheel. ``size`` is that of the archive, in bytes; ``members`` begin with the largest."""

    name: str
    tag: str
    is_sound: bool
    size: int
    members: tuple[FileInWheel, ...]
    needs: tuple[Need, ...]
    findings: tuple[Said, ...]

    @property
    def unpacked(self) -> int:
        """The size of all files together, in bytes."""
        return sum(member.size for member in self.members)


def contents_of(path: Path, report: WheelReport) -> WheelContents:
    """Describe a wheel that was inspected."""
    with zipfile.ZipFile(path) as archive:
        members = [
            FileInWheel(info.orig_filename, info.file_size, info.compress_size)
            for info in archive.infolist()
            if not info.orig_filename.endswith("/")
        ]
    members.sort(key=lambda member: (-member.size, member.place))
    links = report.links.by_file.values()
    return WheelContents(
        name=report.name,
        tag=str(report.tag),
        is_sound=report.is_sound,
        size=path.stat().st_size,
        members=tuple(members),
        needs=tuple(
            Need(link.file, link.name, _found(link, report))
            for of_file in links
            for link in of_file
        ),
        findings=tuple(
            Said(found.severity.value, found.code.text, str(found.problem))
            for found in grouped(report.findings)
        ),
    )


def _found(link: Link, report: WheelReport) -> str:
    """Say where a library comes from when a file of the wheel is loaded."""
    if link.place:
        return f"in the wheel: {link.place}"
    if python_library(link.name):
        return "Python"
    promises = [promise_of(platform) for platform in report.tag.platforms]
    if all(promise and is_promised(link.name, promise) for promise in promises):
        return "on every system of the tag"
    if is_external(link.name, report.circumstances.external_libraries):
        return "elsewhere, as `wheel.external_libraries` says"
    return "not known"
