"""Build directories that cannot be configured again as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.cmake.build_dir import Surroundings, read_cache, start_afresh, why_stale

# Written by CMake 3.25; only paths are changed.
CACHE = """\
# This is the CMakeCache file.
# For build in directory: /project/build

########################
# EXTERNAL cache entries
########################

//Choose the type of build
CMAKE_BUILD_TYPE:STRING=Release

//No help, variable specified on the command line.
CMAKE_TOOLCHAIN_FILE:FILEPATH=/tool chain.cmake

//Empty
EMPTY:STRING=

"QUOTED:NAME":BOOL=ON

########################
# INTERNAL cache entries
########################

//Name of generator.
CMAKE_GENERATOR:INTERNAL=Ninja
//ADVANCED property for variable: CMAKE_AR
CMAKE_AR-ADVANCED:INTERNAL=1
//Source directory with the top level CMakeLists.txt file for this
// project
CMAKE_HOME_DIRECTORY:INTERNAL=/project=x:y
"""


def test_the_entries_of_a_cache(tmp_path: Path) -> None:
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    assert read_cache(tmp_path) == {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_TOOLCHAIN_FILE": "/tool chain.cmake",
        "EMPTY": "",
        "CMAKE_GENERATOR": "Ninja",
        "CMAKE_HOME_DIRECTORY": "/project=x:y",
    }


def test_a_directory_that_was_not_configured_has_no_entries(tmp_path: Path) -> None:
    assert read_cache(tmp_path) == {}
    assert read_cache(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({}, None),
        ({"CMAKE_GENERATOR": "Ninja"}, None),
        ({"CMAKE_GENERATOR": None}, None),
        ({"MISSING": "x"}, None),
        ({"CMAKE_GENERATOR": "Xcode"}, "CMAKE_GENERATOR was Ninja"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_GENERATOR": ""}, "CMAKE_GENERATOR was Ninja"),
    ],
)
def test_why_a_cache_cannot_stay(wanted: dict[str, str | None], reason: str | None) -> None:
    cache = {"CMAKE_BUILD_TYPE": "Release", "CMAKE_GENERATOR": "Ninja"}
    assert why_stale(cache, wanted) == reason


def test_only_what_cmake_remembers_is_removed(tmp_path: Path) -> None:
    for folder in ("CMakeFiles/3.1", "sub/CMakeFiles", "py-build-cmake/native-build-0/CMakeFiles"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    (tmp_path / "sub" / "tool").write_text("")
    start_afresh(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    private = "py-build-cmake/native-build-0"
    assert left == {"sub", "sub/tool", "py-build-cmake", private, f"{private}/CMakeFiles"}
    start_afresh(tmp_path)


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A build directory that CMake has configured with a compiler in it."""
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    (tmp_path / "cc").write_text("compiler")
    directory = tmp_path / "CMakeFiles" / "3.25.1"
    directory.mkdir(parents=True)
    (directory / "CMakeCCompiler.cmake").write_text(
        f'set(CMAKE_C_COMPILER "{tmp_path}/cc")\nset(CMAKE_C_COMPILER_ARG1 "")\n'
    )
    (tmp_path / "toolchain.cmake").write_text("set(A 1)")
    surroundings(tmp_path).remember()
    return tmp_path


def surroundings(build_dir: Path, launcher: str | None = None, **environ: str) -> Surroundings:
    toolchain = build_dir / "toolchain.cmake"
    return Surroundings(build_dir, environ, toolchain, {"cmake.compiler_launcher": launcher})


def test_what_was_not_configured_is_not_stale(tmp_path: Path) -> None:
    assert surroundings(tmp_path).why_stale() is None


def test_what_has_not_changed_is_not_stale(configured: Path) -> None:
    assert surroundings(configured, PATH="/other", PWD="/x").why_stale() is None


def test_what_cmake_reads_only_once(configured: Path) -> None:
    flags = surroundings(configured, CFLAGS="-O2")
    assert flags.why_stale() == "environment variable CFLAGS was None"
    flags.remember()
    assert flags.why_stale() is None
    assert surroundings(configured).why_stale() == "environment variable CFLAGS was '-O2'"


def test_a_toolchain_file_that_was_edited(configured: Path) -> None:
    (configured / "toolchain.cmake").write_text("set(A 2)")
    assert surroundings(configured).why_stale() == "contents of the toolchain file changed"


def test_another_launcher(configured: Path) -> None:
    reason = surroundings(configured, "ccache").why_stale()
    assert reason == "`cmake.compiler_launcher` was None"


def test_an_upgraded_compiler(configured: Path) -> None:
    (configured / "cc").write_text("newer compiler")
    reason = f"the C compiler {configured / 'cc'} is another one now"
    assert surroundings(configured).why_stale() == reason
    (configured / "cc").unlink()
    assert surroundings(configured).why_stale() == reason


def test_an_interruption(configured: Path) -> None:
    before = surroundings(configured).forget()
    assert surroundings(configured).why_stale() == "the last configuration was interrupted"
    surroundings(configured, CFLAGS="-O2").remember(before)
    assert surroundings(configured).why_stale() is None
    (configured / "py-build-cmake" / "configured.json").write_text("[")
    assert surroundings(configured).why_stale() == "the last configuration was interrupted"
