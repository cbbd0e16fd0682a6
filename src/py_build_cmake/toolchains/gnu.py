"""``toolchain = "gnu"``: a cross GCC on ``PATH``, found by the platform tag."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..cmake.programs import find_program
from ..platforms.targets import find_target
from .toolchain_file import Compilers, Description, NamedToolchain, ToolchainFiles, empty_root

if TYPE_CHECKING:
    from pathlib import Path

    from ..platforms.build_machine import BuildMachine
    from .toolchain_file import ToolchainRequest

_COMPILERS = {"C": "gcc", "CXX": "g++", "Fortran": "gfortran"}
# Debian has two of each for Windows. The one with the threads of POSIX has std::thread and
# std::mutex in C++; in that with the threads of Windows they are missing before GCC 13.
_POSIX = "-posix"
# For Windows: the runtimes of GCC and of its threads, which no Windows has, are linked into every
# binary. Headers get no time, so that the same objects make the same file.
_WINDOWS_LINK_FLAGS = ("-static", "-Wl,--no-insert-timestamp")
_STRIP_SCRIPT = """#!/bin/sh
# Written by py-build-cmake. Without -p, strip writes the time into the headers of a DLL.
exec {} -p "$@"
"""
_TOOLS = {
    "AR": ("gcc-ar", "ar"),
    "RANLIB": ("gcc-ranlib", "ranlib"),
    "STRIP": ("strip",),
    "OBJCOPY": ("objcopy",),
    "OBJDUMP": ("objdump",),
    "NM": ("gcc-nm", "nm"),
    "READELF": ("readelf",),
    "LINKER": ("ld",),
    "DLLTOOL": ("dlltool",),
    "RC_COMPILER": ("windres",),
}


def gnu_toolchain(request: ToolchainRequest, machine: BuildMachine) -> ToolchainFiles:
    """Return the toolchain of the first triple that has a C or C++ compiler on ``PATH``.

    :raises ConfigError: there is none.
    """
    target = find_target(request.platform_tags, request.where, "gnu")
    for triple in target.gnu_triples:
        tools = _tools(triple, machine)
        if {"CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER"} & tools.keys():
            break
    else:
        tried = ", ".join(f"{triple}-gcc" for triple in target.gnu_triples)
        raise ConfigError(
            f"no compiler for {', '.join(request.platform_tags)} was found on PATH; tried {tried},"
            " and the same with g++",
            where=request.where.at("toolchain"),
            hint=f"install one (Debian: {target.debian_package}), or use"
            " `toolchain_file`, or `toolchain` = 'zig'",
        )
    missing = {
        f"CMAKE_{language}_COMPILER": f"{triple}-{name}"
        for language, name in _COMPILERS.items()
        if f"CMAKE_{language}_COMPILER" not in tools
    }
    root, programs = request.directory / "root", {}
    if target.system == "windows" and "CMAKE_STRIP" in tools:
        strip = request.directory / "bin" / f"{triple}-strip"
        programs[strip] = _STRIP_SCRIPT.format(quote(tools["CMAKE_STRIP"]))
        tools["CMAKE_STRIP"] = strip.as_posix()
    description = Description(
        title=f"the compilers {triple}-*",
        # If the triple has no compiler for a language, CMake must not use the build machine's.
        tools={**tools, **missing},
        target=target,
        compile_flags=target.definitions,
        link_flags=_WINDOWS_LINK_FLAGS if target.system == "windows" else (),
        include=request.include,
        sysroot=request.sysroot,
        compiles_there=bool(request.sysroot and _has_libc(request.sysroot)),
        empty_root=root,
    )
    file = request.directory / "toolchain.cmake"
    dlltool = target.dlltool(tools.get("CMAKE_DLLTOOL", f"{triple}-dlltool"))
    files = {file: description.text(), **empty_root(root)}
    libc = request.sysroot if description.compiles_there else "the compiler's own C library"
    compilers = Compilers(
        "gcc",
        {
            language: path
            for language in _COMPILERS
            if (path := tools.get(f"CMAKE_{language}_COMPILER"))
        },
        identity=f"{triple} with {libc}",
    )
    return ToolchainFiles(file, files, compilers, programs, dlltool=dlltool)


def compilers_of(triple: str, machine: BuildMachine) -> dict[str, Path]:
    """Return the compilers of a triple that are on ``PATH``, by CMake's names of languages."""
    found = {}
    for language, name in _COMPILERS.items():
        paths = (find_program(f"{triple}-{name}{end}", machine) for end in (_POSIX, ""))
        if path := next(filter(None, paths), None):
            found[language] = path
    return found


def _tools(triple: str, machine: BuildMachine) -> dict[str, str]:
    """Return the existing programs of a triple, by CMake's names."""
    found = {
        f"CMAKE_{language}_COMPILER": path.as_posix()
        for language, path in compilers_of(triple, machine).items()
    }
    for tool, names in _TOOLS.items():
        paths = (find_program(f"{triple}-{name}", machine) for name in names)
        if path := next(filter(None, paths), None):
            found[f"CMAKE_{tool}"] = path.as_posix()
    return found


def _has_libc(sysroot: Path) -> bool:
    """Whether a compiler can use it as its sysroot: it has what C programs include."""
    return (sysroot / "usr" / "include" / "stdio.h").is_file()


TOOLCHAIN = NamedToolchain("gnu", gnu_toolchain, lambda _: "the compilers on PATH")
