"""Bounded reads from a part of a file, for formats whose contents cannot be trusted."""

from __future__ import annotations

import struct
from typing import IO

from ...base.records import dataclass

_LONGEST_READ = 1 << 20
_LONGEST_STRING = 4096


class DamagedError(Exception):
    """The file ends where its format wants data, or says what cannot be.

    Caught inside this package: a damaged file is reported as far as it could be read.
    """


@dataclass(frozen=True)
class View:
    """``size`` bytes of a seekable file from ``start`` on; only what is asked for is read."""

    file: IO[bytes]
    start: int
    size: int

    @classmethod
    def of(cls, file: IO[bytes]) -> View:
        """Return a view of a whole file."""
        return cls(file, 0, file.seek(0, 2))

    def part(self, offset: int, size: int) -> View:
        """Return a view of exactly ``size`` bytes.

        :raises DamagedError: they are not there.
        """
        if offset < 0 or size < 0 or offset + size > self.size:
            raise DamagedError
        return View(self.file, self.start + offset, size)

    def part_up_to(self, offset: int, size: int) -> View:
        """Return a view of ``size`` bytes, or of those that there are."""
        offset = min(max(offset, 0), self.size)
        return View(self.file, self.start + offset, min(max(size, 0), self.size - offset))

    def rest(self, offset: int) -> View:
        """Return a view of what begins at ``offset``, which may be nothing."""
        return self.part_up_to(offset, self.size)

    def head(self, size: int) -> bytes:
        """Return the first bytes, fewer if there are not that many."""
        return self.read(0, min(size, self.size))

    def read(self, offset: int, size: int) -> bytes:
        """Return exactly ``size`` bytes.

        :raises DamagedError: they are not there, or so many that no sound file has them.
        """
        if offset < 0 or not 0 <= size <= _LONGEST_READ or offset + size > self.size:
            raise DamagedError
        self.file.seek(self.start + offset)
        data = self.file.read(size)
        if len(data) != size:  # the file was cut off meanwhile
            raise DamagedError
        return data

    def whole(self, most: int) -> bytes:
        """Return all bytes, for tables that are read at once.

        :raises DamagedError: they are more than ``most``, or not there.
        """
        if self.size > most:
            raise DamagedError
        pieces = range(0, self.size, _LONGEST_READ)
        return b"".join(self.read(at, min(_LONGEST_READ, self.size - at)) for at in pieces)

    def unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        """Return the integers at ``offset``, in the notation of :mod:`struct`.

        :raises DamagedError: they are not there.
        """
        return struct.unpack(layout, self.read(offset, struct.calcsize(layout)))

    def string(self, offset: int) -> str:
        """Return the text at ``offset`` up to a zero byte.

        :raises DamagedError: it does not end.
        """
        available = min(_LONGEST_STRING, self.size - offset)
        text, zero, _ = self.read(offset, available).partition(b"\0")
        if not zero:
            raise DamagedError
        return decode(text)


def text_at(data: bytes, offset: int) -> str:
    """Return the text at ``offset`` of a table that was read whole, up to a zero byte.

    :raises DamagedError: it is not there, or does not end.
    """
    end = data.find(b"\0", offset)
    if end < 0:
        raise DamagedError
    return decode(data[offset:end])


def uleb128(data: bytes, at: int) -> tuple[int, int]:
    """Return the number of variable length at ``at``, and where what follows it begins.

    :raises DamagedError: it does not end.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DamagedError


def decode(text: bytes) -> str:
    """Return a name as text that can be printed, whatever its bytes are."""
    readable = text.decode("utf-8", "backslashreplace")
    if readable.isprintable():
        return readable
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in readable)
