"""Whether a packed wheel is what its own metadata says: RECORD, METADATA and WHEEL.

This is the only module that uses :mod:`distlib`, whose import takes 60 ms: it reads RECORD and
METADATA. ``distlib.wheel.Wheel.verify`` compares the hashes, too, but it stops at the first
mistake, with ``KeyError`` at a file that RECORD lacks; it overlooks entries without file or hash,
duplicates and wrong checksums; and it reads each member into memory as a whole. So the members are
read elsewhere, once, and what RECORD says of them is compared here.

Sources: the binary distribution format and the recording installed projects specifications; what
pip 26.3, uv 0.13 and `installer` 1.1 did with such wheels.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .checks.names import same_name, same_version
from .finding import Code, finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..platforms.tags import WheelTag
    from .finding import Finding

# The signatures of RECORD cannot be in it.
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
# The specification wants sha256 or better.
_WEAK = ("md5", "sha1", "sha224")
_WHEEL_MAJOR = "1"


@dataclass(frozen=True)
class RecordEntry:
    """What RECORD says of a file: the hash's algorithm and its URL-safe base64, and the size.

    All are as they are written there; empty ones are not.
    """

    algorithm: str
    digest: str
    size: str


@dataclass(frozen=True)
class StoredFile:
    """A member as it is stored: its size in bytes, and its hash by RECORD's algorithm, if any."""

    size: int
    digest: str


@dataclass(frozen=True)
class Record:
    """The file RECORD: its place in the wheel, what it says of each file, and what is wrong."""

    place: str
    entries: Mapping[str, RecordEntry]
    findings: tuple[Finding, ...] = ()


class Hasher:
    """Computes the hash of a member that is read in parts, in the form of RECORD."""

    def __init__(self, algorithm: str) -> None:
        """``algorithm`` is what RECORD says; of those that prove nothing, there is no hash."""
        self._hash = hashlib.new(algorithm) if is_proof(algorithm) else None

    def update(self, data: bytes) -> None:
        """Take the next part."""
        if self._hash:
            self._hash.update(data)

    def digest(self) -> str:
        """Return the hash of all parts."""
        if not self._hash:
            return ""
        return base64.urlsafe_b64encode(self._hash.digest()).decode().rstrip("=")


def is_proof(algorithm: str) -> bool:
    """Whether a hash by this algorithm proves what a file contains."""
    known = hashlib.algorithms_guaranteed
    # Those of the shake family have no length of their own.
    return algorithm in known and algorithm not in _WEAK and not algorithm.startswith("shake_")


def read_record(data: bytes | None, dist_info: str) -> Record:
    """Read the file RECORD of the directory ``dist_info``; None if there is none."""
    place = f"{dist_info}/RECORD"
    if data is None:
        message = "there is no RECORD: pip and uv refuse such wheels"
        return Record(place, {}, (finding(Code.NO_RECORD, place, message),))
    entries: dict[str, RecordEntry] = {}
    found: list[Finding] = []
    try:
        rows = _rows(data)
    except ValueError as e:
        found.append(finding(Code.BAD_RECORD, place, f"cannot be read: {e}"))
        rows = []
    for row in rows:
        if len(row) != 3 or not row[0]:
            message = f"has the line {row!r:.100}, which is not a path, a hash and a size"
            found.append(finding(Code.BAD_RECORD, place, message))
            continue
        path, checksum, size = row
        if path in entries:
            message = "has several lines in RECORD"
            found.append(finding(Code.DUPLICATE_ENTRY, path, message))
        algorithm, _, digest = checksum.partition("=")
        entries.setdefault(path, RecordEntry(algorithm, digest.rstrip("="), size))
    return Record(place, entries, tuple(found))


def _rows(data: bytes) -> list[list[str]]:
    """Read the lines of RECORD; empty ones are left out.

    :raises ValueError: it is not CSV in UTF-8.
    """
    import csv

    from distlib.util import CSVReader

    try:
        return [row for row in CSVReader(stream=io.BytesIO(data)) if row]
    except csv.Error as e:
        raise ValueError(str(e)) from e


def check_record(record: Record, stored: Mapping[str, StoredFile | None]) -> Iterator[Finding]:
    """Compare RECORD with the files that are stored, by their places; None cannot be read."""
    yield from record.findings
    if not record.entries:
        return
    dist_info = record.place.rpartition("/")[0]
    exempt = {record.place, *(f"{dist_info}/{name}" for name in _SIGNATURES)}
    for place, file in stored.items():
        entry = record.entries.get(place)
        if place in exempt:
            continue
        if entry is None:
            message = "is not in RECORD: installers leave it behind when they uninstall the wheel"
            yield finding(Code.NOT_IN_RECORD, place, message)
        elif file is not None:
            yield from _check_entry(place, entry, file)
    for place in record.entries.keys() - stored.keys() - exempt:
        message = "is in RECORD, but not in the wheel: a part of the wheel is missing"
        yield finding(Code.MISSING_FILE, place, message)


def _check_entry(place: str, entry: RecordEntry, file: StoredFile) -> Iterator[Finding]:
    if not is_proof(entry.algorithm) or not entry.digest:
        what = f"only the hash {entry.algorithm}" if entry.algorithm else "no hash"
        message = f"has {what} in RECORD, which proves nothing about its contents"
        yield finding(Code.NO_HASH, place, message)
    elif entry.digest != file.digest:
        yield finding(
            Code.CONTENTS_DIFFER,
            place,
            f"has other contents than RECORD says ({entry.algorithm}): the file was changed after"
            " the wheel was made; `installer` refuses this, pip and uv do not look",
            "build the wheel again; who repairs a wheel has to write RECORD anew (`wheel pack`)",
        )
    if entry.size and entry.size != str(file.size):
        message = f"has {file.size} bytes, but RECORD says {entry.size}"
        yield finding(Code.SIZE_DIFFERS, place, message)


def check_metadata(data: bytes | None, dist_info: str, base_name: str) -> Iterator[Finding]:
    """Compare the file METADATA with the name and the version of the wheel; None if it is absent.

    ``base_name`` are both as in the wheel's file name.
    """
    place = f"{dist_info}/METADATA"
    if not data or not data.strip():
        message = "is empty" if data is not None else "is missing"
        yield finding(Code.NO_METADATA, place, f"{message}: pip and uv refuse such wheels")
        return
    try:
        name, version = _name_and_version(data)
    except ValueError as e:
        yield finding(Code.BAD_METADATA, place, f"cannot be read: {e}")
        return
    own_name, _, own_version = base_name.partition("-")
    if not same_name(name, own_name):
        message = f"has the name {name!r}, but the wheel is called {own_name}"
        yield finding(
            Code.OTHER_METADATA, place, f"{message}: installers refuse it", "build the wheel again"
        )
    if not same_version(version, own_version):
        message = f"has the version {version!r}, but the wheel is called {own_version}"
        hint = "build the wheel again; its file cannot be renamed"
        yield finding(
            Code.OTHER_METADATA, place, f"{message}: uv refuses it, pip installs {version}", hint
        )


def _name_and_version(data: bytes) -> tuple[str, str]:
    """Read what METADATA says the wheel is.

    :raises ValueError: this is not metadata.
    """
    from distlib.metadata import Metadata

    try:
        # Windows ends lines with two characters, which installers accept.
        text = io.StringIO(data.decode("utf-8", "replace"), newline=None)
        metadata = Metadata(fileobj=text)
        return str(metadata.name), str(metadata.version)
    except Exception as e:
        # distlib takes a text for JSON if it can be, and expects the right types in it.
        raise ValueError(" ".join(str(e).split()) or type(e).__name__) from e


def check_wheel_file(
    data: bytes | None, dist_info: str, tag: WheelTag, compiled: Sequence[str]
) -> Iterator[Finding]:
    """Check the file WHEEL; None if there is none.

    ``tag`` is that of the file name, which installers go by; ``compiled`` are the places of
    compiled files.
    """
    place = f"{dist_info}/WHEEL"
    if data is None:
        message = "there is no WHEEL: pip, uv and `installer` refuse such wheels"
        yield finding(Code.NO_WHEEL_FILE, place, message)
        return
    text = data.decode("utf-8", "replace")
    version = "".join(_values(text, "Wheel-Version"))
    if version.partition(".")[0] != _WHEEL_MAJOR:
        what = f"says that the wheel has version {version}" if version else "names no version"
        message = f"{what} of the format: installers know version {_WHEEL_MAJOR}, refuse others"
        yield finding(Code.WHEEL_VERSION, place, message)
    stated = set(_values(text, "Tag"))
    if not stated:
        message = f"has no tags, but the file name {tag}"
        yield finding(Code.WHEEL_TAGS, place, message)
    elif stated != set(tag.expanded()):
        message = f"has the tags {', '.join(sorted(stated))}, but the file name {tag}"
        yield finding(Code.WHEEL_TAGS, place, message)
    is_pure = [value.lower() for value in _values(text, "Root-Is-Purelib")] == ["true"]
    if is_pure and not tag.is_pure and (platform := [p for p in compiled if not _is_data(p)]):
        yield finding(
            Code.COMPILED_IN_PURELIB,
            place,
            f"says `Root-Is-Purelib: true`, but {platform[0]} is compiled: some distributions"
            " of Linux have another directory for what is compiled",
            "the tool that made the wheel has to write `Root-Is-Purelib: false`",
        )


def _values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}:[ \t]*(\S+)[ \t]*\r?$", text, re.MULTILINE | re.IGNORECASE)


def _is_data(place: str) -> bool:
    return place.partition("/")[0].endswith(".data")
