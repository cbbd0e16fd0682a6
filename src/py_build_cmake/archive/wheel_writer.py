"""Packing a wheel.

Source: the binary distribution format specification. Members are sorted, the dist-info
directory comes last and RECORD at its end, so that a reader that streams has the files before
their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..base.records import dataclass
from .deflate import BLOCK_SIZE, BlockStream, InOrder, compress_block
from .reproducible import written_whole
from .zip import ZipWriter

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .reproducible import Packing
    from .zip import Member

# Small files are compressed many at a time: a task costs as much as some kilobytes.
_BATCH_FILES = 64


class PackedFile(NamedTuple):
    """A file in the wheel: the form of its hash in RECORD, and its sizes in bytes."""

    digest: str
    size: int
    compressed_size: int


@dataclass(frozen=True)
class _File:
    place: str
    path: Path
    status: os.stat_result

    @property
    def identity(self) -> tuple[int, int] | None:
        """The identity that all hard links of a file share, if the system has one."""
        return (self.status.st_dev, self.status.st_ino) if self.status.st_ino else None


@dataclass(frozen=True)
class _Compressed:
    """A small file, read, hashed and compressed."""

    data: bytes
    crc: int
    packed: PackedFile


def write_wheel(
    path: Path, files: Mapping[str, Path], *, dist_info: str, packing: Packing
) -> dict[str, PackedFile]:
    """Write the wheel ``path`` from files by their place in it, and return what is in it.

    ``dist_info`` is the name of the dist-info directory. Every file is read once; the memory that
    it takes does not depend on the files' sizes. An interrupted call leaves nothing at ``path``.
    """
    record_place = f"{dist_info}/RECORD"
    with written_whole(path) as output:
        archive = ZipWriter(output, packing.timestamp)
        with InOrder(packing.threads) as work:
            packer = _Packer(archive, work, packing.level)
            packer.add(
                _File(place, files[place], files[place].stat())
                for place in _packing_order(files, dist_info)
                if place != record_place
            )
        record = _record(packer.packed, record_place).encode()
        data = compress_block(record, b"", packing.level, is_last=True)
        archive.add(record_place, 0o644, data, zlib.crc32(record), len(record))
        archive.finish()
    return packer.packed


class _Packer:
    """Compresses files in threads and writes them in order."""

    def __init__(self, archive: ZipWriter, work: InOrder, level: int) -> None:
        self.packed: dict[str, PackedFile] = {}
        self._archive = archive
        self._work = work
        self._level = level
        # What was written, by identity: a file with several names is read once.
        self._written: dict[tuple[int, int], tuple[Member, PackedFile]] = {}

    def add(self, files: Iterator[_File]) -> None:
        batch: list[_File] = []
        batch_size = 0
        first_names: set[tuple[int, int]] = set()
        for file in files:
            size = file.status.st_size
            is_again = file.identity in first_names
            is_large = size > BLOCK_SIZE
            is_full = len(batch) == _BATCH_FILES or batch_size + size > BLOCK_SIZE
            if is_again or is_large or is_full:
                self._add_batch(batch)
                batch, batch_size = [], 0
            if is_again:
                self._work.then(partial(self._repeat, file))
            elif is_large:
                self._add_large(file)
            else:
                batch.append(file)
                batch_size += size
            if file.identity:
                first_names.add(file.identity)
        self._add_batch(batch)

    def _add_batch(self, batch: Sequence[_File]) -> None:
        if batch:
            task = partial(_compress_files, tuple(batch), self._level)
            self._work.add(task, partial(self._write_batch, tuple(batch)))

    def _write_batch(self, batch: Sequence[_File], results: Sequence[_Compressed]) -> None:
        for file, done in zip(batch, results):
            member = self._archive.add(
                file.place, file.status.st_mode, done.data, done.crc, done.packed.size
            )
            self._remember(file, member, done.packed)

    def _add_large(self, file: _File) -> None:
        """Compress a file in blocks, of which only some are in memory at a time."""
        sha, crc, size = hashlib.sha256(), 0, 0
        members: list[Member] = []

        def begin() -> None:
            status = file.status
            members.append(self._archive.begin(file.place, status.st_mode, status.st_size))

        def end() -> None:
            member = self._archive.end(members[0], crc, size)
            digest = _record_hash(sha.digest())
            self._remember(file, member, PackedFile(digest, size, member.compressed_size))

        self._work.then(begin)
        stream = BlockStream(self._work, self._level, self._archive.write)
        with file.path.open("rb") as source:
            while data := source.read(BLOCK_SIZE):
                sha.update(data)
                crc = zlib.crc32(data, crc)
                size += len(data)
                stream.write(data)
        stream.finish()
        self._work.then(end)

    def _repeat(self, file: _File) -> None:
        assert file.identity is not None
        other, packed = self._written[file.identity]
        member = self._archive.repeat(file.place, file.status.st_mode, other)
        self._remember(file, member, packed)

    def _remember(self, file: _File, member: Member, packed: PackedFile) -> None:
        self.packed[file.place] = packed
        if file.identity:
            self._written[file.identity] = member, packed


def _compress_files(files: Sequence[_File], level: int) -> list[_Compressed]:
    return [_compress_file(file.path, level) for file in files]


def _compress_file(path: Path, level: int) -> _Compressed:
    contents = path.read_bytes()
    data = compress_block(contents, b"", level, is_last=True)
    digest = _record_hash(hashlib.sha256(contents).digest())
    packed = PackedFile(digest, len(contents), len(data))
    return _Compressed(data, zlib.crc32(contents), packed)


def _packing_order(files: Mapping[str, Path], dist_info: str) -> list[str]:
    return sorted(files, key=lambda place: (place.startswith(f"{dist_info}/"), place))


def _record(packed: Mapping[str, PackedFile], record_place: str) -> str:
    lines = [
        f"{_record_field(place)},sha256={file.digest},{file.size}\n"
        for place, file in packed.items()
    ]
    return "".join([*lines, f"{_record_field(record_place)},,\n"])


def _record_hash(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _record_field(place: str) -> str:
    """Quote a path as the CSV that RECORD is."""
    if any(character in place for character in ',"\r\n'):
        escaped = place.replace('"', '""')
        return f'"{escaped}"'
    return place
