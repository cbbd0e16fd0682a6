"""The cases of cross builds: one with a native pre-build, and twelve at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from backends import BACKENDS, OURS
from bench import Bench, Row, only_sources, rows_of
from host_python import ARCHITECTURES, Sysroot, unpack
from measure import Command, measure

# The host gets a file that only the native build makes, as it is with stubs.
_CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.1)
project(demo LANGUAGES C)
if(CMAKE_CROSSCOMPILING)
    find_package(Python REQUIRED COMPONENTS Development.Module)
else()
    find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/native.txt" "native\\n")
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/native.txt" DESTINATION demo)
endif()
Python_add_library(_native MODULE WITH_SOABI src/_native.c)
install(TARGETS _native DESTINATION demo)
"""
_TOOLCHAIN_FILE = """\
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_SYSROOT "{sysroot}")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(Python_INCLUDE_DIR "{include_dir}")
set(Python_SOABI cpython-311-aarch64-linux-gnu)
"""
_CROSS_FILE = """\
implementation = "cp"
version = "311"
abi = "cp311"
arch = "linux_aarch64"
toolchain_file = "aarch64.cmake"
copy_from_native_build = ["demo/native.txt"]
"""
_BARE_CROSS = """
import shutil, subprocess, sys
source, build = sys.argv[1:]
run = lambda *words: subprocess.run(words, check=True)
def make(kind, *options):
    tree = f"{build}/{kind}"
    run("cmake", "-S", source, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *options)
    run("cmake", "--build", tree)
    run("cmake", "--install", tree, "--prefix", f"{build}/prefix-{kind}")
make("native", "-DPython_EXECUTABLE=" + sys.executable)
make("cross", "-DCMAKE_TOOLCHAIN_FILE=" + source + "/aarch64.cmake")
shutil.copy(f"{build}/prefix-native/demo/native.txt", f"{build}/prefix-cross/demo")
shutil.make_archive(f"{build}/archive", "zip", f"{build}/prefix-cross")
"""
_TARGETS = (
    *(f"manylinux_2_{glibc}_{arch}" for arch in ("aarch64", "x86_64") for glibc in (17, 28, 34)),
    *(f"musllinux_1_2_{arch}" for arch in ("aarch64", "x86_64", "riscv64")),
    *(f"manylinux_2_39_{arch}" for arch in ("ppc64le", "riscv64", "s390x")),
)
_SINGLE_BUILDS = """
import subprocess, sys
_, out, *targets = sys.argv
for target in targets:
    settings = {"cross.arch": target, "cross.toolchain": "zig", "cross.native_build": "true"}
    hook = f"import py_build_cmake.build as b; b.build_wheel({out!r}, {settings!r})"
    subprocess.run([sys.executable, "-c", hook], check=True)
"""


def cross_build(bench: Bench) -> Iterator[Row]:
    """A wheel for aarch64 of a project with one C file, after a native pre-build; from nothing.

    None of the other backends has a native pre-build.
    """
    host = unpack(ARCHITECTURES["aarch64"])
    bare, own = bench.fresh("cross-bare"), bench.fresh("cross")
    _write_cross(host, bare)
    hook = bench.hook(BACKENDS[0], own, "build_wheel", str(own / "out"))
    commands = [
        bench.bare(_BARE_CROSS, bare, bare, bare / "build", prepare=bare / "build"),
        replace(hook, prepare=partial(_write_cross, host, own)),
    ]
    yield from rows_of("cross build with native pre-build", None, measure(commands, bench.rounds))


def many_targets(bench: Bench) -> Iterator[Row]:
    """Twelve targets, linked by zig, after a native pre-build: as single builds, and as one."""
    targets = _TARGETS[: 2 if bench.is_quick else None]
    single, together = bench.fresh("targets-single"), bench.fresh("targets-together")
    matrix = single.with_name("targets.toml")
    words = ", ".join(f'"{target}"' for target in targets)
    matrix.write_text(
        f'[common]\ntoolchain = "zig"\nnative_build = true\n[[targets]]\narch = [{words}]\n'
    )
    one_by_one = bench.bare(_SINGLE_BUILDS, single, single / "out", *targets, prepare=single)
    program = bench.pythons[OURS].with_name("py-build-cmake")
    at_once = [program, "wheels", "--matrix", matrix, "-o", together / "out"]
    commands = [
        Command("single builds", one_by_one.words, single, one_by_one.environ),
        Command("one command", at_once, together, one_by_one.environ),
    ]
    commands = [
        replace(command, prepare=partial(only_sources, BACKENDS[0], command.cwd))
        for command in commands
    ]
    yield from rows_of(f"wheels for {len(targets)} targets", None, measure(commands, bench.rounds))


def _write_cross(host: Sysroot, project: Path) -> None:
    only_sources(BACKENDS[0], project)
    (project / "CMakeLists.txt").write_text(_CMAKE_LISTS)
    facts = {"sysroot": host.path, "include_dir": host.include_dir}
    (project / "aarch64.cmake").write_text(_TOOLCHAIN_FILE.format(**facts))
    (project / "py-build-cmake.cross.toml").write_text(_CROSS_FILE)
