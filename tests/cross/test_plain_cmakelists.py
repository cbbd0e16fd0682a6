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

FIND = {
    "one_call": "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)",
    "with_version": "find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)",
    "exact": "find_package(Python 3.11 EXACT REQUIRED COMPONENTS Interpreter Development.Module)",
    "module_only": "find_package(Python REQUIRED COMPONENTS Development.Module)",
    "two_calls": """
        find_package(Python REQUIRED COMPONENTS Interpreter)
        find_package(Python REQUIRED COMPONENTS Development.Module)""",
    "reverse": """
        find_package(Python REQUIRED COMPONENTS Development.Module)
        find_package(Python REQUIRED COMPONENTS Interpreter)""",
    "own_module_path": """
        set(CMAKE_MODULE_PATH "${CMAKE_CURRENT_SOURCE_DIR}/cmake")
        find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)""",
    "repeated": """
        find_package(Python COMPONENTS Interpreter Development.Module)
        find_package(Python QUIET COMPONENTS Interpreter Development.Module)
        if(NOT Python_FOUND OR NOT Python_Interpreter_FOUND)
            message(FATAL_ERROR "not found")
        endif()""",
    "interpreter_target": """
        find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
        add_custom_command(OUTPUT generated.h
            COMMAND Python::Interpreter -c "import json; open('generated.h', 'w')")
        add_custom_target(${name}_generate DEPENDS generated.h)""",
}
FORMS = {
    name: f"{find}\nPython_add_library(${{name}} MODULE WITH_SOABI ${{source}})"
    for name, find in FIND.items()
}
FORMS["python3"] = """
find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)
Python3_add_library(${name} MODULE WITH_SOABI ${source})"""
FORMS["suffix_asked_for"] = """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(
    COMMAND ${Python_EXECUTABLE} -c
            "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
    OUTPUT_VARIABLE suffix OUTPUT_STRIP_TRAILING_WHITESPACE)
add_library(${name} MODULE ${source})
target_link_libraries(${name} PRIVATE Python::Module)
set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "${suffix}")"""
DEVELOPMENT = {
    # The form of CMake 3.15, which has neither Development.Module nor WITH_SOABI.
    "development": """
find_package(Python REQUIRED COMPONENTS Interpreter Development)
Python_add_library(${name} MODULE ${source})
set_target_properties(${name} PROPERTIES SUFFIX ".${Python_SOABI}.so")""",
    "development_3": """
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter Development)
Python3_add_library(${name} MODULE ${source})
set_target_properties(${name} PROPERTIES SUFFIX ".${Python3_SOABI}.so")""",
}
STABLE_ABI = {
    "stable_abi": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module Development.SABIModule)
Python_add_library(${name} MODULE USE_SABI 3.9 WITH_SOABI ${source})""",
    "stable_abi_alone": """
find_package(Python REQUIRED COMPONENTS Development.SABIModule)
Python_add_library(${name} MODULE USE_SABI 3.9 WITH_SOABI ${source})""",
}
BINDINGS = {
    "pybind11_asked_for": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
    OUTPUT_VARIABLE pybind11_DIR OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(${name} ${pybind11_source})""",
    "pybind11_hints": """
execute_process(COMMAND ${PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER} -m pybind11 --cmakedir
    OUTPUT_VARIABLE directory OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(pybind11 CONFIG REQUIRED HINTS ${directory})
pybind11_add_module(${name} ${pybind11_source})""",
    "nanobind": """
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module
    OPTIONAL_COMPONENTS Development.SABIModule)
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(${name} ${nanobind_source})""",
}

PROJECT = """
cmake_minimum_required(VERSION 3.15...@POLICY@)
project(plain LANGUAGES @LANGUAGES@)
set(source "${CMAKE_SOURCE_DIR}/module.c")
set(pybind11_source "${CMAKE_SOURCE_DIR}/pybind11.cpp")
set(nanobind_source "${CMAKE_SOURCE_DIR}/nanobind.cpp")
"""
INSTALL = """
target_compile_definitions(${name} PRIVATE NAME=${name})
install(TARGETS ${name} DESTINATION plain)
"""
PYPROJECT = """
[build-system]
requires = ["py-build-cmake"]
build-backend = "py_build_cmake.build"
[project]
name = "plain"
version = "1.0"
[tool.py-build-cmake.cmake]
minimum_version = "3.15"
generator = "Ninja"
[tool.py-build-cmake.cmake.options]
"""
MODULE = """
#include <Python.h>
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(NAME), 0, -1, 0};
PyMODINIT_FUNC JOIN(PyInit_, NAME)(void) {
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddStringConstant(module, "version", PY_VERSION);
    PyModule_AddIntConstant(module, "pointer", sizeof(void *));
    return module;
}
"""
PYBIND11 = """
#include <pybind11/pybind11.h>
PYBIND11_MODULE(NAME, m) { m.attr("version") = PY_VERSION; m.attr("pointer") = sizeof(void *); }
"""
NANOBIND = """
#include <nanobind/nanobind.h>
NB_MODULE(NAME, m) { m.attr("version") = PY_VERSION; m.attr("pointer") = (int) sizeof(void *); }
"""
IMPORT = """
import importlib, json, platform, struct, sys
for name in json.loads(sys.argv[1]):
    module = importlib.import_module("plain." + name)
    assert module.version == platform.python_version(), (name, module.version)
    assert module.pointer == struct.calcsize("P"), name
print("imported")
"""
NEWEST = "newest"

MakeBackend = Callable[..., Backend]


@pytest.fixture(scope="module")
def make_backend(wheelhouse: Path) -> MakeBackend:
    """Return environments that stay between runs, with the backend and one version of CMake."""
    (wheel,) = wheelhouse.glob("*.whl")

    def make(cmake: str, *requirements: str, python: str | Path = sys.executable) -> Backend:
        name = "-".join(["cmake", cmake, *requirements, Path(python).name])
        directory = cache_directory() / "plain" / name
        interpreter = directory / "bin" / "python"
        if not interpreter.exists():
            wanted = "cmake" if cmake == NEWEST else f"cmake=={cmake}"
            make_venv(directory, wanted, "ninja", *requirements, python=python)
        pip = (interpreter, "-m", "pip", "install", "--quiet")
        run(*pip, "--force-reinstall", "--no-deps", wheel)
        run(*pip, wheel)
        path = os.pathsep.join([str(interpreter.parent), os.environ["PATH"]])
        return Backend(interpreter, {"PATH": path})

    return make


def write_project(
    directory: Path,
    host: Host,
    forms: dict[str, str],
    *,
    policy: str = "3.15",
) -> Path:
    """Write a project with a subdirectory for each form, and what builds it for `host`."""
    languages = "C CXX" if forms.keys() & BINDINGS.keys() else "C"
    main = PROJECT.replace("@POLICY@", policy).replace("@LANGUAGES@", languages)
    for name, form in forms.items():
        main += f"add_subdirectory({name})\n"
        (directory / name).mkdir(parents=True)
        lines = f"set(name {name})\n{form}\n{INSTALL}"
        (directory / name / "CMakeLists.txt").write_text(lines)
    (directory / "CMakeLists.txt").write_text(main)
    (directory / "module.c").write_text(MODULE)
    (directory / "pybind11.cpp").write_text(PYBIND11)
    (directory / "nanobind.cpp").write_text(NANOBIND)
    (directory / "plain").mkdir()
    (directory / "plain" / "__init__.py").write_text('"""Plain."""\n')
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "toolchain.cmake").write_text(
        f"""
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {host.name})
set(CMAKE_LIBRARY_ARCHITECTURE {host.triplet})
set(CMAKE_C_COMPILER {host.triplet}-gcc)
set(CMAKE_CXX_COMPILER {host.triplet}-g++)
set(CMAKE_SYSROOT "{host.sysroot}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
"""
    )
    # No SOABI: it follows.
    (directory / "py-build-cmake.cross.toml").write_text(
        f"""
abi = "cp311"
arch = "{host.platform_tag}"
toolchain_file = "toolchain.cmake"
include_dir = "{host.sysroot}/usr/include/python3.11"
"""
    )
    return directory


def check(built: Built, host: Host, names: Iterable[str], directory: Path) -> None:
    """Check the names and machines of the modules, and import them on the host's Python."""
    names = list(names)
    modules = {Path(name).name for name in built.wheel.files if name.endswith(".so")}
    assert modules == {
        name + (".abi3.so" if name.startswith("stable_abi") else host.suffix) for name in names
    }
    assert set(built.wheel.machines.values()) == {host.name}
    target = directory / "unpacked"
    shutil.unpack_archive(built.path, target, "zip")
    said = run(host.python, "-c", IMPORT, json.dumps(names), env={"PYTHONPATH": str(target)})
    assert said.strip() == "imported"


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
