"""Named toolchains: the files that are made, with programs of our own in the place of compilers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.compiled import elf
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311, WINDOWS_CP311

from py_build_cmake.base.errors import ConfigError, Error
from py_build_cmake.base.places import Place
from py_build_cmake.config.schema import NATIVE_TOOLCHAINS, TOOLCHAINS, CrossConfig, options_of
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.toolchains import registry
from py_build_cmake.toolchains.registry import (
    has_own_runtimes,
    named_toolchain,
    toolchain_of,
    toolchain_requirements,
)
from py_build_cmake.toolchains.toolchain_file import ToolchainFiles, ToolchainRequest
from py_build_cmake.toolchains.zig import REQUIREMENT, zig_toolchain, zig_version
from py_build_cmake.verify.checks.runtimes import separate_runtimes
from py_build_cmake.verify.contents import read_files

AARCH64 = HostPlatform("cp", "311", "cp311", ("linux_aarch64",), is_cross=True)
# Prints its arguments, one a line.
ZIG = """#!/bin/sh
[ "$1" = version ] && {{ echo {version}; exit; }}
printf '%s\\n' "$ZIG_LOCAL_CACHE_DIR" "$@"
"""


def write_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether ``ziglang`` is installed where the tests run does not matter."""
    monkeypatch.setitem(sys.modules, "ziglang", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)


@pytest.fixture
def machine(tmp_path: Path) -> BuildMachine:
    """A machine whose only programs are in ``bin``."""
    (tmp_path / "bin").mkdir()
    environ = {"PATH": str(tmp_path / "bin")}
    return replace(LINUX_CP311, environ=environ, scripts_dir=tmp_path / "nowhere")


@pytest.fixture
def zig(tmp_path: Path) -> Path:
    return write_program(tmp_path / "bin" / "zig", ZIG.format(version="0.17.1"))


def request(
    tmp_path: Path, tag: str = "manylinux_2_28_aarch64", **changes: object
) -> ToolchainRequest:
    return replace(ToolchainRequest(tmp_path / "with blank", (tag,), Place("x.toml")), **changes)  # type: ignore[arg-type]


def write(toolchain: ToolchainFiles) -> None:
    for path, text in {**toolchain.files, **toolchain.programs}.items():
        write_program(path, text)


def said(program: Path, *arguments: str) -> list[str]:
    done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_compilers_of_zig(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    toolchain = zig_toolchain(request(tmp_path), machine)
    write(toolchain)
    programs = {path.name: path for path in toolchain.programs}
    first = ["-target", "aarch64-linux-gnu.2.28", "-g0", "-fno-sanitize=undefined"]
    cache, *arguments = said(programs["c++"], "-c", "a b.cpp", "-flto", "-O3", "")
    assert Path(cache).resolve() == (tmp_path / "with blank" / "zig-cache")
    assert arguments == ["c++", *first, "-c", "a b.cpp", "-flto", "-O3", ""]
    assert said(programs["cc"], "a.o", "-O3")[1:] == ["cc", *first, "a.o", "-O3", "-O2", "-s"]
    linked = said(
        programs["cc"],
        "-g",
        "a.o",
        "-flto=thin",
        "-Wl,--exclude-libs,ALL",
        "-Wl,-Bsymbolic-functions",
    )
    assert linked[1:] == ["cc", *first, "-g", "a.o", "-Wl,-Bsymbolic", "-O2"]
    assert options_of_linker(programs["cc"]) == {
        "-Wl,-z,now,--exclude-libs,ALL,-s": "-Wl,-z,now,-s",
        "-Wl,--exclude-libs=ALL": "",
        "-Wl,-Bsymbolic-functions,*": "-Wl,-Bsymbolic,*",
        "-Wl,--exclude-libs -Wl,ALL -lm": "-lm",
        "-Xlinker --exclude-libs -Xlinker ALL -lm": "-lm",
        "-Xlinker --exclude-libs=ALL -Xlinker -z -Xlinker now": "-Xlinker -z -Xlinker now",
        "-Xlinker -Bsymbolic-functions": "-Xlinker -Bsymbolic",
        "-Xlinker -rpath -Xlinker /a,b": "-Xlinker -rpath -Xlinker /a,b",
    }
    for tool in ("ar", "ranlib", "objcopy", "rc", "dlltool"):
        assert said(programs[tool], "-x", "y z")[1:] == [tool, "-x", "y z"]
    assert said(programs["strip"], "module.so") == []


def options_of_linker(compiler: Path) -> dict[str, str]:
    """Return options as linkers of others have them, and what zig is given in their place."""
    given = (
        "-Wl,-z,now,--exclude-libs,ALL,-s",
        "-Wl,--exclude-libs=ALL",
        "-Wl,-Bsymbolic-functions,*",
        "-Wl,--exclude-libs -Wl,ALL -lm",
        "-Xlinker --exclude-libs -Xlinker ALL -lm",
        "-Xlinker --exclude-libs=ALL -Xlinker -z -Xlinker now",
        "-Xlinker -Bsymbolic-functions",
        "-Xlinker -rpath -Xlinker /a,b",
    )
    # The first words are the target's, the last those of every link without -g.
    return {text: " ".join(said(compiler, "-g", *text.split())[7:-1]) for text in given}


def test_programs_for_musl_are_dynamic(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    toolchain = zig_toolchain(request(tmp_path, "musllinux_1_2_aarch64"), machine)
    write(toolchain)
    (compiler,) = (path for path in toolchain.programs if path.name == "cc")
    assert said(compiler, "a.o")[-1] == "-dynamic"
    # What CMake does to learn of the directories that are linked with is a link as any other.
    assert said(compiler, "-v", "-Wl,-v", "a.o")[-3:] == ["-O2", "-s", "-dynamic"]
    assert "-dynamic" not in said(compiler, "-static", "a.o")
    assert "-dynamic" not in said(compiler, "-c", "a.c")
    assert said(compiler, "-dumpmachine") == ["aarch64-linux-musl"]


def test_toolchain_file_of_zig(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    include, sysroot = tmp_path / "before.cmake", tmp_path / "sysroot"
    toolchain = zig_toolchain(request(tmp_path, include=include, sysroot=sysroot), machine)
    text = toolchain.files[toolchain.file]
    lines = text.splitlines()
    assert "zig 0.17.1 for aarch64-linux-gnu.2.28" in lines[0]
    assert toolchain.note.startswith("zig 0.17.1 for aarch64-linux-gnu.2.28: the first time")
    assert lines[1] == f"include([=[{include}]=])"
    assert "set(CMAKE_SYSTEM_NAME Linux)" in lines
    assert "set(CMAKE_SYSTEM_PROCESSOR aarch64)" in lines
    tools = tmp_path / "with blank" / "bin"
    for name, tool in (("C_COMPILER", "cc"), ("CXX_COMPILER", "c++"), ("AR", "ar")):
        assert f'set(CMAKE_{name} [=[{tools / tool}]=] CACHE FILEPATH "" FORCE)' in lines
    assert f"list(APPEND CMAKE_FIND_ROOT_PATH [=[{sysroot}]=])" in lines
    assert "set(CMAKE_SYSROOT" not in text
    assert "    set(CMAKE_POSITION_INDEPENDENT_CODE ON)" in lines
    assert f'set(CMAKE_C_FLAGS_INIT [=[-idirafter "{sysroot}/usr/include"]=])' in lines
    assert "    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)" in lines
    assert "    set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)" in lines
    assert f"{sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig" in text
    fortran = toolchain.file.with_name("modules") / "CMakeDetermineFortranCompiler.cmake"
    assert "zig has no Fortran compiler" in toolchain.files[fortran]


def test_without_sysroot_nothing_of_this_machine_is_found(
    tmp_path: Path, machine: BuildMachine, zig: Path
) -> None:
    toolchain = zig_toolchain(request(tmp_path), machine)
    root = toolchain.file.with_name("root")
    assert f"list(APPEND CMAKE_FIND_ROOT_PATH [=[{root}]=])" in toolchain.files[toolchain.file]
    assert root / "README" in toolchain.files


def test_native_builds_are_not_cross(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    toolchain = zig_toolchain(request(tmp_path, "linux_x86_64", is_cross=False), machine)
    text = toolchain.files[toolchain.file]
    assert "CMAKE_SYSTEM_NAME" not in text
    assert "CMAKE_FIND_ROOT_PATH" not in text


def test_both_halves_of_debians_pyconfig(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    """In native builds. Those of hosts are joined in one file."""
    first, triplet = tmp_path / "include" / "python3.11", "x86_64-linux-gnu"
    second = first.parent / triplet / first.name
    machine = replace(machine, include_dir=first, soabi=f"cpython-311-{triplet}")

    def links(**changes: object) -> dict[Path, Path]:
        toolchain = zig_toolchain(request(tmp_path, "linux_x86_64", **changes), machine)
        toolchain.write()
        text, headers = toolchain.files[toolchain.file], toolchain.file.with_name("include")
        assert (f'-idirafter "{headers}"' in text) is bool(toolchain.links)
        return {path.relative_to(headers): path.resolve() for path in toolchain.links}

    assert links(is_cross=False) == {}
    write_program(first / "pyconfig.h", f"#include <{triplet}/{first.name}/pyconfig.h>\n")
    assert links(is_cross=False) == {}
    write_program(second / "pyconfig.h")
    for _ in range(2):
        assert links(is_cross=False) == {Path(triplet, first.name): second}
    assert links() == {}


def test_stable_path_of_zig(tmp_path: Path, machine: BuildMachine, zig: Path) -> None:
    toolchain = zig_toolchain(
        request(tmp_path, stable=lambda path: Path("/link", path.name)), machine
    )
    assert toolchain.files[toolchain.file.with_name("zig-path")] == "/link/zig\n"


def test_no_zig(tmp_path: Path, machine: BuildMachine) -> None:
    with pytest.raises(Error, match="not found") as e:
        zig_toolchain(request(tmp_path), machine)
    assert REQUIREMENT in e.value.problems[0].hint


@pytest.mark.parametrize("version", ["0.9.1", "oops"])
def test_old_zig(tmp_path: Path, machine: BuildMachine, version: str) -> None:
    write_program(tmp_path / "bin" / "zig", ZIG.format(version=version))
    with pytest.raises(Error, match="or newer is wanted"):
        zig_toolchain(request(tmp_path), machine)


def test_a_zig_that_cannot_be_run(tmp_path: Path) -> None:
    assert zig_version(write_program(tmp_path / "zig", "#!/nowhere/sh\n")) == ()


def test_zig_of_the_package(
    tmp_path: Path, machine: BuildMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spec:
        submodule_search_locations = (str(tmp_path / "none"), str(tmp_path / "ziglang"))

    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: Spec if name == "ziglang" else None
    )
    program = write_program(tmp_path / "ziglang" / "zig", ZIG.format(version="0.17.1"))
    toolchain = zig_toolchain(request(tmp_path), machine)
    assert toolchain.files[toolchain.file.with_name("zig-path")] == f"{program}\n"


def test_zig_is_required_only_if_it_is_missing(tmp_path: Path, machine: BuildMachine) -> None:
    def required(cross: str | None, native: str | None, *, native_build: bool = False) -> list[str]:
        config = cmake_config(toolchain=native)
        table = cross_config(toolchain=cross, native_build=native_build) if cross else None
        plan, _, _ = cmake_plan(config, machine, cross=table)
        return toolchain_requirements(plan.config, machine)

    assert required(None, None) == []
    assert required("gnu", None) == []
    assert required("gnu", "zig") == []
    assert required("gnu", "zig", native_build=True) == [REQUIREMENT]
    assert required("zig", None) == [REQUIREMENT]
    assert required(None, "zig") == [REQUIREMENT]
    write_program(tmp_path / "bin" / "zig", ZIG.format(version="0.17.1"))
    assert required("zig", None) == []


def test_which_toolchain(machine: BuildMachine, zig: Path) -> None:
    plan, cmake_pass, cmake = cmake_plan(cmake_config(), machine)
    assert named_toolchain(plan, cmake_pass, cmake) is None
    assert not has_own_runtimes(plan)
    musl = replace(machine, soabi="cpython-311-x86_64-linux-musl")
    for native, target in ((machine, "x86_64-linux-gnu.2.17"), (musl, "x86_64-linux-musl")):
        plan, cmake_pass, cmake = cmake_plan(cmake_config(toolchain="zig"), native)
        toolchain = named_toolchain(plan, cmake_pass, cmake)
        assert toolchain
        assert f"for {target}." in toolchain.files[toolchain.file]
        assert has_own_runtimes(plan)
    cross = cross_config(toolchain="zig", arch="linux_aarch64")
    plan, cmake_pass, cmake = cmake_plan(cmake_config(), machine, host=AARCH64, cross=cross)
    toolchain = named_toolchain(plan, cmake_pass, cmake)
    assert toolchain
    assert "aarch64-linux-gnu.2.17" in toolchain.files[toolchain.file]
    assert has_own_runtimes(plan)
    assert not has_own_runtimes(replace(plan, main_pass=None))


def test_no_named_toolchains_on_windows() -> None:
    plan, cmake_pass, cmake = cmake_plan(cmake_config(toolchain="zig"), WINDOWS_CP311)
    with pytest.raises(ConfigError, match="needs a POSIX shell"):
        named_toolchain(plan, cmake_pass, cmake)


def gnu(machine: BuildMachine, **keys: object) -> ToolchainFiles:
    cross = cross_config(toolchain="gnu", **keys)
    plan, cmake_pass, cmake = cmake_plan(cmake_config(), machine, host=AARCH64, cross=cross)
    toolchain = named_toolchain(plan, cmake_pass, cmake)
    assert toolchain
    return toolchain


def test_gnu_of_the_first_triple(tmp_path: Path, machine: BuildMachine) -> None:
    for name in ("g++", "gcc", "ar", "gcc-ar", "strip"):
        write_program(tmp_path / "bin" / f"aarch64-conda-linux-gnu-{name}")
    write_program(tmp_path / "bin" / "aarch64-unknown-linux-gnu-gcc")
    toolchain = gnu(machine)
    lines = toolchain.files[toolchain.file].splitlines()
    prefix = tmp_path / "bin" / "aarch64-conda-linux-gnu"
    for variable, name in {"C_COMPILER": "gcc", "AR": "gcc-ar", "STRIP": "strip"}.items():
        assert f'set(CMAKE_{variable} [=[{prefix}-{name}]=] CACHE FILEPATH "" FORCE)' in lines
    # Not the compiler of this machine.
    fortran = "set(CMAKE_Fortran_COMPILER [=[aarch64-conda-linux-gnu-gfortran]=]"
    assert any(line.startswith(fortran) for line in lines)
    assert "set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)" in lines


@pytest.mark.parametrize("has_libc", [False, True])
def test_gnu_with_a_sysroot(tmp_path: Path, machine: BuildMachine, *, has_libc: bool) -> None:
    write_program(tmp_path / "bin" / "aarch64-linux-gnu-gcc")
    include = tmp_path / "sysroot" / "usr" / "include"
    include.mkdir(parents=True)
    if has_libc:
        (include / "stdio.h").touch()
    toolchain = gnu(machine, python=tmp_path / "sysroot")
    text = toolchain.files[toolchain.file]
    assert (f"set(CMAKE_SYSROOT [=[{tmp_path / 'sysroot'}]=])" in text) is has_libc
    root = f"list(APPEND CMAKE_FIND_ROOT_PATH [=[{tmp_path / 'sysroot'}]=])"
    assert (root in text) is not has_libc


def test_no_gnu_compiler_lists_what_was_tried(machine: BuildMachine) -> None:
    with pytest.raises(ConfigError) as e:
        gnu(machine)
    (problem,) = e.value.problems
    for triple in ("aarch64-linux-gnu", "aarch64-redhat-linux-gnu", "aarch64-conda-linux-gnu"):
        assert f"{triple}-gcc" in problem.message
    assert "g++-aarch64-linux-gnu" in problem.hint


def test_two_runtimes(tmp_path: Path) -> None:
    def library(name: str, needed: tuple[str, ...], mark: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(elf(183, needed=needed) + mark)
        return path

    mark = b"libc++abi: \0"
    files = {
        "pkg/_core.so": library("_core.so", ("libnb.so", "libc.so.6"), mark),
        "pkg/libnb.so": library("libnb.so", (), mark),
    }
    (found,) = separate_runtimes(read_files(files), files)
    problem = found.problem
    assert problem.where == "pkg/_core.so"
    assert "needs libnb.so" in problem.message
    library("libnb.so", (), b"")
    assert separate_runtimes(read_files(files), files) == ()


def test_the_registry_and_the_configuration_know_the_same_toolchains() -> None:
    toolchains = [toolchain_of(name) for name in TOOLCHAINS]
    assert [toolchain.name for toolchain in toolchains] == list(TOOLCHAINS)
    assert tuple(t.name for t in toolchains if t.compiles_natively) == NATIVE_TOOLCHAINS
    folder = Path(registry.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\nTOOLCHAIN = " in path.read_text()}
    assert modules == set(TOOLCHAINS)
    documentation = options_of(CrossConfig)["toolchain"].doc
    assert all(f"`{name}`" in documentation for name in TOOLCHAINS)
