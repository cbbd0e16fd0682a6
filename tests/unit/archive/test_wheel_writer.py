"""Packing wheels."""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from py_build_cmake.archive.reproducible import Packing
from py_build_cmake.archive.wheel_writer import write_wheel
from py_build_cmake.archive.zip import ZipWriter
from py_build_cmake.base.errors import known_error

DIST_INFO = "m-1.0.dist-info"
TIME = 1700000000  # 2023-11-14 22:13:20
ODD_NAME = 'm/odd, "quoted" name.txt'


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The files of a wheel in no order, with all sorts of modes."""
    contents = {
        f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\n",
        "m/sub/deep.py": b"",
        "z.py": b"pass\n",
        f"{DIST_INFO}/METADATA": b"Metadata-Version: 2.1\n",
        "m/__init__.py": b"import m._x\n" * 100,
        "m/_x.so": bytes(range(256)) * 20_000,
        f"{DIST_INFO}/licenses/LICENSE": "Grüße\n".encode(),
        f"{DIST_INFO}/RECORD": b"this one is replaced",
        "m-1.0.data/scripts/run": b"#!python\n",
        "m/übung.txt": b"x",
        ODD_NAME: b"y",
    }
    files = {}
    for number, (place, data) in enumerate(contents.items()):
        path = tmp_path / "staging" / str(number)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
        files[place] = path
    files["m/_x.so"].chmod(0o775)
    files["m-1.0.data/scripts/run"].chmod(0o700)
    return files


@pytest.fixture
def wheel(tmp_path: Path, files: dict[str, Path]) -> Path:
    path = tmp_path / "m-1.0-py3-none-any.whl"
    write_wheel(path, files, dist_info=DIST_INFO, packing=Packing(TIME))
    return path


def test_the_archive_is_sound(wheel: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        for place, path in files.items():
            if not place.endswith("/RECORD"):
                assert archive.read(place) == path.read_bytes()


def test_members_are_sorted_with_the_metadata_last(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.namelist() == [
            "m-1.0.data/scripts/run",
            "m/__init__.py",
            "m/_x.so",
            ODD_NAME,
            "m/sub/deep.py",
            "m/übung.txt",
            "z.py",
            "m-1.0.dist-info/METADATA",
            "m-1.0.dist-info/WHEEL",
            "m-1.0.dist-info/licenses/LICENSE",
            "m-1.0.dist-info/RECORD",
        ]
        offsets = [info.header_offset for info in archive.infolist()]
    assert offsets == sorted(offsets)


def test_members_have_two_modes_one_time_and_are_compressed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = archive.infolist()
    executable = {m.filename for m in members if m.external_attr >> 16 & 0o111}
    assert executable == {"m/_x.so", "m-1.0.data/scripts/run"}
    for member in members:
        assert member.create_system == 3
        mode = member.external_attr >> 16
        assert stat.S_ISREG(mode)
        assert stat.S_IMODE(mode) == (0o755 if member.filename in executable else 0o644)
        assert member.date_time == (2023, 11, 14, 22, 13, 20)
        assert member.compress_type == zipfile.ZIP_DEFLATED
    sizes = {member.filename: (member.compress_size, member.file_size) for member in members}
    assert sizes["m/__init__.py"][0] < sizes["m/__init__.py"][1] // 10


def test_the_record_is_right(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        rows = list(csv.reader(io.StringIO(archive.read(f"{DIST_INFO}/RECORD").decode(), "")))
        recorded = {place: (digest, size) for place, digest, size in rows}
        assert [row[0] for row in rows] == archive.namelist()
        assert recorded.pop(f"{DIST_INFO}/RECORD") == ("", "")
        for place, (digest, size) in recorded.items():
            data = archive.read(place)
            algorithm, _, encoded = digest.partition("=")
            assert algorithm == "sha256"
            padded = encoded + "=" * (-len(encoded) % 4)
            assert base64.urlsafe_b64decode(padded) == hashlib.sha256(data).digest()
            assert not encoded.endswith("=")
            assert size == str(len(data))


@pytest.mark.parametrize("place", ["a,b", 'a"b', "a\nb", "a\rb", '"', "a'b c;d"])
def test_odd_names_are_recorded(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "m.whl"
    write_wheel(path, {place: tmp_path / "file"}, dist_info=DIST_INFO, packing=Packing(TIME))
    with zipfile.ZipFile(path) as archive:
        record = archive.read(f"{DIST_INFO}/RECORD").decode()
    assert [row[0] for row in csv.reader(io.StringIO(record, ""))] == [place, f"{DIST_INFO}/RECORD"]


def test_equal_contents_make_equal_bytes(
    tmp_path: Path, wheel: Path, files: dict[str, Path]
) -> None:
    copies = {}
    for place, path in reversed(files.items()):
        copies[place] = tmp_path / path.name
        copies[place].write_bytes(path.read_bytes())
        # What cannot be executed may have any other mode.
        copies[place].chmod(0o755 if path.stat().st_mode & 0o100 else 0o664)
    again = tmp_path / "again.whl"
    write_wheel(again, copies, dist_info=DIST_INFO, packing=Packing(TIME))
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("level", [0, 5, 9])
def test_threads_do_not_change_the_bytes(
    tmp_path: Path, files: dict[str, Path], level: int
) -> None:
    for number in range(300):
        files[f"m/many/{number}.py"] = tmp_path / "staging" / f"{number}.py"
        files[f"m/many/{number}.py"].write_text(f"x = {number}\n" * number)
    wheels = []
    for threads in (1, 2, 5):
        path = tmp_path / f"{threads}.whl"
        packing = Packing(TIME, level, threads)
        packed = write_wheel(path, files, dist_info=DIST_INFO, packing=packing)
        wheels.append(path.read_bytes())
    assert wheels[1] == wheels[0]
    assert wheels[2] == wheels[0]
    with zipfile.ZipFile(tmp_path / "1.whl") as archive:
        assert archive.testzip() is None
        for info in archive.infolist()[:-1]:
            assert packed[info.filename][1:] == (info.file_size, info.compress_size)


def test_links_are_copies_that_are_compressed_once(tmp_path: Path, files: dict[str, Path]) -> None:
    large, small = files["m/_x.so"], files["m/__init__.py"]
    links = tmp_path / "links"
    links.mkdir()
    for name, path in (("a.so", large), ("z.so", large), ("a.py", small), ("z.py", small)):
        (links / name).symlink_to(path)
        files[f"m/{name}"] = links / name
    os.link(large, links / "hard.so")
    files["a/hard.so"] = links / "hard.so"
    path, plain = tmp_path / "m.whl", tmp_path / "plain.whl"
    write_wheel(path, files, dist_info=DIST_INFO, packing=Packing(TIME))
    copies = {}
    for number, (place, file) in enumerate(files.items()):
        copies[place] = tmp_path / f"copy{number}"
        shutil.copy(file, copies[place])
    write_wheel(plain, copies, dist_info=DIST_INFO, packing=Packing(TIME))
    assert path.read_bytes() == plain.read_bytes()


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ZipWriter, "write", write)
    directory = tmp_path / "dist"
    directory.mkdir()
    with pytest.raises(OSError, match="No space left") as caught:
        write_wheel(directory / "m.whl", files, dist_info=DIST_INFO, packing=Packing(TIME))
    refusal = known_error(caught.value)
    assert refusal is not None
    assert str(directory / "m.whl") in str(refusal)
    assert list(directory.iterdir()) == []


def test_no_memory_is_said_and_leaves_nothing(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ZipWriter, "write", write)
    directory = tmp_path / "dist"
    directory.mkdir()
    with pytest.raises(MemoryError) as caught:
        write_wheel(directory / "m.whl", files, dist_info=DIST_INFO, packing=Packing(TIME))
    assert "no memory is left" in str(known_error(caught.value))
    assert list(directory.iterdir()) == []


def test_an_interrupted_build_leaves_no_wheel(tmp_path: Path, files: dict[str, Path]) -> None:
    directory = tmp_path / "dist"
    directory.mkdir()
    files["m/zz.py"] = tmp_path / "missing"
    with pytest.raises(FileNotFoundError):
        write_wheel(directory / "m.whl", files, dist_info=DIST_INFO, packing=Packing(TIME))
    assert list(directory.iterdir()) == []
