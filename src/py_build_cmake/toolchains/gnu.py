"""``toolchain = "gnu"``: a cross GCC on ``PATH``, found by the platform tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..cmake.programs import find_program
from ..platforms.linux_target import linux_target
from .toolchain_file import Description, NamedToolchain, ToolchainFiles, empty_root

if TYPE_CHECKING:
    from pathlib import Path

    from ..platforms.build_machine import BuildMachine
    from .toolchain_file import ToolchainRequest

_COMPILERS = {"C": "gcc", "CXX": "g++", "Fortran": "gfortran"}
_TOOLS = {
    "AR": ("gcc-ar", "ar"),
    "RANLIB": ("gcc-ranlib", "ranlib"),
    "STRIP": ("strip",),
    "OBJCOPY": ("objcopy",),
    "OBJDUMP": ("objdump",),
    "NM": ("gcc-nm", "nm"),
    "READELF": ("readelf",),
    "LINKER": ("ld",),
}


def gnu_toolchain(request: ToolchainRequest, machine: BuildMachine) -> ToolchainFiles:
    """Return the toolchain of the first triple that has a C or C++ compiler on ``PATH``.

    :raises ConfigError: there is none.
    """
    target = linux_target(request.platform_tags, request.where, "gnu")
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
            hint=f"install one (Debian: g++-{target.gnu_triples[0].replace('_', '-')}), or use"
            " `toolchain_file`, or `toolchain` = 'zig'",
        )
    missing = {
        f"CMAKE_{language}_COMPILER": f"{triple}-{name}"
        for language, name in _COMPILERS.items()
        if f"CMAKE_{language}_COMPILER" not in tools
    }
    root = request.directory / "root"
    description = Description(
        title=f"the compilers {triple}-*",
        # If the triple has no compiler for a language, CMake must not use the build machine's.
        tools={**tools, **missing},
        target=target,
        include=request.include,
        sysroot=request.sysroot,
        compiles_there=bool(request.sysroot and _has_libc(request.sysroot)),
        empty_root=root,
    )
    file = request.directory / "toolchain.cmake"
    return ToolchainFiles(file, {file: description.text(), **empty_root(root)})


def _tools(triple: str, machine: BuildMachine) -> dict[str, str]:
    """Return the existing programs of a triple, by CMake's names."""
    found = {}
    for language, name in _COMPILERS.items():
        if path := find_program(f"{triple}-{name}", machine):
            found[f"CMAKE_{language}_COMPILER"] = path.as_posix()
    for tool, names in _TOOLS.items():
        paths = (find_program(f"{triple}-{name}", machine) for name in names)
        if path := next(filter(None, paths), None):
            found[f"CMAKE_{tool}"] = path.as_posix()
    return found


def _has_libc(sysroot: Path) -> bool:
    """Whether a compiler can use it as its sysroot: it has what C programs include."""
    return (sysroot / "usr" / "include" / "stdio.h").is_file()


TOOLCHAIN = NamedToolchain("gnu", gnu_toolchain, lambda _: "the compilers on PATH")
