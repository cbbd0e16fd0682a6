"""Which named toolchain is asked for, and what that needs.

A toolchain is a module here, with a record named ``TOOLCHAIN``, and its name in ``config.schema``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import ConfigError
from ..base.places import Place
from ..cmake.emulator import sysroot_of
from ..config.schema import TOOLCHAINS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.schema import CMakeConfig, ProjectConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.plan import BuildPlan, CMakePass, Configuration
    from .toolchain_file import NamedToolchain, ToolchainFiles

_CMAKE = Place("pyproject.toml", "tool.py-build-cmake.cmake")


def toolchain_of(name: str) -> NamedToolchain:
    """Return the ``TOOLCHAIN`` of a named toolchain's module. ``name`` is one of ``TOOLCHAINS``."""
    from importlib import import_module

    toolchain: NamedToolchain = import_module(f".{name}", __package__).TOOLCHAIN
    return toolchain


def named_toolchain(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    configuration: Configuration,
    stable: Callable[[Path], Path] = Path,
) -> ToolchainFiles | None:
    """Return the named toolchain of one configuration; None if it has none.

    ``stable``: see :class:`.toolchain_file.ToolchainRequest`.

    :raises ConfigError: it is not installed, or does not compile for the host system.
    """
    from .toolchain_file import ToolchainRequest

    cross = cmake_pass.cross
    name = cross.toolchain if cross else configuration.config.toolchain
    if name is None:
        return None
    check_machine_of_toolchain(name, plan.machine, plan.config.cross_where)
    request = ToolchainRequest(
        directory=configuration.build_dir / "py-build-cmake" / "toolchain",
        platform_tags=cmake_pass.host.platform_tags if cross else _native_tags(plan.machine),
        where=plan.config.cross_where if cross else _CMAKE,
        is_cross=cross is not None,
        include=cross.toolchain_include if cross else None,
        sysroot=sysroot_of(cross.python) if cross else None,
        stable=stable,
    )
    return toolchain_of(name).make(request, plan.machine)


def has_own_runtimes(plan: BuildPlan) -> bool:
    """Whether the toolchain of the wheel links its C++ library into every binary."""
    main = plan.main_pass
    if main is None:
        return False
    names = {main.cross.toolchain} if main.cross else _names(c.config for c in main.configurations)
    return any(toolchain_of(name).has_own_runtimes for name in names if name)


def native_toolchains(config: ProjectConfig) -> set[str | None]:
    """Return the named toolchains of native configurations; None is the system's compilers."""
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
    toolchains = [toolchain_of(name) for name in TOOLCHAINS if name in names]
    return [text for toolchain in toolchains for text in toolchain.requirements(machine)]


def check_machine_of_toolchain(name: str, machine: BuildMachine, where: Place) -> None:
    """Check that named toolchains work on the machine that runs the build.

    :raises ConfigError: they do not.
    """
    if machine.os == "windows":
        raise ConfigError(
            f"the toolchain {name!r} needs a POSIX shell for its compilers, and is not tested"
            " "
            "on Windows",
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
