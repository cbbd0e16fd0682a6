"""Where libraries are searched, from what CMake left in a build directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.projects import write

from py_build_cmake.cmake.file_api import linked_directories
from py_build_cmake.cmake.library_paths import libraries_in, library_directories


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    build_dir = tmp_path / "build"
    reply = build_dir / ".cmake" / "api" / "v1" / "reply"
    fragments = [
        {"fragment": "-O2", "role": "flags"},
        {"fragment": "-L/opt/of-command", "role": "libraryPath"},
        {"fragment": f'"{tmp_path}/with blank/libx.so" -lm', "role": "libraries"},
        {"fragment": "sub/liby.a", "role": "libraries"},
        {"fragment": "it's/libz.so", "role": "libraries"},
        {"fragment": "-Wl,-rpath,/elsewhere", "role": "libraries"},
    ]
    write(reply / "target-m-1.json", json.dumps({"link": {"commandFragments": fragments}}))
    write(reply / "target-none-1.json", "{}")
    implicit = {"implicit": {"linkDirectories": [f"{tmp_path}/of-compiler"]}}
    toolchains = [{"compiler": implicit}, {"compiler": {}}]
    write(reply / "toolchains-v1-1.json", json.dumps({"toolchains": toolchains}))
    return build_dir


def test_link_commands(build_dir: Path, tmp_path: Path) -> None:
    assert linked_directories(build_dir) == [
        Path("/opt/of-command"),
        tmp_path / "with blank",
        build_dir / "sub",
        build_dir / "it's",
        tmp_path / "of-compiler",
    ]
    assert linked_directories(tmp_path) == []


def test_all_directories_in_order(build_dir: Path, tmp_path: Path) -> None:
    root, prefix, sysroot = (tmp_path / name for name in ("root", "prefix", "sysroot"))
    for folder in (
        *(tmp_path / "with blank", tmp_path / "of-compiler"),
        *(root / "opt" / "lib", root / "lib" / "triplet", prefix / "lib64"),
        sysroot / "usr" / "lib" / "triplet",
    ):
        folder.mkdir(parents=True)
    write(tmp_path / "found" / "libfound.so", "")
    write(tmp_path / "package" / "lib" / "cmake" / "P" / "PConfig.cmake", "")
    write(
        build_dir / "CMakeCache.txt",
        f"FOUND:FILEPATH={tmp_path}/found/libfound.so\n"
        f"P_DIR:PATH={tmp_path}/package/lib/cmake/P\n"
        f"OTHER:FILEPATH={tmp_path}/package/lib/cmake/P/PConfig.cmake\n"
        f"CMAKE_FIND_ROOT_PATH:STRING={root}\n"
        f"CMAKE_PREFIX_PATH:STRING={prefix};/usr;/opt\n",
    )
    assert library_directories([build_dir], [sysroot], "triplet") == (
        tmp_path / "with blank",
        tmp_path / "of-compiler",
        tmp_path / "found",
        tmp_path / "package" / "lib",
        prefix / "lib64",
        root / "opt" / "lib",
        root / "lib" / "triplet",
        root / "lib",
        sysroot / "usr" / "lib" / "triplet",
        sysroot / "usr" / "lib",
    )


def test_shared_libraries(tmp_path: Path) -> None:
    names = ("a.txt", "libx.a", "libx.so.1", "liby.dylib", "z.DLL")
    for name in names:
        write(tmp_path / name, "")
    assert [path.name for path in libraries_in([tmp_path])] == list(names[2:])
