"""Finding the first errors in what compilers, linkers, CMake and build tools print."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configs import cross_config

from py_build_cmake.base.errors import CommandError, Diagnostic
from py_build_cmake.cmake.advice import FailedCommand, stubs_advice, together
from py_build_cmake.cmake.diagnostics import (
    LAST_LINES,
    MOST_DIAGNOSTICS,
    find_diagnostics,
)

NINJA_GCC = """\
[1/3] Building C object CMakeFiles/m.dir/a.c.o
FAILED: CMakeFiles/m.dir/a.c.o
/usr/bin/gcc -o CMakeFiles/m.dir/a.c.o -c /p/a.c
In file included from /p/a.c:1:
/p/h.h: In function 'f':
/p/h.h:3:5: warning: odd [-Wodd]
/p/h.h:4:12: error: 'x' undeclared (first use in this function)
    4 |     return x;
      |            ^
/p/h.h:4:12: note: each undeclared identifier is reported only once
ninja: build stopped: subcommand failed.
"""
GCC_LINES = (
    "/p/h.h:4:12: error: 'x' undeclared (first use in this function)",
    "    4 |     return x;",
    "      |            ^",
    "/p/h.h:4:12: note: each undeclared identifier is reported only once",
)


@pytest.mark.parametrize(
    ("output", "file", "line", "message"),
    [
        (NINJA_GCC, "/p/h.h", 4, "'x' undeclared (first use in this function)"),
        ("/p/a.c:1:10: fatal error: x.h: No such file\n", "/p/a.c", 1, "x.h: No such file"),
        ("a b.cpp:7:1: error: clang says so\n", "a b.cpp", 7, "clang says so"),
        ("C:\\p\\a.c:7:1: error: no\n", "C:\\p\\a.c", 7, "no"),
        (
            "  C:\\p\\a.c(3,5): error C2065: 'x': undeclared identifier [C:\\b\\m.vcxproj]\n",
            "C:\\p\\a.c",
            3,
            "C2065: 'x': undeclared identifier [C:\\b\\m.vcxproj]",
        ),
        ("a.c(3): fatal error C1083: no file\n", "a.c", 3, "C1083: no file"),
        (
            "/usr/bin/ld: m.o: in function `f':\n"
            "/p/a.c:3: undefined reference to `g'\n"
            "collect2: error: ld returned 1 exit status\n",
            "/p/a.c",
            3,
            "undefined reference to `g'",
        ),
        (
            "/usr/bin/ld: a.c:(.text+0x5): undefined reference to `g'\n",
            "a.c",
            0,
            "undefined reference to `g'",
        ),
        ("/usr/bin/ld: cannot find -lx\n", "", 0, "/usr/bin/ld: cannot find -lx"),
        ("ld.lld: error: undefined symbol: g\n", "", 0, "ld.lld: error: undefined symbol: g"),
        (
            "m.obj : error LNK2019: unresolved external symbol g\n",
            "",
            0,
            "m.obj : error LNK2019: unresolved external symbol g",
        ),
        (
            "CMake Error at CMakeLists.txt:3 (message):\n  not\n\n  today\n\n\n-- Configuring\n",
            "CMakeLists.txt",
            3,
            "message: not today",
        ),
        ("CMake Error: no source\n", "", 0, "CMake Error: no source"),
        (
            "CMake Error in CMakeLists.txt:\n  No cmake_minimum_required\n",
            "CMakeLists.txt",
            0,
            "No cmake_minimum_required",
        ),
        ("/p/a.f90:2:7:\n\n    2 | x = 1\n      | 1\nError: Symbol x\n", "/p/a.f90", 2, "Symbol x"),
        ("cc1: error: bad flag\n", "", 0, "cc1: error: bad flag"),
        ("gcc: error: x.c: No such file\n", "", 0, "gcc: error: x.c: No such file"),
        ("ninja: error: loading 'build.ninja'\n", "", 0, "ninja: error: loading 'build.ninja'"),
        (
            "make[2]: *** No rule to make target 'x'.  Stop.\nmake: *** [all] Error 2\n",
            "",
            0,
            "make[2]: *** No rule to make target 'x'.  Stop.",
        ),
        ("\x1b[01ma.c:1:1: \x1b[31merror: \x1b[0mred\n", "a.c", 1, "red"),
    ],
)
def test_formats(output: str, file: str, line: int, message: str) -> None:
    first = find_diagnostics(output)[0]
    assert (first.file, first.line, first.message) == (file, line, message)


def test_the_lines_that_belong_to_an_error() -> None:
    (error,) = find_diagnostics(NINJA_GCC)
    assert error.lines == GCC_LINES


def test_the_lines_of_cmake() -> None:
    (error,) = find_diagnostics(
        "CMake Error at a/x.cmake:3 (message):\n  not\n\n  today\nCall Stack:\n  CMakeLists.txt:1\n"
    )
    assert error.lines[:4] == ("CMake Error at a/x.cmake:3 (message):", "  not", "", "  today")


def test_the_first_errors_and_no_repetitions() -> None:
    many = "".join(f"a.c({n}): error C1: x [p]\n" for n in (1, 1, 2, 3, 4, 5))
    assert [each.line for each in find_diagnostics(many)] == [1, 2, 3][:MOST_DIAGNOSTICS]


def test_the_end_of_an_output_that_nobody_understands() -> None:
    output = "".join(f"line {n}\n" for n in range(100))
    (error,) = find_diagnostics(output)
    assert error.lines == tuple(f"line {n}" for n in range(100 - LAST_LINES, 100))
    assert find_diagnostics("\n") == ()


def test_what_any_program_says_is_shown() -> None:
    (error,) = find_diagnostics("[1/2] x\nFAILED: t\ncmd\nerror: no such thing\nninja: stopped\n")
    assert error.message == "error: no such thing"
    (error,) = find_diagnostics("[ 50%] x\nmytool: error: bad\ngmake[2]: *** [x:1: t] Error 3\n")
    assert error.message == "mytool: error: bad"
    (error,) = find_diagnostics("/bin/sh: 1: gen: not found\ngmake: *** [x: t] Error 127\n")
    assert error.message == "/bin/sh: 1: gen: not found"
    # After the errors of compilers and CMake, which are more certain.
    first, second = find_diagnostics("gen: error: bad\nCMake Error at a:3 (message):\n  no\n")
    assert (first.message, second.message) == ("message: no", "gen: error: bad")


def test_what_a_failed_command_printed() -> None:
    command = "cd /b && " + "x" * 300
    (error,) = find_diagnostics(f"FAILED: t\n{command}\nodd\n[2/3] y\nninja: stopped\n")
    assert error.message == "FAILED: t"
    assert (error.lines[0], error.lines[2:]) == ("FAILED: t", ("odd",))
    assert len(error.lines[1]) == 200
    failed = "gmake[2]: *** [x:1: t] Error 3"
    (error,) = find_diagnostics(f"[ 50%] x\nodd\n{failed}\ngmake: *** [all] Error 2\n")
    assert error.lines == ("odd", failed)
    assert find_diagnostics(f"{failed}\n")[0].lines == (failed,)


PROGRAM = '  File "/lib/nanobind/stubgen.py", line 1760, in <module>\n    main()\n    ~~~~^^\n'
FRAMES = "".join(f'  File "<frozen importlib>", line {n}, in f\n' for n in range(9))
TRACEBACK = "Traceback (most recent call last):\n"
NO_MODULE = "ModuleNotFoundError: No module named '_core'"


def test_tracebacks_where_nothing_else_is_said() -> None:
    failed = f"FAILED: _core.pyi\n{TRACEBACK}{PROGRAM}{FRAMES}{NO_MODULE}\nninja: stopped\n"
    (error,) = find_diagnostics(failed)
    assert (error.message, error.file) == (NO_MODULE, "")
    assert error.lines == (
        TRACEBACK.strip(),
        '  File "/lib/nanobind/stubgen.py", line 1760, in <module>',
        "    main()",
        "  ...",
        *FRAMES.splitlines()[-3:],
        NO_MODULE,
    )
    # A program that tried something is not what failed.
    (error,) = find_diagnostics(f"{TRACEBACK}{PROGRAM}{NO_MODULE}\na.c:3: error: x\n")
    assert error.message == "x"
    (error,) = find_diagnostics(f"{TRACEBACK}{PROGRAM}not an exception\nFAILED: a\n")
    assert error.message == "FAILED: a"
    assert find_diagnostics(TRACEBACK + PROGRAM.rstrip())[0].message == "~~~~^^"


@pytest.mark.parametrize(
    ("program", "exception", "is_known"),
    [
        ("nanobind/stubgen.py", NO_MODULE, True),
        ("pybind11_stubgen/__main__.py", NO_MODULE, True),
        ("own.py", NO_MODULE, False),
        ("nanobind/stubgen.py", "ModuleNotFoundError: No module named 'pkg._core'", True),
        ("nanobind/stubgen.py", "ModuleNotFoundError: No module named 'typing_extensions'", False),
        ("nanobind/stubgen.py", "ValueError: no", False),
        ("own.py", "ImportError: /b/_core.so: wrong ELF class: ELFCLASS32", True),
        ("own.py", "ImportError: /b/_core.so: invalid ELF header", True),
        (
            "own.py",
            "ImportError: /b/_core.abi3.so: cannot open shared object file: No such file",
            True,
        ),
        (
            "own.py",
            "ImportError: dlopen(/b/_core.so, 0x0002): tried: '/b/_core.so' (mach-o file, but is"
            " an incompatible architecture (have 'arm64', need 'x86_64'))",
            True,
        ),
        (
            "own.py",
            "ImportError: DLL load failed while importing _core: %1 is not a valid Win32"
            " application.",
            True,
        ),
        ("own.py", "ImportError: cannot import name 'x' from 'y'", False),
    ],
)
def test_hints_for_cross_builds(
    tmp_path: Path, program: str, exception: str, is_known: bool
) -> None:
    (tmp_path / "_core.cpython-311-aarch64-linux-gnu.so").touch()
    frame = f'  File "/lib/{program}", line 1, in <module>\n'
    case = FailedCommand(tmp_path, "pkg", cross_config())
    hint = together(stubs_advice(f"{TRACEBACK}{frame}{exception}\n", case))
    assert ("copy_from_native_build" in hint) is is_known


def test_a_hint_stands_below_what_was_said() -> None:
    error = CommandError("build", ["make"], 2, diagnostics=[Diagnostic("x", ("x",))])
    assert str(error.with_hint("do")).splitlines()[-2:] == ["        x", "    hint: do"]
    assert str(error.with_hint("")).splitlines()[-1] == "        x"


def test_relative_names(tmp_path: Path) -> None:
    (tmp_path / "a.c").touch()
    build = tmp_path / "build"
    build.mkdir()
    (error,) = find_diagnostics("../a.c:1:1: error: x\n", [tmp_path / "no", build])
    assert error.file == str(tmp_path / "a.c")
    (error,) = find_diagnostics("../b.c:1:1: error: x\n", [build])
    assert error.file == "../b.c"


def test_they_stand_under_the_command(tmp_path: Path) -> None:
    said = [Diagnostic("x", ("a.c:1: error: x", "", "  ^"), "a.c", 1)]
    error = CommandError("build", ["make"], 2, log=tmp_path / "log", diagnostics=said)
    assert str(error).splitlines()[1:] == [
        "    command: make",
        f"    log: {tmp_path / 'log'}",
        "    what it said:",
        "        a.c:1: error: x",
        "",
        "          ^",
    ]
