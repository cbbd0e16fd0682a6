"""What the CMake project is given: cache entries and environment variables.

Compiler launchers (programs that start the compiler or return a cached result) are given in both
ways.
"""

from __future__ import annotations

import os
import posixpath
import re
from functools import partial
from typing import TYPE_CHECKING

from .. import __version__
from ..base.errors import ConfigError
from ..project.plan import installed_place
from .cache import CacheEntry
from .emulator import emulator_command
from .find_python import find_python_entries, older_modules_entries
from .programs import (
    default_generator,
    effective_generator,
    find_build_program,
    find_program,
    uses_ninja,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..base.places import Place
    from ..config.schema import CMakeConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.plan import BuildPlan, CMakePass, Configuration


LAUNCHERS = ("ccache", "sccache", "distcc")
NO_LAUNCHER = "none"
_CACHES = ("ccache", "sccache")
# The languages for which CMake has launchers, and which these programs support.
_LANGUAGES = ("C", "CXX", "CUDA", "OBJC", "OBJCXX")


def launcher_program(wanted: str | None, machine: BuildMachine) -> Path | None:
    """Return the program to start compilers with; None leaves them alone.

    ``auto`` is the first cache on ``PATH``, if there is any.

    :raises ConfigError: the configured one is not there.
    """
    if wanted in (None, NO_LAUNCHER):
        return None
    if wanted == "auto":
        return next(filter(None, (find_program(name, machine) for name in _CACHES)), None)
    program = find_program(str(wanted), machine)
    if program is None:
        raise ConfigError(
            f"the compiler launcher {wanted!r} was not found on PATH",
            where="`cmake.compiler_launcher`",
            hint="install it, or write 'auto' to use one only if it is installed",
        )
    return program


def launcher_entries(wanted: str | None, machine: BuildMachine) -> Iterator[CacheEntry]:
    """Yield the cache entries of the languages' launchers.

    :raises ConfigError: the program is not there.
    """
    program = launcher_program(wanted, machine)
    if program is not None or wanted == NO_LAUNCHER:
        for language in _LANGUAGES:
            value = program.as_posix() if program else ""
            yield CacheEntry(f"CMAKE_{language}_COMPILER_LAUNCHER", value)


def launcher_environment(
    wanted: str | None, machine: BuildMachine, project_dir: Path
) -> Mapping[str, str]:
    """Return the settings that let a compiler cache reuse results of other checkouts and Pythons.

    Paths below the base directory are made relative before they are compared, and the current
    directory does not count (ccache(1), "compiling in different directories"). sccache's server
    reads its base directories when it starts (sccache, docs/Configuration.md). Variables that are
    already set stay unchanged.
    """
    program = launcher_program(wanted, machine)
    ours = {}
    if program and program.stem == "ccache":
        ours = {"CCACHE_BASEDIR": str(project_dir), "CCACHE_NOHASHDIR": "true"}
    elif program and program.stem == "sccache":
        ours = {"SCCACHE_BASEDIRS": str(project_dir)}
    return {name: value for name, value in ours.items() if name not in machine.environ}


# $$, ${NAME}, ${NAME:-default}, $NAME
_REFERENCE = re.compile(r"\$(?:(\$)|\{([^}:]+)(?::-([^}]*))?\}|([A-Za-z_]\w*))")


def cmake_environment(
    base: Mapping[str, str], own: Mapping[str, str], config: CMakeConfig
) -> dict[str, str]:
    """Return the environment: the ``base``, our ``own`` variables, then those of ``cmake.env``.

    :raises ConfigError: an entry refers to a variable that does not exist.
    """
    environment = {**base, **own}
    # Package builds may set it. CMake would then install outside of the staging directory.
    environment.pop("DESTDIR", None)
    for name, value in config.env.items():
        expand_here = partial(expand, environment=environment, where=value.where)
        text = value.resolve(environment.get(name), expand_here, os.pathsep)
        if text is None:
            environment.pop(name, None)
        else:
            environment[name] = text
    return environment


def expand(text: str, environment: Mapping[str, str], where: Place | str) -> str:
    """Replace ``${NAME}``, ``$NAME`` and ``${NAME:-default}`` by values, and ``$$`` by ``$``.

    As in a shell, the default also stands for an empty value.

    :raises ConfigError: a variable without a default does not exist. ``where`` names the key.
    """

    def replacement(match: re.Match[str]) -> str:
        dollar, braced, default, bare = match.groups()
        if dollar:
            return "$"
        name = braced or bare
        value = environment.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise ConfigError(
                f"the environment variable {name!r} does not exist",
                where=where,
                hint=f"set it, write '${{{name}:-default}}', or '$$' for a dollar sign",
            )
        return value

    return _REFERENCE.sub(replacement, text)


PREFIX = "PY_BUILD_CMAKE"


def cache_entries(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration
) -> list[CacheEntry]:
    """Return the entries of the preload cache for one configuration."""
    return [
        *_interpreter_entries(plan),
        *(CacheEntry(f"{PREFIX}_{name}", value) for name, value in _project_values(plan)),
        *_tag_entries(cmake_pass),
        *_install_entries(cmake_pass),
        *_directory_entries(plan, cmake_pass),
        *_mac_entries(plan, cmake_pass),
        *_make_program_entries(plan, configuration),
        *launcher_entries(configuration.config.compiler_launcher, plan.machine),
        *_emulator_entries(plan, cmake_pass),
        *find_python_entries(
            configuration.config,
            plan.machine,
            cmake_pass.host,
            cmake_pass.cross,
            cmake_pass.tag,
        ),
        *older_modules_entries(plan, cmake_pass, configuration),
    ]


def own_environment(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration
) -> dict[str, str]:
    """Return the environment variables that all CMake commands of a configuration see."""
    prefix = {f"{PREFIX}_INSTALL_PREFIX": str(cmake_pass.cmake_prefix)}
    mac = None if cmake_pass.cross else plan.machine.mac
    return {
        **{f"{PREFIX}_{name}": value for name, value in _project_values(plan)},
        f"{PREFIX}_BINARY_DIR": str(configuration.build_dir),
        **(prefix if cmake_pass.sets_prefix else {}),
        **launcher_environment(
            configuration.config.compiler_launcher, plan.machine, plan.config.project_dir
        ),
        # For compilers that CMake does not start itself. A cross configuration has its own.
        **({"MACOSX_DEPLOYMENT_TARGET": mac.deployment_target} if mac else {}),
    }


def generator_of(plan: BuildPlan, configuration: Configuration) -> str | None:
    """Return the generator of a configuration; None leaves it to CMake or to the preset."""
    if configuration.config.generator or configuration.config.preset:
        return configuration.config.generator
    return default_generator(plan.machine)


def _project_values(plan: BuildPlan) -> Iterator[tuple[str, str]]:
    yield "VERSION", __version__
    for group in ("PROJECT", "PACKAGE"):
        yield f"{group}_VERSION", plan.metadata.version
        yield f"{group}_VERSION_NUMERIC", plan.metadata.numeric_version
        yield f"{group}_NAME", plan.metadata.file_name
    for group in ("IMPORT", "MODULE"):
        yield f"{group}_NAME", plan.module.name


def _interpreter_entries(plan: BuildPlan) -> Iterator[CacheEntry]:
    machine = plan.machine
    major, minor, patch = machine.version_info
    for group in (f"{PREFIX}_BUILD_PYTHON", f"{PREFIX}_PYTHON"):
        yield CacheEntry(f"{group}_INTERPRETER", machine.executable.as_posix(), "FILEPATH")
        yield CacheEntry(f"{group}_VERSION", machine.python_version)
        yield CacheEntry(f"{group}_VERSION_MAJOR", str(major))
        yield CacheEntry(f"{group}_VERSION_MINOR", str(minor))
        yield CacheEntry(f"{group}_VERSION_PATCH", str(patch))
        yield CacheEntry(f"{group}_RELEASE_LEVEL", machine.release_level)
        yield CacheEntry(f"{group}_ABIFLAGS", machine.abi_flags)


def _tag_entries(cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    tag = cmake_pass.tag
    yield CacheEntry(f"{PREFIX}_PACKAGE_PYTHON_TAG", ";".join(tag.pythons))
    yield CacheEntry(f"{PREFIX}_PACKAGE_ABI_TAG", ";".join(tag.abis))
    if tag.stable_abi_version:
        major, minor = tag.stable_abi_version
        yield CacheEntry(f"{PREFIX}_PACKAGE_LIMITED_API", f"0x{major:02X}{minor:02X}0000")
        yield CacheEntry(f"{PREFIX}_PACKAGE_USE_SABI", f"{major}.{minor}")
        if tag.is_for_free_threads:
            value = f"0x{major:02X}{minor:02X}0000"
            yield CacheEntry(f"{PREFIX}_PACKAGE_TARGET_ABI3T", value)


def _install_entries(cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    if cmake_pass.sets_prefix:
        prefix = cmake_pass.cmake_prefix.as_posix()
        yield CacheEntry("CMAKE_INSTALL_PREFIX", prefix, "PATH")
    yield CacheEntry("CMAKE_FIND_NO_INSTALL_PREFIX", "On", "BOOL")


def _directory_entries(plan: BuildPlan, cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    """Name the directories of a wheel for install rules, relative to the prefix."""
    base = plan.metadata.base_name
    places = {scheme.upper(): f"/{scheme}" for scheme in ("platlib", "scripts", "data", "headers")}
    directories = {name: installed_place(place, base) for name, place in places.items()}
    directories["METADATA"] = f"{base}.dist-info"
    for name, place in directories.items():
        relative = posixpath.relpath(place, cmake_pass.install_dir)
        yield CacheEntry(f"{PREFIX}_{name}_DIR", relative)


def _mac_entries(plan: BuildPlan, cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    """Compile for exactly the architectures and the version in a native macOS wheel's tag."""
    mac = plan.machine.mac
    if mac is not None and cmake_pass.cross is None:
        yield CacheEntry("CMAKE_OSX_DEPLOYMENT_TARGET", mac.deployment_target)
        if mac.architectures != (plan.machine.architecture,):
            yield CacheEntry("CMAKE_OSX_ARCHITECTURES", ";".join(mac.architectures))


def _emulator_entries(plan: BuildPlan, cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    if cmake_pass.cross and cmake_pass.cross.emulator:
        where = plan.config.cross_where
        command = emulator_command(cmake_pass.cross, cmake_pass.host, plan.machine, where)
        yield CacheEntry("CMAKE_CROSSCOMPILING_EMULATOR", ";".join(command))


def _make_program_entries(plan: BuildPlan, configuration: Configuration) -> Iterator[CacheEntry]:
    """Name the ninja of this build: the ninja of an earlier, isolated build no longer exists."""
    if uses_ninja(effective_generator(configuration.config, plan.machine)):
        ninja = find_build_program("ninja", plan.machine)
        if ninja:
            yield CacheEntry("CMAKE_MAKE_PROGRAM", ninja.as_posix(), "FILEPATH")
