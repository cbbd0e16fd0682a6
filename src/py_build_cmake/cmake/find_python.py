"""The files and cache entries that let CMake find the right Python in any CMakeLists.txt.

* Hints: the artifacts specification variables and hints of FindPython and FindPython3, given as
  cache entries. The ``_FIND_VERSION`` entries are what a ``find_package`` call with an exact
  version sets, so that calls without a version find the Python that runs the build.
* Hints for the older modules FindPythonInterp and FindPythonLibs, and for pybind11's own search.
* Find modules in front of CMake's own, and a script that CMake includes when the project begins,
  which makes CMake use those modules. Their paths stay the same from build to build. The
  interpreter that they find is the shim: see :mod:`.shim`.
* A toolchain file for projects that the project configures itself (ExternalProject): it includes
  the toolchain file of the build, and gives the same hints and the same script.

Source: cmake-modules(7), FindPython.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.build_headers import find_build_headers, joined_headers, overlay_files
from ..platforms.host import native_host
from ..platforms.host_numpy import find_numpy
from ..platforms.host_variables import host_library
from ..platforms.pythons import WINDOWS_LIBRARIES, implementation_named, interpreter_id
from ..platforms.tags import ABI3T
from .build_dir import PRIVATE_FOLDER
from .cache import CacheEntry, argument
from .shim import host_paths, make_shim, shim_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..config.schema import CMakeConfig, CrossConfig
    from ..platforms.build_headers import BuildHeaders
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform
    from ..platforms.tags import WheelTag
    from ..project.plan import BuildPlan, CMakePass, Configuration


def find_python_entries(
    config: CMakeConfig,
    machine: BuildMachine,
    host: HostPlatform,
    cross: CrossConfig | None,
    tag: WheelTag | None = None,
) -> Iterator[CacheEntry]:
    """Yield the hints for the modules that the configuration wants them for.

    ``cross`` is None in native builds and in the native pre-build. ``tag`` is what is built for, if
    that is not the host's own ABI.
    """
    for entry in _entries(config, machine, host, cross):
        is_stable = entry.name.endswith("_SOSABI") and entry.value == "abi3"
        if is_stable and tag and tag.is_for_free_threads:
            yield CacheEntry(entry.name, ABI3T)
        else:
            yield entry


def _entries(
    config: CMakeConfig,
    machine: BuildMachine,
    host: HostPlatform,
    cross: CrossConfig | None,
) -> Iterator[CacheEntry]:
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
_QUESTIONS = "questions.cmake"
# Files that CMake includes when a project begins. If another tool sets one of them, its file is
# included as well.
INCLUDE_VARIABLES = ("CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "CMAKE_PROJECT_INCLUDE")


@dataclass(frozen=True)
class CrossFind:
    """The files, by path: programs, scripts that the project includes, and others."""

    interpreter: Path
    includes: tuple[Path, ...]
    files: Mapping[Path, str]
    programs: tuple[Path, ...]


def cross_find(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration
) -> CrossFind | None:
    """Return the files for one configuration; None if it does not need them or cannot use them.

    They are for cross builds on systems with POSIX shells, and only for the modules that the
    configuration wants hints for. The suffix of the host system's modules must be known.
    """
    host, cross, config = cmake_pass.host, cmake_pass.cross, configuration.config
    modules = _our_modules(plan, cmake_pass, configuration)
    if cross is None or not modules:
        return None
    directory = cross_directory(configuration)
    shim = make_shim(directory, plan.machine, host, cross, plan.config.cross)
    include, provider = provider_file(configuration)
    numpy = find_numpy(cross.site_packages, host.soabi)
    values = {
        "version": host.dotted_version,
        "soabi": host.soabi,
        "interpreter_id": interpreter_id(host.implementation),
        "build_python": plan.machine.executable.as_posix(),
        "shim": shim.interpreter.as_posix(),
        "numpy_include_dir": numpy.include_dir.as_posix() if numpy.include_dir else "",
        "numpy_version": numpy.version,
        "numpy_problem": numpy.problem,
        "native_numpy": "ON" if cross.force_native_python and not cross.site_packages else "",
    }
    files = {
        **shim.files,
        include: provider,
        directory / "find_python.cmake": _script("find_python.cmake"),
        directory / _QUESTIONS: _script(_QUESTIONS),
    }
    entries = [
        CacheEntry("PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER", values["build_python"], "FILEPATH"),
        *find_python_entries(config, plan.machine, host, cross),
        *older_modules_entries(plan, cmake_pass, configuration),
    ]
    files[directory / "sub_project.cmake"] = _sub_project(entries, include_file(configuration))
    for module in modules:
        files[directory / "modules" / f"Find{module}.cmake"] = _find_module(module, values)
    return CrossFind(shim.interpreter, (include, directory / _QUESTIONS), files, shim.programs)


def _our_modules(plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration) -> list[str]:
    """Return the names of the find modules that are ours, if any."""
    config = configuration.config
    if not (cmake_pass.cross and cmake_pass.host.soabi and plan.machine.sysconfigdata):
        return []
    candidates = (
        ("Python", config.find_python, config.find_python_build_artifacts_prefix),
        ("Python3", config.find_python3, config.find_python3_build_artifacts_prefix),
    )
    return [module for module, wanted, prefix in candidates if wanted and prefix is None]


def older_modules_entries(
    plan: BuildPlan, cmake_pass: CMakePass, configuration: Configuration
) -> Iterator[CacheEntry]:
    """Yield the hints for FindPythonInterp, FindPythonLibs and pybind11's FindPythonLibsNew, if the
    configuration has a shim.
    """
    host, cross = cmake_pass.host, cmake_pass.cross
    if cross is None or not _our_modules(plan, cmake_pass, configuration):
        return
    paths = host_paths(plan.machine, cross, plan.config.cross)
    yield _file("PYTHON_EXECUTABLE", shim_interpreter(cross_directory(configuration)))
    if paths.include_dir:
        yield CacheEntry("PYTHON_INCLUDE_DIR", paths.include_dir.as_posix(), "PATH")
    if library := host_library(host, paths):
        yield _file("PYTHON_LIBRARY", library)
    yield CacheEntry("PYTHON_MODULE_EXTENSION", host.ext_suffix)
    # Else pybind11 asks an interpreter for both.
    yield CacheEntry("PYTHON_MODULE_DEBUG_POSTFIX", "")


def _sub_project(entries: Iterable[CacheEntry], include: Path) -> str:
    """Return what a toolchain file includes for a project that the project configures itself."""
    lines = [f'    set({e.name} {argument(e.value)} CACHE {e.type} "")' for e in entries]
    new, old = INCLUDE_VARIABLES
    return "\n".join(
        [
            "# Written by py-build-cmake.",
            "get_property(_pbc_is_trying GLOBAL PROPERTY IN_TRY_COMPILE)",
            "if(NOT _pbc_is_trying)",
            *lines,
            '    set(PYBIND11_FINDPYTHON ON CACHE STRING "")',
            f"    set(_pbc_variable {new})",
            "    if(CMAKE_VERSION VERSION_LESS 3.24)",
            f"        set(_pbc_variable {old})",
            "    endif()",
            f"    list(REMOVE_ITEM ${{_pbc_variable}} {argument(include.as_posix())})",
            f"    list(INSERT ${{_pbc_variable}} 0 {argument(include.as_posix())})",
            "    unset(_pbc_variable)",
            "endif()",
            "unset(_pbc_is_trying)",
            "",
        ]
    )


def cross_directory(configuration: Configuration) -> Path:
    """Return the directory of the files of :func:`cross_find`."""
    return configuration.build_dir / PRIVATE_FOLDER / "cross"


def include_file(configuration: Configuration) -> Path:
    """Return the file that the project includes; it includes all others."""
    return configuration.build_dir / PRIVATE_FOLDER / "project_include.cmake"


def provider_file(configuration: Configuration) -> tuple[Path, str]:
    """Return the script that makes ``find_package`` use the files of a cross build: its path, and
    the text. The project includes it.
    """
    name = "project_include.cmake"
    return cross_directory(configuration) / name, _script(name)


def header_files(plan: BuildPlan, cmake_pass: CMakePass) -> dict[Path, str]:
    """Return the headers that are made for the host system, if the pass uses any: those of the
    build Python, or the host's own with both halves of Debian's ``pyconfig.h`` in one file. For
    Windows, the module-definition files that import libraries are made from are among them.

    :raises ConfigError: they are not installed.
    """
    cross, where, written = cmake_pass.cross, plan.config.cross_where, plan.config.cross
    if cross is None or cross.include_dir is None:
        return {}
    original = written.include_dir if written else None
    if cross.include_dir == original:
        original = None
    if cross.uses_build_headers:
        headers = find_build_headers(plan.machine, where, original)
        if cmake_pass.host.system == "windows":
            return _files_for_windows(headers, cmake_pass.host, cross, cross.include_dir)
        if cmake_pass.host.system == "mac":
            from ..platforms.mac_headers import mac_overlay

            files = mac_overlay(headers, cmake_pass.host)
        else:
            files = overlay_files(headers)
    elif original:
        files = joined_headers(original, cmake_pass.host.soabi, where.at("include_dir"))
    else:
        return {}
    return {cross.include_dir / place: text for place, text in files.items()}


def _files_for_windows(
    headers: BuildHeaders, host: HostPlatform, cross: CrossConfig, include_dir: Path
) -> dict[Path, str]:
    from ..platforms.windows_headers import definition_files, windows_overlay

    overlay = windows_overlay(headers, host)
    files = {include_dir / place: text for place, text in overlay.items()}
    definitions = definition_files(overlay.values(), host)
    for library in (cross.library, cross.sabi_library):
        # One that the user names is there already.
        if library and library.parent == include_dir.with_name(WINDOWS_LIBRARIES):
            files[library.with_suffix(".def")] = definitions[library.stem]
    return files


def _script(name: str) -> str:
    return (_SCRIPTS / name).read_text("utf-8")


def _find_module(module: str, values: Mapping[str, str]) -> str:
    settings = "".join(
        f"    set(_pbc_{name} {argument(value)})\n" for name, value in values.items()
    )
    return f"""# Written by py-build-cmake.
if({module}_ARTIFACTS_PREFIX)
    # The project searches for several Pythons, and knows which is which.
    set(_pbc_configures "$ENV{{PY_BUILD_CMAKE_CONFIGURES}}")
    set(_pbc_path "$ENV{{PATH}}")
    unset(ENV{{PY_BUILD_CMAKE_CONFIGURES}})
    get_filename_component(_pbc_programs "${{CMAKE_CURRENT_LIST_DIR}}/../programs" ABSOLUTE)
    string(REPLACE "${{_pbc_programs}}:" "" _pbc_without "${{_pbc_path}}")
    set(ENV{{PATH}} "${{_pbc_without}}")
    include("${{CMAKE_ROOT}}/Modules/Find{module}.cmake")
    set(ENV{{PATH}} "${{_pbc_path}}")
    set(ENV{{PY_BUILD_CMAKE_CONFIGURES}} "${{_pbc_configures}}")
else()
    set(_pbc_module {module})
{settings}    include("${{CMAKE_CURRENT_LIST_DIR}}/../find_python.cmake")
endif()
"""
