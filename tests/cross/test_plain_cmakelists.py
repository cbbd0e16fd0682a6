"""A CMakeLists.txt without a word about cross-compiling, in cross builds.

Versions of CMake, policies and hosts, times the forms in which projects look for Python. One build
makes many modules: every form is a subdirectory. Of each module the name, the machine and the
import on the host's Python are checked.

Usually, a few cells of the product cover every version, policy and host. All of them run if the
environment variable ``PY_BUILD_CMAKE_TEST_MATRIX`` is ``full`` (about 100 builds).
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from host_python import Unavailable
from support.backend import Backend
from support.builds import CommandFailed, run
from support.hosts import (
    CPYTHON_311,
    CPYTHON_313,
    CPYTHON_314,
    PYPY_311,
    Host,
    HostPython,
    free_threaded_host,
    without,
)
from support.plain import (
    BINDINGS,
    DEVELOPMENT,
    FORMS,
    NANOBIND_FORMS,
    NEWEST,
    PYBIND11_FORMS,
    PYPROJECT,
    STABLE_ABI,
    SWIG_FORMS,
    check,
    write_project,
)
from support.projects import write
from support.pythons import find_python

MakeBackend = Callable[..., Backend]
GetHost = Callable[[str, HostPython], Host]

CMAKES = ("3.15.3", "3.18.4.post1", "3.25.2", "3.31.6", "4.0.3", "4.1.0", NEWEST)
POLICIES = ("3.15", "4.1")
HOSTS = (
    ("aarch64", CPYTHON_311),
    ("aarch64", CPYTHON_313),
    ("armhf", CPYTHON_311),
    ("armhf", CPYTHON_313),
    ("riscv64", CPYTHON_313),
    ("s390x", CPYTHON_311),
    ("s390x", CPYTHON_313),
    ("aarch64", PYPY_311),
)
CELLS = [
    ("3.15.3", "3.15", "aarch64", CPYTHON_311),
    ("3.18.4.post1", "3.15", "s390x", CPYTHON_311),
    ("3.25.2", "4.1", "riscv64", CPYTHON_313),
    ("3.31.6", "3.15", "armhf", CPYTHON_313),
    ("4.0.3", "4.1", "aarch64", CPYTHON_311),
    ("4.1.0", "3.15", "s390x", CPYTHON_313),
    ("4.1.0", "4.1", "armhf", CPYTHON_311),
    (NEWEST, "3.15", "aarch64", CPYTHON_313),
    (NEWEST, "4.1", "aarch64", PYPY_311),
]
if os.environ.get("PY_BUILD_CMAKE_TEST_MATRIX") == "full":
    CELLS = [(*cell, *host) for *cell, host in itertools.product(CMAKES, POLICIES, HOSTS)]


def forms_of(cmake: str, host: Host) -> dict[str, str]:
    """Return the forms that a version of CMake knows."""
    if cmake.startswith("3.15"):
        return DEVELOPMENT
    # CMake 3.18 cannot look for Development.Module after Development, natively neither.
    forms = {**FORMS, **({} if cmake.startswith("3.18") else DEVELOPMENT)}
    if not cmake.startswith(("3.18", "3.25")) and host.abi in ("cp311", "cp313"):
        forms.update(STABLE_ABI)
    if not cmake.startswith("3.18"):
        if not shutil.which("swig"):
            without("no swig on PATH (Debian package swig)")
        forms.update(SWIG_FORMS)
    if host.abi.startswith("pypy"):
        forms.pop("swig_linked", None)  # PyPy loads no module without its own suffix.
    return forms


@pytest.mark.parametrize(
    ("cmake", "policy", "name", "python"),
    [pytest.param(*cell, id="-".join([*cell[:3], cell[3].abi])) for cell in CELLS],
)
def test_forms(  # noqa: PLR0917
    make_backend: MakeBackend,
    get_host: GetHost,
    tmp_path: Path,
    cmake: str,
    policy: str,
    name: str,
    python: HostPython,
) -> None:
    host = get_host(name, python)
    if cmake.startswith("3.15") and host.abi.startswith("pypy"):
        pytest.skip("CMake 3.15 does not know PyPy")
    forms = forms_of(cmake, host)
    project = write_project(tmp_path, host, forms, policy=policy)
    built = make_backend(cmake).build_wheel(project)
    assert f"cross: soabi '{host.suffix[1:-3]}' (from abi and arch)" in built.log
    check(built, host, forms, tmp_path)


@pytest.mark.parametrize(
    ("cmake", "name", "python", "forms", "requirement"),
    [
        # One, as in CMake 3.18 one search is in the way of another.
        ("3.18.4.post1", "aarch64", CPYTHON_311, ["pybind11_asked_for"], "pybind11"),
        ("3.31.6", "aarch64", CPYTHON_313, NANOBIND_FORMS, "nanobind==2.12.*"),
        (NEWEST, "armhf", CPYTHON_313, NANOBIND_FORMS, "nanobind"),
        (NEWEST, "armhf", CPYTHON_311, PYBIND11_FORMS, "pybind11"),
    ],
    ids=["pybind11-oldest", "nanobind-2", "nanobind-newest", "pybind11-newest"],
)
def test_bindings(  # noqa: PLR0917
    make_backend: MakeBackend,
    get_host: GetHost,
    tmp_path: Path,
    cmake: str,
    name: str,
    python: HostPython,
    forms: list[str],
    requirement: str,
) -> None:
    host = get_host(name, python)
    locks = ["versions/nanobind-2"] if "==" in requirement else []
    wanted = {form: BINDINGS[form] for form in forms}
    policy = "4.1" if cmake == NEWEST else "3.15"
    project = write_project(tmp_path, host, wanted, policy=policy)
    built = make_backend(cmake, requirement, locks=locks).build_wheel(project)
    check(built, host, wanted, tmp_path)


@pytest.mark.parametrize("cmake", ["4.0.3", "4.1.0", NEWEST])
def test_a_free_threaded_host(
    make_backend: MakeBackend, get_host: GetHost, tmp_path: Path, cmake: str
) -> None:
    """Its headers are those of the Python with the lock, but for one definition."""
    locked = get_host("aarch64", CPYTHON_313)
    include = tmp_path / "usr" / "include"
    headers = include / "python3.13t"
    shutil.copytree(locked.include_dir, headers)
    config = locked.sysroot / "usr" / "include" / locked.triplet / "python3.13" / "pyconfig.h"
    text = config.read_text() + "\n#define Py_GIL_DISABLED 1\n"
    (headers / "pyconfig.h").write_text(text)
    project = write_project(tmp_path / "project", locked, FORMS, policy="4.1")
    cross = project / "py-build-cmake.cross.toml"
    lines = cross.read_text().replace('"cp313"', '"cp313t"')
    cross.write_text(lines.replace(str(locked.include_dir), str(headers)))
    built = make_backend(cmake).build_wheel(project)
    assert built.wheel.header("Tag") == ["cp313-cp313t-linux_aarch64"]
    modules = {Path(name).name for name in built.wheel.machines}
    assert modules == {f"{name}.cpython-313t-aarch64-linux-gnu.so" for name in FORMS}


@pytest.mark.parametrize("cmake", ["4.1.0", NEWEST])
def test_a_free_threaded_python(make_backend: MakeBackend, tmp_path: Path, cmake: str) -> None:
    """Compiled for one that runs: see `free_threaded_host`."""
    try:
        host = free_threaded_host()
    except Unavailable as reason:
        pytest.skip(str(reason))
    forms = {**FORMS, **NANOBIND_FORMS}
    project = write_project(tmp_path, host, forms)
    check(make_backend(cmake, "nanobind").build_wheel(project), host, forms, tmp_path)
    # What was compiled to need no lock leaves it off.
    code = "import sys, plain.nanobind_free_threaded; print(sys._is_gil_enabled())"
    env = {"PYTHONPATH": str(tmp_path / "unpacked")}
    assert run(host.python, "-S", "-W", "error", "-c", code, env=env).strip() == "False"


@pytest.mark.parametrize("name", ["aarch64", "armhf"])
def test_python_3_14(
    make_backend: MakeBackend, get_host: GetHost, tmp_path: Path, name: str
) -> None:
    """Described by its build-details.json."""
    if os.environ.get("PY_BUILD_CMAKE_TEST_SID") != "1":
        pytest.skip("PY_BUILD_CMAKE_TEST_SID=1 unpacks a Python of Debian's unstable suite")
    host = get_host(name, CPYTHON_314)
    (details,) = host.sysroot.glob("usr/lib/python3.14/build-details*.json")
    project = write_project(tmp_path, host, FORMS)
    cross = project / "py-build-cmake.cross.toml"
    lines = [line for line in cross.read_text().splitlines() if "toolchain" in line]
    cross.write_text("\n".join([*lines, f'python = "{details}"']))
    check(make_backend(NEWEST).build_wheel(project), host, FORMS, tmp_path)


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


@pytest.mark.parametrize("form", ["one_call", "python3"])
def test_suffix_with_cmakes_own_support_for_emscripten(
    make_backend: MakeBackend, aarch64: Host, tmp_path: Path, form: str
) -> None:
    """It calls libraries ``.wasm``; what a compiler for this machine makes is refused."""
    project = write_project(tmp_path, aarch64, {form: FORMS[form]})
    (project / "module.c").write_text("int nothing;\n")
    (project / "toolchain.cmake").write_text(
        "set(CMAKE_SYSTEM_NAME Emscripten)\nset(CMAKE_C_COMPILER gcc)\n"
    )
    cross = project / "py-build-cmake.cross.toml"
    cross.write_text(cross.read_text().replace(aarch64.platform_tag, "pyodide_2024_0_wasm32"))
    message = make_backend(NEWEST).refusal(project)
    module = f"plain/{form}.cpython-311-wasm32-emscripten.so"
    assert f"{module}: is ELF for " in message


WINDOWS = {
    "include/patchlevel.h": "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 13\n"
    '#define PY_VERSION "3.13.1"\n',
    "include/pyconfig.h": "#define MS_WIN32 /* only support win32 and greater. */\n"
    "#define MS_WINDOWS /* only support win32 and greater. */\n",
    "include/Python.h": "",
    "libs/python313.lib": "",
    "libs/python3.lib": "",
}


@pytest.mark.parametrize(("abi", "defined"), [("cp313", ""), ("cp313t", "Py_GIL_DISABLED=1")])
def test_the_stable_abi_alone_on_windows(
    make_backend: MakeBackend, tmp_path: Path, abi: str, defined: str
) -> None:
    """CMake 4.4 takes every Python for a free-threaded one there."""
    for name, text in WINDOWS.items():
        write(tmp_path / "windows" / name, text)
    if abi.endswith("t"):
        # Installers put the library of a free-threaded Python beside that of the other.
        write(tmp_path / "windows" / "libs" / "python313t.lib", "")
    project = tmp_path / "project"
    write(
        project / "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.26...4.1)
        project(stable LANGUAGES C)
        find_package(Python REQUIRED COMPONENTS Interpreter Development.SABIModule)
        message(STATUS "definitions: [${Python_DEFINITIONS}]")
        install(FILES CMakeLists.txt DESTINATION stable)
        """,
    )
    write(project / "stable" / "__init__.py", '"""Stable."""\n')
    write(project / "pyproject.toml", PYPROJECT.replace('"plain"', '"stable"'))
    write(
        project / "toolchain.cmake",
        """
        set(CMAKE_SYSTEM_NAME Windows)
        set(CMAKE_C_COMPILER gcc)
        set(CMAKE_C_COMPILER_WORKS TRUE)
        """,
    )
    settings = {
        "cross.arch": "win_amd64",
        "cross.python": str(tmp_path / "windows"),
        "cross.sabi_library": str(tmp_path / "windows" / "libs" / "python3.lib"),
        "cross.abi": abi,
        "cross.toolchain_file": str(project / "toolchain.cmake"),
    }
    built = make_backend(NEWEST).build_wheel(project, settings)
    assert f"definitions: [{defined}]" in built.log
