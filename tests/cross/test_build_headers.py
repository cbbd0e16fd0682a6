"""``cross.python = "build"``: the build Python's headers, for a host of the same data model."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.backend import Backend, Built
from support.builds import CommandFailed, run
from support.examples import Builder
from support.hosts import CPYTHON_313, Host, HostPython, needs_python_of
from support.pythons import find_python

from py_build_cmake.platforms.build_headers import find_build_headers, overlay_files
from py_build_cmake.platforms.build_machine import detect_build_machine

PYPROJECT = """
[project]
name = "borrowed"
version = "1.0"
[tool.py-build-cmake.cmake]
generator = "Ninja"
"""
CMAKE = """
cmake_minimum_required(VERSION 3.18...4.1)
project(borrowed LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
foreach(name IN ITEMS in_c in_cpp)
    if(name STREQUAL "in_c")
        Python_add_library(${name} MODULE WITH_SOABI module.c)
    else()
        configure_file(module.c module.cpp COPYONLY)
        Python_add_library(${name} MODULE WITH_SOABI ${CMAKE_CURRENT_BINARY_DIR}/module.cpp)
    endif()
    target_compile_definitions(${name} PRIVATE NAME=${name})
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Werror)
    install(TARGETS ${name} DESTINATION borrowed)
endforeach()
"""
MODULE = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#ifdef HAVE_GCC_ASM_FOR_X64
#  error "that is the processor of the build"
#endif
#if PY_LITTLE_ENDIAN != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#  error "that is the byte order of the build"
#endif
static PyObject *describe(PyObject *self, PyObject *text) {
    Py_ssize_t length;
    const char *data = PyUnicode_AsUTF8AndSize(text, &length);
    (void) self;
    if (!data)
        return NULL;
    return Py_BuildValue("s#iid", data, length, PyUnicode_KIND(text), PY_BIG_ENDIAN, 0.5);
}
static PyMethodDef methods[] = {
    {"describe", describe, METH_O, NULL}, {NULL, NULL, 0, NULL}
};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, -1, methods, NULL, NULL, NULL, NULL
};
PyMODINIT_FUNC JOIN(PyInit_, NAME)(void) { return PyModule_Create(&definition); }
"""
IMPORT = """
from borrowed import in_c, in_cpp
for module in in_c, in_cpp:
    assert module.describe("\\N{EURO SIGN}") == ("\\N{EURO SIGN}", 2, 0, 0.5), module
print(in_c.__file__, in_cpp.__file__)
"""
STANDARDS = {
    "c": ("c99", "gnu99", "c11", "gnu17", "gnu2x"),
    "c++": ("c++98", "c++11", "c++17", "c++20", "c++23"),
}


def write_project(directory: Path, host: Host) -> Path:
    (directory / "borrowed").mkdir(parents=True)
    (directory / "borrowed" / "__init__.py").write_text('"""Borrowed headers."""\n')
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "CMakeLists.txt").write_text(CMAKE)
    (directory / "module.c").write_text(MODULE)
    # There is no sysroot: the compiler has a C library of its own.
    (directory / "toolchain.cmake").write_text(
        f"""
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {host.name})
set(CMAKE_C_COMPILER {host.triplet}-gcc)
set(CMAKE_CXX_COMPILER {host.triplet}-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
"""
    )
    (directory / "py-build-cmake.cross.toml").write_text(
        f'python = "build"\narch = "{host.platform_tag}"\ntoolchain_file = "toolchain.cmake"\n'
    )
    return directory


@pytest.fixture
def backend(unisolated_builder: Builder) -> Backend:
    return Backend(unisolated_builder.python, unisolated_builder.env)


def test_a_host_of_the_same_data_model(backend: Backend, aarch64: Host, tmp_path: Path) -> None:
    needs_python_of(aarch64)
    project = write_project(tmp_path, aarch64)
    built = backend.build_wheel(project)
    assert built.path.name == f"borrowed-1.0-{aarch64.tag}.whl"
    assert "cross: version '311' (from the Python that runs the build" in built.log
    assert set(built.wheel.machines.values()) == {"aarch64"}
    shutil.unpack_archive(built.path, tmp_path / "unpacked", "zip")
    said = run(aarch64.python, "-c", IMPORT, env={"PYTHONPATH": str(tmp_path / "unpacked")})
    assert [file.endswith(aarch64.suffix) for file in said.split()] == [True, True]
    assert "Building C object" not in backend.build_wheel(project).log


def test_a_host_of_another_data_model(backend: Backend, armhf: Host, tmp_path: Path) -> None:
    needs_python_of(armhf)
    used_on(armhf, backend.build_wheel(write_project(tmp_path, armhf)), tmp_path / "unpacked")


def used_on(host: Host, built: Built, directory: Path) -> None:
    """Import what was built on the host's Python."""
    assert built.path.name == f"borrowed-1.0-{host.tag}.whl"
    shutil.unpack_archive(built.path, directory, "zip")
    said = run(host.python, "-c", IMPORT, env={"PYTHONPATH": str(directory)})
    assert [file.endswith(host.suffix) for file in said.split()] == [True, True]


def test_the_headers_of_another_version(
    backend: Backend, get_host: Callable[[str, HostPython], Host], tmp_path: Path
) -> None:
    """Of this machine's, in a build requirement, for a host of another data model."""
    host = get_host("armhf", CPYTHON_313)
    python = find_python(13)
    if python is None:
        pytest.skip("there is no Python 3.13 on this machine")
    code = "import sysconfig; print(sysconfig.get_path('platinclude'))"
    site = tmp_path / "site"
    shutil.copytree(run(python, "-c", code).strip(), site / "headers" / "include" / "python3.13")
    project = write_project(tmp_path / "project", host)
    built = backend.with_env(PYTHONPATH=str(site)).build_wheel(project, {"cross.version": '"313"'})
    used_on(host, built, tmp_path / "unpacked")


WAYS = ("prefix", "include directory", "build-details.json", "_sysconfigdata", "keys", "prefix key")


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_to_name_a_python_of_debian(
    backend: Backend, aarch64: Host, tmp_path: Path, way: str
) -> None:
    """Without the sysroot in which compilers find the second half of Debian's pyconfig.h."""
    usr = aarch64.sysroot / "usr"
    project = write_project(tmp_path / "project", aarch64)
    details = {
        "schema_version": "1.0",
        "base_prefix": os.path.relpath(usr, tmp_path),
        "platform": "linux-aarch64",
        "language": {"version": "3.11"},
        "implementation": {"name": "cpython"},
        "abi": {"flags": [], "extension_suffix": aarch64.suffix},
        "c_api": {"headers": "include/python3.11"},
    }
    (tmp_path / "build-details.json").write_text(json.dumps(details))
    (record,) = usr.glob("lib/python3.11/_sysconfigdata__linux_*.py")
    keys = {
        "prefix": f"python = '{usr}'",
        "include directory": f"python = '{aarch64.include_dir}'\narch = 'linux_aarch64'",
        "build-details.json": f"python = '{tmp_path}/build-details.json'",
        "_sysconfigdata": f"python = '{record}'",
        "keys": f"include_dir = '{aarch64.include_dir}'\narch = 'linux_aarch64'\nabi = 'cp311'",
        "prefix key": f"prefix = '{usr}'\narch = 'linux_aarch64'\nabi = 'cp311'",
    }
    (project / "py-build-cmake.cross.toml").write_text(
        f"{keys[way]}\ntoolchain_file = 'toolchain.cmake'\n"
    )
    if way != "keys":
        # Nothing else says where the library is.
        with (project / "CMakeLists.txt").open("a") as lists:
            lists.write(
                "find_package(Python REQUIRED COMPONENTS Development.Embed)\n"
                'message(STATUS "to embed: ${Python_LIBRARIES}")\n'
            )
    built = backend.build_wheel(project)
    if way != "keys":
        assert f"to embed: {usr}/lib/aarch64-linux-gnu/libpython3.11.so" in built.log
    used_on(aarch64, built, tmp_path / "unpacked")
    again = backend.build_wheel(project).log
    assert "configuring afresh" not in again
    assert "Building C object" not in again


@pytest.fixture(scope="module")
def include_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headers of the Python that runs this, for other hosts."""
    directory = tmp_path_factory.mktemp("include")
    headers = find_build_headers(detect_build_machine(), "here")
    for place, text in overlay_files(headers).items():
        (directory / place).parent.mkdir(parents=True, exist_ok=True)
        (directory / place).write_bytes(text.encode(errors="surrogateescape"))
    return directory


@pytest.mark.parametrize("language", STANDARDS)
@pytest.mark.parametrize(
    "triplet",
    [
        *("aarch64-linux-gnu", "riscv64-linux-gnu", "s390x-linux-gnu", "native"),
        # Another data model.
        "arm-linux-gnueabihf",
    ],
)
def test_language_standards(include_dir: Path, triplet: str, language: str) -> None:
    """Also for a big-endian host, whose byte order must be right."""
    compiler = "gcc" if triplet == "native" else f"{triplet}-gcc"
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} on PATH")
    source = include_dir / "module.c"
    source.write_text("#undef NAME\n#define NAME module\n" + MODULE)
    # The header alone is free of extensions; Python.h is not, in old standards.
    alone = include_dir / "alone.c"
    alone.write_text("#include <pyconfig.h>\n")
    options = (*("-fsyntax-only", "-I", include_dir, "-x", language), "-Wall", "-Wextra")
    strict = ("-Wpedantic", "-Werror")
    old = ("c89",) if language == "c" else ()
    for standard in (*old, *STANDARDS[language]):
        run(compiler, *options, *strict, f"-std={standard}", alone)
    newest = "gnu11" if language == "c" else "gnu++17"
    run(compiler, *options, *strict, f"-std={newest}", source)


def test_what_the_compiler_cannot_say_is_checked(include_dir: Path) -> None:
    """A size that no Linux system has."""
    source = include_dir / "short.c"
    source.write_text("#undef __SIZEOF_LONG__\n#define __SIZEOF_LONG__ 2\n#include <pyconfig.h>\n")
    for language, standard, message in (
        ("c", "c99", "py_build_cmake_SIZEOF_LONG_of_build_python_is_wrong_on_host"),
        ("c", "c11", "py-build-cmake: SIZEOF_LONG is not the same on the host system"),
        ("c++", "c++98", "py_build_cmake_SIZEOF_LONG_of_build_python_is_wrong_on_host"),
        ("c++", "c++11", "py-build-cmake: SIZEOF_LONG is not the same on the host system"),
    ):
        options = ("-fsyntax-only", "-w", "-I", include_dir, f"-std={standard}", "-x", language)
        with pytest.raises(CommandFailed, match=message):
            run("gcc", *options, source)


@pytest.mark.skipif(sys.maxsize < 2**32, reason="needs the headers of a 64-bit Python")
def test_another_wchar_t_does_not_compile(include_dir: Path) -> None:
    source = include_dir / "wchar.c"
    source.write_text("#include <pyconfig.h>\n")
    with pytest.raises(CommandFailed, match="SIZEOF_WCHAR_T is not the same"):
        run("gcc", "-fsyntax-only", "-fshort-wchar", "-I", include_dir, source)
