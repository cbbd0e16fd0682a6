"""Variables of the environment that lead the compiler for the host to files of the build machine.

Modules of computing clusters, conda and shell profiles set them. GCC and Clang search these
directories in cross builds as well, whatever the sysroot is. Named toolchains promise that nothing
of the build machine is found, so they do not see these directories. A toolchain file may rely on
them: builds with one only warn. What the environments of cross builds set (``cross.detect``) is for
the host.

Sources: "Environment Variables Affecting GCC" in its manual, pkg-config(1).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .cache import argument
from .emulator import sysroot_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..config.schema import CrossConfig
    from ..platforms.tags import PlatformTag
    from ..project.plan import BuildPlan, CMakePass, Configuration

# Variables with directories that compilers and linkers search.
SEARCHED = (
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH"),
    *("OBJCPLUS_INCLUDE_PATH", "LIBRARY_PATH", "LD_RUN_PATH", "COMPILER_PATH"),
)
_PKG_CONFIG = "PKG_CONFIG_PATH"


def host_environment(plan: BuildPlan, cmake_pass: CMakePass) -> dict[str, str]:
    """Return the environment of the machine as a pass for one system may see it.

    A named toolchain does not see directories of the build machine.
    """
    environ = dict(plan.machine.environ)
    if cmake_pass.cross and cmake_pass.cross.toolchain:
        for name, (kept, _) in _of_build_machine(plan, cmake_pass.cross):
            if kept:
                environ[name] = kept
            else:
                del environ[name]
    return environ


def removed_directories(plan: BuildPlan, cmake_pass: CMakePass) -> str:
    """Return a remark about what :func:`host_environment` leaves out; empty if that is nothing."""
    cross = cmake_pass.cross
    found = _listed(plan, cross) if cross and cross.toolchain else ""
    if not found:
        return ""
    return (
        f"not used in the cross build, because `toolchain` finds nothing of this machine: {found}."
        " `cmake.env` in the cross file sets these variables for the host"
    )


def leaked_directories(plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration) -> str:
    """Return a warning about directories that a toolchain file may not be meant to see; empty if
    there are none.
    """
    cross = cmake_pass.cross
    if cross is None or cross.toolchain:
        return ""
    found = _listed(plan, cross, without=configuration.config.env)
    if not found:
        return ""
    return (
        f"the compiler for the host also searches directories of the environment: {found}. If they"
        " are of the machine that builds, unset these variables; if they are for the host, set them"
        " by `cmake.env` in the cross file"
    )


def _listed(plan: BuildPlan, cross: CrossConfig, without: Mapping[str, object] = {}) -> str:
    found = _of_build_machine(plan, cross)
    return ", ".join(f"{name}={removed}" for name, (_, removed) in found if name not in without)


def _of_build_machine(plan: BuildPlan, cross: CrossConfig) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the variables with directories that are not the host's: what is, and what is not."""
    if plan.config.detection and plan.config.detection.found:
        return
    from ..platforms.environments.detected import PKG_CONFIG_OF_HOST

    environ = plan.machine.environ
    pkg_config = () if any(map(environ.get, PKG_CONFIG_OF_HOST)) else (_PKG_CONFIG,)
    roots = [sysroot_of(cross.python), cross.prefix, environ.get("PKG_CONFIG_SYSROOT_DIR")]
    tops = tuple(Path(os.path.realpath(root)) for root in roots if root)
    for name in (*SEARCHED, *pkg_config):
        directories = [d for d in environ.get(name, "").split(os.pathsep) if d]
        kept = [d for d in directories if _is_below(d, tops)]
        removed = [d for d in directories if d not in kept]
        if removed:
            yield name, (os.pathsep.join(kept), os.pathsep.join(removed))


def _is_below(directory: str, tops: tuple[Path, ...]) -> bool:
    path = Path(os.path.realpath(directory))
    return any(path.is_relative_to(top) for top in tops)


def pkg_config_paths(root: str, architecture: str) -> str:
    """Return the value of ``PKG_CONFIG_LIBDIR`` for a sysroot, whose libraries may be below the
    name of an ``architecture``. ``root`` may be a reference to a variable of CMake.
    """
    libraries = (f"lib/{architecture}", "lib", "lib64") if architecture else ("lib", "lib64")
    folders = (f"usr/{library}" for library in libraries)
    return ":".join(f"{root}/{folder}/pkgconfig" for folder in (*folders, "usr/share"))


def pkg_config_script(cross: CrossConfig, tag: PlatformTag) -> str:
    """Return CMake code that lets pkg-config answer for the sysroot of a toolchain file: that of
    CMake, else the one that ``cross.python`` names. What the environment or the toolchain file has
    set stays as it is.
    """
    from ..platforms.environments.detected import PKG_CONFIG_OF_HOST

    sysroot = sysroot_of(cross.python)
    triplet = tag.machines[0].triplet("gnu") if len(tag.machines) == 1 else ""
    unset = " AND ".join(
        f"NOT DEFINED ENV{{{name}}}" for name in (*PKG_CONFIG_OF_HOST, "PKG_CONFIG")
    )
    return f"""# Written by py-build-cmake: pkg-config must not answer for the machine that builds.
set(_pbc_sysroot "${{CMAKE_SYSROOT}}")
if(NOT _pbc_sysroot)
    set(_pbc_sysroot {argument(sysroot.as_posix() if sysroot else "")})
endif()
if(_pbc_sysroot AND {unset})
    set(ENV{{PKG_CONFIG_LIBDIR}} "{pkg_config_paths("${_pbc_sysroot}", triplet)}")
    set(ENV{{PKG_CONFIG_SYSROOT_DIR}} "${{_pbc_sysroot}}")
endif()
unset(_pbc_sysroot)
"""
