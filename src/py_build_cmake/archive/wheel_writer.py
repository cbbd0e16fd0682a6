"""Packing a wheel.

Source: the binary distribution format specification. Members are sorted, the dist-info
directory comes last and RECORD at its end, so that a reader that streams has the files before
their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import time
import zlib
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..base.identity import UNCERTAIN, identity_of
from ..base.records import dataclass
from .deflate import BLOCK_SIZE, BlockStream, InOrder, compress_block
from .last_wheel import (
    LEAST_SIZE,
    ChangedWheelError,
    KeptMember,
    LastWheel,
    forget,
    keep,
    opened,
)
from .reproducible import written_whole
from .zip import ZipWriter

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
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
    """A small file, read, hashed and compressed; or which member of the last wheel it is."""

    data: bytes | KeptMember
    crc: int
    packed: PackedFile


def write_wheel(
    path: Path, files: Mapping[str, Path], *, dist_info: str, packing: Packing
) -> dict[str, PackedFile]:
    """Write the wheel ``path`` from files by their place in it, and return what is in it.

    ``dist_info`` is the name of the dist-info directory. Every file is read once; the memory that
    it takes does not depend on the files' sizes. An interrupted call leaves nothing at ``path``.
    """
    begin, last = time.time(), packing.last
    listed = [
        _File(place, files[place], files[place].stat())
        for place in _packing_order(files, dist_info)
        if place != f"{dist_info}/RECORD"
    ]
    if last and sum(file.status.st_size for file in listed) < LEAST_SIZE:
        forget(last)
        last = None
    try:
        with opened(last, packing.level) if last else nullcontext(LastWheel()) as before:
            packer = _write(path, listed, f"{dist_info}/RECORD", packing, before)
    except ChangedWheelError:
        packer = _write(path, listed, f"{dist_info}/RECORD", packing, LastWheel())
    if last:
        # A file that was changed just before can be changed again without a trace.
        certain = (begin - UNCERTAIN) * 1e9
        members = (
            m if m.identity and max(m.identity[3:]) < certain else m._replace(identity=())
            for m in packer.members
        )
        keep(last, path, members, packing.level)
    return packer.packed


def _write(
    path: Path, files: Sequence[_File], record_place: str, packing: Packing, last: LastWheel
) -> _Packer:
    with written_whole(path) as output:
        archive = ZipWriter(output, packing.timestamp)
        with InOrder(packing.threads) as work:
            packer = _Packer(archive, work, packing.level, last)
            packer.add(files)
        record = _record(packer.packed, record_place).encode()
        data = compress_block(record, b"", packing.level, is_last=True)
        archive.add(record_place, 0o644, data, zlib.crc32(record), len(record))
        archive.finish()
    return packer


class _Packer:
    """Compresses files in threads and writes them in order."""

    def __init__(self, archive: ZipWriter, work: InOrder, level: int, last: LastWheel) -> None:
        self.packed: dict[str, PackedFile] = {}
        self.members: list[KeptMember] = []
        self._archive = archive
        self._work = work
        self._level = level
        self._last = last
        # What was written, by identity: a file with several names is read once.
        self._written: dict[tuple[int, int], tuple[Member, PackedFile]] = {}

    def add(self, files: Iterable[_File]) -> None:
        batch: list[_File] = []
        batch_size = 0
        first_names: set[tuple[int, int]] = set()
        for file in files:
            size = file.status.st_size
            is_again = file.identity in first_names
            known = None if is_again else self._last.of_file(file.status)
            is_large = size > BLOCK_SIZE
            is_full = len(batch) == _BATCH_FILES or batch_size + size > BLOCK_SIZE
            if is_again or is_large or is_full or known:
                self._add_batch(batch)
                batch, batch_size = [], 0
            if is_again:
                self._work.then(partial(self._repeat, file))
            elif known:
                self._work.then(partial(self._take, file, known))
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
            task = partial(_compress_files, tuple(batch), self._level, self._last)
            self._work.add(task, partial(self._write_batch, tuple(batch)))

    def _write_batch(self, batch: Sequence[_File], results: Sequence[_Compressed]) -> None:
        for file, done in zip(batch, results):
            if isinstance(done.data, KeptMember):
                self._take(file, done.data)
                continue
            member = self._archive.add(
                file.place, file.status.st_mode, done.data, done.crc, done.packed.size
            )
            self._remember(file, member, done.packed, zlib.crc32(done.data))

    def _add_large(self, file: _File) -> None:
        """Compress a file in blocks, of which only some are in memory at a time."""
        if file.status.st_size in self._last.sizes:
            known = self._last.of_digest(_digest_of(file.path))
            if known:
                self._work.then(partial(self._take, file, known))
                return
        sha, crc, size, checksum = hashlib.sha256(), 0, 0, 0
        members: list[Member] = []

        def begin() -> None:
            status = file.status
            members.append(self._archive.begin(file.place, status.st_mode, status.st_size))

        def end() -> None:
            member = self._archive.end(members[0], crc, size)
            packed = PackedFile(_record_hash(sha.digest()), size, member.compressed_size)
            self._remember(file, member, packed, checksum)

        def write(data: bytes) -> None:
            nonlocal checksum
            checksum = zlib.crc32(data, checksum)
            self._archive.write(data)

        self._work.then(begin)
        stream = BlockStream(self._work, self._level, write)
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

    def _take(self, file: _File, known: KeptMember) -> None:
        """Write a member with the compressed bytes that it had in the last wheel."""
        member = self._archive.begin(file.place, file.status.st_mode, known.size)
        for chunk in self._last.read(known):
            self._archive.write(chunk)
        member = self._archive.end(member, known.crc, known.size)
        packed = PackedFile(known.digest, known.size, known.compressed_size)
        self._remember(file, member, packed, known.checksum)

    def _remember(
        self, file: _File, member: Member, packed: PackedFile, checksum: int | None = None
    ) -> None:
        """Note what was written; without a ``checksum``, it is a copy of another member."""
        self.packed[file.place] = packed
        if file.identity:
            self._written[file.identity] = member, packed
        if checksum is not None:
            row = (
                packed.digest,
                member.crc,
                member.size,
                member.data_start,
                packed.compressed_size,
            )
            self.members.append(KeptMember(identity_of(file.status), *row, checksum))


def _digest_of(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(BLOCK_SIZE):
            sha.update(data)
    return _record_hash(sha.digest())


def _compress_files(files: Sequence[_File], level: int, last: LastWheel) -> list[_Compressed]:
    return [_compress_file(file.path, level, last) for file in files]


def _compress_file(path: Path, level: int, last: LastWheel) -> _Compressed:
    contents = path.read_bytes()
    digest = _record_hash(hashlib.sha256(contents).digest())
    if known := last.of_digest(digest):
        packed = PackedFile(digest, known.size, known.compressed_size)
        return _Compressed(known, known.crc, packed)
    data = compress_block(contents, b"", level, is_last=True)
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
