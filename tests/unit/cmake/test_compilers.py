"""Compilers and tools of a cross build: who names them, where they are, what they are for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.configs import cmake_config

from py_build_cmake.base.errors import Error
from py_build_cmake.cmake.probes import (
    Program,
    ToolchainVariables,
    compilers,
    prefix_of,
    probe_toolchain,
    tools,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs are shell scripts here")
ANSWERS = 'for word; do last=$word; done\n[ "$last" = -dumpmachine ] || exit 3\n'


def program(path: Path, script: str = "exit 1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "bin"
    program(directory / "aarch64-linux-gnu-gcc", f"{ANSWERS}echo aarch64-linux-gnu")
    program(directory / "aarch64-linux-gnu-g++", f"{ANSWERS}echo aarch64-linux-gnu")
    for tool in ("aarch64-linux-gnu-ar", "strip", "llvm-ranlib", "ranlib"):
        program(directory / tool)
    return directory


def found(toolchain: dict[str, str], **environ: str) -> list[Program]:
    return list(compilers(ToolchainVariables(toolchain), environ))


def test_compilers_of_the_toolchain_are_asked(bin_dir: Path) -> None:
    names = {"CMAKE_C_COMPILER": "aarch64-linux-gnu-gcc", "CMAKE_CXX_COMPILER": "none-g++"}
    c, cxx = found(names, PATH=str(bin_dir), CC="ignored")
    gcc = bin_dir / "aarch64-linux-gnu-gcc"
    assert c == Program("CMAKE_C_COMPILER", gcc.name, gcc, "the toolchain", "aarch64-linux-gnu")
    assert (cxx.path, cxx.target) == (None, "")


def test_compilers_of_the_environment_may_have_arguments(bin_dir: Path) -> None:
    wrapper = program(bin_dir / "ccache", 'exec "$@"')
    (c,) = found({}, PATH=str(bin_dir), CC=f"{wrapper} aarch64-linux-gnu-gcc -Wall")
    assert (c.path, c.target) == (wrapper, "aarch64-linux-gnu")
    assert c.source == "environment variable CC"
    (broken,) = found({}, PATH=str(bin_dir), CXX="'unclosed")
    assert broken.path is None


def test_a_list_is_a_program_with_arguments(bin_dir: Path) -> None:
    zig = program(bin_dir / "zig", f'{ANSWERS}[ "$1 $2" = "cc -target" ] && echo "$3"')
    (c,) = found({"CMAKE_C_COMPILER": f"{zig};cc;-target;riscv64-linux-musl"}, PATH="")
    assert (c.path, c.target) == (zig, "riscv64-linux-musl")


def test_clang_is_told_its_target(bin_dir: Path) -> None:
    clang = program(bin_dir / "clang", f'{ANSWERS}echo "${{1#--target=}}"')
    wanted = {"CMAKE_C_COMPILER": str(clang), "CMAKE_C_COMPILER_TARGET": "s390x-linux-gnu"}
    assert found(wanted, PATH="")[0].target == "s390x-linux-gnu"


@pytest.mark.parametrize("script", ["exit 1", "echo two words", "echo", "exit 0"])
def test_a_compiler_that_does_not_say(bin_dir: Path, script: str) -> None:
    compiler = program(bin_dir / "cl", script)
    assert found({"CMAKE_C_COMPILER": str(compiler)}, PATH="")[0].target == ""


def test_tools_are_found_as_cmake_does(bin_dir: Path) -> None:
    compiler = Program("CMAKE_C_COMPILER", "x", bin_dir / "aarch64-linux-gnu-gcc", "the toolchain")
    said = ToolchainVariables({"CMAKE_RANLIB": "aarch64-linux-gnu-ranlib"})
    ar, ranlib, strip = tools(said, compiler, {"PATH": ""})
    assert ar.path == bin_dir / "aarch64-linux-gnu-ar"
    assert (ranlib.path, ranlib.source) == (None, "the toolchain")
    assert strip.path == bin_dir / "strip"
    clang = Program("CMAKE_C_COMPILER", "x", bin_dir / "clang", "the toolchain")
    paths = [tool.path for tool in tools(ToolchainVariables({}), clang, {"PATH": ""})]
    assert paths == [None, bin_dir / "llvm-ranlib", bin_dir / "strip"]
    assert list(tools(ToolchainVariables({}), None, {"PATH": str(bin_dir)})) == []


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("aarch64-linux-gnu-gcc-12", "aarch64-linux-gnu"),
        ("x86_64-w64-mingw32-clang++", "x86_64-w64-mingw32"),
        ("clang-16", ""),
        ("gcc", ""),
        ("zig", ""),
    ],
)
def test_prefixes(name: str, prefix: str) -> None:
    assert prefix_of(Path("/usr/bin", name)) == prefix


def test_cmake_says_what_a_toolchain_file_sets(tmp_path: Path) -> None:
    cmake = program(
        tmp_path / "cmake",
        'for word; do [ "$before" = -B ] && build=$word; before=$word; done\n'
        "mkdir -p $build\n"
        'echo "CMAKE_C_COMPILER=/a;-b=c" > $build/said.txt\n'
        'echo "CMAKE_TOOLCHAIN_FILE=$CMAKE_GENERATOR_PLATFORM" >> $build/said.txt\n'
        f'echo "$@" > {tmp_path}/arguments\n',
    )
    toolchain = tmp_path / "toolchain.cmake"
    environ = {"CMAKE_GENERATOR_PLATFORM": "x64", "PATH": os.environ["PATH"]}
    said = probe_toolchain(
        cmake, cmake_config(args=("-DX=1",), preset="p"), toolchain, environ, ["X=0"]
    )
    assert said.list("CMAKE_C_COMPILER") == ["/a", "-b=c"]
    assert said.get("CMAKE_TOOLCHAIN_FILE") == ""
    assert said.get("CMAKE_SYSROOT") == ""
    arguments = (tmp_path / "arguments").read_text()
    assert f"CMAKE_TOOLCHAIN_FILE:FILEPATH={toolchain}" in arguments
    assert arguments.startswith("-D X=0 ")
    assert "-DX=1" in arguments
    assert "--preset" not in arguments


def test_a_toolchain_file_that_fails(tmp_path: Path) -> None:
    cmake = program(tmp_path / "cmake", "echo 'CMake Error: nope'; exit 1")
    with pytest.raises(Error, match="CMake Error: nope") as e:
        probe_toolchain(cmake, cmake_config(), Path("/t.cmake"), dict(os.environ))
    assert e.value.problems[0].where == "/t.cmake"
