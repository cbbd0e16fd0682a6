"""Which named toolchain is asked for, and what that needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import ConfigError
from ..base.places import Place
from ..cmake.emulator import sysroot_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.schema import CMakeConfig, ProjectConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.plan import BuildPlan, CMakePass, Configuration
    from .toolchain_file import ToolchainFiles

_CMAKE = Place("pyproject.toml", "tool.py-build-cmake.cmake")


def named_toolchain(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    configuration: Configuration,
    stable: Callable[[Path], Path] = Path,
) -> ToolchainFiles | None:
    """Return the named toolchain of one configuration; None if it has none.

    ``stable``: see :class:`Request`.

    :raises ConfigError: it cannot be had, or does not compile for the host system.
    """
    from .toolchain_file import ToolchainRequest

    cross = cmake_pass.cross
    name = cross.toolchain if cross else configuration.config.toolchain
    if name is None:
        return None
    check_build_system(name, plan.machine, plan.config.cross_where)
    request = ToolchainRequest(
        directory=configuration.build_dir / "py-build-cmake" / "toolchain",
        platform_tags=cmake_pass.host.platform_tags if cross else _native_tags(plan.machine),
        where=plan.config.cross_where if cross else _CMAKE,
        is_cross=cross is not None,
        include=cross.toolchain_include if cross else None,
        sysroot=sysroot_of(cross.python) if cross else None,
        stable=stable,
    )
    if name == "gnu":
        from .gnu import gnu_toolchain

        return gnu_toolchain(request, plan.machine)
    from .zig import zig_toolchain

    return zig_toolchain(request, plan.machine)


def uses_zig(plan: BuildPlan) -> bool:
    """Whether zig compiles what is in the wheel."""
    main = plan.main_pass
    if main is None:
        return False
    if main.cross:
        return main.cross.toolchain == "zig"
    return "zig" in _names(configuration.config for configuration in main.configurations)


def native_toolchains(config: ProjectConfig) -> set[str | None]:
    """Return the named toolchains of what is compiled natively; None is the system's compilers."""
    if config.cross is None:
        return _names(cmake for _, cmake in config.host_tables.cmake)
    if config.cross.wants_native_build:
        return _names(cmake for _, cmake in config.native_tables.cmake)
    return set()


def toolchain_requirements(config: ProjectConfig, machine: BuildMachine) -> list[str]:
    """Return what has to be installed for the named toolchains of a configuration."""
    names = native_toolchains(config)
    if config.cross and config.host_tables.cmake:
        names.add(config.cross.toolchain)
    if "zig" not in names:
        return []
    from .zig import zig_requirements

    return zig_requirements(machine)


def check_build_system(name: str, machine: BuildMachine, where: Place) -> None:
    """Check that named toolchains work on the machine that runs the build.

    :raises ConfigError: they do not.
    """
    if machine.os == "windows":
        raise ConfigError(
            f"the toolchain {name!r} needs a POSIX shell for its compilers, and has not been tried"
            " on Windows",
            where=where.at("toolchain"),
            hint="use `toolchain_file`, or build in WSL",
        )


def _names(configurations: Iterable[CMakeConfig]) -> set[str | None]:
    return {cmake.toolchain for cmake in configurations}


def _native_tags(machine: BuildMachine) -> tuple[str, ...]:
    """Return the platform tag to compile for natively: that of this Python, with its C library."""
    tag = machine.platform_tag
    if machine.soabi.rpartition("-")[2].startswith("musl"):
        tag = tag.replace("linux_", "musllinux_1_2_", 1)
    return (tag,)
