"""What lets a plain CMakeLists.txt find the right Python in a cross build.

A few files in the build directory: an interpreter (:mod:`.shim`), find modules in front of
CMake's own, and a script that CMake includes when the project begins, which sees to it that those
modules are used. Their paths stay the same from build to build.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..platforms.build_headers import find_build_headers, overlay_files
from ..platforms.host_numpy import find_numpy
from ..records import dataclass
from .findpython import INTERPRETER_IDS
from .preload import argument
from .shim import shim_script, sysconfig_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..plan import BuildPlan, CMakeBuild, CMakePass

_SCRIPTS = Path(__file__).with_name("scripts")
# Files that CMake includes when a project begins. Whoever sets one of them wants it included too.
INCLUDE_VARIABLES = ("CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "CMAKE_PROJECT_INCLUDE")


@dataclass(frozen=True)
class CrossFind:
    """The files, by path: a program, a script that the project includes, and others."""

    interpreter: Path
    include: Path
    files: Mapping[Path, str]


def cross_find(plan: BuildPlan, cmake_pass: CMakePass, build: CMakeBuild) -> CrossFind | None:
    """Return the files for one configuration; None if it does not need them or cannot use them.

    They are for cross builds on systems with POSIX shells, and only for the modules that the
    configuration wants hints for. What the host system's modules are called must be known.
    """
    host, cross, config = cmake_pass.host, cmake_pass.cross, build.config
    modules = [
        module
        for module, wanted in (
            ("Python", config.find_python and config.find_python_build_artifacts_prefix is None),
            ("Python3", config.find_python3 and config.find_python3_build_artifacts_prefix is None),
        )
        if wanted
    ]
    if cross is None or not modules or not host.soabi or not plan.build.sysconfigdata:
        return None
    directory = build.build_dir / "py-build-cmake" / "cross"
    interpreter = directory / "bin" / "python3"
    include = directory / "project_include.cmake"
    numpy = find_numpy(cross.site_packages, host.soabi)
    values = {
        "version": host.dotted_version,
        "soabi": host.soabi,
        "interpreter_id": INTERPRETER_IDS.get(host.implementation, ""),
        "build_python": plan.build.executable.as_posix(),
        "shim": interpreter.as_posix(),
        "numpy_include_dir": numpy.include_dir.as_posix() if numpy.include_dir else "",
        "numpy_version": numpy.version,
        "numpy_problem": numpy.problem,
        "native_numpy": "ON" if cross.force_native_python and not cross.site_packages else "",
    }
    files = {
        interpreter: shim_script(plan.build, host, directory / "sysconfig"),
        directory / "sysconfig" / f"{plan.build.sysconfigdata}.py": sysconfig_module(
            host, cross.include_dir
        ),
        include: _script("project_include.cmake"),
        directory / "find_python.cmake": _script("find_python.cmake"),
    }
    for module in modules:
        files[directory / "modules" / f"Find{module}.cmake"] = _find_module(module, values)
    return CrossFind(interpreter, include, files)


def header_files(plan: BuildPlan, cmake_pass: CMakePass) -> dict[Path, str]:
    """Return the headers of the build Python for the host system, if the pass uses them.

    :raises ConfigError: they are not installed.
    """
    cross = cmake_pass.cross
    if cross is None or not cross.uses_build_headers or cross.include_dir is None:
        return {}
    headers = find_build_headers(plan.build, plan.config.cross_where)
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
