"""Members that are taken from the last wheel."""

from __future__ import annotations

import json
import os
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from py_build_cmake.archive import deflate, last_wheel, wheel_writer
from py_build_cmake.archive.last_wheel import forget
from py_build_cmake.archive.reproducible import EARLIEST_TIME, Packing
from py_build_cmake.archive.wheel_writer import write_wheel
from py_build_cmake.base.identity import identity_of

INFO = "pkg-1.0.dist-info"


class Packer:
    """Packs files with a folder for the last wheel, and says what was compressed."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.last = directory / "last"
        self.compressed: list[int] = []
        compress = deflate.compress_block

        def counted(data: bytes, before: bytes, level: int, *, is_last: bool) -> bytes:
            self.compressed.append(len(data))
            return compress(data, before, level, is_last=is_last)

        monkeypatch.setattr(deflate, "compress_block", counted)
        monkeypatch.setattr(wheel_writer, "compress_block", counted)

    def files(self) -> dict[str, Path]:
        root = self.directory / "tree"
        return {p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}

    def write(self, place: str, data: bytes) -> Path:
        path = self.directory / "tree" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def pack(self, level: int = 6, threads: int = 2) -> set[int]:
        """Pack as before, compare with a wheel that is packed anew; return the sizes of what was
        compressed, without RECORD.
        """
        kept, fresh = self.directory / "kept.whl", self.directory / "fresh.whl"
        packing = Packing(EARLIEST_TIME, level, threads)
        self.compressed.clear()
        files = self.files()
        packed = write_wheel(
            kept,
            files,
            dist_info=INFO,
            packing=Packing(EARLIEST_TIME, level, threads, self.last),
        )
        compressed = set(self.compressed[:-1])
        assert write_wheel(fresh, files, dist_info=INFO, packing=packing) == packed
        assert kept.read_bytes() == fresh.read_bytes()
        with zipfile.ZipFile(kept) as archive:
            assert archive.testzip() is None
        return compressed


@pytest.fixture
def packer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packer:
    """Three small files and one of three blocks, which were changed long ago."""
    monkeypatch.setattr(last_wheel, "LEAST_SIZE", 0)
    monkeypatch.setattr(wheel_writer, "LEAST_SIZE", 0)
    monkeypatch.setattr(wheel_writer, "UNCERTAIN", -60)
    packer = Packer(tmp_path, monkeypatch)
    large = bytes(random.Random(1).choices(b"abc", k=2 * deflate.BLOCK_SIZE + 7))
    packer.write("pkg/large", large)
    for name in ("a", "b", "c"):
        packer.write(f"pkg/{name}", name.encode() * 100 * ord(name))
    packer.write(f"{INFO}/METADATA", b"Name: pkg\n")
    packer.pack()
    time.sleep(0.02)  # Longer than a tick of the file system's clock.
    return packer


def test_nothing_changed(packer: Packer) -> None:
    assert packer.pack() == set()
    assert packer.pack(threads=1) == set()


def test_one_file_changed(packer: Packer) -> None:
    packer.write("pkg/b", b"x" * 98 * 100)
    assert packer.pack() == {9800}
    assert packer.pack() == set()


def test_the_same_contents_in_another_file(packer: Packer) -> None:
    for path in packer.files().values():
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    assert packer.pack() == set()


def test_other_contents_with_the_same_size_and_time(packer: Packer) -> None:
    path = packer.files()["pkg/large"]
    status, data = path.stat(), path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert packer.pack() == {deflate.BLOCK_SIZE, 7}


def test_files_with_other_names_and_modes(packer: Packer) -> None:
    files = packer.files()
    files["pkg/a"].chmod(0o755)
    files["pkg/large"].rename(files["pkg/large"].with_name("Large"))
    os.link(files["pkg/b"], files["pkg/b"].with_name("d"))
    assert packer.pack() == set()
    files["pkg/c"].unlink()
    assert packer.pack() == set()


def test_another_level(packer: Packer) -> None:
    assert deflate.BLOCK_SIZE in packer.pack(level=1)


def test_another_zlib(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_wheel.zlib, "ZLIB_RUNTIME_VERSION", "another")
    assert deflate.BLOCK_SIZE in packer.pack()


def test_a_file_that_was_just_changed(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_writer, "UNCERTAIN", 3)
    packer.write("pkg/b", b"x" * 100)
    packer.pack()
    members = json.loads((packer.last / "last-wheel.json").read_text())["members"]
    assert {tuple(row[0]) for row in members} == {()}
    assert packer.pack() == set()


def test_systems_without_a_time_of_change(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    status = packer.files()["pkg/a"].stat()
    assert len(identity_of(status)) == 5
    monkeypatch.setattr(last_wheel.os, "name", "nt")
    assert identity_of(status) == ()


def _change_bytes(wheel: Path) -> None:
    """Change a member without a trace in the times, as a failing disk does."""
    status = wheel.stat()
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 1
    wheel.write_bytes(data)
    os.utime(wheel, ns=(status.st_atime_ns, status.st_mtime_ns))


def _cut_record(wheel: Path) -> None:
    record = wheel.with_name("last-wheel.json")
    record.write_text(record.read_text()[:-10])


@pytest.mark.parametrize(
    "damage",
    [
        _change_bytes,
        _cut_record,
        Path.unlink,
        lambda wheel: wheel.write_bytes(wheel.read_bytes() + b"more"),
        lambda wheel: wheel.with_name("last-wheel.json").write_text("{}"),
        lambda wheel: wheel.with_name("last-wheel.json").write_text("[]"),
    ],
)
def test_damage(packer: Packer, damage: Callable[[Path], object]) -> None:
    # The wheel of the user is another file: a link to it would be damaged, too.
    wheel = packer.last / "last.whl"
    data = wheel.read_bytes()
    time_ns = wheel.stat().st_mtime_ns
    wheel.unlink()
    wheel.write_bytes(data)
    os.utime(wheel, ns=(time_ns, time_ns))
    damage(wheel)
    assert deflate.BLOCK_SIZE in packer.pack()
    assert packer.pack() == set()


def test_a_member_that_is_cut_off(packer: Packer) -> None:
    wheel, record = packer.last / "last.whl", packer.last / "last-wheel.json"
    content = json.loads(record.read_text())
    for row in content["members"]:
        row[4] = wheel.stat().st_size
    record.write_text(json.dumps(content))
    assert deflate.BLOCK_SIZE in packer.pack()


def test_it_is_kept_where_links_are_impossible(
    packer: Packer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    forget(packer.last)
    monkeypatch.setattr(last_wheel.os, "link", refuse)
    packer.pack()
    assert packer.pack() == set()
    monkeypatch.setattr(last_wheel.shutil, "copyfile", refuse)
    packer.write("pkg/a", b"new")
    packer.pack()
    assert not any(packer.last.iterdir())


def test_small_wheels_are_not_kept(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_writer, "LEAST_SIZE", 1 << 30)
    packer.pack()
    assert not any(packer.last.iterdir())
