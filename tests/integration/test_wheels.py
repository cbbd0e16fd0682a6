"""What the archives look like: order, RECORD, modes, times; and that they can be made again."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, Built
from support.builds import install_and_run, make_venv, run
from support.examples import build_directories
from support.projects import copy_package, edit
from support.wheels import unpack

Package = Callable[[str], Path]

EPOCH = 1_700_000_000  # 2023-11-14 22:13:20, all even


def _members(built: Built) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(built.path) as archive:
        assert archive.testzip() is None
        return archive.infolist()


@pytest.fixture(scope="module")
def archive(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Built:
    project = copy_package("archive", tmp_path_factory.mktemp("archive") / "project")
    return backend.build_wheel(project)


def test_members(archive: Built) -> None:
    info = "archive_of_files-1.0.dist-info"
    data = "archive_of_files-1.0.data"
    assert [member.filename for member in _members(archive)] == [
        "archive/__init__.py",
        "archive/data.bin",
        "archive/deep/er/a.txt",
        "archive/deep/er/z.txt",
        "archive/greet",
        "archive/libfile.so",
        "archive/libfile.so.1",
        "archive/linked/er/a.txt",
        "archive/linked/er/z.txt",
        "archive/sub/__init__.py",
        "archive/with blank, and comma.txt",
        f"{data}/headers/header.h",
        f"{data}/scripts/greet",
        f"{info}/METADATA",
        f"{info}/WHEEL",
        f"{info}/entry_points.txt",
        f"{info}/licenses/LICENSE",
        f"{info}/RECORD",
    ]


def test_links_are_what_they_lead_to(archive: Built) -> None:
    files = archive.wheel.files
    assert files["archive/libfile.so"] == files["archive/libfile.so.1"] == b"a\n"
    assert not [m for m in _members(archive) if stat.S_ISLNK(m.external_attr >> 16)]


def test_modes(archive: Built) -> None:
    modes = {member.filename: member.external_attr >> 16 for member in _members(archive)}
    executables = {"archive/greet", "archive_of_files-1.0.data/scripts/greet"}
    for name, mode in modes.items():
        assert mode == stat.S_IFREG | (0o755 if name in executables else 0o644), name


def test_times_and_compression(archive: Built) -> None:
    members = _members(archive)
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.compress_type for member in members} == {zipfile.ZIP_DEFLATED}


def test_record(archive: Built) -> None:
    files = archive.wheel.files
    record = f"{archive.wheel.dist_info}RECORD"
    rows = list(csv.reader(io.StringIO(files[record].decode())))
    assert rows[-1] == [record, "", ""]
    expected = []
    for name, data in files.items():
        if name != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            expected.append([name, f"sha256={digest}", str(len(data))])
    assert rows[:-1] == expected


def test_wheel_file(archive: Built) -> None:
    wheel = archive.wheel
    tag = wheel.name[len("archive_of_files-1.0-") : -len(".whl")]
    generator = wheel.header("Generator")[0]
    assert wheel.files[f"{wheel.dist_info}WHEEL"].decode() == (
        f"Wheel-Version: 1.0\nGenerator: {generator}\nRoot-Is-Purelib: false\nTag: {tag}\n"
    )
    assert generator.startswith("py-build-cmake 1.")


def test_scripts_and_data_are_installed(archive: Built, tmp_path: Path) -> None:
    python = make_venv(tmp_path / "venv", "--no-deps", "--no-index", archive.path)
    assert run(python.parent / "greet").strip() == "hello from the script"
    code = "import archive, pathlib; print(pathlib.Path(archive.__file__).parent)"
    package = Path(run(python, "-I", "-c", code, cwd=tmp_path).strip())
    assert os.access(package / "greet", os.X_OK)
    assert (package / "with blank, and comma.txt").read_text() == "blank\n"
    assert list((tmp_path / "venv").rglob("header.h"))
    run(python, "-m", "pip", "check")
    run(python, "-m", "pip", "uninstall", "--yes", "archive-of-files")
    assert not package.exists(), "RECORD does not list all files"


@pytest.mark.parametrize(
    ("epoch", "time"),
    [
        (str(EPOCH), (2023, 11, 14, 22, 13, 20)),
        ("0", (1980, 1, 1, 0, 0, 0)),
        ("-5", (1980, 1, 1, 0, 0, 0)),
        ("", (1980, 1, 1, 0, 0, 0)),
        ("99999999999", (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_source_date_epoch(
    backend: Backend, package: Package, epoch: str, time: tuple[int, ...]
) -> None:
    built = backend.with_env(SOURCE_DATE_EPOCH=epoch).build_wheel(package("pure-package"))
    members = _members(built)
    assert {member.date_time for member in members} == {time}
    assert {member.compress_type for member in members} == {zipfile.ZIP_DEFLATED}
    assert {member.external_attr >> 16 for member in members} == {0o100644}


@pytest.fixture
def umask() -> Iterator[Callable[[int], None]]:
    """Sets the process's umask, which child processes inherit, for one test."""
    before = os.umask(0o022)

    def change(mask: int) -> None:
        os.umask(mask)

    yield change
    os.umask(before)


@pytest.mark.parametrize("name", ["archive", "c-extension"])
def test_same_bytes_elsewhere_and_later(
    backend: Backend, tmp_path: Path, umask: Callable[[int], None], name: str
) -> None:
    """Whatever the directory, the umask, the time zone, and the times of the files."""
    backend = backend.with_env(SOURCE_DATE_EPOCH=str(EPOCH))
    project = copy_package(name, tmp_path / "one")
    first = backend.build_wheel(project), backend.build_sdist(project)
    umask(0o077)
    other = copy_package(name, tmp_path / "other and longer")
    for path in other.rglob("*"):
        if path.is_file():
            path.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
            os.utime(path, (1, 1))
    elsewhere = backend.with_env(TZ="Asia/Tokyo", LC_ALL="C")
    second = elsewhere.build_wheel(other), elsewhere.build_sdist(other)
    for one, two in zip(first, second):
        assert one.path.name == two.path.name
        assert one.path.read_bytes() == two.path.read_bytes(), one.path.name


def test_wheel_can_be_read_by_others(
    backend: Backend, package: Package, umask: Callable[[int], None]
) -> None:
    project = package("pure-package")
    built, sdist = backend.build_wheel(project), backend.build_sdist(project)
    assert stat.S_IMODE(built.path.stat().st_mode) == 0o644
    assert stat.S_IMODE(sdist.path.stat().st_mode) == 0o644


def test_byte_code_is_left_out(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    run(sys.executable, "-m", "compileall", "-q", project / "pure_package")
    (project / "pure_package" / "old.pyc").write_bytes(b"")
    assert list(project.rglob("*.pyc"))
    files = backend.build_wheel(project).wheel.files
    assert not [name for name in files if name.endswith(".pyc") or "__pycache__" in name]


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_second_build_compiles_nothing(
    backend: Backend, make: None, package: Package, generator: str
) -> None:
    """And changes nothing in CMake's cache, and nothing in the wheel."""
    project = package("c-extension")
    settings = {"cmake.generator": generator}
    first = backend.build_wheel(project, settings)
    content = first.path.read_bytes()
    ((directory, cache),) = build_directories(project).items()
    products = {path: path.stat().st_mtime_ns for path in directory.rglob("*.[os]*")}
    assert products
    first.path.unlink()
    second = backend.build_wheel(project, settings)
    assert "Building C object" in first.log
    assert "Linking C shared module" in first.log
    assert "Building C object" not in second.log
    assert "Linking C shared module" not in second.log
    assert second.path.read_bytes() == content
    # CMake's FindPython leaves a private entry when it runs for the second time.
    again = {k: v for k, v in build_directories(project)[directory].items() if k in cache}
    assert again == cache
    added = build_directories(project)[directory].keys() - cache.keys()
    assert not [name for name in added if not name.startswith("_Python")]
    unstaged = (path for path in products if "staging" not in path.parts)
    assert all(path.stat().st_mtime_ns == products[path] for path in unstaged)


def test_what_is_no_longer_installed_is_not_in_the_wheel(
    backend: Backend, package: Package
) -> None:
    """Neither files of an earlier build, nor of an earlier state of the package."""
    project = package("archive")
    backend.build_wheel(project)
    edit(project / "CMakeLists.txt", "files/z.txt files/a.txt", "files/a.txt")
    (project / "src" / "archive" / "data.bin").unlink()
    files = backend.build_wheel(project).wheel.files
    assert "archive/deep/er/a.txt" in files
    assert "archive/deep/er/z.txt" not in files
    assert "archive/data.bin" not in files


def test_the_configuration_selects_files_and_places(backend: Backend, package: Package) -> None:
    """Of what is installed and of the project, in a wheel from a source distribution."""
    project = package("archive")
    edit(project / "CMakeLists.txt", '"${data}/scripts"', '"${PY_BUILD_CMAKE_SCRIPTS_DIR}"')
    edit(project / "CMakeLists.txt", '"${data}/headers"', '"${PY_BUILD_CMAKE_HEADERS_DIR}"')
    (project / "more" / "sub").mkdir(parents=True)
    (project / "more" / "sub" / "table.csv").write_text("1,2\n")
    keys = (
        'install_dir = "archive/_vendored"',
        'exclude = ["z.txt", "/archive/_vendored/archive/greet"]',
        'include."archive/tables" = "more/**/*.csv"',
    )
    edit(
        project / "pyproject.toml",
        "[tool.py-build-cmake.wheel]",
        "\n".join(("[tool.py-build-cmake.wheel]", *keys)),
    )
    sdist = backend.build_sdist(project)
    unpacked = unpack(sdist.path, project.parent / "unpacked")
    files = backend.build_wheel(unpacked).wheel.files
    assert files["archive/tables/sub/table.csv"] == b"1,2\n"
    assert "archive/_vendored/archive/deep/er/a.txt" in files
    assert "archive_of_files-1.0.data/scripts/greet" in files
    assert "archive_of_files-1.0.data/headers/header.h" in files
    assert not [place for place in files if place.endswith(("z.txt", "archive/greet"))]


def test_release_builds_are_stripped(backend: Backend, package: Package) -> None:
    project = package("c-extension")

    def module(**settings: str) -> bytes:
        config = {"cmake.options.CMAKE_C_FLAGS": "-g", "cmake.build_type": "Release", **settings}
        files = backend.build_wheel(project, config).wheel.files
        (data,) = (data for place, data in files.items() if place.endswith(".so"))
        return data

    assert b".debug_info" not in module()
    assert b".debug_info" in module(**{"cmake.strip": "false"})
    assert b".debug_info" in module(**{"cmake.build_type": "RelWithDebInfo"})


def test_cmake_may_replace_files_of_the_package(backend: Backend, package: Package) -> None:
    project = package("archive")
    edit(
        project / "CMakeLists.txt",
        "install(FILES files/header.h",
        "install(FILES files/z.txt DESTINATION archive RENAME data.bin)\n"
        "install(FILES files/header.h",
    )
    # As in a fresh checkout, where all files were written in the same second.
    for path in (project / "src" / "archive" / "data.bin", project / "files" / "z.txt"):
        os.utime(path, (EPOCH, EPOCH))
    assert backend.build_wheel(project).wheel.files["archive/data.bin"] == b"z\n"
    assert (project / "src" / "archive" / "data.bin").read_text() == "data\n"


def test_files_of_the_package_may_be_read_only(backend: Backend, package: Package) -> None:
    """As in a checkout by some version control systems; twice, because staging is emptied."""
    project = package("archive")
    init = project / "src" / "archive" / "__init__.py"
    init.chmod(0o444)
    first = backend.build_wheel(project).path.read_bytes()
    assert backend.build_wheel(project).path.read_bytes() == first


def test_cache_is_left_out_of_version_control(backend: Backend, package: Package) -> None:
    project = package("archive")
    backend.build_wheel(project)
    cache = project / ".py-build-cmake_cache"
    assert (cache / ".gitignore").read_text() == "*\n"
    assert (cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")


def test_two_builds_at_a_time(backend: Backend, package: Package) -> None:
    """In one directory, the second waits for the first."""
    project = package("archive")
    command = [
        *(str(backend.python), "-m", "pip", "wheel", "--quiet", "--no-deps"),
        *("--no-build-isolation", str(project), "--wheel-dir"),
    ]
    env = {**os.environ, **backend.env}
    processes = [
        subprocess.Popen([*command, str(project / name)], env=env) for name in ("one", "two")
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    (one,), (two,) = ((project / name).iterdir() for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_names_of_one_library(backend: Backend, package: Package, tmp_path: Path) -> None:
    project = package("versioned-library")
    every = backend.build_wheel(project)
    names = ["libanswer.so", "libanswer.so.1", "libanswer.so.1.2.3"]
    places = [f"versioned_library/{name}" for name in names]
    assert {*places} <= {member.filename for member in _members(every)}
    assert f"{', '.join(places)} have the same contents" in every.log
    one = backend.build_wheel(project, {"override": "wheel.deduplicate_sonames=true"})
    left = {member.filename for member in _members(one)}
    assert left & {*places} == {"versioned_library/libanswer.so.1"}
    assert "left out versioned_library/libanswer.so, " in one.log
    assert "same contents" not in one.log
    code = "import versioned_library; print(versioned_library.answer())"
    assert install_and_run(one.path, code, tmp_path / "venv").strip() == "42"


def test_the_level_of_compression(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    sizes = [
        backend.build_wheel(project, {"override": f"wheel.compression_level={level}"})
        .path.stat()
        .st_size
        for level in (0, 9)
    ]
    assert sizes[0] > sizes[1]
