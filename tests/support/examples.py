"""The example projects: what their wheels must contain, and how to build a copy of one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from support.builds import EXAMPLES, REPOSITORY, make_venv, pip_wheel, run
from support.hosts import Host
from support.pages import Run, script


@dataclass(frozen=True)
class Example:
    """What is known of an example without building it."""

    directory: str
    distribution: str
    package: str
    extension: str
    files: tuple[str, ...]
    native_build: bool
    binding: str = "c"

    def payload(self, suffix: str) -> set[str]:
        """Return the files of its wheel where extension modules end with `suffix`."""
        names = (self.extension + suffix, *self.files)
        return {f"{self.package}/{name}" for name in names}


MINIMAL = Example(
    directory="minimal",
    distribution="minimal-1.2.3",
    package="minimal",
    extension="_add_module",
    files=("__init__.py", "_add_module.pyi", "py.typed"),
    native_build=False,
)
NANOBIND_STUBS = Example(
    directory="nanobind-stubs",
    distribution="cpp_math-0.3.0",
    package="cpp_math",
    extension="_core",
    files=("__init__.py", "_core.pyi", "py.typed"),
    native_build=True,
    binding="nanobind",
)
HOST_TOOLS = Example(
    directory="host-tools",
    distribution="host_tools-2.0.1",
    package="host_tools",
    extension="_crc32",
    files=("__init__.py", "_crc32.pyi", "py.typed"),
    native_build=True,
)
DEBUG_COMPONENT = Example(
    directory="debug-component",
    distribution="debug_component-0.1.0",
    package="debug_component",
    extension="_add_module",
    files=("__init__.py", "_add_module.pyi", "py.typed"),
    native_build=False,
)
ALL = (MINIMAL, NANOBIND_STUBS, HOST_TOOLS, DEBUG_COMPONENT)

# Examples of one kind of binding or wheel each, without cross files.
SMALL = (
    *("abi3", "cython", "fortran", "minimal-program", "namespace/one", "namespace/two"),
    *("numpy", "pybind11", "shared-library", "swig"),
)

# For tests/packages/exceptions.
USE_EXCEPTIONS = """
from exceptions import _nanobind, _pybind
for module in _nanobind, _pybind:
    module.check(1)
    for value, expected in (-1, (IndexError, "negative")), (101, (OverflowError, "too large")):
        try:
            module.check(value)
        except Exception as e:
            assert (type(e), str(e)) == expected, (module, e)
        else:
            raise AssertionError(module)
print("translated")
"""

# What makes a folder in a project one that packs the project's stubs.
STUBS_PYPROJECT = """
[build-system]
requires = ["py-build-cmake>=1"]
build-backend = "py_build_cmake.build_stubs"

[tool.py-build-cmake]
main_project = ".."
"""


def copy_directory(source: Path, target: Path, *, exist_ok: bool = False) -> Path:
    """Copy a project without what builds leave in it; return the copy."""
    ignore = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.whl")
    return shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=exist_ok)


def follow(one: Run, folder: Path, env: Mapping[str, str]) -> str:
    """Run the commands of a page in `folder`, in an environment with pip, build and uv.

    :raises CommandFailed: a command failed; the log says in which block.
    """
    if one.example:
        copy_directory(EXAMPLES / one.example, folder, exist_ok=True)
    python = make_venv(folder.parent / f"{folder.name}-environment", "build")
    # The tests' own environment has uv.
    places = [str(python.parent), os.environ["PATH"], str(Path(sys.executable).parent)]
    env = {**env, "PATH": os.pathsep.join(places)}
    return run("sh", "-c", script(REPOSITORY / one.page), cwd=folder, env=env)


def copy_example(example: Example, directory: Path, host: Host | None = None) -> Path:
    """Copy `example` into `directory`, with the sysroot of `host` where it looks for it."""
    project = copy_directory(EXAMPLES / example.directory, directory / example.directory)
    if host:
        sysroots = directory / "sysroots"
        sysroots.mkdir(exist_ok=True)
        (sysroots / host.triplet).symlink_to(host.sysroot, target_is_directory=True)
    return project


@dataclass(frozen=True)
class Build:
    """One build of a copy of an example."""

    example: Example
    project: Path
    wheel: Path
    log: str


class ExampleBuilds(Protocol):
    """Builds an example natively or for `host`, once however often it is asked for."""

    def __call__(self, example: Example, host: Host | None = None) -> Build:
        """Return the build, which the caller must not change."""
        ...


@dataclass(frozen=True)
class Builder:
    """Builds examples with the pip of `python` and the backend that `env` offers."""

    python: Path
    env: Mapping[str, str]
    isolated: bool = True

    def build(self, example: Example, project: Path, host: Host | None = None) -> Build:
        """Build the wheel of `project`, a copy of `example`, natively or for `host`."""
        settings = {"cross": str(project / f"{host.name}.cross.toml")} if host else {}
        wheel, log = pip_wheel(
            project,
            project.parent / "wheels",
            python=self.python,
            config_settings=settings,
            env=self.env,
            isolated=self.isolated,
        )
        return Build(example, project, wheel, log)


def build_directories(project: Path) -> dict[Path, dict[str, str]]:
    """Return the CMake build directories below `project`, each with its cache entries."""
    found = {}
    for cache in sorted(project.rglob("CMakeCache.txt")):
        lines = cache.read_text(encoding="utf-8").splitlines()
        entries = [line for line in lines if "=" in line and not line.startswith(("#", "//"))]
        pairs = (entry.partition("=") for entry in entries)
        found[cache.parent] = {key.partition(":")[0]: value for key, _, value in pairs}
    return found


def cross_build_directory(project: Path) -> tuple[Path, dict[str, str]]:
    """Return the only build directory below `project` that has a toolchain file."""
    ((directory, entries),) = (
        (directory, entries)
        for directory, entries in build_directories(project).items()
        if "CMAKE_TOOLCHAIN_FILE" in entries
    )
    return directory, entries
