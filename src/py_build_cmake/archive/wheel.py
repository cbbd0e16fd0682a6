"""Packing a wheel.

Source: the binary distribution format specification. Members are sorted, the dist-info
directory comes last and RECORD at its end, so that a reader that streams has the files before
their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import time
import zipfile
from typing import IO, TYPE_CHECKING

from .reproducible import archive_mode, written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CHUNK = 1 << 20


def write_wheel(path: Path, files: Mapping[str, Path], *, dist_info: str, timestamp: int) -> None:
    """Write the wheel ``path`` from files by their place in it.

    ``dist_info`` is the name of the dist-info directory, ``timestamp`` the time of all members
    in seconds since 1970. An interrupted call leaves nothing at ``path``.
    """
    record: list[str] = []
    record_place = f"{dist_info}/RECORD"
    when = time.gmtime(timestamp)[:6]
    with (
        written_whole(path) as output,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        for place in _packing_order(files, dist_info):
            if place == record_place:
                continue
            info = _member(place, when, archive_mode(files[place].stat().st_mode))
            info.file_size = files[place].stat().st_size  # decides about zip64
            with files[place].open("rb") as source, archive.open(info, "w") as target:
                digest, size = _copy(source, target)
            record.append(f"{_record_field(place)},sha256={digest},{size}\n")
        record.append(f"{_record_field(record_place)},,\n")
        archive.writestr(_member(record_place, when, 0o644), "".join(record))


def _packing_order(files: Mapping[str, Path], dist_info: str) -> list[str]:
    return sorted(files, key=lambda place: (place.startswith(f"{dist_info}/"), place))


def _member(place: str, when: tuple[int, ...], mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(place, (when[0], when[1], when[2], when[3], when[4], when[5]))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix: the modes below have a meaning, whatever wrote the archive
    info.external_attr = (0o100000 | mode) << 16
    return info


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    """Copy in one pass and return the RECORD form of the hash, and the size in bytes."""
    sha = hashlib.sha256()
    size = 0
    while chunk := source.read(_CHUNK):
        sha.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return base64.urlsafe_b64encode(sha.digest()).decode().rstrip("="), size


def _record_field(place: str) -> str:
    """Quote a path as the CSV that RECORD is."""
    if any(character in place for character in ',"\r\n'):
        escaped = place.replace('"', '""')
        return f'"{escaped}"'
    return place
