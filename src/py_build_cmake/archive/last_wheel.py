"""The last wheel of a build directory, whose compressed members the next one takes over.

The wheel is kept (as a hard link, if the file system allows that) beside a record of its members:
where their compressed bytes lie, the hash of what they hold, and which file that was. A file with
the same inode, size and times need not be read; of another one with the same size, the hash tells.
Deflate's result depends on the level and on the version of zlib, which are compared, too. What is
taken is checked by a checksum of the compressed bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from ..base.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FORMAT = 1
_WHEEL = "last.whl"
_RECORD = "last-wheel.json"
_CHUNK = 1 << 20
# Smaller wheels are packed sooner than what they have in common with the last one is found.
LEAST_SIZE = 1 << 22


class ChangedWheelError(Exception):
    """The last wheel is not what was recorded."""


class KeptMember(NamedTuple):
    """A member of the last wheel. ``digest`` is its hash in the form of RECORD, ``crc`` zip's;
    sizes and ``start`` are in bytes, ``checksum`` is the CRC-32 of the compressed bytes.
    ``identity`` is that of the file, or empty: it could have changed without a trace.
    """

    identity: tuple[int, ...]
    digest: str
    crc: int
    size: int
    start: int
    compressed_size: int
    checksum: int


class LastWheel:
    """What can be taken from the last wheel."""

    def __init__(self, members: Iterable[KeptMember] = (), file: IO[bytes] | None = None) -> None:
        members = list(members)
        self.sizes = {member.size for member in members}
        self._by_identity = {member.identity: member for member in members if member.identity}
        self._by_digest = {member.digest: member for member in members}
        self._file = file

    def of_file(self, status: os.stat_result) -> KeptMember | None:
        """Return the member with the contents of a file that was not changed since."""
        return self._by_identity.get(identity_of(status))

    def of_digest(self, digest: str) -> KeptMember | None:
        """Return the member with contents of a hash."""
        return self._by_digest.get(digest)

    def read(self, member: KeptMember) -> Iterator[bytes]:
        """Yield the compressed bytes of a member.

        :raises ChangedWheelError: they are not what was recorded; known when all were read.
        """
        assert self._file
        self._file.seek(member.start)
        left, checksum = member.compressed_size, 0
        while left and (chunk := self._file.read(min(left, _CHUNK))):
            checksum = zlib.crc32(chunk, checksum)
            left -= len(chunk)
            yield chunk
        if left or checksum != member.checksum:
            raise ChangedWheelError


@contextlib.contextmanager
def opened(folder: Path, level: int) -> Iterator[LastWheel]:
    """Open the last wheel of a folder. If there is none that is of use, it has no members."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        members = [KeptMember(tuple(row[0]), *row[1:]) for row in record["members"]]
        with (folder / _WHEEL).open("rb") as file:
            is_of_use = [record["made"], record["wheel"]] == [_made(level), _version(file)]
            yield LastWheel(members, file) if is_of_use else LastWheel()
            return
    except (OSError, ValueError, TypeError, KeyError):
        pass
    yield LastWheel()


def keep(folder: Path, wheel: Path, members: Iterable[KeptMember], level: int) -> None:
    """Keep a wheel in place of the last one. If that is not possible, none is kept."""
    forget(folder)
    kept = folder / _WHEEL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            os.link(wheel, kept)
        except OSError:  # another file system, or one without links
            shutil.copyfile(wheel, kept)
        with kept.open("rb") as file:
            record = {"made": _made(level), "wheel": _version(file), "members": list(members)}
        (folder / _RECORD).write_text(json.dumps(record))
    except OSError:  # a full disk
        forget(folder)


def forget(folder: Path) -> None:
    """Remove the last wheel of a folder, if there is one."""
    for name in (_RECORD, _WHEEL):
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def _made(level: int) -> list[object]:
    """Return what decides about the compressed bytes, besides the contents."""
    library = getattr(zlib, "__file__", None) or ""
    return [_FORMAT, level, zlib.ZLIB_VERSION, zlib.ZLIB_RUNTIME_VERSION, library]


def _version(file: IO[bytes]) -> list[int]:
    # A link changes the time of the inode.
    status = os.fstat(file.fileno())
    return [status.st_size, status.st_mtime_ns]
