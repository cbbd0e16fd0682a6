"""Headers of the build Python for another host: where they are, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311, LINUX_PP310, WINDOWS_CP311

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.cmake.find_python import header_files
from py_build_cmake.platforms.build_headers import (
    describe_build_python,
    find_build_headers,
    overlay_files,
    overlay_pyconfig,
)

PYCONFIG = """\
#ifndef Py_PYCONFIG_H
#define HAVE_GCC_ASM_FOR_X64 1
#define SIZEOF_VOID_P 8
# define SIZEOF_LONG_LONG 8
#define SIZEOF_WCHAR_T 4
#define SIZEOF_OF_THE_FUTURE 3
#define ALIGNOF_LONG 8
#define ALIGNOF_MAX_ALIGN_T 16
#endif
"""
DISPATCHER = """\
#if defined(__x86_64__) && defined(__LP64__)
# include <x86_64-linux-gnu/python3.11/pyconfig.h>
#elif defined(__aarch64__)
# include <aarch64-linux-gnu/python3.11/pyconfig.h>
#endif
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def include_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "include" / "python3.11"
    write(directory / "patchlevel.h", "#define PY_MAJOR_VERSION 3\n")
    write(directory / "pyconfig.h", PYCONFIG)
    write(directory / "cpython" / "object.h", "")
    write(directory / "numpy" / "arrayobject.h", "")
    (directory / "Python.h").write_bytes(b'#include "pyconfig.h" /* \xe9 */\r\n')
    return directory


def test_own_headers_are_copied_byte_by_byte(include_dir: Path) -> None:
    headers = find_build_headers(replace(LINUX_CP311, include_dir=include_dir), "x")
    files = overlay_files(headers)
    assert sorted(files) == [
        "Python.h",
        "cpython/object.h",
        "patchlevel.h",
        "pyconfig.h",
        "pyconfig_of_build_python.h",
    ]
    assert files["pyconfig_of_build_python.h"] == PYCONFIG
    original = (include_dir / "Python.h").read_bytes()
    assert files["Python.h"].encode(errors="surrogateescape") == original


def test_debians_dispatcher_leads_to_the_build_pythons(include_dir: Path) -> None:
    write(include_dir / "pyconfig.h", DISPATCHER)
    machine = replace(LINUX_CP311, include_dir=include_dir)
    with pytest.raises(ConfigError, match="are not installed"):
        find_build_headers(machine, "x")
    for triplet in ("aarch64-linux-gnu", "x86_64-linux-gnu"):
        write(include_dir.parent / triplet / "python3.11" / "pyconfig.h", f"//{triplet}\n")
    headers = find_build_headers(machine, "x")
    assert headers.pyconfig.parents[1].name == "x86_64-linux-gnu"
    assert overlay_files(headers)["pyconfig_of_build_python.h"] == "//x86_64-linux-gnu\n"


def test_overlay_checks_what_it_relies_on_and_takes_the_rest_back(include_dir: Path) -> None:
    text = overlay_pyconfig(include_dir / "pyconfig.h")
    lines = text.splitlines()
    assert "#undef HAVE_GCC_ASM_FOR_X64" in lines
    assert "#undef SIZEOF_OF_THE_FUTURE" in lines
    checks = [line for line in lines if line.startswith("PY_BUILD_CMAKE_CHECK(")]
    assert checks == [
        "PY_BUILD_CMAKE_CHECK(ALIGNOF_LONG, PY_BUILD_CMAKE_ALIGNOF(long) == ALIGNOF_LONG);",
        "PY_BUILD_CMAKE_CHECK(ALIGNOF_MAX_ALIGN_T, PY_BUILD_CMAKE_ALIGNOF(max_align_t)"
        " == ALIGNOF_MAX_ALIGN_T);",
        "PY_BUILD_CMAKE_CHECK(SIZEOF_LONG_LONG, PY_BUILD_CMAKE_SIZEOF_LONG_LONG"
        " == SIZEOF_LONG_LONG);",
        "PY_BUILD_CMAKE_CHECK(SIZEOF_VOID_P, sizeof(void *) == SIZEOF_VOID_P);",
        "PY_BUILD_CMAKE_CHECK(SIZEOF_WCHAR_T, sizeof(wchar_t) == SIZEOF_WCHAR_T);",
    ]
    assert [line for line in lines if line.startswith("#include")] == [
        '#include "pyconfig_of_build_python.h"',
        "#include <stddef.h>",
    ]
    assert "Py_GIL_DISABLED" not in text
    # GCC and Clang say 16 and 8.
    assert "#  if __BIGGEST_ALIGNMENT__ < ALIGNOF_MAX_ALIGN_T || defined(__i386__)" in lines


def test_the_compiler_says_what_differs_between_data_models(include_dir: Path) -> None:
    sizes = "#define SIZEOF_LONG 8\n#define SIZEOF_TIME_T 8\n#define SIZEOF_INT 4\n"
    lines = overlay_pyconfig(write(include_dir / "pyconfig.h", f"{PYCONFIG}{sizes}")).splitlines()
    assert "#  define SIZEOF_VOID_P __SIZEOF_POINTER__" in lines
    assert "#  define SIZEOF_LONG __SIZEOF_LONG__" in lines
    assert "#  define SIZEOF_TIME_T (sizeof(time_t))" in lines
    assert "#  undef SIZEOF_INT" not in lines
    assert any(line.startswith("PY_BUILD_CMAKE_CHECK(SIZEOF_INT,") for line in lines)
    (condition,) = (line for line in lines if "__SIZEOF_POINTER__ !=" in line)
    assert condition == "#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ != 8"


def test_flags_that_cmake_searches_for_are_in_the_overlay(include_dir: Path) -> None:
    pyconfig = write(include_dir / "pyconfig.h", f"{PYCONFIG}#define Py_GIL_DISABLED 1\n")
    assert "\n#define Py_GIL_DISABLED 1\n" in overlay_pyconfig(pyconfig)


@pytest.mark.parametrize("build", [LINUX_PP310, WINDOWS_CP311])
def test_only_cpython_on_linux(build: object, include_dir: Path) -> None:
    assert isinstance(build, type(LINUX_CP311))
    with pytest.raises(ConfigError, match="works with CPython on Linux only"):
        find_build_headers(replace(build, include_dir=include_dir), "x")


@pytest.mark.parametrize("missing", ["patchlevel.h", "pyconfig.h"])
def test_headers_that_are_not_installed(include_dir: Path, missing: str) -> None:
    (include_dir / missing).unlink()
    with pytest.raises(ConfigError, match="are not installed") as e:
        find_build_headers(replace(LINUX_CP311, include_dir=include_dir), "x")
    assert "python3-dev" in e.value.problems[0].hint
    with pytest.raises(ConfigError, match="are not installed"):
        find_build_headers(replace(LINUX_CP311, include_dir=None), "x")


def test_what_is_known_of_the_host(include_dir: Path) -> None:
    machine = replace(LINUX_CP311, include_dir=include_dir)
    python = describe_build_python(machine, "x", ("manylinux_2_17_aarch64",))
    assert {name: fact.value for name, fact in python.facts.items()} == {
        "implementation": "cp",
        "version": "311",
        "abi_flags": "",
    }
    for tag in ("ios_13_0_arm64_iphoneos", "android_24_arm64_v8a"):
        with pytest.raises(ConfigError, match=f"Linux, Windows and macOS only, not for '{tag}'"):
            describe_build_python(machine, "x", (tag,))
    assert describe_build_python(machine, "x", ("macosx_11_0_universal2",)) == python
    assert describe_build_python(machine, "x", ("win_arm64",)) == python
    debug = replace(machine, abi_flags="d")
    with pytest.raises(ConfigError, match="is a debug build"):
        describe_build_python(debug, "x", ("win_amd64",))


def test_files_of_a_cross_build(include_dir: Path) -> None:
    machine = replace(LINUX_CP311, include_dir=include_dir)
    cross = cross_config(python="build", include_dir=Path("/b/include"))
    files = header_files(*cmake_plan(cmake_config(), machine, cross=cross)[:2])
    assert Path("/b/include/pyconfig.h") in files
    assert Path("/b/include/cpython/object.h") in files
    without = cross_config(include_dir=Path("/b/include"))
    for other in (None, without):
        assert header_files(*cmake_plan(cmake_config(), machine, cross=other)[:2]) == {}
