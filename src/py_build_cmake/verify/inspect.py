"""The proof for a wheel that is packed already, whoever made it.

Sources: the binary distribution format specification, and PEP 427 for the file name.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Callable

from ..base.errors import WheelError
from ..platforms.tags import WheelTag
from .contents import WheelReport, check_wheel
from .finding import Code, FileReport, finding
from .formats.reading import HEAD_SIZE, may_be_binary, read_stream

if TYPE_CHECKING:
    from pathlib import Path

    from .finding import Finding

# Up to here a member is unpacked in memory, larger ones into a temporary file.
_IN_MEMORY = 4 << 20
_CHUNK = 1 << 18
_LONGEST_WHEEL_FILE = 1 << 20
_NAME = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-(?P<build>\d[^-]*))?-(?P<tag>[^-]+-[^-]+-[^-]+)\.whl"
)
# What zipfile raises for archives that are damaged, encrypted or compressed in unknown ways.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def _nothing(_: str) -> bool:
    return False


def inspect_wheel(path: Path, *, ignored: Callable[[str], object] = _nothing) -> WheelReport:
    """Compare the compiled files of the wheel at ``path`` with the tag in its name.

    Those for whose places ``ignored`` is true are not looked at. Memory does not depend on the
    size of the wheel.

    :raises WheelError: it is not a wheel at all.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise WheelError(
            "its name is not that of a wheel",
            where=str(path),
            hint="a wheel is called name-version-python-abi-platform.whl",
        )
    tag = WheelTag.parse(match["tag"])
    try:
        with zipfile.ZipFile(path) as archive:
            return replace(_inspect(archive, tag, ignored), name=path.name)
    except (OSError, *_UNREADABLE) as e:
        raise WheelError(f"cannot be read: {e}", where=str(path)) from e


def _inspect(
    archive: zipfile.ZipFile, tag: WheelTag, ignored: Callable[[str], object]
) -> WheelReport:
    members = [info for info in archive.infolist() if not info.is_dir()]
    files: list[FileReport] = []
    unreadable: list[Finding] = []
    for info in members:
        try:
            if not ignored(info.filename) and (file := _read_member(archive, info)):
                files.append(file)
        except _UNREADABLE as e:
            message = f"cannot be unpacked: {e}"
            unreadable.append(finding(Code.DAMAGED_MEMBER, info.filename, message))
    report = check_wheel(tag, files, places=(info.filename for info in members))
    findings = (*unreadable, *report.findings, *_check_wheel_file(archive, tag))
    return replace(report, findings=findings)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> FileReport | None:
    with archive.open(info) as member:
        head = member.read(HEAD_SIZE)
        if not may_be_binary(head):
            return None
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked:
            unpacked.write(head)
            shutil.copyfileobj(member, unpacked, _CHUNK)
            stream: IO[bytes] = unpacked
            binary = read_stream(stream)
    return FileReport(info.filename, binary) if binary else None


def _check_wheel_file(archive: zipfile.ZipFile, tag: WheelTag) -> tuple[Finding, ...]:
    """Compare the tags in the metadata with those in the name, which installers go by."""
    for info in archive.infolist():
        if re.fullmatch(r"[^/]+\.dist-info/WHEEL", info.filename):
            with archive.open(info) as file:
                text = file.read(_LONGEST_WHEEL_FILE).decode("utf-8", "replace")
            stated = set(re.findall(r"^Tag:\s*(\S+)\s*$", text, re.MULTILINE | re.IGNORECASE))
            if stated and stated != set(tag.expanded()):
                message = f"has the tags {', '.join(sorted(stated))}, but the file name {tag}"
                return (finding(Code.WHEEL_TAGS, info.filename, message),)
            return ()
    return (finding(Code.NO_WHEEL_FILE, "", "there is no .dist-info/WHEEL in the archive"),)
