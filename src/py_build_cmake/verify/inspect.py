"""The proof for a wheel that is packed already, whoever made it.

Sources: the binary distribution format specification, and PEP 427 for the file name.
"""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.errors import WheelError
from ..base.records import dataclass
from ..platforms.accepted import BY_OPTION, refusals
from ..platforms.tags import WheelTag
from .checks.destinations import declared_names, meant_for_root
from .checks.modules import loads_by_suffix
from .checks.names import check_names, dist_info_directories, is_of_wheel
from .conda_package import CONDA_SUFFIX, inspect_conda
from .contents import WheelReport, check_wheel
from .expectation import Circumstances
from .finding import Code, Severity, finding
from .formats.report import PE
from .ignored import Ignored
from .integrity import Record, check_metadata, check_record, check_wheel_file, read_record
from .loader.search import adds_dll_directories
from .members import MemberError, open_zip, read_member, read_text, unreadable, zip_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from .finding import FileReport, Finding
    from .integrity import StoredFile

# What is read as a text: RECORD of a wheel with a million files has 100 MB.
_LONGEST_TEXT = 256 << 20
_LONGEST_SOURCE = 4 << 20
_UNIX = 3  # the system whose modes the attributes of a member hold (APPNOTE.TXT, 4.4.2)
_NAME = re.compile(r"(?P<base>[^-]+-[^-]+)(?:-(?P<build>\d[^-]*))?-(?P<tag>[^-]+-[^-]+-[^-]+)\.whl")


_NOTHING = Ignored.of(())


def inspect_package(
    path: Path,
    ignored: Ignored,
    *,
    external_libraries: Iterable[str] = (),
    allow_unknown_tags: bool = False,
) -> WheelReport:
    """Check a wheel, or a conda package, by the ending of its name.

    In environments of conda, libraries are those of other packages, and not looked for.

    :raises Error: it is neither, or the library that reads it is missing.
    """
    if path.name.endswith(CONDA_SUFFIX):
        return inspect_conda(path, ignored)
    return inspect_wheel(
        path,
        ignored=ignored,
        external_libraries=external_libraries,
        allow_unknown_tags=allow_unknown_tags,
    )


def inspect_wheel(
    path: Path,
    *,
    ignored: Ignored = _NOTHING,
    external_libraries: Iterable[str] = (),
    allow_unknown_tags: bool = False,
) -> WheelReport:
    """Check a wheel: its archive, its metadata, and its compiled files against its tag.

    What is ``ignored`` does not make a wheel unsound, and is noted. ``external_libraries`` are
    patterns of libraries that are there already when the wheel's are loaded. Every member is read
    once, sources of Python in wheels for Windows twice; of compiled files, only tables are in
    memory. A tag that no installer accepts is an error, and one that is not known here as well,
    unless that is allowed.

    :raises WheelError: it is not a wheel at all.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise WheelError(
            "its name is not that of a wheel",
            where=str(path),
            hint="a wheel is called name-version-python-abi-platform.whl; of other packages, only"
            " those of conda that end with .conda can be inspected",
        )
    with _opened(path) as archive:
        wheel = _Wheel.of(archive, match["base"], WheelTag.parse(match["tag"]))
        report = _inspect(wheel, ignored, tuple(external_libraries))
    wrong = tuple(
        finding(
            Code.UNKNOWN_TAG if refusal.is_unknown else Code.NO_SUCH_TAG,
            path.name,
            refusal.message,
            refusal.advice(BY_OPTION),
            Severity.ERROR,
        )
        for refusal in refusals(wheel.tag)
        if not (refusal.is_unknown and allow_unknown_tags)
    )
    return replace(report, name=path.name, findings=(*ignored.applied_to(wrong), *report.findings))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return open_zip(path)
    except MemberError as e:
        raise unreadable(path, e) from e


@dataclass(frozen=True)
class _Wheel:
    """An open wheel, and what its name says: ``base_name`` is its name and version."""

    archive: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]
    base_name: str
    tag: WheelTag

    @classmethod
    def of(cls, archive: zipfile.ZipFile, base_name: str, tag: WheelTag) -> _Wheel:
        return cls(archive, tuple(archive.infolist()), base_name, tag)

    @property
    def files(self) -> Iterator[zipfile.ZipInfo]:
        # ZipInfo.is_dir() of Python 3.9 and 3.10 fails for an empty name.
        return (info for info in self.members if not info.filename.endswith("/"))

    @property
    def dist_info(self) -> str:
        """The directory of the metadata; of several, the one that has the wheel's name."""
        found = dist_info_directories(map(_place, self.members))
        right = [directory for directory in found if is_of_wheel(directory, self.base_name)]
        return next(iter((*right, *found)), "")

    def text(self, place: str) -> bytes | None:
        """Return the contents of a file; None if there is none.

        :raises MemberError: it cannot be read.
        """
        info = next((info for info in self.members if _place(info) == place), None)
        return None if info is None else read_text(zip_chunks(self.archive, info), _LONGEST_TEXT)


def _place(info: zipfile.ZipInfo) -> str:
    """Return the name as it is stored: zipfile cuts it off, and changes separators on Windows."""
    return info.orig_filename


def _inspect(wheel: _Wheel, ignored: Ignored, external_libraries: tuple[str, ...]) -> WheelReport:
    findings = list(check_names(map(_place, wheel.members), wheel.base_name))
    dist_info = wheel.dist_info
    texts = _read_texts(wheel, dist_info, findings) if dist_info else {}
    record = Record(f"{dist_info}/RECORD", {})
    if "RECORD" in texts:
        record = read_record(texts["RECORD"], dist_info)
    stored, files = _examine(wheel, record, ignored, findings)
    if "METADATA" in texts:
        findings += check_metadata(texts["METADATA"], dist_info, wheel.base_name)
    if "WHEEL" in texts:
        compiled = [file.place for file in files if file.binary.format]
        findings += check_wheel_file(texts["WHEEL"], dist_info, wheel.tag, compiled)
    findings += check_record(record, stored)
    has_dlls = any(file.binary.format == PE for file in files)
    circumstances = Circumstances(
        import_names=_import_names(wheel, files, texts),
        external_libraries=external_libraries,
        adds_dll_directories=has_dlls and adds_dll_directories(_sources(wheel)),
        loads_by_suffix=loads_by_suffix(files, _sources(wheel)),
    )
    places = tuple(map(_place, wheel.files))
    unchecked = ignored.files(places)
    report = check_wheel(
        wheel.tag,
        files,
        places=places,
        unchecked=unchecked,
        circumstances=circumstances,
    )
    findings = [*report.findings, *findings]
    return replace(report, findings=(*ignored.notes(unchecked), *ignored.applied_to(findings)))


def _import_names(
    wheel: _Wheel, files: list[FileReport], texts: Mapping[str, bytes | None]
) -> frozenset[str]:
    """Return the modules at the root of a wheel that are meant to be there."""

    def optional(name: str) -> bytes:
        with contextlib.suppress(MemberError):
            return wheel.text(f"{wheel.dist_info}/{name}") or b""
        return b""

    metadata = (texts.get("METADATA") or b"").decode("utf-8", "replace")
    top_level = optional("top_level.txt").decode("utf-8", "replace")
    return meant_for_root(
        declared_names(metadata, top_level),
        map(_place, wheel.files),
        files,
        lambda: (optional("entry_points.txt"), *_sources(wheel)),
    )


def _sources(wheel: _Wheel) -> Iterator[bytes]:
    """Yield the sources of Python that can be read."""
    for info in wheel.files:
        if _place(info).endswith(".py"):
            with contextlib.suppress(MemberError):
                yield read_text(zip_chunks(wheel.archive, info), _LONGEST_SOURCE)


def _read_texts(wheel: _Wheel, dist_info: str, findings: list[Finding]) -> dict[str, bytes | None]:
    """Read the metadata by their names, with None for those that are not there.

    What cannot be read is left out, and added to ``findings``.
    """
    texts = {}
    for name in ("RECORD", "METADATA", "WHEEL"):
        try:
            texts[name] = wheel.text(f"{dist_info}/{name}")
        except MemberError as e:
            findings.append(_damaged(f"{dist_info}/{name}", e))
    return texts


def _examine(
    wheel: _Wheel, record: Record, ignored: Ignored, findings: list[Finding]
) -> tuple[dict[str, StoredFile | None], list[FileReport]]:
    """Read all members; add what is wrong with how they are stored to ``findings``.

    Of those that cannot be read, None is returned.
    """
    stored: dict[str, StoredFile | None] = {}
    files: list[FileReport] = []
    for info in wheel.files:
        place = _place(info)
        if info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16):
            message = "is a symbolic link: pip and uv make a file of it that contains its target"
            hint = "pack what the link leads to in its place"
            findings.append(finding(Code.SYMBOLIC_LINK, place, message, hint))
        entry = record.entries.get(place)
        algorithm = entry.algorithm if entry else ""
        chunks = zip_chunks(wheel.archive, info)
        try:
            stored[place], file = read_member(
                place, chunks, algorithm, is_checked=not ignored.file(place)
            )
        except MemberError as e:
            damaged = _damaged(place, e)
            findings += [damaged] if damaged not in findings else []
            stored[place] = None
        else:
            files += [file] if file else []
    return stored, files


def _damaged(place: str, error: MemberError) -> Finding:
    return finding(Code.DAMAGED_MEMBER, place, f"cannot be unpacked: {error}")
