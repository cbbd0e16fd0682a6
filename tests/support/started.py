"""Environments in which other tools start builds, made of what this machine has.

conda's ``$PREFIX``, a crossenv, and the staging directory of Yocto are put together from the
sysroot of a host and the cross compilers of the system.
"""

from __future__ import annotations

import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from support.backend import Backend, path_of
from support.builds import make_venv, run
from support.hosts import Host

BUILD_TRIPLET = "x86_64-conda-linux-gnu"
PYTHON = "python3.11"


@dataclass(frozen=True)
class Prefix:
    """An installation prefix with the host's Python: headers and ``_sysconfigdata``, no program."""

    path: Path
    stdlib: Path


def make_prefix(directory: Path, host: Host, sysconfigdata: str) -> Prefix:
    """Put the host's headers and its variables under a name of their own into a prefix."""
    include = directory / "include" / PYTHON
    usr = host.sysroot / "usr"
    shutil.copytree(usr / "include" / PYTHON, include)
    # Debian's own only includes this one, from a directory that a prefix does not have.
    shutil.copy(usr / "include" / host.triplet / PYTHON / "pyconfig.h", include)
    stdlib = directory / "lib" / PYTHON
    stdlib.mkdir(parents=True)
    (module,) = (usr / "lib" / PYTHON).glob(f"_sysconfigdata__{host.triplet}.py")
    shutil.copy(module, stdlib / f"{sysconfigdata}.py")
    return Prefix(directory, stdlib)


def write_compilers(directory: Path, triplet: str, real: str, *options: str) -> None:
    """Write compilers named after a triplet, which start those of the system.

    The options of the compilers come last, where they win.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, program in (("cc", "gcc"), ("c++", "g++"), ("ar", "ar"), ("ranlib", "ranlib")):
        wrapper = directory / f"{triplet}-{name}"
        words = [f"{real}{program}", '"$@"', *(options if program.startswith("g") else ())]
        wrapper.write_text(f"#!/bin/sh\nexec {' '.join(words)}\n")
        wrapper.chmod(0o755)


def conda_environment(directory: Path, host: Host, build_prefix: Path) -> dict[str, str]:
    """Return the environment of conda's build scripts, for a cross build.

    A module of the build machine lies beside the host's, as conda's own packages have it.
    """
    arch = host.platform_tag.partition("_")[2]
    triplet = f"{arch}-conda-linux-gnu"
    prefix = make_prefix(directory / "prefix", host, f"_sysconfigdata_{arch}_conda_linux_gnu")
    variables = sysconfig.get_config_vars()
    (prefix.stdlib / "_sysconfigdata__linux_x86_64-linux-gnu.py").write_text(
        f"build_time_vars = {variables!r}\n"
    )
    compilers = directory / "compilers"
    write_compilers(compilers, triplet, f"{host.triplet}-")
    write_compilers(compilers, BUILD_TRIPLET, "")
    programs = {
        name: str(compilers / f"{triplet}-{program}")
        for name, program in (("CC", "cc"), ("CXX", "c++"), ("AR", "ar"), ("RANLIB", "ranlib"))
    }
    cmake_args = [
        "-DCMAKE_SYSTEM_NAME=Linux",
        f"-DCMAKE_SYSTEM_PROCESSOR={arch}",
        f"-DCMAKE_AR={programs['AR']}",
        f"-DCMAKE_RANLIB={programs['RANLIB']}",
        f"-DCMAKE_FIND_ROOT_PATH={prefix.path};{build_prefix}/{triplet}/sysroot",
        "-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER",
        "-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY",
        "-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY",
        f"-DCMAKE_INSTALL_PREFIX={prefix.path}",
        "-DCMAKE_INSTALL_LIBDIR=lib",
        "-DCMAKE_BUILD_TYPE=Release",
    ]
    return {
        **programs,
        "CC_FOR_BUILD": str(compilers / f"{BUILD_TRIPLET}-cc"),
        "CXX_FOR_BUILD": str(compilers / f"{BUILD_TRIPLET}-c++"),
        "CMAKE_ARGS": " ".join(cmake_args),
        "CMAKE_GENERATOR": "Unix Makefiles",
        # For the host's compiler; the build machine's refuses the first.
        "CFLAGS": "-mcpu=cortex-a53 -O2",
        "LDFLAGS": "-Wl,-O2",
        "CONDA_BUILD": "1",
        "CONDA_BUILD_STATE": "BUILD",
        "CONDA_BUILD_CROSS_COMPILATION": "1",
        "build_platform": "linux-64",
        "host_platform": f"linux-{arch}",
        "target_platform": f"linux-{arch}",
        "HOST": triplet,
        "BUILD": BUILD_TRIPLET,
        "PREFIX": str(prefix.path),
        "BUILD_PREFIX": str(build_prefix),
        "PY_VER": "3.11",
        "STDLIB_DIR": str(prefix.stdlib),
        "SP_DIR": str(prefix.stdlib / "site-packages"),
        "PYTHON": str(prefix.path / "bin" / "python"),
        "SOURCE_DATE_EPOCH": "1700000000",
    }


def make_crossenv(directory: Path, host: Host, python: Path, wheel: Path, tools: Path) -> Backend:
    """Make a crossenv for a host's Python, and return the backend that runs in it.

    ``python`` is one of the same version for this machine, ``tools`` are more programs.
    """
    maker = make_venv(directory / "maker", "crossenv", python=python)
    env = directory / "env"
    run(
        *(maker, "-m", "crossenv", "--without-pip", "--without-cross-pip"),
        *("--cc", f"{host.triplet}-gcc --sysroot={host.sysroot}"),
        *("--cxx", f"{host.triplet}-g++ --sysroot={host.sysroot}"),
        *(host.sysroot / "usr" / "bin" / PYTHON, env),
    )
    packages = env / "cross" / "lib" / PYTHON / "site-packages"
    run(maker, "-m", "pip", "install", "--quiet", "--target", packages, wheel)
    return Backend(env / "cross" / "bin" / PYTHON, {"PATH": path_of(tools)})
