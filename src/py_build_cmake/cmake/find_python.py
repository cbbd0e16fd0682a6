"""The files and cache entries that let CMake find the right Python in any CMakeLists.txt.

* Hints: the artifacts specification variables and hints of FindPython and FindPython3, given as
  cache entries. The ``_FIND_VERSION`` entries are what a ``find_package`` call with an exact
  version sets, so that calls without a version find the Python that runs the build.
* The shim: the interpreter that cross builds give to CMake. CMake code asks the interpreter that it
  found how extension modules are named. In a cross build that interpreter runs here, and must run
  the code generators of the project, with everything that the build requires. The shim is a shell
  script that starts the Python that runs the build, with another module in place of that Python's
  own build-time variables. ``sysconfig`` then reports values of the host system; everything else is
  unchanged. The module has the name of the one that it hides. So a Python that ignores
  ``PYTHONPATH`` (``python -I``) finds its own module, and still works.
* Find modules in front of CMake's own, and a script that CMake includes when the project begins,
  which makes CMake use those modules. Their paths stay the same from build to build.

Source: cmake-modules(7), FindPython.
"""

from __future__ import annotations

import re
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.build_headers import find_build_headers, overlay_files
from ..platforms.host import native_host
from ..platforms.host_numpy import find_numpy
from ..platforms.pythons import implementation_named, interpreter_id
from ..platforms.tags import PlatformTag
from .cache import CacheEntry, argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..config.schema import CMakeConfig, CrossConfig
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform
    from ..project.plan import BuildPlan, CMakePass, Configuration


_MULTIARCH = re.compile(r"(?:cpython-\d+[a-z]*|pypy\d+-pp\d+)-(.+)")


def shim_script(machine: BuildMachine, host: HostPlatform, modules: Path) -> str:
    """Return the shell script; ``modules`` is the folder with the sysconfig module."""
    return f"""#!/bin/sh
# Written by py-build-cmake: the Python that runs the build, with the names of the Python that
# the wheel is for ({host.soabi}).
PYTHONPATH={quote(str(modules))}${{PYTHONPATH:+":$PYTHONPATH"}}
_PYTHON_HOST_PLATFORM={quote(PlatformTag.parse(host.platform_tags[0]).sysconfig_name)}
_PYTHON_SYSCONFIGDATA_NAME={quote(machine.sysconfigdata)}
export PYTHONPATH _PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME
exec {quote(str(machine.executable))} "$@"
"""


def sysconfig_module(host: HostPlatform, include_dir: Path | None) -> str:
    """Return the module with the build-time variables of the host system's Python.

    It has only what names and identifies that Python. CMake finds compilers and directories.
    """
    entries = "".join(f"    {name!r}: {value!r},\n" for name, value in _variables(host).items())
    text = f"# Written by py-build-cmake.\nbuild_time_vars = {{\n{entries}}}\n"
    if include_dir:
        text += f"""
import sysconfig

for scheme in sysconfig._INSTALL_SCHEMES.values():
    for key in ("include", "platinclude"):
        if key in scheme:
            scheme[key] = {include_dir.as_posix()!r}
"""
    return text


def _variables(host: HostPlatform) -> dict[str, str | int]:
    multiarch = _MULTIARCH.fullmatch(host.soabi)
    return {
        "ABIFLAGS": host.abi_flags,
        "EXT_SUFFIX": host.ext_suffix,
        "MULTIARCH": multiarch[1] if multiarch else "",
        "Py_DEBUG": int("d" in host.abi_flags),
        "Py_GIL_DISABLED": int("t" in host.abi_flags),
        "SHLIB_SUFFIX": host.module_suffix,
        "SOABI": host.soabi,
        "VERSION": host.dotted_version,
    }


def find_python_entries(
    config: CMakeConfig,
    machine: BuildMachine,
    host: HostPlatform,
    cross: CrossConfig | None,
) -> Iterator[CacheEntry]:
    """Yield the hints for the modules that the configuration wants them for.

    ``cross`` is None in native builds and in the native pre-build.
    """
    for module, wanted, artifacts_prefix in (
        ("Python", config.find_python, config.find_python_build_artifacts_prefix),
        ("Python3", config.find_python3, config.find_python3_build_artifacts_prefix),
    ):
        if not wanted:
            continue
        yield from _search_entries(module)
        if artifacts_prefix is None:
            yield _file(f"{module}_EXECUTABLE", machine.executable)
        else:
            # The project looks for the Python of the build machine under this prefix.
            yield from _search_entries(module + artifacts_prefix)
            yield _file(f"{module}{artifacts_prefix}_EXECUTABLE", machine.executable)
            yield from _native_entries(module + artifacts_prefix, machine)
        if cross is None or cross.force_native_python:
            yield from _native_entries(module, machine)
        else:
            yield from _cross_entries(module, host, cross)
            # Otherwise, our own find modules set the path of NumPy, and do not cache it.
            if cross.site_packages and not (host.soabi and machine.sysconfigdata):
                yield from _numpy_entries(module, host, cross)


def classic_script(machine: BuildMachine) -> str:
    """Return CMake code that names the Python of native builds to the old FindPythonInterp.

    It, and the search that pybind11 has for projects with old policies, take the first Python on
    ``PATH`` otherwise. The variable is no cache entry: ``Python_EXECUTABLE`` is one.
    """
    return f"""# Written by py-build-cmake.
if(NOT DEFINED PYTHON_EXECUTABLE)
    set(PYTHON_EXECUTABLE {argument(machine.executable.as_posix())})
endif()
"""


def _search_entries(prefix: str) -> Iterator[CacheEntry]:
    yield CacheEntry(f"{prefix}_FIND_REGISTRY", "NEVER")
    yield CacheEntry(f"{prefix}_FIND_FRAMEWORK", "NEVER")
    yield CacheEntry(f"{prefix}_FIND_STRATEGY", "LOCATION")
    yield CacheEntry(f"{prefix}_FIND_VIRTUALENV", "FIRST")


def _native_entries(prefix: str, machine: BuildMachine) -> Iterator[CacheEntry]:
    roots = ";".join(path.as_posix() for path in machine.prefixes)
    yield CacheEntry(f"{prefix}_ROOT", roots)
    yield CacheEntry(f"{prefix}_ROOT_DIR", roots)
    major, minor, _ = machine.version_info
    yield CacheEntry(f"{prefix}_FIND_VERSION_COUNT", "2")
    yield CacheEntry(f"{prefix}_FIND_VERSION_EXACT", "TRUE")
    yield CacheEntry(f"{prefix}_FIND_VERSION", f"{major}.{minor}")
    yield CacheEntry(f"{prefix}_FIND_VERSION_MAJOR", str(major))
    yield CacheEntry(f"{prefix}_FIND_VERSION_MINOR", str(minor))
    implementation = implementation_named(machine.implementation_name)
    if implementation and implementation.find_python:
        yield CacheEntry(f"{prefix}_FIND_IMPLEMENTATIONS", implementation.find_python)
        if machine.include_dir:
            yield CacheEntry(f"{prefix}_INCLUDE_DIR", machine.include_dir.as_posix())
    host = native_host(machine)
    yield CacheEntry(f"{prefix}_SOABI", host.soabi)
    yield CacheEntry(f"{prefix}_SOSABI", host.sosabi)


def _cross_entries(prefix: str, host: HostPlatform, cross: CrossConfig) -> Iterator[CacheEntry]:
    if cross.prefix:
        yield CacheEntry(f"{prefix}_ROOT", cross.prefix.as_posix(), "PATH")
        yield CacheEntry(f"{prefix}_ROOT_DIR", cross.prefix.as_posix(), "PATH")
    if cross.library:
        yield _file(f"{prefix}_LIBRARY", cross.library)
    if cross.sabi_library:
        yield _file(f"{prefix}_SABI_LIBRARY", cross.sabi_library)
    if cross.include_dir:
        yield CacheEntry(f"{prefix}_INCLUDE_DIR", cross.include_dir.as_posix(), "PATH")
    if name := interpreter_id(host.implementation):
        yield CacheEntry(f"{prefix}_INTERPRETER_ID", name)
    if host.soabi:
        yield CacheEntry(f"{prefix}_SOABI", host.soabi)
    if cross.sosabi is not None:
        yield CacheEntry(f"{prefix}_SOSABI", cross.sosabi)


def _numpy_entries(prefix: str, host: HostPlatform, cross: CrossConfig) -> Iterator[CacheEntry]:
    numpy = find_numpy(cross.site_packages, host.soabi).include_dir
    if numpy:
        yield CacheEntry(f"{prefix}_NumPy_INCLUDE_DIR", numpy.as_posix(), "PATH")


def _file(name: str, path: Path) -> CacheEntry:
    return CacheEntry(name, path.as_posix(), "FILEPATH")


_SCRIPTS = Path(__file__).with_name("scripts")
# Files that CMake includes when a project begins. If another tool sets one of them, its file is
# included as well.
INCLUDE_VARIABLES = ("CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "CMAKE_PROJECT_INCLUDE")


@dataclass(frozen=True)
class CrossFind:
    """The files, by path: a program, a script that the project includes, and others."""

    interpreter: Path
    include: Path
    files: Mapping[Path, str]


def cross_find(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration
) -> CrossFind | None:
    """Return the files for one configuration; None if it does not need them or cannot use them.

    They are for cross builds on systems with POSIX shells, and only for the modules that the
    configuration wants hints for. The suffix of the host system's modules must be known.
    """
    host, cross, config = cmake_pass.host, cmake_pass.cross, configuration.config
    modules = [
        module
        for module, wanted in (
            ("Python", config.find_python and config.find_python_build_artifacts_prefix is None),
            ("Python3", config.find_python3 and config.find_python3_build_artifacts_prefix is None),
        )
        if wanted
    ]
    if cross is None or not modules or not host.soabi or not plan.machine.sysconfigdata:
        return None
    directory = _directory(configuration)
    interpreter = directory / "bin" / "python3"
    include, provider = provider_file(configuration)
    numpy = find_numpy(cross.site_packages, host.soabi)
    values = {
        "version": host.dotted_version,
        "soabi": host.soabi,
        "interpreter_id": interpreter_id(host.implementation),
        "build_python": plan.machine.executable.as_posix(),
        "shim": interpreter.as_posix(),
        "numpy_include_dir": numpy.include_dir.as_posix() if numpy.include_dir else "",
        "numpy_version": numpy.version,
        "numpy_problem": numpy.problem,
        "native_numpy": "ON" if cross.force_native_python and not cross.site_packages else "",
    }
    files = {
        interpreter: shim_script(plan.machine, host, directory / "sysconfig"),
        directory / "sysconfig" / f"{plan.machine.sysconfigdata}.py": sysconfig_module(
            host, cross.include_dir
        ),
        include: provider,
        directory / "find_python.cmake": _script("find_python.cmake"),
    }
    for module in modules:
        files[directory / "modules" / f"Find{module}.cmake"] = _find_module(module, values)
    return CrossFind(interpreter, include, files)


def provider_file(configuration: Configuration) -> tuple[Path, str]:
    """Return the script that makes ``find_package`` use the files of a cross build: its path, and
    the text. The project includes it.
    """
    return _directory(configuration) / "project_include.cmake", _script("project_include.cmake")


def _directory(configuration: Configuration) -> Path:
    return configuration.build_dir / "py-build-cmake" / "cross"


def header_files(plan: BuildPlan, cmake_pass: CMakePass) -> dict[Path, str]:
    """Return the headers of the build Python for the host system, if the pass uses them.

    :raises ConfigError: they are not installed.
    """
    cross = cmake_pass.cross
    if cross is None or not cross.uses_build_headers or cross.include_dir is None:
        return {}
    headers = find_build_headers(plan.machine, plan.config.cross_where)
    return {cross.include_dir / place: text for place, text in overlay_files(headers).items()}


def _script(name: str) -> str:
    return (_SCRIPTS / name).read_text("utf-8")


def _find_module(module: str, values: Mapping[str, str]) -> str:
    settings = "".join(
        f"    set(_pbc_{name} {argument(value)})\n" for name, value in values.items()
    )
    return f"""# Written by py-build-cmake.
if({module}_ARTIFACTS_PREFIX)
    # The project searches for several Pythons, and knows which is which.
    include("${{CMAKE_ROOT}}/Modules/Find{module}.cmake")
else()
    set(_pbc_module {module})
{settings}    include("${{CMAKE_CURRENT_LIST_DIR}}/../find_python.cmake")
endif()
"""
