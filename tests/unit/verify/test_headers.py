"""Headers of another Python than the wheel is for, in what compilers say that they read."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.config.kinds import CMakeValue
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.project.plan import BuildPlan
from py_build_cmake.verify.checks.headers import check_headers
from py_build_cmake.verify.finding import Code, Finding

HOST = HostPlatform("cp", "312", "cp312", ("linux_aarch64",), True, "cpython-312-aarch64-linux-gnu")
DEPEND_INFO = """
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "{source}" "CMakeFiles/m.dir/m.c.o" "gcc" "CMakeFiles/m.dir/m.c.o.d"
  )
"""


def python(root: Path, version: str = "3.11", triplet: str = "") -> Path:
    """Make the include directory of a Python, with its pyconfig.h apart if there is a triplet."""
    major, minor = version.split(".")
    include = root / "include" / f"python{version}"
    apart = root / "include" / triplet / include.name if triplet else include
    for directory in (include, apart):
        directory.mkdir(parents=True, exist_ok=True)
    (include / "Python.h").touch()
    (include / "patchlevel.h").write_text(
        f"#define PY_MAJOR_VERSION {major}\n#define PY_MINOR_VERSION {minor}\n"
    )
    (include / "pyconfig.h").touch()
    (apart / "pyconfig.h").touch()
    return include


class Build:
    """A build directory in which the compiler has read some headers for one source."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.machine = replace(LINUX_CP311, include_dir=python(directory / "build-python"))
        self.headers: list[Path] = []
        self.cross: dict[str, Any] | None = None
        self.options: dict[str, CMakeValue] = {}
        self.made_headers: Path | None = None

    def reads(self, include: Path, *names: str) -> None:
        self.headers += [include / name for name in names or ("Python.h", "pyconfig.h")]

    def plan(self) -> BuildPlan:
        cross = cross_config(**self.cross) if self.cross is not None else None
        host = HOST if cross else None
        plan, cmake_pass, configuration = cmake_plan(
            cmake_config(options=self.options), self.machine, host=host, cross=cross
        )
        configuration = replace(configuration, build_dir=self.directory / "build")
        config = replace(plan.config, project_dir=self.directory)
        main_pass = replace(cmake_pass, configurations=(configuration,))
        if cross and self.made_headers:
            main_pass = replace(main_pass, cross=replace(cross, include_dir=self.made_headers))
        return replace(plan, config=config, main_pass=main_pass)

    def found(self) -> list[Finding]:
        plan = self.plan()
        assert plan.main_pass
        return list(check_headers(plan, plan.main_pass))

    def with_make(self) -> list[Finding]:
        objects = self.directory / "build" / "CMakeFiles" / "m.dir"
        objects.mkdir(parents=True, exist_ok=True)
        (self.directory / "build" / "Makefile").touch()
        source = self.directory / "src" / "m.c"
        (objects / "DependInfo.cmake").write_text(DEPEND_INFO.format(source=source))
        listed = " \\\n ".join(str(path).replace(" ", "\\ ") for path in self.headers)
        (objects / "m.c.o.d").write_text(f"CMakeFiles/m.dir/m.c.o: {source} \\\n {listed}\n")
        return self.found()

    def with_ninjas_log(self, version: int = 4) -> list[Finding]:
        """Return what is found with Ninja's own log, and a Ninja that does not answer."""
        build = self.directory / "build"
        self.with_ninja()
        (self.directory / "ninja").write_text("#!/bin/sh\nexit 1\n")
        log = b"# ninjadeps\n" + struct.pack("=I", version)
        for number, header in enumerate(map(str, self.headers)):
            name = header.encode() + b"\0" * (-len(header.encode()) % 4)
            log += struct.pack("=I", len(name) + 4) + name + struct.pack("=I", ~number & 0xFFFFFFFF)
        log += struct.pack("=IIQI", 1 << 31 | 16, 0, 1, 0)
        (build / ".ninja_deps").write_bytes(log)
        return self.found()

    def with_ninja(self, answer: str | None = None) -> list[Finding]:
        build = self.directory / "build"
        build.mkdir(exist_ok=True)
        (build / "build.ninja").touch()
        listed = "".join(f"    {path}\n" for path in self.headers)
        source = self.directory / "src" / "m.c"
        default = f"m.o: #deps 3, deps mtime 1 (VALID)\n    {source}\n{listed}\n"
        ninja = self.directory / "ninja"
        (self.directory / "answer").write_text(default if answer is None else answer)
        ninja.write_text(f'#!/bin/sh\ncat "{self.directory}/answer"\n')
        ninja.chmod(0o755)
        (build / "CMakeCache.txt").write_text(f"CMAKE_MAKE_PROGRAM:FILEPATH={ninja}\n")
        return self.found()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path / "a project")


def test_the_right_headers_with_both_build_tools(build: Build) -> None:
    assert build.machine.include_dir
    build.reads(build.machine.include_dir)
    assert build.with_make() == build.with_ninja() == []


def test_ninjas_log_is_enough_where_everything_is_right(build: Build, tmp_path: Path) -> None:
    assert build.machine.include_dir
    build.reads(build.machine.include_dir)
    assert build.with_ninjas_log() == []
    (unknown,) = build.with_ninjas_log(version=3)
    assert unknown.code.text == "unknown-headers"
    # Ninja has to say for which source a wrong one was read.
    build.reads(python(tmp_path / "other", "3.9"), "Python.h")
    (unknown,) = build.with_ninjas_log()
    assert unknown.code.text == "unknown-headers"


def test_headers_of_another_version_in_a_native_build(build: Build) -> None:
    assert build.machine.include_dir
    build.reads(build.machine.include_dir)
    build.reads(python(build.directory / "other", "3.9"))
    for found in (build.with_make(), build.with_ninja()):
        assert {each.code for each in found} == {Code.FOREIGN_HEADERS}
        assert {each.problem.where for each in found} == {"src/m.c"}
        assert "headers of cp39" in found[0].problem.message
        assert str(build.machine.include_dir) in found[0].problem.hint
        assert all(each.is_error for each in found)


def test_debian_keeps_pyconfig_apart(build: Build) -> None:
    include = python(build.directory / "usr", triplet="x86_64-linux-gnu")
    build.machine = replace(build.machine, include_dir=include)
    build.reads(include)
    apart = include.parent / "x86_64-linux-gnu" / include.name
    build.reads(apart, "pyconfig.h")
    assert build.with_make() == []
    # Only that file is there, and only for the same version.
    build.reads(apart.with_name("python3.12"), "pyconfig.h")
    assert [f.code for f in build.with_make()] == [Code.FOREIGN_HEADERS]


def test_a_cross_build_wants_the_headers_of_its_host(build: Build) -> None:
    host = python(build.directory / "sysroot", "3.12", "aarch64-linux-gnu")
    build.cross = {"include_dir": host}
    build.reads(host)
    assert build.with_ninja() == []
    assert build.machine.include_dir
    build.reads(build.machine.include_dir, "pyconfig.h")
    (found,) = build.with_ninja()
    assert "the headers of the Python that runs the build" in found.problem.message
    build.cross["force_native_python"] = True
    assert build.with_ninja() == []


def test_headers_that_were_made_of_those_of_the_host(build: Build) -> None:
    host = python(build.directory / "sysroot", "3.12", "aarch64-linux-gnu")
    build.made_headers = python(build.directory / "made", "3.12")
    build.cross = {"include_dir": host}
    build.reads(host)
    build.reads(build.made_headers)
    assert build.with_ninja() == []
    # Those of a Python for the build machine are right only as they were made.
    build.cross["python"] = "build"
    (found,) = {f.problem.message for f in build.with_ninja()}
    assert str(host) in found


def test_where_nobody_says_where_the_headers_of_the_host_are(build: Build) -> None:
    build.cross = {}
    include = python(build.directory / "sysroot", "3.12", "aarch64-linux-gnu")
    build.reads(include)
    build.reads(include.parent / "aarch64-linux-gnu" / include.name, "pyconfig.h")
    assert build.with_make() == []
    assert build.machine.include_dir
    build.reads(build.machine.include_dir, "Python.h")
    build.reads(python(build.directory / "other", "3.13"), "patchlevel.h")
    build.reads(build.directory / "nowhere", "Python.h")
    said = [found.problem.message for found in build.with_make()]
    assert len(said) == 3
    assert "that runs the build" in said[0]
    assert "cp313" in said[1]
    assert "which are not" in said[2]


def test_numpy(build: Build) -> None:
    packages = build.directory / "site-packages"
    include = packages / "numpy" / "_core" / "include" / "numpy"
    include.mkdir(parents=True)
    build.machine = replace(build.machine, import_paths=(packages,))
    build.reads(include, "numpyconfig.h", "_numpyconfig.h")
    assert build.with_make() == []
    build.cross = {}
    found = build.with_make()
    assert {each.code for each in found} == {Code.FOREIGN_HEADERS}
    assert "cross.site_packages" in found[0].problem.hint
    # Who names the directory knows what it is.
    build.options = {"Python_NumPy_INCLUDE_DIR": CMakeValue((str(include.parent),))}
    assert build.with_make() == []


def test_objects_that_are_not_built_any_more_do_not_count(build: Build) -> None:
    other = python(build.directory / "other", "3.9") / "Python.h"
    assert build.with_ninja(f"m.o: #deps 1, deps mtime 1 (STALE)\n    m.c\n    {other}\n\n") == []
    (found,) = build.with_ninja(f"x.o: #deps 1, deps mtime 1 (VALID)\n    {other}\n\n")
    assert found.problem.where == "build/x.o"


def test_what_is_not_known_is_said(build: Build) -> None:
    """Other build tools, older versions of CMake with Make, and a Ninja that fails."""
    (unknown,) = build.found()
    assert unknown.code is Code.UNKNOWN_HEADERS
    objects = build.directory / "build" / "CMakeFiles" / "m.dir"
    objects.mkdir(parents=True)
    (build.directory / "build" / "Makefile").touch()
    assert build.found() == []  # nothing is compiled
    (objects / "DependInfo.cmake").write_text('set(CMAKE_DEPENDS_CHECK_C\n  "a.c" "a.c.o"\n  )\n')
    assert [f.code for f in build.found()] == [Code.UNKNOWN_HEADERS]
    (build.directory / "build" / "build.ninja").touch()
    cache = "CMAKE_MAKE_PROGRAM:FILEPATH=/nonexistent/ninja\n"
    (build.directory / "build" / "CMakeCache.txt").write_text(cache)
    assert [f.code for f in build.found()] == [Code.UNKNOWN_HEADERS]
