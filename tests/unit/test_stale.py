"""Build directories that cannot be configured again as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from py_build_cmake.cmake.stale import read_cache, start_afresh, why_stale

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
    (tmp_path / "CMakeFiles" / "3.25.1").mkdir(parents=True)
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    (tmp_path / "object.o").write_text("")
    start_afresh(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["object.o"]
    start_afresh(tmp_path)
