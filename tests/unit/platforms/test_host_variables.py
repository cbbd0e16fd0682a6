"""The build-time variables of a Python that cannot be run here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.host_variables import (
    HostPaths,
    build_time_variables,
    host_library,
    is_big_endian,
    sizes_of_types,
)

ARM = HostPlatform(
    *("cp", "311", "cp311", ("linux_armv7l",)),
    is_cross=True,
    soabi="cpython-311-arm-linux-gnueabihf",
)
SYSCONFIGDATA = """
# a comment
build_time_vars = {'CC': 'arm-linux-gnueabihf-gcc', 'EXT_SUFFIX': '%s',
 'INCLUDEPY': '/usr/include/python3.11', 'LDLIBRARY': 'libpython3.11.so', 'prefix': '/usr',
 'LIBDIR': '/usr/lib/arm-linux-gnueabihf', 'LIBPL': '/usr/lib/python3.11/config',
 'BINDIR': '/usr/bin', 'BLDSHARED': 'cc ' '-shared', 'HAVE_X': 1, 'VERSION': '3.11'}
"""


@pytest.fixture
def sysroot(tmp_path: Path) -> Path:
    """Debian's layout, with the headers of two architectures."""
    usr = tmp_path / "usr"
    include = usr / "include"
    (include / "python3.11").mkdir(parents=True)
    (include / "python3.11" / "pyconfig.h").write_text(
        "#if defined(__linux__)\n# include <arm-linux-gnueabihf/python3.11/pyconfig.h>\n#endif\n"
    )
    own = include / "arm-linux-gnueabihf" / "python3.11"
    own.mkdir(parents=True)
    (own / "pyconfig.h").write_text(
        "#define SIZEOF_VOID_P 4\n#define SIZEOF_LONG 4\n#define SIZEOF_TIME_T 4\n"
        '#define PLATFORM "arm"\n/* #undef WITH_DTRACE */\n'
    )
    (usr / "lib" / "arm-linux-gnueabihf").mkdir(parents=True)
    (usr / "lib" / "python3.11" / "config").mkdir(parents=True)
    record = usr / "lib" / "python3.11" / "_sysconfigdata__arm-linux-gnueabihf.py"
    record.write_text(SYSCONFIGDATA % ARM.ext_suffix)
    (record.parent / "_sysconfigdata__a.py").write_text("broken = [\n")
    (record.parent / "_sysconfigdata__b.py").write_text(SYSCONFIGDATA % ".cpython-311-other.so")
    return tmp_path


def test_what_the_files_of_the_host_say(sysroot: Path) -> None:
    usr = sysroot / "usr"
    found = build_time_variables(ARM, HostPaths(headers=usr / "include" / "python3.11"))
    assert found["INCLUDEPY"] == found["CONFINCLUDEPY"] == str(usr / "include" / "python3.11")
    copy = build_time_variables(
        ARM, HostPaths(Path("/build/include/python3.11"), usr / "include" / "python3.11")
    )
    assert {**copy, "INCLUDEPY": "", "CONFINCLUDEPY": ""} == {
        **{**found, "INCLUDEPY": "", "CONFINCLUDEPY": ""}
    }
    assert copy["INCLUDEPY"] == copy["CONFINCLUDEPY"] == "/build/include/python3.11"
    assert found["LIBDIR"] == str(usr / "lib" / "arm-linux-gnueabihf")
    assert found["LIBPL"] == str(usr / "lib" / "python3.11" / "config")
    assert found["LDLIBRARY"] == "libpython3.11.so"
    assert found["prefix"] == str(usr)
    # What is not there stays what it is on the host.
    assert found["BINDIR"] == "/usr/bin"
    assert (found["CC"], found["BLDSHARED"], found["HAVE_X"]) == (
        *("arm-linux-gnueabihf-gcc", "cc -shared"),
        1,
    )
    assert (found["SIZEOF_TIME_T"], found["PLATFORM"], found["WITH_DTRACE"]) == (4, '"arm"', 0)
    assert (found["LDVERSION"], found["MULTIARCH"]) == ("3.11", "arm-linux-gnueabihf")
    assert (found["Py_GIL_DISABLED"], found["Py_DEBUG"], found["Py_ENABLE_SHARED"]) == (0, 0, 1)


def test_a_record_that_is_named(sysroot: Path) -> None:
    record = sysroot / "usr/lib/python3.11/_sysconfigdata__arm-linux-gnueabihf.py"
    found = build_time_variables(ARM, HostPaths(sysconfigdata=record))
    assert found["CC"] == "arm-linux-gnueabihf-gcc"
    assert found["LIBDIR"] == str(sysroot / "usr" / "lib" / "arm-linux-gnueabihf")


def test_without_any_file_nothing_is_missing() -> None:
    free = replace(ARM, abi_tag="cp313t", version="313", soabi="cpython-313t-arm-linux-gnueabihf")
    found = build_time_variables(free, HostPaths())
    unknown = "/nonexistent/set-cross.python"
    assert found["INCLUDEPY"] == f"{unknown}/include/python3.13t"
    assert found["LIBDIR"] == f"{unknown}/lib"
    assert found["LIBPL"] == f"{unknown}/lib/python3.13t/config-3.13t-arm-linux-gnueabihf"
    assert found["LDLIBRARY"] == "libpython3.13t.a"
    assert found["LDVERSION"] == "3.13t"
    assert found["Py_GIL_DISABLED"] == 1
    assert found["CC"] == "arm-linux-gnueabihf-gcc"
    assert "prefix" not in found


@pytest.mark.parametrize(
    ("tag", "soabi", "sizes", "big"),
    [
        ("linux_aarch64", "cpython-311-aarch64-linux-gnu", (8, 8, 8, 4), False),
        ("linux_armv7l", "cpython-311-arm-linux-gnueabihf", (4, 4, 4, 4), False),
        ("linux_s390x", "cpython-311-s390x-linux-gnu", (8, 8, 8, 4), True),
        ("win_amd64", "cp311-win_amd64", (8, 8, 4, 4), False),
        ("win32", "cp311-win32", (4, 4, 4, 4), False),
        ("macosx_11_0_universal2", "cpython-311-darwin", (8, 8, 8, 4), False),
        ("pyodide_2024_0_wasm32", "cpython-311-wasm32-emscripten", (4, 4, 4, 4), False),
        ("plan9_alpha", "x", (8, 8, 8, 4), False),
    ],
)
def test_sizes_follow_from_the_machine(
    tag: str, soabi: str, sizes: tuple[int, ...], big: bool
) -> None:
    host = replace(ARM, platform_tags=(tag,), soabi=soabi)
    found = sizes_of_types(build_time_variables(host, HostPaths()))
    assert tuple(found[code] for code in "PnlI") == sizes
    assert is_big_endian(host) is big


def test_headers_on_windows_are_in_include_itself() -> None:
    host = replace(ARM, platform_tags=("win_arm64",), soabi="cp311-win_arm64")
    found = build_time_variables(host, HostPaths(prefix=Path("/py")))
    assert (found["INCLUDEPY"], found["MULTIARCH"]) == ("/py/include", "")


def test_the_library_is_looked_for_where_it_may_be(tmp_path: Path) -> None:
    paths = HostPaths(prefix=tmp_path)
    assert host_library(ARM, paths) is None
    assert host_library(ARM, HostPaths()) is None
    library = tmp_path / "lib" / "libpython3.11.so"
    library.parent.mkdir()
    library.touch()
    assert host_library(ARM, paths) == library
    assert build_time_variables(ARM, paths)["LDLIBRARY"] == library.name
    named = HostPaths(prefix=tmp_path, library=Path("/other/libpython3.11.so.1"))
    assert host_library(ARM, named) == named.library
    assert build_time_variables(ARM, named)["LIBDIR"] == "/other"
