"""Packing source distributions."""

from __future__ import annotations

import errno
import gzip
import io
import os
import struct
import sys
import tarfile
from pathlib import Path

import pytest

from py_build_cmake.archive.reproducible import LATEST_TIME, Packing
from py_build_cmake.archive.sdist_writer import write_sdist
from py_build_cmake.base.errors import ProjectError

TIME = 1700000000
LONG_NAME = f"m/{'ü' * 120}.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for place in ("m/__init__.py", "m/data/x.bin", "pyproject.toml", "run.sh", LONG_NAME):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place, "utf-8")
        path.chmod(0o600)
    (root / "run.sh").chmod(0o750)
    (tmp_path / "outside.txt").write_text("outside")
    return root


def pack(project: Path, *places: str, timestamp: int = TIME, name: str = "p.tar.gz") -> Path:
    files = {place: project / place for place in places}
    archive = project.parent / "dist" / name
    archive.parent.mkdir(exist_ok=True)
    write_sdist(
        archive, files, top="p-1.0", texts={"PKG-INFO": "Name: ü\n"}, packing=Packing(timestamp)
    )
    return archive


def members(archive: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archive, "r:gz") as tar:
        return {member.name: member for member in tar.getmembers()}


def contents(archive: Path, place: str) -> bytes:
    with tarfile.open(archive, "r:gz") as tar:
        file = tar.extractfile(f"p-1.0/{place}")
        assert file is not None
        return file.read()


def test_members(project: Path) -> None:
    archive = pack(project, "run.sh", "m/data/x.bin", "pyproject.toml", LONG_NAME, "m/__init__.py")
    found = members(archive)
    assert list(found) == [
        "p-1.0/m/__init__.py",
        "p-1.0/m/data/x.bin",
        f"p-1.0/{LONG_NAME}",
        "p-1.0/pyproject.toml",
        "p-1.0/run.sh",
        "p-1.0/PKG-INFO",
    ]
    for name, member in found.items():
        assert member.isreg()
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
        assert member.mtime == TIME
        assert member.mode == (0o755 if name.endswith("run.sh") else 0o644)
    assert contents(archive, "PKG-INFO") == "Name: ü\n".encode()
    assert contents(archive, LONG_NAME) == LONG_NAME.encode()


def test_equal_contents_make_equal_bytes(project: Path) -> None:
    first = pack(project, "run.sh", "m/__init__.py", LONG_NAME)
    (project / "run.sh").chmod(0o700)
    os.utime(project / "run.sh", (1, 1))
    second = pack(project, LONG_NAME, "m/__init__.py", "run.sh", name="other.tar.gz")
    assert first.read_bytes() == second.read_bytes()


def test_the_compressed_file_has_the_time_and_no_name(project: Path) -> None:
    magic, method, flags, time = struct.unpack_from("<HBBI", pack(project).read_bytes())
    assert (magic, method, flags, time) == (0x8B1F, 8, 0, TIME)


def test_a_time_after_the_year_2106_can_be_packed(project: Path) -> None:
    archive = pack(project, "run.sh", timestamp=LATEST_TIME)
    assert members(archive)["p-1.0/run.sh"].mtime == LATEST_TIME
    assert gzip.decompress(archive.read_bytes())


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("link", "m/__init__.py"),
        ("m/link", "__init__.py"),
        ("m/data/link", "../../run.sh"),
        ("m/data/link", "../data/../__init__.py"),
        # A linked directory, some of whose files are in the archive.
        ("data", "m/data"),
        ("m/data/up", "../data"),
    ],
)
def test_a_link_inside_the_archive_stays_one(project: Path, link: str, target: str) -> None:
    (project / link).symlink_to(target)
    archive = pack(project, "m/__init__.py", "m/data/x.bin", "run.sh", link)
    member = members(archive)[f"p-1.0/{link}"]
    assert member.issym()
    assert member.linkname == target
    assert member.size == 0


@pytest.mark.parametrize("target", ["../outside.txt", "../project/../outside.txt", "excluded"])
def test_a_link_to_another_file_becomes_a_copy(project: Path, target: str) -> None:
    (project / "excluded").write_text("outside")
    (project / "link").symlink_to(target)
    archive = pack(project, "run.sh", "link")
    assert members(archive)["p-1.0/link"].isreg()
    assert contents(archive, "link") == b"outside"


def test_an_absolute_link_becomes_a_copy(project: Path) -> None:
    (project / "link").symlink_to(project / "run.sh")
    archive = pack(project, "run.sh", "link")
    assert members(archive)["p-1.0/link"].isreg()
    assert contents(archive, "link") == b"run.sh"


@pytest.mark.parametrize("target", ["nowhere", "link", "..", "m/data", "/"])
def test_a_link_that_cannot_be_kept_is_an_error(project: Path, target: str) -> None:
    (project / "link").symlink_to(target)
    with pytest.raises(ProjectError, match="not in the source distribution") as e:
        pack(project, "run.sh", "link")
    assert e.value.problems[0].where == "link"
    assert target in str(e.value)
    assert list((project.parent / "dist").iterdir()) == []


def test_an_interrupted_call_leaves_nothing(project: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pack(project, "run.sh", "missing")
    assert list((project.parent / "dist").iterdir()) == []


def test_the_tar_archive_is_what_the_library_writes_for_the_same_members(project: Path) -> None:
    """Long names, names that are not UTF-8, large files, and times beyond the plain header."""
    odd = b"m/\xff.txt".decode(errors="surrogateescape")
    (project / "large").write_bytes(bytes(range(256)) * (5 << 12))  # 5 MiB
    places = [LONG_NAME, "run.sh", "large"]
    if sys.platform == "linux":
        (project / odd).write_text("odd")
        places.append(odd)
    archive = pack(project, *places, timestamp=LATEST_TIME)
    expected = io.BytesIO()
    with tarfile.open(
        fileobj=expected, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as tar:
        for place in [*sorted(places), "PKG-INFO"]:
            path = project / place
            data = path.read_bytes() if path.exists() else "Name: ü\n".encode()
            info = tarfile.TarInfo(f"p-1.0/{place}")
            info.mode = 0o755 if place == "run.sh" else 0o644
            info.mtime, info.size = LATEST_TIME, len(data)
            tar.addfile(info, io.BytesIO(data))
    assert gzip.decompress(archive.read_bytes()) == expected.getvalue()
    assert {f"p-1.0/{place}" for place in places} < set(members(archive))


def test_a_file_that_becomes_shorter(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def stat(path: Path, **more: bool) -> os.stat_result:
        status = real(path, **more)
        if path.name != "run.sh":
            return status
        return os.stat_result((*status[:6], status.st_size + 1, *status[7:10]))

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(ProjectError, match=r"run\.sh: became shorter while it was packed"):
        pack(project, "run.sh")
    assert not list((project.parent / "dist").iterdir())


def test_an_error_of_the_system_stays_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def addfile(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(tarfile.TarFile, "addfile", addfile)
    with pytest.raises(OSError, match="Input/output error"):
        pack(project, "run.sh")
