"""The toolchain of a cross build: what it is made of, and what is wrong with it."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Problem
from ..base.records import dataclass
from ..cmake.host_environment import host_environment, leaked_directories
from ..cmake.inputs import cmake_environment, own_environment
from ..cmake.probes import (
    TOOLCHAIN,
    Program,
    compilers,
    prefix_of,
    probe_preset,
    probe_toolchain,
    tools,
)
from ..cmake.programs import cmake_program
from ..platforms.machines import CMAKE_SYSTEMS, machine_of_compiler
from ..platforms.python_files import is_dispatcher
from ..platforms.tags import PlatformTag
from ..toolchains.registry import named_toolchain
from ..verify.triplet import misfit, read_triplet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..cmake.probes import ToolchainVariables
    from ..config.schema import CrossConfig
    from ..project.plan import BuildPlan, CMakePass


@dataclass(frozen=True)
class ToolchainCheck:
    """The toolchain of a cross build, and what is wrong with it.

    ``where`` is the file in which the user can correct most of this.
    """

    plan: BuildPlan
    cross: CrossConfig
    toolchain: ToolchainVariables
    programs: tuple[Program, ...]
    where: str

    @classmethod
    def of(cls, plan: BuildPlan, cross_pass: CMakePass, cross: CrossConfig) -> ToolchainCheck:
        """Ask CMake and the compilers of the first configuration, and its preset.

        The files of a named toolchain are written, where the build will write the same.
        """
        build = cross_pass.configurations[0]
        environ = cmake_environment(
            host_environment(plan, cross_pass),
            own_environment(plan, cross_pass, build),
            build.config,
        )
        cmake = cmake_program(plan.machine)
        named = named_toolchain(plan, cross_pass, build)
        if named:
            named.write()
        file = named.file if named else cross.toolchain_file
        preset = probe_preset(cmake, build.config, environ)
        environ = {**environ, **preset.environ}
        toolchain = probe_toolchain(cmake, build.config, file, environ, preset.definitions)
        found = list(compilers(toolchain, environ))
        found += tools(toolchain, found[0] if found else None, environ)
        where = str(cross.toolchain_file or preset.toolchain_file or plan.config.cross_where)
        return cls(plan, cross, toolchain, tuple(found), where)

    @property
    def tags(self) -> tuple[str, ...]:
        """What the compiled files will have to fit."""
        return self.plan.config.host_platform.platform_tags

    @property
    def compilers(self) -> list[Program]:
        """The compilers among the programs."""
        return [p for p in self.programs if p.variable.endswith("_COMPILER")]

    def problems(self) -> Iterator[Problem]:
        """Yield what will make the build fail, or compile for another machine."""
        if not self.compilers and not self._is_same_machine():
            yield Problem(
                "no compiler is named, so CMake would take one of the machine that builds",
                self.where,
                "set CMAKE_C_COMPILER and CMAKE_CXX_COMPILER in a toolchain file, or the"
                " environment variables CC and CXX",
            )
        for program in self.programs:
            where = f"{self.where}: {program.variable}"
            if program.path is None:
                hint = "install it, or correct the name or PATH"
                yield Problem(f"{program.name} was not found", where, hint)
            elif program in self.compilers:
                yield from self._of_compiler(program, where)
            else:
                yield from self._of_tool(program, where)
        wanted = CMAKE_SYSTEMS.get(self.plan.config.host_platform.system)
        name = self.toolchain.get("CMAKE_SYSTEM_NAME")
        if wanted and name and name != wanted:
            message = f"CMAKE_SYSTEM_NAME is {name}, and the tag is for {wanted}"
            yield Problem(message, self.where, f"set(CMAKE_SYSTEM_NAME {wanted})")
        for variable in ("CMAKE_SYSROOT", "CMAKE_FIND_ROOT_PATH"):
            for directory in self.toolchain.list(variable):
                if not Path(directory).is_dir():
                    message = f"there is no directory {directory}"
                    yield Problem(message, f"{self.where}: {variable}")

    def _of_compiler(self, compiler: Program, where: str) -> Iterator[Problem]:
        if reason := self._misfit(compiler):
            yield Problem(
                f"{compiler.path} compiles for {compiler.target}: {reason}",
                where,
                "name the compiler for the host system, or correct `arch`",
            )

    def _misfit(self, compiler: Program) -> str:
        target = read_triplet(compiler.target)
        return misfit(target, self.tags) if target else ""

    def _of_tool(self, tool: Program, where: str) -> Iterator[Problem]:
        if tool.path is None or self._is_same_machine() or _is_llvm(tool.path):
            return
        if tool.source != TOOLCHAIN and any(map(self._misfit, self.compilers)):
            # It is beside the wrong compiler, and will be found beside the right one.
            return
        # aarch64-linux-gnu-strip, aarch64-linux-gnu-gcc-ar
        names = (tool.path.name, tool.path.resolve().name)
        triplets = (re.sub("-gcc$", "", name.rpartition("-")[0]) for name in names)
        target = next(filter(None, map(read_triplet, triplets)), None)
        if misfit(target, self.tags) if target else self._is_of_build(tool):
            yield Problem(
                f"{tool.path}, which {tool.source} names, belongs to the machine that builds"
                + (f": it is for {target.triplet}" if target else ""),
                where,
                f"install the one for the host system, or set {tool.variable} in the toolchain"
                " file to it, or to one for all systems, such as LLVM's",
            )

    def _is_of_build(self, tool: Program) -> bool:
        """Whether a tool of the system, without a triplet, stands beside a compiler with one."""
        assert tool.path is not None
        is_plain = tool.path.name == tool.variable.removeprefix("CMAKE_").lower()
        is_of_system = tool.path.parent in (Path("/bin"), Path("/usr/bin"))
        has_prefix = any(c.path and prefix_of(c.path) for c in self.compilers)
        return is_plain and is_of_system and has_prefix

    def _is_same_machine(self) -> bool:
        own = PlatformTag.parse(self.plan.machine.platform_tag).kind
        return all(PlatformTag.parse(tag).kind == own for tag in self.tags)

    def warnings(self) -> Iterator[Problem]:
        """Yield warnings: what is probably wrong."""
        for compiler in self.compilers:
            if compiler.path and not read_triplet(compiler.target):
                said = f"says {compiler.target!r}" if compiler.target else "does not say"
                message = f"{compiler.path} {said} what it compiles for (-dumpmachine)"
                yield Problem(message, f"{self.where}: {compiler.variable}")
        if [compiler.variable for compiler in self.compilers] == ["CMAKE_CXX_COMPILER"]:
            # The other way round, CMake looks for a name like that of the C compiler.
            message = "CMAKE_C_COMPILER is not set; a project in C gets what CMake finds"
            yield Problem(message, self.where)
        if not self.toolchain.get("CMAKE_SYSTEM_NAME") or (
            self.toolchain.get("CMAKE_CROSSCOMPILING") != "TRUE" and not self._is_same_machine()
        ):
            yield Problem(
                "CMake does not know that it cross-compiles: CMAKE_SYSTEM_NAME is not set by a"
                " toolchain file",
                self.where,
                "set CMAKE_SYSTEM_NAME and CMAKE_SYSTEM_PROCESSOR there",
            )
        yield from self._processor()
        yield from self._dispatcher()
        if main := self.plan.main_pass:
            for configuration in main.configurations:
                if leaked := leaked_directories(self.plan, main, configuration):
                    yield Problem(leaked)

    def _processor(self) -> Iterator[Problem]:
        processor = self.toolchain.get("CMAKE_SYSTEM_PROCESSOR").lower()
        tag = PlatformTag.parse(self.tags[0])
        if not processor or len(tag.machines) != 1:
            return
        kind = tag.machines[0].elf_name
        found = machine_of_compiler(processor)
        if processor != tag.architecture and (found is None or found.elf_name != kind):
            message = (
                f"CMAKE_SYSTEM_PROCESSOR is {processor}, and the tag is for {tag.architecture}"
            )
            yield Problem(message, self.where)

    def _dispatcher(self) -> Iterator[Problem]:
        """Debian's pyconfig.h includes <TRIPLET/…>, which compilers look for in the sysroot."""
        directory = self.cross.include_dir
        if directory is None or self.cross.uses_build_headers:
            return
        sysroot = self.toolchain.get("CMAKE_SYSROOT")
        with suppress(OSError):
            pyconfig = directory / "pyconfig.h"
            below = Path(sysroot, "usr", "include").resolve() if sysroot else None
            if is_dispatcher(pyconfig) and directory.resolve().parent != below:
                yield Problem(
                    f"{pyconfig} includes another one by <TRIPLET/pythonX.Y/pyconfig.h>, which the"
                    " compiler finds only below its CMAKE_SYSROOT",
                    self.where,
                    f"set CMAKE_SYSROOT to the directory that has {directory}, or copy that"
                    " file over it",
                )


def _is_llvm(path: Path) -> bool:
    return any("llvm" in part for part in (path.name, path.resolve().name))
