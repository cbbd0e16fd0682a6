"""Which files help a cross build to find Python, and who is told of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.configs import PROJECT, cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311, WINDOWS_CP311

from py_build_cmake.cmake.commands import ConfigureOptions, configure_command
from py_build_cmake.cmake.find_python import CrossFind, cross_find
from py_build_cmake.cmake.inputs import cache_entries
from py_build_cmake.config.schema import CrossConfig
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import HostPlatform

BUILD = replace(LINUX_CP311, sysconfigdata="_sysconfigdata__linux_x86_64-linux-gnu")
HOST = HostPlatform(
    "cp", "311", "cp311", ("linux_aarch64",), is_cross=True, soabi="cpython-311-aarch64-linux-gnu"
)
DIRECTORY = PROJECT / "build" / "py-build-cmake" / "cross"
TOP_LEVEL = "CMAKE_PROJECT_TOP_LEVEL_INCLUDES"


def found(
    machine: BuildMachine = BUILD,
    host: HostPlatform = HOST,
    cross: CrossConfig | None = None,
    **config: Any,
) -> CrossFind | None:
    cross = cross or cross_config(include_dir=Path("/s/include"))
    return cross_find(*cmake_plan(cmake_config(**config), machine, host=host, cross=cross))


def test_files_have_stable_paths() -> None:
    files = found()
    assert files is not None
    assert files.interpreter == DIRECTORY / "bin" / "python3"
    assert sorted(path.relative_to(DIRECTORY).as_posix() for path in files.files) == [
        "bin/python3",
        "find_python.cmake",
        "modules/FindPython.cmake",
        "modules/FindPython3.cmake",
        "programs/python",
        "programs/python-config",
        "programs/python3",
        "programs/python3-config",
        "programs/python3.11",
        "programs/python3.11-config",
        "project_include.cmake",
        "questions.cmake",
        "sub_project.cmake",
        "sysconfig/_py_build_cmake_host.py",
        "sysconfig/_sysconfigdata__linux_x86_64-linux-gnu.py",
        "sysconfig/python_config.py",
        "sysconfig/run_program.py",
        "sysconfig/sitecustomize.py",
    ]
    programs = {path for path in files.files if path.parent.name in ("bin", "programs")}
    assert programs == set(files.programs)
    module = files.files[DIRECTORY / "modules" / "FindPython.cmake"]
    assert "set(_pbc_version [=[3.11]=])" in module
    assert "set(_pbc_soabi [=[cpython-311-aarch64-linux-gnu]=])" in module


def test_the_cache_has_the_build_python_and_the_find_modules_the_shim() -> None:
    plan = cmake_plan(cmake_config(), BUILD, host=HOST, cross=cross_config())
    entries = {entry.name: entry.value for entry in cache_entries(*plan)}
    real = BUILD.executable.as_posix()
    assert entries["Python_EXECUTABLE"] == entries["Python3_EXECUTABLE"] == real
    assert entries["PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER"] == real
    assert entries["Python3_SOABI"] == "cpython-311-aarch64-linux-gnu"
    files = found()
    assert files is not None
    module = files.files[DIRECTORY / "modules" / "FindPython3.cmake"]
    assert f"set(_pbc_build_python [=[{real}]=])" in module
    assert f"set(_pbc_shim [=[{files.interpreter.as_posix()}]=])" in module


def test_native_builds_have_none() -> None:
    assert cross_find(*cmake_plan(cmake_config(), BUILD)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"machine": WINDOWS_CP311},
        {"host": replace(HOST, soabi="")},
        {"find_python": False, "find_python3": False},
        {
            "find_python3": False,
            "find_python_build_artifacts_prefix": "_BUILD",
        },
    ],
)
def test_where_it_cannot_help_all_stays_as_it_is(changes: dict[str, Any]) -> None:
    assert found(**changes) is None


def test_only_modules_that_are_wanted() -> None:
    files = found(find_python=False)
    assert files is not None
    assert [p.name for p in files.files if p.parent.name == "modules"] == ["FindPython3.cmake"]


def test_includes_of_others_are_read_by_the_preload_cache() -> None:
    config = cmake_config(
        args=(f"-D{TOP_LEVEL}=a.cmake", "-D", "CMAKE_PROJECT_INCLUDE:FILEPATH=b", "-D", "X=1", "-W")
    )
    options = ConfigureOptions(Path("cmake"), Path("build"), Path("preload.cmake"))
    command = configure_command(config, options)
    before = command.index("-C")
    assert command[before - 3 : before] == [
        f"-D{TOP_LEVEL}=a.cmake",
        "-D",
        "CMAKE_PROJECT_INCLUDE:FILEPATH=b",
    ]
    assert command[-3:] == ["-D", "X=1", "-W"]


def test_numpy_is_that_of_the_host(tmp_path: Path) -> None:
    include = tmp_path / "numpy" / "_core" / "include"
    (include / "numpy").mkdir(parents=True)
    (include / "numpy" / "arrayobject.h").touch()
    (tmp_path / "numpy-2.2.6.dist-info").mkdir()
    cross = cross_config(include_dir=Path("/s/include"), site_packages=tmp_path)
    files = found(cross=cross)
    assert files is not None
    module = files.files[DIRECTORY / "modules" / "FindPython.cmake"]
    assert f"set(_pbc_numpy_include_dir [=[{include.as_posix()}]=])" in module
    assert "set(_pbc_numpy_version [=[2.2.6]=])" in module
    assert "set(_pbc_native_numpy [=[]=])" in module
    name = "Python3_NumPy_INCLUDE_DIR"
    plan = cmake_plan(cmake_config(), BUILD, host=HOST, cross=cross)
    assert name not in {entry.name for entry in cache_entries(*plan)}
    # Without find modules of ours, CMake's own are told.
    plan = cmake_plan(cmake_config(), WINDOWS_CP311, host=HOST, cross=cross)
    assert {e.name: e.value for e in cache_entries(*plan)}[name] == include.as_posix()
    empty = replace(cross, site_packages=tmp_path / "numpy")
    plan = cmake_plan(cmake_config(), WINDOWS_CP311, host=HOST, cross=empty)
    assert name not in {entry.name for entry in cache_entries(*plan)}


def test_numpy_is_not_that_of_the_build() -> None:
    files = found()
    assert files is not None
    module = files.files[DIRECTORY / "modules" / "FindPython3.cmake"]
    assert "set(_pbc_numpy_include_dir [=[]=])" in module
    assert "`cross.site_packages`" in module


def test_numpy_of_a_python_that_is_both() -> None:
    files = found(cross=cross_config(force_native_python=True))
    assert files is not None
    module = files.files[DIRECTORY / "modules" / "FindPython.cmake"]
    assert "set(_pbc_native_numpy [=[ON]=])" in module
