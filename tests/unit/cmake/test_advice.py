"""Hints below errors whose cause is known, each for what a program really prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cross_config

from py_build_cmake.cmake.advice import FailedCommand, find_advice
from py_build_cmake.config.schema import CrossConfig

CROSS = cross_config()
WITH_PYTHON = cross_config(include_dir=Path("/sysroot/usr/include/python3.11"))
FOR_MACOS = cross_config(toolchain="zig", arch="macosx_11_0_arm64")
EMULATED = cross_config(emulator=("qemu",))
TRY_RUN = """\
CMake Error: TRY_RUN() invoked in cross-compiling mode, please set the following cache variables:
   IS32_EXITCODE (advanced)
   IS32_EXITCODE__TRYRUN_OUTPUT (advanced)
For details see /b/TryRunResults.cmake
"""
NO_LIBRARY = """\
CMake Error at FindPackageHandleStandardArgs.cmake:290 (message):
  Could NOT find Python (missing: Python_LIBRARIES Development
  Development.Embed) (found version "3.11.2")
"""
NO_HEADERS = "  Could NOT find Python3 (missing: Python3_INCLUDE_DIRS\n  Development.Module)\n"
NAMED = (
    "  The CMAKE_C_COMPILER:\n\n    armv8-gcc\n\n  is not a full path and was not found in PATH\n"
)
NONE = "CMake Error at CMakeLists.txt:2 (project):\n  No CMAKE_CXX_COMPILER could be found.\n"
VARIABLE = "  Could not find the compiler specified in the environment variable CC:\n\n  my-gcc.\n"
NINJA = '  CMake was unable to find a build program corresponding to\n  "Ninja".\n'
MAKE = 'CMake was unable to find a build program corresponding to "Unix Makefiles".'
OLD = "  CMake 9.8 or higher is required.  You are running version 4.4.5\n"
CONFIG = '  Could not find a package configuration file provided by "pybind11" with any\n'
UNRESOLVED = "ERROR: Package 'a/1.0' not resolved: No remote defined. Required by 'cli'\n"
INVALID = "ERROR: Invalid setting '99' is not a valid 'settings.compiler.version' value.\n"
DEBIAN = "pyconfig.h:9:10: fatal error: aarch64-linux-gnu/python3.11/pyconfig.h: No such file\n"


@pytest.mark.parametrize(
    ("output", "cross", "expected"),
    [
        (TRY_RUN, CROSS, ('`cross.emulator = "auto"`', '`cmake.options.IS32_EXITCODE = "0"`')),
        (TRY_RUN.replace("TRY_RUN", "try_run"), CROSS, ("IS32_EXITCODE",)),
        (NO_LIBRARY, CROSS, ("`find_package(Python COMPONENTS", "Module", "`cross.library`")),
        (NO_LIBRARY, None, ("Development.Module", "libpython3-dev")),
        (NO_HEADERS, CROSS, ("set `cross.python`, `cross.include_dir`", "x.cross.toml")),
        (NO_HEADERS, WITH_PYTHON, ("cross check",)),
        (NO_HEADERS, None, ("python3-dev",)),
        ("m.c:1:10: fatal error: Python.h: No such file or directory\n", None, ("python3-dev",)),
        ("m.c:1:10: fatal error: 'Python.h' file not found\n", CROSS, ("`cross.python`",)),
        (NAMED, CROSS, ("armv8-gcc was not found", "CMAKE_C_COMPILER")),
        (NONE, None, ("install a compiler", '`cmake.toolchain = "zig"`')),
        (NONE, CROSS, ("set CMAKE_CXX_COMPILER", '`cross.toolchain = "zig"`')),
        (VARIABLE, None, ("my-gcc, which the environment variable CC names",)),
        (NINJA, None, ("install ninja",)),
        (MAKE, None, ('`cmake.generator = "Ninja"`',)),
        (
            "x86_64-w64-mingw32-gcc: error: /EHsc: linker input file not found: No such file\n",
            CROSS,
            ("/EHsc is an option of Microsoft's", "`if(MSVC)`"),
        ),
        ("error: /W4: unrecognized file extension\n", CROSS, ("/W4 is an option",)),
        ("clang: error: no such file or directory: '/MP'\n", CROSS, ("/MP is an option",)),
        ("m.cpp:1:10: fatal error: atlbase.h: No such file\n", CROSS, ("`#ifdef _MSC_VER`",)),
        ("m.cpp:1:10: fatal error: 'comdef.h' file not found\n", CROSS, ("comdef.h is a header",)),
        (
            'error: unable to find system framework "Accelerate". searched paths: none\n',
            FOR_MACOS,
            ("the framework Accelerate is of Apple's SDK",),
        ),
        ('error: unable to find dynamic system library "z" using', FOR_MACOS, ("the library z",)),
        ("error: 'os/log.h' file not found\n", FOR_MACOS, ("the header os/log.h is",)),
        (OLD, None, ('`cmake.minimum_version = "9.8"`', "4.4.5")),
        (CONFIG, None, ('add "pybind11" to `build-system.requires`',)),
        ("/usr/bin/python3: No module named nanobind\n", None, ("nanobind is in", "isolation")),
        (UNRESOLVED, None, ("no remote could be reached, and a/1.0 is not in", "conan export")),
        (UNRESOLVED.replace("No remote defined", "Unable to find"), None, ("a/1.0 is not in",)),
        ("ERROR: Missing prebuilt package for 'a/1.0'.\n", CROSS, ("`conan.args`",)),
        ("ERROR: Profile not found: x\n", None, ("`conan.profile_host`",)),
        (INVALID, None, ("-s:h=compiler.version=16",)),
        (DEBIAN, CROSS, ("<aarch64-linux-gnu/python3.11/pyconfig.h>", "CMAKE_SYSROOT")),
        (DEBIAN, None, ("<aarch64-linux-gnu/python3.11/pyconfig.h>", "(python3-dev)")),
        ("/bin/sh: 1: ./gen: Exec format error\n", CROSS, ("./gen is", "native_build", "auto")),
        ("sh: line 1: gen: cannot execute binary file: Exec format error\n", EMULATED, ("gen",)),
        ("/bin/sh: 1: gen: not found\n", CROSS, ("gen is compiled for the host",)),
        ("qemu-arm: Could not open '/lib/ld-linux.so.3': No such\n", CROSS, ("`cross.emulator",)),
    ],
)
def test_hints(
    tmp_path: Path, output: str, cross: CrossConfig | None, expected: tuple[str, ...]
) -> None:
    program = tmp_path / "tools" / "gen"
    program.parent.mkdir()
    program.touch(0o755)
    case = FailedCommand(tmp_path, "demo", cross, "x.cross.toml", frozenset({"nanobind"}))
    (hint,) = find_advice(output, case)
    assert [text for text in expected if text not in hint] == []


@pytest.mark.parametrize(
    ("output", "cross"),
    [
        ("a.c:1:1: error: 'x' undeclared\n", CROSS),
        # Not a program of this build, and not a cross build.
        ("/bin/sh: 1: swig: not found\n", CROSS),
        ("/bin/sh: 1: ./gen: Exec format error\n", None),
        ("  Could NOT find Python (missing: Interpreter)\n", CROSS),
        ('  Could not find a package configuration file provided by "Own" with\n', None),
    ],
)
def test_no_hint(tmp_path: Path, output: str, cross: CrossConfig | None) -> None:
    assert find_advice(output, FailedCommand(tmp_path, "demo", cross)) == ()


LIST = "CMake Error at {}:3 (add_library):\n  {}\n\n"


@pytest.mark.parametrize(
    ("output", "place"),
    [
        (LIST.format("CMakeLists.txt", "Cannot find source file:\n\n    src/m.c"), "src/m.c"),
        (LIST.format("lib/CMakeLists.txt", "Cannot find source file:\n\n    m.c"), "lib/m.c"),
        (
            LIST.format(
                "CMakeLists.txt", "include could not find requested file:\n\n    cmake/x.cmake"
            ),
            "cmake/x.cmake",
        ),
        ("CMake Error: File {root}/v.h.in does not exist.\n", "v.h.in"),
        ("CMake Error: Error processing file: gen.cmake\n", "gen.cmake"),
        (
            LIST.format(
                "CMakeLists.txt",
                'add_subdirectory given source "lib" which is not an existing\n  directory.',
            ),
            "lib/CMakeLists.txt",
        ),
        (
            "  The source directory\n\n    {root}/lib\n\n  does not contain a CMakeLists.txt\n",
            "lib/CMakeLists.txt",
        ),
        (
            "  failed to open for reading (No such file or\n  directory):\n\n    {root}/VERSION\n",
            "VERSION",
        ),
        ('  file STRINGS file "{root}/VERSION" cannot be read.\n', "VERSION"),
        (
            "CMake Error at b/cmake_install.cmake:46 (file):\n"
            '  file INSTALL cannot find "{root}/data.txt": No such file or\n  directory.\n',
            "data.txt",
        ),
        ("CMake Error: Could not read presets from {root}: File not found\n", "CMakePresets.json"),
        ("Errors:\n{root}/more.json: Failed to read file\n", "more.json"),
        (
            "ninja: error: '{root}/x.txt', needed by 'o', missing and no known rule to make it\n",
            "x.txt",
        ),
        ("make[2]: *** No rule to make target '{root}/x.txt', needed by 'o'.  Stop.\n", "x.txt"),
        (
            'm.c:1:10: fatal error: m.h: No such file or directory\n    1 | #include "m.h"\n',
            "m.h",
        ),
        ("m.c:1:10: fatal error: 'm.h' file not found\n#include \"m.h\"\n", "m.h"),
    ],
)
def test_files_that_a_source_distribution_lacks(tmp_path: Path, output: str, place: str) -> None:
    output = output.replace("{root}", str(tmp_path))
    checkout = FailedCommand(tmp_path / "build", "module")
    assert find_advice(output, checkout) == ()
    sdist = replace(checkout, sdist=tmp_path, sdist_remedy="add it to `sdist.include`")
    (hint,) = find_advice(output, sdist)
    assert hint.startswith(f"{place} is not in this source distribution: add it to `sdist.inc")
    # It is there: something else is wrong.
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).touch()
    assert find_advice(output, sdist) == ()


@pytest.mark.parametrize(
    "output",
    [
        "m.c:1:10: fatal error: zlib.h: No such file or directory\n    1 | #include <zlib.h>\n",
        "ninja: error: '{root}/build/x', needed by 'o', missing and no known rule to make it\n",
        "ninja: error: '/usr/lib/libx.so', needed by 'o', missing and no known rule to make it\n",
        LIST.format("CMakeLists.txt", "include could not find requested file:\n\n    ECM"),
    ],
)
def test_files_that_a_source_distribution_does_not_have(tmp_path: Path, output: str) -> None:
    failed = FailedCommand(tmp_path / "build", "module", sdist=tmp_path, sdist_remedy="add it")
    assert find_advice(output.replace("{root}", str(tmp_path)), failed) == ()
