"""A project without a word about cross-compiling, in the forms in which projects look for Python.

Every form is a subdirectory with a module of its own, so that one build makes many modules.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from support import locked
from support.backend import Backend, Built
from support.builds import make_venv, run
from support.caches import cache_directory, exclusive
from support.hosts import Host
from support.outcomes import used

FIND = {
    "one_call": "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)",
    "with_version": "find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)",
    "exact": """
        find_package(Python @VERSION@ EXACT REQUIRED COMPONENTS Interpreter Development.Module)""",
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
PYBIND11_FORMS = {
    "pybind11_asked_for": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
    OUTPUT_VARIABLE pybind11_DIR OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(${name} ${pybind11_source})""",
    "pybind11_alone": """
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(${name} ${pybind11_source})""",
    "pybind11_hints": """
execute_process(COMMAND ${PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER} -m pybind11 --cmakedir
    OUTPUT_VARIABLE directory OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(pybind11 CONFIG REQUIRED HINTS ${directory})
pybind11_add_module(${name} ${pybind11_source})""",
}
_NANOBIND = """
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module
    OPTIONAL_COMPONENTS Development.SABIModule)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(${name} @OPTIONS@ ${nanobind_source})"""
NANOBIND_FORMS = {
    "nanobind": """
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module
    OPTIONAL_COMPONENTS Development.SABIModule)
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(${name} ${nanobind_source})""",
    "nanobind_stable_abi": _NANOBIND.replace("@OPTIONS@", "STABLE_ABI"),
    "nanobind_free_threaded": _NANOBIND.replace("@OPTIONS@", "FREE_THREADED"),
}
BINDINGS = {**PYBIND11_FORMS, **NANOBIND_FORMS}
_SWIG = """
find_package(SWIG REQUIRED COMPONENTS python)
include(UseSWIG)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.i "%module ${name}
%inline %{
const char *python_version(void) { return PY_VERSION; }
int pointer_size(void) { return (int) sizeof(void *); }
%}
")
"""
SWIG_FORMS = {
    # The documentation of UseSWIG has it so.
    "swig_linked": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)"""
    + _SWIG
    + """
swig_add_library(${name} LANGUAGE python SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${name}.i)
target_link_libraries(${name} PRIVATE Python::Module)""",
    "swig_suffix": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)"""
    + _SWIG
    + """
swig_add_library(${name} LANGUAGE python SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${name}.i)
target_link_libraries(${name} PRIVATE Python::Module)
set_target_properties(${name} PROPERTIES SUFFIX ".${Python_SOABI}${CMAKE_SHARED_MODULE_SUFFIX}")""",
}
SWIG_INSTALL = """
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.py DESTINATION plain)"""
NUMPY_FORMS = {
    "numpy_one_call": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module NumPy)
Python_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_link_libraries(${name} PRIVATE Python::NumPy)""",
    "numpy_two_calls": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(Python REQUIRED COMPONENTS NumPy)
Python_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_link_libraries(${name} PRIVATE Python::NumPy)""",
    "numpy_alone": """
find_package(Python REQUIRED COMPONENTS NumPy)
Python_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_link_libraries(${name} PRIVATE Python::NumPy)""",
    "numpy_optional": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS NumPy)
if(NOT Python_NumPy_FOUND)
    message(FATAL_ERROR "not found")
endif()
Python_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_link_libraries(${name} PRIVATE Python::NumPy)""",
    "numpy_python3": """
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter Development.Module NumPy)
Python3_add_library(${name} MODULE WITH_SOABI ${numpy_source})
target_include_directories(${name} PRIVATE ${Python3_NumPy_INCLUDE_DIRS})
set(Python_NumPy_VERSION ${Python3_NumPy_VERSION})""",
}
NUMPY_FORMS = {
    name: form
    + """
target_compile_definitions(${name} PRIVATE FOUND_NUMPY="${Python_NumPy_VERSION}")"""
    for name, form in NUMPY_FORMS.items()
}
# The form of CMake 3.15, which has neither Development.Module nor WITH_SOABI.
OLD_NUMPY_FORMS = {
    "numpy_development": """
find_package(Python REQUIRED COMPONENTS Interpreter Development NumPy)
Python_add_library(${name} MODULE ${numpy_source})
set_target_properties(${name} PROPERTIES SUFFIX ".${Python_SOABI}.so")
target_link_libraries(${name} PRIVATE Python::NumPy)
target_compile_definitions(${name} PRIVATE FOUND_NUMPY="${Python_NumPy_VERSION}")""",
}

PROJECT = """
cmake_minimum_required(VERSION 3.15...@POLICY@)
project(plain LANGUAGES @LANGUAGES@)
set(source "${CMAKE_SOURCE_DIR}/module.c")
set(pybind11_source "${CMAKE_SOURCE_DIR}/pybind11.cpp")
set(nanobind_source "${CMAKE_SOURCE_DIR}/nanobind.cpp")
set(numpy_source "${CMAKE_SOURCE_DIR}/numpy.c")
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
build_type = "Debug"
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
NUMPY = """
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
static PyObject *ones(PyObject *self, PyObject *args) {
    npy_intp shape[] = {2, 3};
    (void) self, (void) args;
    PyObject *array = PyArray_ZEROS(2, shape, NPY_DOUBLE, 0);
    if (array)
        PyArray_FILLWBYTE((PyArrayObject *) array, 0);
    return array;
}
static PyMethodDef methods[] = {{"zeros", ones, METH_NOARGS, ""}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(NAME), 0, -1, methods};
PyMODINIT_FUNC JOIN(PyInit_, NAME)(void) {
    import_array();
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddStringConstant(module, "version", PY_VERSION);
    PyModule_AddIntConstant(module, "pointer", sizeof(npy_intp));
    PyModule_AddStringConstant(module, "numpy", FOUND_NUMPY);
    return module;
}
"""
IMPORT = """
import importlib, json, platform, struct, sys
for name in json.loads(sys.argv[1]):
    module = importlib.import_module("plain." + name)
    if name.startswith("swig"):
        module.version, module.pointer = module.python_version(), module.pointer_size()
    assert module.version.rstrip("+") == platform.python_version(), (name, module.version)
    assert module.pointer == struct.calcsize("P"), name
    if name.startswith("numpy"):
        import numpy
        assert module.numpy == numpy.__version__, (name, module.numpy)
        assert (module.zeros() == numpy.zeros((2, 3))).all(), name
print("imported")
"""
NEWEST = "newest"


def make_backend(
    wheel: Path,
    cmake: str,
    *requirements: str,
    python: str | Path = sys.executable,
    locks: Sequence[str] = (),
) -> Backend:
    """Return an environment that stays between runs, with the backend and one version of CMake.

    `locks` are those of requirements that are not offered everywhere.
    """
    locks = tuple(locks) if cmake == NEWEST else (*locks, f"versions/cmake-{_series(cmake)}")
    parts = ["cmake", cmake, *requirements, Path(python).name]
    parts += map(locked.digest, (locked.BUILDS, locked.TOOLS, *locks))
    name = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
    directory = cache_directory() / "backends" / f"cmake-{cmake}-{name}"
    interpreter = directory / "bin" / "python"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    stamp = directory / "backend.sha256"
    with exclusive(directory):
        if not stamp.exists():
            wanted = "cmake" if cmake == NEWEST else f"cmake=={cmake}"
            words = (wanted, "ninja", *requirements, wheel)
            make_venv(directory, *words, python=python, locks=locks)
        elif stamp.read_text() != digest:
            install = (interpreter, "-m", "pip", "install", "--quiet")
            run(*install, "--force-reinstall", "--no-deps", wheel)
            run(*install, wheel)
        stamp.write_text(digest)
    return Backend(
        interpreter, {"PATH": os.pathsep.join([str(interpreter.parent), os.environ["PATH"]])}
    )


def _series(version: str) -> str:
    """Return the first two numbers of a version."""
    return ".".join(version.split(".")[:2])


def write_project(
    directory: Path,
    host: Host,
    forms: Mapping[str, str],
    *,
    policy: str = "3.15",
    cross: str = "",
) -> Path:
    """Write a project with a subdirectory for each form, and what builds it for `host`.

    `cross` are more lines of the cross file, which says what the host is in as few as possible.
    """
    languages = "C CXX" if any(name.startswith(("pybind11", "nanobind")) for name in forms) else "C"
    main = PROJECT.replace("@POLICY@", policy).replace("@LANGUAGES@", languages)
    for name, form in forms.items():
        main += f"add_subdirectory({name})\n"
        (directory / name).mkdir(parents=True)
        install = INSTALL + (SWIG_INSTALL if name in SWIG_FORMS else "")
        lines = f"set(name {name})\n{form}\n{install}".replace("@VERSION@", host.version)
        (directory / name / "CMakeLists.txt").write_text(lines)
    (directory / "CMakeLists.txt").write_text(main)
    (directory / "module.c").write_text(MODULE)
    (directory / "pybind11.cpp").write_text(PYBIND11)
    (directory / "nanobind.cpp").write_text(NANOBIND)
    (directory / "numpy.c").write_text(NUMPY)
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
abi = "{host.abi}"
arch = "{host.platform_tag}"
toolchain_file = "toolchain.cmake"
include_dir = "{host.include_dir}"
{cross}
"""
    )
    return directory


def suffix_of(name: str, host: Host) -> str:
    """Return the suffix that the module of a form has."""
    major, minor = map(int, host.version.split("."))
    if name == "swig_linked":
        return ".so"  # of any Python: UseSWIG has no other name
    if name.startswith("stable_abi"):
        return ".abi3.so"
    # nanobind's stable ABI begins with Python 3.12, and is not that of free-threaded Pythons.
    if name == "nanobind_stable_abi" and (major, minor) >= (3, 12) and host.abi[-1] != "t":
        return ".abi3.so"
    return host.suffix


def check(
    built: Built,
    host: Host,
    names: Iterable[str],
    directory: Path,
    *,
    site_packages: Path | None = None,
) -> None:
    """Check the names and machines of the modules, and import them on the host's Python."""
    names = list(names)
    modules = {Path(name).name for name in built.wheel.files if name.endswith(".so")}
    files = {name: f"_{name}" if name in SWIG_FORMS else name for name in names}
    assert modules == {files[name] + suffix_of(name, host) for name in names}
    assert built.wheel.header("Tag") == [host.tag]
    assert set(built.wheel.machines.values()) == {host.name}
    target = directory / "unpacked"
    shutil.unpack_archive(built.path, target, "zip")
    path = os.pathsep.join(str(p) for p in (target, site_packages) if p)
    env = {"PYTHONPATH": path}
    if host.abi.endswith("t"):
        # A module that does not say that it needs no lock would turn it on, with a warning.
        env["PYTHON_GIL"] = "0"
    said = run(host.python, "-S", "-c", IMPORT, json.dumps(names), env=env)
    assert said.strip() == "imported", said
    for name in names:
        used(host.name, _binding(name))


def _binding(form: str) -> str:
    """Return what a form makes its module with."""
    found = (name for name in ("pybind11", "nanobind", "swig", "numpy") if form.startswith(name))
    return next(found, "c")
