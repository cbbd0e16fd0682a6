"""Packing a source distribution.

Source: the source distribution format specification (PEP 625, 643). Members are sorted, have no
owner, and have one time stamp, so that equal contents make equal bytes. The format is pax
(POSIX.1-2001), and the whole archive is one gzip member, compressed in blocks.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from typing import IO, TYPE_CHECKING

from ..base.errors import ProjectError
from ..project.files import check_regular, folders_of, linked_place
from .deflate import BlockStream, InOrder
from .reproducible import archive_mode, written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from pathlib import Path
    from types import TracebackType

    from .reproducible import Packing

_CHUNK = 1 << 20  # of a large file in memory, in bytes
_LATEST_GZIP_TIME = 0xFFFFFFFF  # the header's field has 32 bits (RFC 1952)


def write_sdist(
    path: Path,
    files: Mapping[str, Path],
    *,
    top: str,
    texts: Mapping[str, str],
    packing: Packing,
) -> None:
    """Write the archive ``path`` from files by their place below the directory ``top``.

    ``texts`` are those of files that are written for the archive, by their places; they come last,
    so that PKG-INFO may be the last of all. An interrupted call leaves nothing at ``path``.

    :raises ProjectError: a link leads nowhere or out of the project (PEP 721 lets installers refuse
        the latter), something is no file, or a file becomes shorter while it is packed.
    """
    folders = {folder for place in files for folder in folders_of(place)}
    links = {place: _kept_link(place, files, folders) for place in sorted(files)}
    check_regular({place: files[place] for place, link in links.items() if link is None})
    with (
        written_whole(path) as output,
        _GzipWriter(output, packing) as zipped,
        tarfile.TarFile(
            fileobj=zipped,  # type: ignore[arg-type] # the tar writer neither reads nor seeks
            mode="w",
            format=tarfile.PAX_FORMAT,
            encoding="utf-8",
            errors="surrogateescape",
            copybufsize=_CHUNK,
        ) as archive,
    ):
        for place, link in links.items():
            _add(archive, _member(f"{top}/{place}", packing), files[place], link)
        for place, text in texts.items():
            data = text.encode()
            member = _member(f"{top}/{place}", packing)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


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

    def tell(self) -> int:
        return self._size

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


def _member(name: str, packing: Packing) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.uname = member.gname = ""
    member.mtime = packing.timestamp
    return member


def _add(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, link: str | None) -> None:
    status = path.stat()
    member.mode = archive_mode(status.st_mode)
    if link is not None:
        member.type, member.linkname = tarfile.SYMTYPE, link
        archive.addfile(member)
        return
    member.size = status.st_size
    with path.open("rb") as source:
        try:
            archive.addfile(member, source)
        except OSError as e:
            if e.errno is not None:
                raise
            # tarfile raises this if it can read less than the size.
            raise ProjectError("became shorter while it was packed", where=str(path)) from None
