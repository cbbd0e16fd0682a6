"""A CMakeLists.txt without a word about cross-compiling, in cross builds.

Versions of CMake times the forms in which projects look for Python. One build makes many modules:
every form is a subdirectory. Of each module the name, the machine and the import on the host's
Python are checked.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from support.backend import Backend, Built
from support.builds import CommandFailed, make_venv, run
from support.hosts import Host, cache_directory, without
from support.pythons import find_python


MakeBackend = Callable[..., Backend]


@pytest.mark.parametrize(
    ("cmake", "policy"),
    [
        ("3.18.4.post1", "3.15"),
        ("3.25.2", "3.15"),
        ("3.31.6", "3.15"),
        ("4.0.3", "3.15"),
        ("4.1.0", "4.1"),
        (NEWEST, "3.15"),
        (NEWEST, "4.1"),
    ],
)
def test_forms(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path, cmake: str, policy: str
) -> None:
    old = cmake.startswith("3.18")
    # CMake 3.18 cannot look for Development.Module after Development, natively neither.
    forms = {**FORMS, **({} if old else DEVELOPMENT)}
    if not old and not cmake.startswith("3.25"):
        forms.update(STABLE_ABI)
    project = write_project(tmp_path, aarch64, forms, policy=policy)
    built = make_backend(cmake).build_wheel(project)
    assert "cross: soabi 'cpython-311-aarch64-linux-gnu' (from abi and arch)" in built.log
    check(built, aarch64, forms, tmp_path)


@pytest.mark.parametrize("cmake", ["3.15.3", "3.18.4.post1"])
def test_what_the_oldest_have(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path, cmake: str
) -> None:
    project = write_project(tmp_path, aarch64, DEVELOPMENT)
    check(make_backend(cmake).build_wheel(project), aarch64, DEVELOPMENT, tmp_path)


def test_bindings_of_old_cmake(make_backend: MakeBackend, aarch64: Host, tmp_path: Path) -> None:
    # One, as in CMake 3.18 one search is in the way of another.
    forms = {"pybind11_asked_for": BINDINGS["pybind11_asked_for"]}
    project = write_project(tmp_path, aarch64, forms)
    backend = make_backend("3.18.4.post1", "pybind11", "nanobind")
    check(backend.build_wheel(project), aarch64, forms, tmp_path)


def test_bindings(make_backend: MakeBackend, aarch64: Host, tmp_path: Path) -> None:
    project = write_project(tmp_path, aarch64, BINDINGS)
    backend = make_backend("3.25.2", "pybind11", "nanobind")
    check(backend.build_wheel(project), aarch64, BINDINGS, tmp_path)


def test_bindings_for_32_bit(make_backend: MakeBackend, armhf: Host, tmp_path: Path) -> None:
    project = write_project(tmp_path, armhf, BINDINGS, policy="4.1")
    backend = make_backend(NEWEST, "pybind11", "nanobind")
    check(backend.build_wheel(project), armhf, BINDINGS, tmp_path)


def test_a_prefix_says_where_the_headers_are(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path
) -> None:
    forms = {name: FORMS[name] for name in ("one_call", "python3", "module_only")}
    project = write_project(tmp_path, aarch64, forms)
    cross = project / "py-build-cmake.cross.toml"
    lines = [line for line in cross.read_text().splitlines() if "include_dir" not in line]
    cross.write_text("\n".join([*lines, f'prefix = "{aarch64.sysroot}/usr"']))
    check(make_backend(NEWEST).build_wheel(project), aarch64, forms, tmp_path)


@pytest.mark.parametrize("cmake", ["3.18.4.post1", NEWEST])
def test_another_version_runs_the_build(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path, cmake: str
) -> None:
    other = find_python(12) or find_python(13) or find_python(10)
    if other is None:
        without("there is no Python besides 3.11")
    project = write_project(tmp_path, aarch64, FORMS)
    built = make_backend(cmake, python=other).build_wheel(project)
    check(built, aarch64, FORMS, tmp_path)


def test_a_second_build_compiles_nothing(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path
) -> None:
    forms = {name: FORMS[name] for name in ("one_call", "interpreter_target")}
    project = write_project(tmp_path, aarch64, forms)
    backend = make_backend(NEWEST)
    assert "Building C object" in backend.build_wheel(project).log
    second = backend.build_wheel(project).log
    assert "Building C object" not in second
    assert "ninja: no work to do." in second


PROVIDER = """
macro(their_provider method package)
    message(STATUS "provider of the project: ${package}")
    find_package(${package} ${ARGN} BYPASS_PROVIDER)
endmacro()
cmake_language(SET_DEPENDENCY_PROVIDER their_provider SUPPORTED_METHODS FIND_PACKAGE)
"""


@pytest.mark.parametrize("where", ["options", "args", "preset"])
def test_a_provider_of_the_project_is_kept(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path, where: str
) -> None:
    forms = {name: FORMS[name] for name in ("one_call", "python3")}
    project = write_project(tmp_path, aarch64, forms, policy="4.1")
    provider = project / "provider.cmake"
    provider.write_text(PROVIDER)
    name, path = "CMAKE_PROJECT_TOP_LEVEL_INCLUDES", provider.as_posix()
    text = (project / "pyproject.toml").read_text()
    table = "[tool.py-build-cmake.cmake.options]"
    if where == "options":
        text += f'{name} = "{path}"\n'
    elif where == "args":
        text = text.replace(table, f'args = ["-D{name}={path}"]')
    else:
        text = text.replace(table, 'preset = "theirs"')
        preset = {"name": "theirs", "binaryDir": "${sourceDir}/x", "cacheVariables": {name: path}}
        contents = {"version": 3, "configurePresets": [preset]}
        (project / "CMakePresets.json").write_text(json.dumps(contents))
    (project / "pyproject.toml").write_text(text)
    backend = make_backend(NEWEST)
    for _ in range(2):
        built = backend.build_wheel(project)
        assert "provider of the project: Python" in built.log
    check(built, aarch64, forms, tmp_path)


def test_find_package_of_others_behaves_as_before(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path
) -> None:
    form = """
find_package(Threads REQUIRED)
find_package(Threads REQUIRED)
find_package(Missing QUIET)
if(Missing_FOUND)
    message(FATAL_ERROR "found what is not there")
endif()
""" + FORMS["one_call"]
    project = write_project(tmp_path, aarch64, {"others": form})
    for cmake in ("3.18.4.post1", NEWEST):
        built = make_backend(cmake).build_wheel(project, out=tmp_path / cmake)
        check(built, aarch64, ["others"], tmp_path / cmake)


def test_a_version_that_the_host_does_not_have_is_not_found(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path
) -> None:
    form = "find_package(Python 3.12 REQUIRED COMPONENTS Interpreter Development.Module)"
    project = write_project(tmp_path, aarch64, {"too_old": form})
    with pytest.raises(CommandFailed) as failed:
        make_backend(NEWEST).build_wheel(project)
    assert "Could NOT find Python" in failed.value.log
    assert '"3.12"' in failed.value.log
