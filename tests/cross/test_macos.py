"""Wheels for macOS, made here with zig, and read by LLVM, which is not ours. Nothing runs them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import REPOSITORY, CommandFailed, run
from support.examples import MINIMAL, copy_example
from support.hosts import without
from support.projects import edit
from support.zig import install_zig

from py_build_cmake.verify.contents import read_files

SHARED = """
set_target_properties(_add_module PROPERTIES INSTALL_RPATH "@loader_path")
add_library(helper SHARED src/helper.c)
target_link_libraries(_add_module PRIVATE helper)
add_executable(tool src/tool.c)
if(NOT APPLE OR CMAKE_OSX_DEPLOYMENT_TARGET STREQUAL "")
    message(FATAL_ERROR "This is not macOS.")
endif()
install(TARGETS helper tool DESTINATION minimal)
"""
OLDEST = {"arm64": (11, 0), "x86_64": (10, 13)}


@pytest.fixture(scope="module")
def backend(backend: Backend) -> Backend:
    """The same beside zig."""
    return backend.with_env(PYTHONPATH=str(install_zig()))


def read_by_llvm(path: Path, machine: str) -> str:
    """Return what llvm-objdump says of one slice."""
    program = shutil.which("llvm-objdump")
    if program is None:
        without("no llvm-objdump on PATH")
    return run(program, "--macho", f"--arch={machine}", "--private-headers", path)


def test_both_machines(backend: Backend, tmp_path: Path) -> None:
    """A module, a library beside it and a program, each for both machines in one file."""
    project = copy_example(MINIMAL, tmp_path / "project")
    (project / "src" / "helper.c").write_text("int helper(void) { return 1; }\n")
    (project / "src" / "tool.c").write_text("int main(void) { return 0; }\n")
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write(SHARED)
    settings = {"cross.arch": "macosx_10_13_universal2", "cross.toolchain": "zig"}
    built = backend.build_wheel(project, settings)
    assert built.path.name.endswith("-macosx_10_13_universal2.whl")
    assert "experimental" in built.log
    shutil.unpack_archive(built.path, tmp_path / "wheel", "zip")
    places = [p for p in built.wheel.payload if not p.endswith(".py")]
    reports = {
        report.place: report.binary
        for report in read_files({place: tmp_path / "wheel" / place for place in places})
    }
    (module,) = (place for place in reports if place.endswith("-darwin.so"))
    assert set(reports) == {module, "minimal/libhelper.dylib", "minimal/tool"}
    for place, binary in reports.items():
        assert binary.machines == set(OLDEST)
        assert {s.machine: s.version for s in binary.systems} == OLDEST
        assert dict(binary.signatures) == {"arm64": "valid"}
        for machine, (major, minor) in OLDEST.items():
            said = read_by_llvm(tmp_path / "wheel" / place, machine)
            kind = "EXECUTE" if place.endswith("tool") else "DYLIB"
            assert re.search(rf"MH_MAGIC_64\s.*\s{kind}\s", said)
            assert re.search(rf"(?:minos|version) {major}\.{minor}\n", said)
            assert ("LC_CODE_SIGNATURE" in said) == (machine == "arm64")
            libraries = re.findall(r"LC_LOAD_DYLIB\n.*\n\s+name (\S+)", said)
            own = ["@rpath/libhelper.dylib"] if place == module else []
            assert sorted(libraries) == sorted(["/usr/lib/libSystem.B.dylib", *own])
    assert reports[module].rpaths == ("@loader_path",)
    assert reports["minimal/libhelper.dylib"].soname == "@rpath/libhelper.dylib"


def test_what_zig_lacks(backend: Backend, tmp_path: Path) -> None:
    project = copy_example(MINIMAL, tmp_path / "project")
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write('target_link_libraries(_add_module PRIVATE "-framework Accelerate")\n')
    settings = {"cross.arch": "macosx_11_0_arm64", "cross.toolchain": "zig"}
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project, settings)
    assert "the framework Accelerate is of Apple's SDK" in e.value.log
    edit(project / "CMakeLists.txt", "LANGUAGES C)", "LANGUAGES C Fortran)")
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project, settings)
    assert "zig has no Fortran compiler" in e.value.log


@pytest.mark.skipif(
    os.environ.get("PY_BUILD_CMAKE_TEST_MATRIX") != "full",
    reason="zig compiles libc++ for minutes; PY_BUILD_CMAKE_TEST_MATRIX is not full",
)
@pytest.mark.parametrize("machine", OLDEST)
def test_bindings(backend: Backend, tmp_path: Path, machine: str) -> None:
    """pybind11 and nanobind: nothing is needed that the oldest macOS lacks."""
    packages = REPOSITORY / "tests" / "packages"
    project = Path(shutil.copytree(packages / "exceptions", tmp_path / "exceptions"))
    tag = "macosx_{}_{}_{}".format(*OLDEST[machine], machine)
    built = backend.build_wheel(project, {"cross.arch": tag, "cross.toolchain": "zig"})
    shutil.unpack_archive(built.path, tmp_path / "wheel", "zip")
    places = [place for place in built.wheel.payload if place.endswith(".so")]
    reports = read_files({place: tmp_path / "wheel" / place for place in places})
    assert len(reports) == 2
    for report in reports:
        assert report.binary.needed == ("/usr/lib/libSystem.B.dylib",)
        imports = {symbol.name for symbol in report.binary.imports}
        assert ("aligned_alloc" in imports) == (machine == "arm64")
