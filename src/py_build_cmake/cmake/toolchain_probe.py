"""What a toolchain file says, found out without compiling anything.

CMake itself reads it, for a project without languages in a temporary directory: compilers are
not looked for then, but all variables have the values that a real project would see.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Error
from ..records import dataclass
from .commands import ConfigureOptions, configure_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config.schema import CMakeConfig

TOOLS = ("AR", "RANLIB", "STRIP")
_VARIABLES = (
    *("CMAKE_SYSTEM_NAME", "CMAKE_SYSTEM_PROCESSOR", "CMAKE_CROSSCOMPILING"),
    *("CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER"),
    *("CMAKE_C_COMPILER_TARGET", "CMAKE_CXX_COMPILER_TARGET"),
    *(f"CMAKE_{tool}" for tool in (*TOOLS, "LINKER", "NM", "OBJCOPY")),
    *("CMAKE_SYSROOT", "CMAKE_FIND_ROOT_PATH", "CMAKE_TOOLCHAIN_FILE"),
    *(f"CMAKE_FIND_ROOT_PATH_MODE_{kind}" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE")),
)
_PROJECT = """\
cmake_minimum_required(VERSION 3.15)
project(py_build_cmake_probe NONE)
set(said "")
foreach(name IN ITEMS {names})
    if(NOT "${{${{name}}}}" STREQUAL "")
        string(APPEND said "${{name}}=${{${{name}}}}\\n")
    endif()
endforeach()
file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/said.txt" "${{said}}")
"""
# They belong to the generator that the environment wants, which this is not.
_OF_GENERATORS = ("CMAKE_GENERATOR_PLATFORM", "CMAKE_GENERATOR_TOOLSET", "CMAKE_GENERATOR_INSTANCE")


@dataclass(frozen=True)
class Toolchain:
    """The variables that are set when a project begins, without those that are empty."""

    variables: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the value of a variable, empty if it is not set."""
        return self.variables.get(name, "")

    def list(self, name: str) -> list[str]:
        """Return the elements of a variable that is a list."""
        return [element for element in self.get(name).split(";") if element]


def probe_toolchain(
    cmake: Path,
    config: CMakeConfig,
    toolchain_file: Path | None,
    environ: Mapping[str, str],
    preset: Sequence[str] = (),
) -> Toolchain:
    """Return what CMake knows of the compilers before it looks for them.

    Options and arguments of the configuration take part, and ``preset``, which are definitions
    that they override.

    :raises Error: CMake, or the toolchain file, fails.
    """
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary).resolve()
        source, build = directory / "source", directory / "build"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(_PROJECT.format(names=" ".join(_VARIABLES)))
        preload = directory / "preload.cmake"
        preload.write_text("")
        options = ConfigureOptions(
            cmake, build, preload, generator="Unix Makefiles", toolchain_file=toolchain_file
        )
        command = configure_command(replace(config, source_path=source, preset=None), options)
        command[1:1] = [word for definition in preset for word in ("-D", definition)]
        # Nothing is made; there need not be a Make.
        command += ["-D", f"CMAKE_MAKE_PROGRAM={cmake}"]
        environ = {name: v for name, v in environ.items() if name not in _OF_GENERATORS}
        done = ask(command, directory, environ)
        said = build / "said.txt"
        if done.returncode != 0 or not said.is_file():
            raise Error(
                "CMake cannot begin a project with it:\n" + done.stdout.strip(),
                where=str(toolchain_file or "the configuration of CMake"),
            )
        lines = said.read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines)
    return Toolchain({name: value for name, _, value in pairs if name in _VARIABLES})


def ask(
    command: Sequence[str], directory: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command for what it says, errors included; nothing of it is shown."""
    return subprocess.run(
        command,
        cwd=directory,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
