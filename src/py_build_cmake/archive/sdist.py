"""Packing a source distribution.

Source: the source distribution format specification (PEP 625, 643). Members are sorted, belong
to nobody, and have one time stamp, so that equal contents make equal bytes.
"""

from __future__ import annotations

import gzip
import io
import posixpath
import tarfile
from typing import TYPE_CHECKING

from ..errors import ProjectError
from .reproducible import archive_mode, written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LATEST_GZIP_TIME = 0xFFFFFFFF  # the header's field has 32 bits (RFC 1952)


def write_sdist(
    path: Path, files: Mapping[str, Path], *, top: str, pkg_info: str, timestamp: int
) -> None:
    """Write the archive ``path`` from files by their place below the directory ``top``.

    ``pkg_info`` is the text of PKG-INFO, ``timestamp`` the time of all members in seconds since
    1970. An interrupted call leaves nothing at ``path``.

    :raises ProjectError: a link leads nowhere or out of the project (PEP 721 lets installers
        refuse the latter).
    """
    with (
        written_whole(path) as output,
        gzip.GzipFile("", "wb", fileobj=output, mtime=min(timestamp, _LATEST_GZIP_TIME)) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for place in sorted(files):
            _add(archive, f"{top}/{place}", files[place], _kept_link(place, files), timestamp)
        _add_text(archive, f"{top}/PKG-INFO", pkg_info, timestamp)


def _kept_link(place: str, files: Mapping[str, Path]) -> str | None:
    """Return the target of a link that can stay one because its target is in the archive too.

    A link to a file that is not in the archive becomes a copy of that file.
    """
    path = files[place]
    if not path.is_symlink():
        return None
    target = path.readlink()
    target_place = posixpath.normpath(posixpath.join(posixpath.dirname(place), target.as_posix()))
    in_archive = not target.is_absolute() and (
        target_place in files or any(other.startswith(f"{target_place}/") for other in files)
    )
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
