"""Writing zip archives."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from pathlib import Path

import pytest

from py_build_cmake.archive import zip as own_zip
from py_build_cmake.archive.deflate import compress_block
from py_build_cmake.archive.zip import ZipWriter

TIME = 1700000000
GIB = 1 << 30


def raw(data: bytes) -> bytes:
    return compress_block(data, b"", 6, is_last=True)


def add(archive: ZipWriter, name: str, data: bytes) -> own_zip.Member:
    return archive.add(name, 0o644, raw(data), zlib.crc32(data), len(data))


def test_members_are_written_whole_in_parts_and_again() -> None:
    output = io.BytesIO()
    archive = ZipWriter(output, TIME)
    add(archive, "a.txt", b"a" * 100)
    member = archive.begin("b.bin", 0o755, 5000)
    data = os.urandom(5000)
    for start in range(0, len(raw(data)), 700):
        archive.write(raw(data)[start : start + 700])
    written = archive.end(member, zlib.crc32(data), 5000)
    archive.repeat("ü.bin", 0o644, written)
    archive.finish()
    with zipfile.ZipFile(output) as read:
        assert read.testzip() is None
        assert read.namelist() == ["a.txt", "b.bin", "ü.bin"]
        assert read.read("b.bin") == read.read("ü.bin") == data
        assert [info.external_attr >> 16 for info in read.infolist()] == [
            0o100644,
            0o100755,
            0o100644,
        ]


def test_more_members_than_16_bits_can_count() -> None:
    output = io.BytesIO()
    archive = ZipWriter(output, TIME)
    for number in range(66_000):
        add(archive, str(number), b"")
    archive.finish()
    with zipfile.ZipFile(output) as read:
        assert len(read.namelist()) == 66_000
        assert read.read("65999") == b""


def test_members_and_archives_beyond_4_gib(tmp_path: Path) -> None:
    # 5 GiB: the size, the compressed size, and the place of the next member need 64 bits.
    size = 5 * GIB
    path = tmp_path / "large.zip"
    with path.open("w+b") as output:
        archive = ZipWriter(output, TIME)
        member = archive.begin("large.bin", 0o644, size)
        output.flush()
        output.seek(
            size, os.SEEK_CUR
        )  # a hole: that the data are no deflate stream does not matter
        archive.end(member, 0, size)
        add(archive, "after.txt", b"after")
        archive.finish()
    with zipfile.ZipFile(path) as read:
        large, after = read.infolist()
        assert (large.file_size, large.compress_size) == (size, size)
        assert after.header_offset > size
        assert read.read("after.txt") == b"after"
        with pytest.raises((zlib.error, zipfile.BadZipFile)), read.open(large) as file:
            file.read(1)


def test_a_file_that_grew_too_large_is_refused() -> None:
    archive = ZipWriter(io.BytesIO(), TIME)
    member = archive.begin("a.bin", 0o644, 10)
    with pytest.raises(OSError, match=r"a\.bin changed while it was packed"):
        archive.end(member, 0, 5 * GIB)
