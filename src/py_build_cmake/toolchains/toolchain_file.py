"""The request to a named toolchain, and the CMake toolchain file that it makes."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.records import dataclass
from ..cmake.build_dir import write_files
from ..cmake.cache import argument
from ..cmake.host_environment import pkg_config_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..base.places import Place
    from ..platforms.build_machine import BuildMachine
    from ..platforms.targets import Target


@dataclass(frozen=True)
class ToolchainRequest:
    """The request to a toolchain: ``directory`` is where its files are written.

    ``stable`` turns the path of what an isolated build requires into one that stays the same.
    """

    directory: Path
    platform_tags: tuple[str, ...]
    where: Place
    is_cross: bool = True
    include: Path | None = None
    sysroot: Path | None = None
    stable: Callable[[Path], Path] = Path


@dataclass(frozen=True)
class Compilers:
    """The compilers of a toolchain, for tools that are not CMake. ``family`` is ``gcc`` or
    ``clang``, ``paths`` are the programs by CMake's names of languages. ``cxx_library`` is the C++
    library, if it is not the one that is usual for the family. ``identity`` is the same only if
    what is compiled fits together: it names the target with its C library.
    """

    family: str
    paths: Mapping[str, str]
    identity: str
    cxx_library: str = ""


@dataclass(frozen=True)
class ToolchainFiles:
    """Files to write, some of them programs, and the one that is given to CMake. ``links`` are
    symbolic links to write, with what they lead to. ``note`` is a message for the first use.
    ``dlltool`` is the command that makes import libraries for Windows, with the option for the
    machine; empty for other systems.
    """

    file: Path
    files: Mapping[Path, str]
    compilers: Compilers
    programs: Mapping[Path, str] = field(default_factory=dict)
    links: Mapping[Path, Path] = field(default_factory=dict)
    note: str = ""
    dlltool: tuple[str, ...] = ()

    def write(self) -> None:
        """Write the files whose contents changed."""
        write_files({**self.files, **self.programs})
        for link, target in self.links.items():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(target, target_is_directory=True)
        for program in self.programs:
            program.chmod(0o755)


def empty_root(directory: Path) -> dict[Path, str]:
    """Return the contents of a directory in which CMake finds nothing of the build machine."""
    return {
        directory / "README": (
            "Without a sysroot, libraries of the host system are looked for here: there are none.\n"
        )
    }


def _nothing_is_required(_: BuildMachine) -> list[str]:
    return []


@dataclass(frozen=True)
class NamedToolchain:
    """A toolchain that needs no file of the user's. Its module has one, named ``TOOLCHAIN``.

    ``make`` returns its files, ``requirements`` what a build has to install for it, and
    ``describe`` a line about what is installed of it. ``packages`` are distributions that contain
    it, and what each is for. ``compiles_natively`` is whether it can be used for native builds as
    well, ``has_own_runtimes`` whether it links its C++ library into every binary.
    """

    name: str
    make: Callable[[ToolchainRequest, BuildMachine], ToolchainFiles]
    describe: Callable[[BuildMachine], str]
    requirements: Callable[[BuildMachine], list[str]] = _nothing_is_required
    packages: Mapping[str, str] = field(default_factory=dict)
    compiles_natively: bool = False
    has_own_runtimes: bool = False


@dataclass(frozen=True)
class Description:
    """The contents of a toolchain file. ``tools`` are values by their names in CMake, such as
    ``CMAKE_C_COMPILER``. ``target`` is None for the system that runs the build. ``compile_flags``
    and ``link_flags`` are options that everything is compiled and linked with. ``sysroot`` has the
    libraries of the host system; ``compiles_there`` is whether it has those of the compiler as
    well. Without a sysroot, CMake searches ``empty_root``, so that it finds nothing of the build
    machine.
    """

    title: str
    tools: Mapping[str, str]
    target: Target | None
    compile_flags: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    include: Path | None = None
    sysroot: Path | None = None
    compiles_there: bool = False
    empty_root: Path | None = None
    more_lines: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the toolchain file."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"# Written by py-build-cmake: {self.title}."
        if self.include:
            yield f"include({argument(self.include.as_posix())})"
        if self.target:
            system, processor = self.target.cmake_system
            yield f"set(CMAKE_SYSTEM_NAME {system})"
            yield f"set(CMAKE_SYSTEM_PROCESSOR {processor})"
            if self.target.library_architecture:
                yield f"set(CMAKE_LIBRARY_ARCHITECTURE {self.target.library_architecture})"
        for name, value in self.tools.items():
            yield f'set({name} {argument(value)} CACHE FILEPATH "" FORCE)'
        yield from _flag_lines(("C", "CXX", "ASM"), "FLAGS", self.compile_flags)
        yield from _flag_lines(("EXE", "SHARED", "MODULE"), "LINKER_FLAGS", self.link_flags)
        if self.target:
            yield from self._search_lines(self.target)
        yield from self.more_lines

    def _search_lines(self, target: Target) -> Iterator[str]:
        root = self.sysroot or self.empty_root
        if self.sysroot and self.compiles_there:
            yield f"set(CMAKE_SYSROOT {argument(self.sysroot.as_posix())})"
        elif root:
            yield f"list(APPEND CMAKE_FIND_ROOT_PATH {argument(root.as_posix())})"
        # A value that an included file or the command line sets takes precedence.
        modes = {"PROGRAM": "NEVER", "LIBRARY": "ONLY", "INCLUDE": "ONLY", "PACKAGE": "ONLY"}
        for kind, mode in modes.items():
            variable = f"CMAKE_FIND_ROOT_PATH_MODE_{kind}"
            yield f"if(NOT DEFINED {variable})"
            yield f"    set({variable} {mode})"
            yield "endif()"
        if root:
            # pkg-config would find packages of the build machine.
            paths = pkg_config_paths(root.as_posix(), target.library_architecture)
            yield "if(NOT DEFINED ENV{PKG_CONFIG_LIBDIR})"
            yield f"    set(ENV{{PKG_CONFIG_LIBDIR}} {argument(paths)})"
            if self.sysroot:
                yield f"    set(ENV{{PKG_CONFIG_SYSROOT_DIR}} {argument(root.as_posix())})"
            yield "endif()"


def _flag_lines(kinds: Iterable[str], what: str, flags: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines that set the variables ``CMAKE_<kind>_<what>_INIT``."""
    if flags:
        yield from (f"set(CMAKE_{kind}_{what}_INIT {argument(' '.join(flags))})" for kind in kinds)
