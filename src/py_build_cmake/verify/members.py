"""Reading the members of archives: each once, with memory that does not depend on its size."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import ExitStack
from itertools import chain
from typing import IO, TYPE_CHECKING

from ..base.errors import WheelError
from .finding import FileReport
from .formats.reading import TEXT_SIZE, may_be_binary, read_other, read_stream
from .integrity import Hasher, StoredFile
from .suffix import may_be_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_CHUNK_SIZE = 1 << 18
# Up to here a compiled file is unpacked in memory, larger ones into a temporary file.
_IN_MEMORY = 4 << 20


class MemberError(Exception):
    """A member cannot be read: the archive is damaged, encrypted, or of an unknown kind."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip archive.

    :raises MemberError: it is none, or is damaged.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is not a file")
        return zipfile.ZipFile(path)
    except Exception as e:
        # zipfile raises a dozen kinds of errors for damaged archives, also IndexError.
        raise MemberError(reason(e)) from e


def unreadable(path: Path, error: MemberError) -> WheelError:
    """Return the error for a file of which nothing can be said."""
    return WheelError(
        f"cannot be read: {error}",
        where=str(path),
        hint="it is another kind of file, or a damaged one: build or download it again",
    )


def zip_chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the contents of a member in parts, all of them not empty.

    :raises MemberError: it cannot be unpacked, or its checksum is wrong.
    """
    try:
        with archive.open(info) as member:
            yield from file_chunks(member)
    except Exception as e:
        # zipfile and the decompressors raise a dozen kinds, down to IndexError and struct.error.
        raise MemberError(reason(e)) from e


def file_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the contents of an open file in parts, all of them not empty."""
    while chunk := file.read(_CHUNK_SIZE):
        yield chunk


def reason(error: Exception) -> str:
    """Return in one line what a library says of an archive that it cannot read."""
    return " ".join(str(error).split()) or type(error).__name__


def read_text(chunks: Iterable[bytes], limit: int) -> bytes:
    """Return the contents of a member.

    :raises MemberError: it cannot be read, or has more bytes than ``limit``.
    """
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise MemberError(f"it has more than {limit >> 20} MiB")
    return bytes(data)


def read_member(
    place: str, chunks: Iterable[bytes], algorithm: str, *, is_checked: bool
) -> tuple[StoredFile, FileReport | None]:
    """Read a member: its size, its hash, and what it is, if it is compiled code.

    ``algorithm`` is that of the hash, as in RECORD. What is not ``is_checked`` is not looked
    into.

    :raises MemberError: it cannot be read.
    """
    hasher, size = Hasher(algorithm), 0
    parts = iter(chunks)
    head = b""
    while len(head) < TEXT_SIZE and (part := next(parts, b"")):
        head += part
    with ExitStack() as stack:
        unpacked: IO[bytes] | None = None
        if is_checked and may_be_binary(head):
            unpacked = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
        for part in chain((head,), parts):
            hasher.update(part)
            size += len(part)
            if unpacked:
                unpacked.write(part)
        binary = read_stream(unpacked) if unpacked else None
    if binary is None and is_checked and may_be_loaded(place):
        binary = read_other(head)
    file = FileReport(place, binary) if binary else None
    return StoredFile(size, hasher.digest()), file
