"""Packing a source distribution.

Source: the source distribution format specification (PEP 625, 643). Members are sorted, belong
to nobody, and have one time stamp, so that equal contents make equal bytes. The whole archive is
one gzip member, compressed in blocks.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import IO, TYPE_CHECKING

from ..base.errors import ProjectError
from ..project.files import folders_of, linked_place
from .deflate import BlockStream, InOrder
from .reproducible import archive_mode, written_whole
from .tar import TarWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
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
    folders = {folder for place in files for folder in folders_of(place)}
    with written_whole(path) as output, _GzipWriter(output, packing) as zipped:
        archive = TarWriter(zipped, packing.timestamp)
        for place in sorted(files):
            link = _kept_link(place, files, folders)
            _add(archive, f"{top}/{place}", files[place], link)
        text = pkg_info.encode()
        archive.add_file(f"{top}/PKG-INFO", 0o644, len(text), io.BytesIO(text))
        archive.finish()


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


def _kept_link(place: str, files: Mapping[str, Path], folders: Set[str]) -> str | None:
    """Return the target of a link that can stay one because its target is in the archive too.

    A link to a file that is not in the archive becomes a copy of that file.
    """
    path = files[place]
    if not path.is_symlink():
        return None
    target = path.readlink()
    target_place = linked_place(place, path)
    in_archive = target_place in files or target_place in folders
    if not path.exists() or (path.is_dir() and not in_archive):
        raise ProjectError(
            f"is a link to {target}, which is not in the source distribution",
            where=place,
            hint="exclude the link in `sdist.exclude`, or include what it leads to",
        )
    return target.as_posix() if in_archive else None


def _add(archive: TarWriter, name: str, path: Path, link: str | None) -> None:
    status = path.stat()
    mode = archive_mode(status.st_mode)
    if link is not None:
        archive.add_link(name, mode, link)
        return
    with path.open("rb") as source:
        archive.add_file(name, mode, status.st_size, source)
