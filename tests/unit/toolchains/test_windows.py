"""Named toolchains for Windows, and the import libraries that they make."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import CommandError, ConfigError
from py_build_cmake.base.places import Place
from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.toolchains.gnu import gnu_toolchain
from py_build_cmake.toolchains.import_library import make_import_libraries
from py_build_cmake.toolchains.toolchain_file import Compilers, ToolchainFiles, ToolchainRequest
from py_build_cmake.toolchains.zig import zig_toolchain


def write_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


@pytest.fixture
def machine(tmp_path: Path, bin_dir: Path, monkeypatch: pytest.MonkeyPatch) -> BuildMachine:
    """A machine whose only programs are in ``bin``."""
    monkeypatch.setitem(sys.modules, "ziglang", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    environ = {"PATH": str(bin_dir)}
    return replace(LINUX_CP311, environ=environ, scripts_dir=tmp_path / "nowhere")


def request(tmp_path: Path, tag: str) -> ToolchainRequest:
    return ToolchainRequest(tmp_path / "toolchain", (tag,), Place("x.toml"))


def text_of(toolchain: ToolchainFiles) -> list[str]:
    return toolchain.files[toolchain.file].splitlines()


def test_gnu(tmp_path: Path, bin_dir: Path, machine: BuildMachine) -> None:
    """Of Debian's two compilers, that with the threads of POSIX, and its other tools."""
    triple = bin_dir / "x86_64-w64-mingw32"
    for name in ("gcc", "g++", "gcc-posix", "g++-posix", "gcc-win32", "ar", "dlltool", "windres"):
        write_program(Path(f"{triple}-{name}"))
    write_program(Path(f"{triple}-strip"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    toolchain = gnu_toolchain(request(tmp_path, "win_amd64"), machine)
    lines = text_of(toolchain)
    assert lines[1:3] == ["set(CMAKE_SYSTEM_NAME Windows)", "set(CMAKE_SYSTEM_PROCESSOR AMD64)"]
    for variable, name in {
        "C_COMPILER": "gcc-posix",
        "CXX_COMPILER": "g++-posix",
        "AR": "ar",
        "RC_COMPILER": "windres",
    }.items():
        assert f'set(CMAKE_{variable} [=[{triple}-{name}]=] CACHE FILEPATH "" FORCE)' in lines
    for kind in ("EXE", "SHARED", "MODULE"):
        flags = "-static -Wl,--no-insert-timestamp"
        assert f"set(CMAKE_{kind}_LINKER_FLAGS_INIT [=[{flags}]=])" in lines
    assert "set(CMAKE_CXX_FLAGS_INIT [=[-DMS_WIN64=]=])" in lines
    assert not any("CMAKE_LIBRARY_ARCHITECTURE" in line for line in lines)
    assert toolchain.dlltool == (f"{triple}-dlltool", "-m", "i386:x86-64")
    toolchain.write()
    (strip,) = toolchain.programs
    assert f'set(CMAKE_STRIP [=[{strip}]=] CACHE FILEPATH "" FORCE)' in lines
    done = subprocess.run([strip, "a b.pyd"], check=True, capture_output=True, text=True)
    assert done.stdout == "-p\na b.pyd\n"


def test_gnu_prefers_the_c_library_that_python_has(
    tmp_path: Path, bin_dir: Path, machine: BuildMachine
) -> None:
    for system in ("w64-mingw32", "w64-mingw32ucrt"):
        write_program(bin_dir / f"i686-{system}-gcc")
    toolchain = gnu_toolchain(request(tmp_path, "win32"), machine)
    assert "i686-w64-mingw32ucrt" in text_of(toolchain)[0]
    assert "set(CMAKE_C_FLAGS_INIT [=[-D__MINGW_USE_VC2005_COMPAT]=])" in text_of(toolchain)


def test_no_gnu(tmp_path: Path, machine: BuildMachine) -> None:
    with pytest.raises(ConfigError) as e:
        gnu_toolchain(request(tmp_path, "win_amd64"), machine)
    (problem,) = e.value.problems
    assert "x86_64-w64-mingw32-gcc" in problem.message
    assert "Debian: g++-mingw-w64-x86-64)" in problem.hint


def test_zig(tmp_path: Path, bin_dir: Path, machine: BuildMachine) -> None:
    zig = write_program(
        bin_dir / "zig",
        '#!/bin/sh\n[ "$1" = version ] && { echo 0.17.1; exit; }\nprintf \'%s\\n\' "$@"\n',
    )
    toolchain = zig_toolchain(request(tmp_path, "win_arm64"), machine)
    lines = text_of(toolchain)
    assert "for aarch64-windows-gnu." in lines[0]
    assert "set(CMAKE_SYSTEM_PROCESSOR ARM64)" in lines
    assert "set(CMAKE_C_FLAGS_INIT [=[-DMS_WIN64=]=])" in lines
    assert toolchain.dlltool == (str(zig), "dlltool", "-m", "arm64")
    toolchain.write()
    (compiler,) = (path for path in toolchain.programs if path.name == "cc")
    done = subprocess.run([compiler, "-dumpmachine"], check=True, capture_output=True, text=True)
    assert done.stdout == "aarch64-w64-mingw32\n"


def test_no_import_libraries_for_linux(
    tmp_path: Path, bin_dir: Path, machine: BuildMachine
) -> None:
    write_program(bin_dir / "aarch64-linux-gnu-gcc")
    assert gnu_toolchain(request(tmp_path, "linux_aarch64"), machine).dlltool == ()


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "libs" / "python311.def"
    path.parent.mkdir()
    path.write_text("LIBRARY python311.dll\n")
    return path


def with_dlltool(tmp_path: Path, script: str) -> ToolchainFiles:
    program = write_program(tmp_path / "dlltool", f"#!/bin/sh\n{script}\n")
    return ToolchainFiles(
        tmp_path / "t.cmake", {}, Compilers("gcc", {}, ""), dlltool=(str(program), "-m", "i386")
    )


def test_libraries_are_made_once(tmp_path: Path, definitions: Path) -> None:
    toolchain = with_dlltool(tmp_path, 'echo "$@" >> "$6"')
    files = [definitions, tmp_path / "pyconfig.h"]
    library = definitions.with_suffix(".lib")
    make_import_libraries(toolchain, files)
    assert library.read_text() == f"-m i386 -d {definitions} -l {library}\n"
    make_import_libraries(toolchain, files)
    assert len(library.read_text().splitlines()) == 1
    later = library.stat().st_mtime_ns + 1
    os.utime(definitions, ns=(later, later))
    make_import_libraries(toolchain, files)
    assert len(library.read_text().splitlines()) == 2


def test_a_dlltool_that_fails(tmp_path: Path, definitions: Path) -> None:
    toolchain = with_dlltool(tmp_path, 'touch "$6"; echo "no such machine" >&2; exit 3')
    with pytest.raises(CommandError, match=r"making the import library python311\.lib failed") as e:
        make_import_libraries(toolchain, [definitions])
    assert "no such machine" in str(e.value)
    assert not definitions.with_suffix(".lib").exists()
    missing = replace(toolchain, dlltool=("/nowhere/dlltool",))
    with pytest.raises(CommandError, match="not started"):
        make_import_libraries(missing, [definitions])
