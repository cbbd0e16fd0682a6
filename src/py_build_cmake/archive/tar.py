"""Writing tar archives in the pax format (POSIX.1-2001), as :mod:`tarfile` writes them.

The standard library's writer computes a header in many small steps, which take longer than
compressing a small source file. Here, most headers are one that it made, with other values.
"""

from __future__ import annotations

import tarfile
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK, _RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE
_LONGEST_NAME = 100  # of the plain header, in bytes
_LARGEST = 0o77777777777
_CHUNK = 1 << 20


class Output(Protocol):
    """What an archive is written to."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes of the archive."""


class TarWriter:
    """Writes members that belong to nobody, all with the time ``timestamp`` (seconds)."""

    def __init__(self, output: Output, timestamp: int) -> None:
        self._output = output
        self._size = 0
        self._timestamp = timestamp
        self._pattern = _made_by_tarfile(self._member("", 0, 0))

    def add_file(self, name: str, mode: int, size: int, source: IO[bytes]) -> None:
        """Write ``size`` bytes of ``source`` as a file.

        :raises OSError: there are not so many.
        """
        begin = self._header(name, mode, size)
        for chunk in _chunks(source, size, name):
            self._write(begin + chunk)
            begin = b""
        self._write(begin + bytes(-size % _BLOCK))

    def add_link(self, name: str, mode: int, target: str) -> None:
        """Write a symbolic link."""
        info = self._member(name, mode, 0)
        info.type = tarfile.SYMTYPE
        info.linkname = target
        self._write(_made_by_tarfile(info))

    def finish(self) -> None:
        """Write the end: two blocks of zeros, and what is missing to a full record."""
        self._write(bytes(2 * _BLOCK))
        self._write(bytes(-self._size % _RECORD))

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        self._size += len(data)

    def _header(self, name: str, mode: int, size: int) -> bytes:
        if len(name) > _LONGEST_NAME or not name.isascii() or size > _LARGEST:
            return _made_by_tarfile(self._member(name, mode, size))
        pattern = self._pattern
        start = (
            b"%s%07o\0%s%011o\0%s"
            % (
                name.encode().ljust(_LONGEST_NAME, b"\0"),
                mode,
                pattern[108:124],  # the user and the group
                size,
                pattern[136:148],  # the time
            )
        )
        # The sum is that of a header with blanks in its place.
        checksum = sum(start) + 8 * ord(" ") + sum(pattern[156:])
        return b"%s%06o\0 %s" % (start, checksum, pattern[156:])

    def _member(self, name: str, mode: int, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.uname = info.gname = ""
        info.mode = mode
        info.mtime = self._timestamp
        info.size = size
        return info


def _made_by_tarfile(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _chunks(source: IO[bytes], size: int, name: str) -> Iterator[bytes]:
    while size:
        chunk = source.read(min(size, _CHUNK))
        if not chunk:
            raise OSError(f"{name} became shorter while it was packed")
        size -= len(chunk)
        yield chunk
