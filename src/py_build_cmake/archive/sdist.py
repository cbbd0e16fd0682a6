"""Packing a source distribution.

Source: the source distribution format specification (PEP 625, 643). Members are sorted, belong
to nobody, and have one time stamp, so that equal contents make equal bytes. The whole archive is
one gzip member, compressed in blocks.
"""

from __future__ import annotations

import io
import posixpath
import struct
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, cast

from ..errors import ProjectError
from .deflate import BlockStream, InOrder
from .reproducible import archive_mode, written_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set
    from pathlib import Path
    from types import TracebackType

    from .reproducible import Packing

_LATEST_GZIP_TIME = 0xFFFFFFFF  # the header's field has 32 bits (RFC 1952)


def write_sdist(
    path: Path, files: Mapping[str, Path], *, top: str, pkg_info: str, packing: Packing
) -> None:
    """Write the archive ``path`` from files by their place below the directory ``top``.

    ``pkg_info`` is the text of PKG-INFO. An interrupted call leaves nothing at ``path``.

    :raises ProjectError: a link leads nowhere or out of the project (PEP 721 lets installers
        refuse the latter).
    """
    folders = {folder for place in files for folder in _folders_of(place)}
    with written_whole(path) as output:
        zipped = _GzipWriter(output, packing)
        with (
            zipped,
            tarfile.open(
                fileobj=cast("IO[bytes]", zipped), mode="w", format=tarfile.PAX_FORMAT
            ) as archive,
        ):
            for place in sorted(files):
                link = _kept_link(place, files, folders)
                _add(archive, f"{top}/{place}", files[place], link, packing.timestamp)
            _add_text(archive, f"{top}/PKG-INFO", pkg_info, packing.timestamp)


class _GzipWriter:
    """A file whose contents are compressed in threads, into one gzip member (RFC 1952)."""

    def __init__(self, output: IO[bytes], packing: Packing) -> None:
        self._output = output
        self._time = min(packing.timestamp, _LATEST_GZIP_TIME)
        self._work = InOrder(packing.threads)
        self._stream = BlockStream(self._work, packing.level, output.write)
        self._crc = self._size = 0

    def __enter__(self) -> _GzipWriter:
        # Deflate, no flags, the time, nothing said of the level, the system unknown.
        self._output.write(struct.pack("<2sBBLBB", b"\x1f\x8b", 8, 0, self._time, 0, 255))
        self._work.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._stream.finish()
        self._work.__exit__(kind, error, traceback)
        if error is None:
            self._output.write(struct.pack("<LL", self._crc, self._size & 0xFFFFFFFF))

    def write(self, data: bytes) -> int:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        return self._stream.write(data)

    def tell(self) -> int:
        """Return how much was written, for tarfile, which counts from where it began."""
        return self._size


def _folders_of(place: str) -> Iterator[str]:
    parent = posixpath.dirname(place)
    while parent:
        yield parent
        parent = posixpath.dirname(parent)


def _kept_link(place: str, files: Mapping[str, Path], folders: Set[str]) -> str | None:
    """Return the target of a link that can stay one because its target is in the archive too.

    A link to a file that is not in the archive becomes a copy of that file.
    """
    path = files[place]
    if not path.is_symlink():
        return None
    target = path.readlink()
    target_place = posixpath.normpath(posixpath.join(posixpath.dirname(place), target.as_posix()))
    in_archive = not target.is_absolute() and (target_place in files or target_place in folders)
    if not path.exists() or (path.is_dir() and not in_archive):
        raise ProjectError(
            f"is a link to {target}, which is not in the source distribution",
            where=place,
            hint="exclude the link in `sdist.exclude`, or include what it leads to",
        )
    return target.as_posix() if in_archive else None


def _add(archive: tarfile.TarFile, name: str, path: Path, link: str | None, timestamp: int) -> None:
    status = path.stat()
    info = _member(name, archive_mode(status.st_mode), timestamp)
    if link is not None:
        info.type = tarfile.SYMTYPE
        info.linkname = link
        archive.addfile(info)
        return
    info.size = status.st_size
    with path.open("rb") as source:
        archive.addfile(info, source)


def _add_text(archive: tarfile.TarFile, name: str, text: str, timestamp: int) -> None:
    data = text.encode()
    info = _member(name, 0o644, timestamp)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _member(name: str, mode: int, timestamp: int) -> tarfile.TarInfo:
    """Describe a member that belongs to nobody."""
    info = tarfile.TarInfo(name)
    info.uname = info.gname = ""
    info.mode = mode
    info.mtime = timestamp
    return info
