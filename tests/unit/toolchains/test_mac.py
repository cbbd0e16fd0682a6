"""``toolchain = "zig"`` for macOS: what its programs give to zig, and what CMake is told."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import Error
from py_build_cmake.base.places import Place
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.toolchains.toolchain_file import ToolchainFiles, ToolchainRequest
from py_build_cmake.toolchains.zig import zig_toolchain

ZIG = '#!/bin/sh\n[ "$1" = version ] && { echo 0.17.1; exit; }\nprintf \'%s\\n\' "$@"\n'
LINK = ["-O2", "-s"]
MODULE = ["-undefined", "dynamic_lookup", "-install_name"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuildMachine:
    """A machine whose only program is a zig that prints its arguments."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    zig = tmp_path / "bin" / "zig"
    zig.parent.mkdir()
    zig.write_text(ZIG)
    zig.chmod(0o755)
    return replace(LINUX_CP311, environ={"PATH": f"{zig.parent}:/usr/bin:/bin"})


def toolchain_for(tmp_path: Path, tag: str, machine: BuildMachine) -> ToolchainFiles:
    toolchain = zig_toolchain(
        ToolchainRequest(tmp_path / "toolchain", (tag,), Place("x.toml")), machine
    )
    toolchain.write()
    return toolchain


def program(toolchain: ToolchainFiles, name: str) -> Path:
    (path,) = (path for path in toolchain.programs if path.name == name)
    return path


def given(compiler: Path, *words: str) -> list[str]:
    """Return what zig is given for the words, but for the target and what is always there."""
    done = subprocess.run([compiler, *words], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[5:]


def test_what_cmake_is_told(tmp_path: Path, machine: BuildMachine) -> None:
    toolchain = toolchain_for(tmp_path, "macosx_11_0_arm64", machine)
    text = toolchain.files[toolchain.file]
    lines = text.splitlines()
    assert "zig 0.17.1 for aarch64-macos.11.0 (experimental: nobody has run" in lines[0]
    assert lines[1:3] == ["set(CMAKE_SYSTEM_NAME Darwin)", "set(CMAKE_SYSTEM_PROCESSOR arm64)"]
    assert 'set(CMAKE_OSX_DEPLOYMENT_TARGET 11.0 CACHE STRING "" FORCE)' in lines
    assert "set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)" in lines
    assert "set(CMAKE_BUILD_WITH_INSTALL_NAME_DIR ON)" in lines
    assert "CMAKE_LIBRARY_ARCHITECTURE" not in text
    assert toolchain.dlltool == ()
    (module,) = tmp_path.rglob("modules/Platform/Apple-Clang-CXX-arm64.cmake")
    assert "-Wl,-rpath," in module.read_text()
    tool = program(toolchain, "install_name_tool")
    assert f'set(CMAKE_INSTALL_NAME_TOOL [=[{tool}]=] CACHE FILEPATH "" FORCE)' in lines
    done = subprocess.run([tool, "-id", "x"], check=False, capture_output=True, text=True)
    assert (done.returncode, "BUILD_WITH_INSTALL_RPATH" in done.stderr) == (1, True)
    assert given(program(toolchain, "cc"), "-dumpmachine") == []


def test_modules_are_dynamic_libraries(tmp_path: Path, machine: BuildMachine) -> None:
    compiler = program(toolchain_for(tmp_path, "macosx_11_0_arm64", machine), "cc")
    name = "x.cpython-311-darwin.so"
    assert given(compiler, "-bundle", "-Wl,-search_paths_first", "-o", f"a b/{name}", "m.o") == [
        *("-dynamiclib", "-Wl,-search_paths_first", "-o", f"a b/{name}", "m.o"),
        *(*LINK, *MODULE, f"@rpath/{name}"),
    ]
    assert given(compiler, "-dynamiclib", "-install_name", "y", "-o", "y", "m.o", "-g") == [
        *("-dynamiclib", "-install_name", "y", "-o", "y", "m.o", "-g", "-O2"),
    ]
    assert given(compiler, "-c", "-o", "m.o", "m.c") == ["-c", "-o", "m.o", "m.c"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # nanobind names the symbols of Python in a file.
        ("-Wl,@python.sym -Wl,-dead_strip", "-Wl,-dead_strip -O2 -s -undefined dynamic_lookup"),
        ("-Wl,-U,_PyLong_Type,-dead_strip,-x", "-Wl,-dead_strip -O2 -s -undefined dynamic_lookup"),
        (
            "-Xlinker -U -Xlinker _PyLong_Type -Xlinker -dead_strip",
            "-Xlinker -dead_strip -O2 -s -undefined dynamic_lookup",
        ),
        ("-Wl,-ld_classic -Wl,-twolevel_namespace,-bind_at_load a.o", "a.o -O2 -s"),
        ("-Wl,-macosx_version_min,10.9 a.o", "a.o -O2 -s"),
        (
            "-Xlinker -undefined -Xlinker dynamic_lookup",
            "-Xlinker -undefined -Xlinker dynamic_lookup -O2 -s",
        ),
        ("-Wl,-exported_symbols_list,x.txt", "-Wl,-exported_symbols_list,x.txt -O2 -s"),
        ("-arch arm64 a.o", "a.o -O2 -s"),
        ("-Wl,-rpath,@loader_path/lib a.o", "-Wl,-rpath,@loader_path/lib a.o -O2 -s"),
    ],
)
def test_options_that_its_linker_does_not_know(
    tmp_path: Path, machine: BuildMachine, words: str, expected: str
) -> None:
    compiler = program(toolchain_for(tmp_path, "macosx_11_0_arm64", machine), "cc")
    assert " ".join(given(compiler, *words.split())) == expected


def test_another_machine_is_refused(tmp_path: Path, machine: BuildMachine) -> None:
    compiler = program(toolchain_for(tmp_path, "macosx_11_0_arm64", machine), "c++")
    done = subprocess.run(
        [compiler, "-arch", "x86_64", "-c", "a.c"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "-arch x86_64, but this is a compiler for arm64: leave" in done.stderr
    assert "CMAKE_OSX_ARCHITECTURES out" in done.stderr


@pytest.mark.parametrize(
    ("tag", "needs_it"), [("macosx_10_13_x86_64", True), ("macosx_10_15_x86_64", False)]
)
def test_a_function_that_old_systems_lack(
    tmp_path: Path, machine: BuildMachine, tag: str, needs_it: bool
) -> None:
    """Zig's C++ library needs it, and C programs that do not use C++ get nothing."""
    toolchain = toolchain_for(tmp_path, tag, machine)
    source = tmp_path / "toolchain" / "aligned_alloc.c"
    assert source.is_file() == needs_it
    compiler = program(toolchain, "c++")
    last = given(compiler, "-o", "x", "a.o")[-1]
    assert last.endswith("/../aligned_alloc.c") == needs_it
    assert given(compiler, "-c", "a.cpp") == ["-c", "a.cpp"]
    assert given(program(toolchain, "cc"), "a.o") == ["a.o", *LINK]


def test_not_on_macos_itself(tmp_path: Path, machine: BuildMachine) -> None:
    request = ToolchainRequest(
        tmp_path / "toolchain", ("macosx_11_0_arm64",), Place("x.toml"), is_cross=False
    )
    with pytest.raises(Error, match="on other systems only"):
        zig_toolchain(request, machine)
