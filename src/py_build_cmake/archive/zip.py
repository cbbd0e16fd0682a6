"""Writing zip archives whose members are compressed elsewhere.

Source: PKWARE's APPNOTE.TXT 6.3; the numbers in comments are its sections. The standard
library's writer compresses what it writes, in one thread, and cannot be given the result.
"""

from __future__ import annotations

import struct
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from ..base.records import dataclass
from .reproducible import archive_mode

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFLATED = 8  # 4.4.5
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF
_UNIX = 3  # 4.4.2: the upper half of the external attributes is a Unix mode
_REGULAR_FILE = 0o100000
_UTF8_NAME = 1 << 11  # 4.4.4, bit 11
_PLAIN, _ZIP64 = 20, 45  # 4.4.3: the version that is needed to extract
# An upper limit of what deflate adds to data that it cannot compress: five bytes in 16 KiB.
_GROWTH = 1.001
_HEADER_SIZE = 30  # 4.3.7: a local header without its name and extra field
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of an archive. ``data_start`` is where its ``compressed_size`` bytes begin."""

    name: str
    mode: int
    header_start: int
    data_start: int
    is_zip64: bool
    crc: int = 0
    size: int = 0
    compressed_size: int = 0


class ZipWriter:
    """Writes members, one after the other, and the directory at the end.

    ``output`` is a seekable file that can be read, too; ``timestamp`` the time of all members in
    seconds since 1970.
    """

    def __init__(self, output: IO[bytes], timestamp: int) -> None:
        self._output = output
        # Where the next member begins. Counting is quicker than tell(), which is a system call.
        self._end = output.tell()
        self._time = _dos_time(timestamp)
        self._members: list[Member] = []

    def begin(self, name: str, mode: int, size: int) -> Member:
        """Begin a member. ``size`` is what is expected, and decides whether it may be large."""
        is_zip64 = size * _GROWTH > _MAX_32
        member = Member(name, mode, self._end, 0, is_zip64)
        self.write(self._local_header(member))
        return replace(member, data_start=self._end)

    def write(self, data: bytes) -> None:
        """Write a part of the raw deflate stream of the member that was begun."""
        self._output.write(data)
        self._end += len(data)

    def end(self, member: Member, crc: int, size: int) -> Member:
        """End a member, and write its size and checksum into its header.

        :raises OSError: it grew beyond 4 GiB while it was read.
        """
        self._end = self._output.tell()
        compressed_size = self._end - member.data_start
        if not member.is_zip64 and max(size, compressed_size) >= _MAX_32:
            raise OSError(f"{member.name} changed while it was packed")
        done = replace(member, crc=crc, size=size, compressed_size=compressed_size)
        self._output.seek(member.header_start)
        self._output.write(self._local_header(done))
        self._output.seek(self._end)
        self._members.append(done)
        return done

    def add(self, name: str, mode: int, data: bytes, crc: int, size: int) -> Member:
        """Write a whole member, whose raw deflate stream is ``data``."""
        start = self._end
        data_start = start + _HEADER_SIZE + len(name.encode())
        member = Member(name, mode, start, data_start, False, crc, size, len(data))
        self.write(self._local_header(member) + data)
        self._members.append(member)
        return member

    def repeat(self, name: str, mode: int, other: Member) -> Member:
        """Write a member with the contents of another one, without compressing them again."""
        member = self.begin(name, mode, max(other.size, other.compressed_size))
        for chunk in self._read(other.data_start, other.compressed_size):
            self.write(chunk)
        return self.end(member, other.crc, other.size)

    def finish(self) -> None:
        """Write the directory."""
        start = self._end
        for member in self._members:
            self.write(self._directory_entry(member))
        self.write(_end_of_directory(len(self._members), start, self._end))

    def _read(self, start: int, size: int) -> Iterable[bytes]:
        while size:
            self._output.seek(start)
            chunk = self._output.read(min(size, _CHUNK))
            self._output.seek(self._end)
            start, size = start + len(chunk), size - len(chunk)
            yield chunk

    def _local_header(self, member: Member) -> bytes:
        """Return a local file header (4.3.7)."""
        name, flags = _encoded(member.name)
        sizes, extra = (member.compressed_size, member.size), b""
        if member.is_zip64:
            # 4.5.3: here, both sizes must be in the extra field.
            extra = struct.pack("<HHQQ", 1, 16, member.size, member.compressed_size)
            sizes = (_MAX_32, _MAX_32)
        version = _ZIP64 if member.is_zip64 else _PLAIN
        fields = (version, flags, DEFLATED, *self._time, member.crc, *sizes, len(name), len(extra))
        return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + extra

    def _directory_entry(self, member: Member) -> bytes:
        """Return a central directory header (4.3.12)."""
        name, flags = _encoded(member.name)
        sizes = [member.compressed_size, member.size]
        start, large = member.header_start, []
        if max(sizes) >= _MAX_32:
            large += [member.size, member.compressed_size]
            sizes = [_MAX_32, _MAX_32]
        if start >= _MAX_32:
            large.append(start)
            start = _MAX_32
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        version = _ZIP64 if large or member.is_zip64 else _PLAIN
        attributes = (_REGULAR_FILE | archive_mode(member.mode)) << 16
        fields = (
            *(_UNIX << 8 | version, version, flags, DEFLATED, *self._time, member.crc, *sizes),
            *(len(name), len(extra), 0, 0, 0, attributes, start),
        )
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields) + name + extra


def _end_of_directory(count: int, start: int, end: int) -> bytes:
    """Return the end of central directory record (4.3.16), preceded by zip64's (4.3.14)."""
    size, large = end - start, b""
    if count >= _MAX_16 or start >= _MAX_32 or size >= _MAX_32:
        version = _UNIX << 8 | _ZIP64
        fields = (44, version, _ZIP64, 0, 0, count, count, size, start)
        large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", *fields)
        large += struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
        count, size, start = min(count, _MAX_16), min(size, _MAX_32), min(start, _MAX_32)
    return large + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, 0)


def _encoded(name: str) -> tuple[bytes, int]:
    """Return a name in the archive's encoding, and the flags that say which it is."""
    return name.encode(), 0 if name.isascii() else _UTF8_NAME


def _dos_time(timestamp: int) -> tuple[int, int]:
    """Return the time and the date of 4.4.6, in UTC."""
    t = time.gmtime(timestamp)
    return t[3] << 11 | t[4] << 5 | t[5] // 2, (t[0] - 1980) << 9 | t[1] << 5 | t[2]
