"""What the CMake project is told: cache entries and environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import __version__
from .emulator import emulator_command
from .findpython import find_python_entries
from .launchers import launcher_entries, launcher_environment
from .preload import CacheEntry
from .programs import default_generator, find_build_program, uses_ninja

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..plan import BuildPlan, CMakeBuild, CMakePass

PREFIX = "PY_BUILD_CMAKE"


def cache_entries(plan: BuildPlan, cmake_pass: CMakePass, build: CMakeBuild) -> list[CacheEntry]:
    """Return the entries of the preload cache for one configuration."""
    return [
        *_interpreter_entries(plan),
        *(CacheEntry(f"{PREFIX}_{name}", value) for name, value in _project_values(plan)),
        *_tag_entries(cmake_pass),
        *_install_entries(cmake_pass),
        *_mac_entries(plan, cmake_pass),
        *_make_program_entries(plan, build),
        *launcher_entries(build.config.compiler_launcher, plan.build),
        *_emulator_entries(plan, cmake_pass),
        *find_python_entries(build.config, plan.build, cmake_pass.host, cmake_pass.cross),
    ]


def own_environment(plan: BuildPlan, cmake_pass: CMakePass, build: CMakeBuild) -> dict[str, str]:
    """Return the environment variables that all CMake commands of a configuration see."""
    prefix = {f"{PREFIX}_INSTALL_PREFIX": str(cmake_pass.install_prefix)}
    mac = None if cmake_pass.cross else plan.build.mac
    return {
        **{f"{PREFIX}_{name}": value for name, value in _project_values(plan)},
        f"{PREFIX}_BINARY_DIR": str(build.build_dir),
        **(prefix if cmake_pass.sets_prefix else {}),
        **launcher_environment(build.config.compiler_launcher, plan.build, plan.config.project_dir),
        # For compilers that CMake does not start itself. A cross configuration has its own.
        **({"MACOSX_DEPLOYMENT_TARGET": mac.deployment_target} if mac else {}),
    }


def generator_of(plan: BuildPlan, build: CMakeBuild) -> str | None:
    """Return the generator of a configuration; None leaves it to CMake or to the preset."""
    if build.config.generator or build.config.preset:
        return build.config.generator
    return default_generator(plan.build)


def _project_values(plan: BuildPlan) -> Iterator[tuple[str, str]]:
    yield "VERSION", __version__
    for group in ("PROJECT", "PACKAGE"):
        yield f"{group}_VERSION", plan.metadata.version
        yield f"{group}_NAME", plan.metadata.file_name
    for group in ("IMPORT", "MODULE"):
        yield f"{group}_NAME", plan.module.name


def _interpreter_entries(plan: BuildPlan) -> Iterator[CacheEntry]:
    build = plan.build
    major, minor, patch = build.version_info
    for group in (f"{PREFIX}_BUILD_PYTHON", f"{PREFIX}_PYTHON"):
        yield CacheEntry(f"{group}_INTERPRETER", build.executable.as_posix(), "FILEPATH")
        yield CacheEntry(f"{group}_VERSION", build.python_version)
        yield CacheEntry(f"{group}_VERSION_MAJOR", str(major))
        yield CacheEntry(f"{group}_VERSION_MINOR", str(minor))
        yield CacheEntry(f"{group}_VERSION_PATCH", str(patch))
        yield CacheEntry(f"{group}_RELEASE_LEVEL", build.release_level)
        yield CacheEntry(f"{group}_ABIFLAGS", build.abi_flags)


def _tag_entries(cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    tag = cmake_pass.tag
    yield CacheEntry(f"{PREFIX}_PACKAGE_PYTHON_TAG", ";".join(tag.pythons))
    yield CacheEntry(f"{PREFIX}_PACKAGE_ABI_TAG", ";".join(tag.abis))
    if tag.stable_abi_version:
        major, minor = tag.stable_abi_version
        yield CacheEntry(f"{PREFIX}_PACKAGE_LIMITED_API", f"0x{major:02X}{minor:02X}0000")
        yield CacheEntry(f"{PREFIX}_PACKAGE_USE_SABI", f"{major}.{minor}")


def _install_entries(cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    if cmake_pass.sets_prefix:
        prefix = cmake_pass.install_prefix.as_posix()
        yield CacheEntry("CMAKE_INSTALL_PREFIX", prefix, "PATH")
    yield CacheEntry("CMAKE_FIND_NO_INSTALL_PREFIX", "On", "BOOL")


def _mac_entries(plan: BuildPlan, cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    """Compile for exactly what the platform tag of a native macOS wheel promises."""
    mac = plan.build.mac
    if mac is not None and cmake_pass.cross is None:
        yield CacheEntry("CMAKE_OSX_DEPLOYMENT_TARGET", mac.deployment_target)
        if mac.architectures != (plan.build.machine,):
            yield CacheEntry("CMAKE_OSX_ARCHITECTURES", ";".join(mac.architectures))


def _emulator_entries(plan: BuildPlan, cmake_pass: CMakePass) -> Iterator[CacheEntry]:
    if cmake_pass.cross and cmake_pass.cross.emulator:
        where = plan.config.cross_where
        command = emulator_command(cmake_pass.cross, cmake_pass.host, plan.build, where)
        yield CacheEntry("CMAKE_CROSSCOMPILING_EMULATOR", ";".join(command))


def _make_program_entries(plan: BuildPlan, build: CMakeBuild) -> Iterator[CacheEntry]:
    """Name the ninja of this build, because a previous, isolated build's is gone."""
    if uses_ninja(generator_of(plan, build)):
        ninja = find_build_program("ninja", plan.build)
        if ninja:
            yield CacheEntry("CMAKE_MAKE_PROGRAM", ninja.as_posix(), "FILEPATH")
