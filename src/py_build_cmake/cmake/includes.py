"""The file that CMake includes when the project begins; it also includes the files of others. With
``cmake.reproducible``, compilers write the same bytes in every directory. With
``cmake.search_build_requirements``, CMake finds the packages of build requirements.

Source: https://reproducible-builds.org/docs/build-path/ and the manuals of the compilers.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.records import dataclass
from ..platforms.tags import PlatformTag
from .cache import argument
from .find_python import (
    INCLUDE_VARIABLES,
    classic_script,
    cross_find,
    include_file,
    provider_file,
)
from .host_environment import pkg_config_script
from .packages import find_packages, packages_script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..project.plan import BuildPlan, CMakePass, Configuration


_LANGUAGES = ("C", "CXX", "OBJC", "OBJCXX", "Fortran")
_COMPILERS = "GNU,Clang,AppleClang,IntelLLVM"
# Characters that would end a generator expression, or one of its parts. Source:
# cmake-generator-expressions(7), "Escaped Characters".
_IN_EXPRESSIONS = {">": "$<ANGLE-R>", ",": "$<COMMA>"}
_IS_MSVC = "$<OR:$<C_COMPILER_ID:MSVC>,$<CXX_COMPILER_ID:MSVC>>"


def reproducible_script(project_dir: Path, build_dir: Path) -> str:
    """Return CMake code that keeps paths and times out of what is compiled.

    GCC and Clang replace the directories of the project and of the build in what they write;
    libraries of the build find each other by relative paths. MSVC leaves out time stamps.
    """
    # If several options match a path, compilers use the last one.
    maps = ((project_dir, "."), (build_dir, "./build"))
    options = [
        f"add_compile_options({argument(_only_for(language, f'{path.as_posix()}={name}'))})"
        for language in _LANGUAGES
        for path, name in maps
    ]
    lines = [
        "# Written by py-build-cmake, because `cmake.reproducible` wants it.",
        *options,
        f'add_compile_options("$<{_IS_MSVC}:/Brepro>")',
        f'add_link_options("$<{_IS_MSVC}:/Brepro>")',
        "set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)",
    ]
    return "\n".join(lines) + "\n"


def _only_for(language: str, value: str) -> str:
    for character, expression in _IN_EXPRESSIONS.items():
        value = value.replace(character, expression)
    return f"$<$<COMPILE_LANG_AND_ID:{language},{_COMPILERS}>:-ffile-prefix-map={value}>"


@dataclass(frozen=True)
class ProjectIncludes:
    """Files to write, those of them that are programs, and the one that is given to CMake."""

    files: Mapping[Path, str] = field(default_factory=dict)
    programs: tuple[Path, ...] = ()
    include: Path | None = None
    lines: tuple[str, ...] = ()

    def preload_lines(self) -> list[str]:
        """Return what to add to the preload cache: include this file, then the files that others
        set.

        Before CMake 3.24 there is one file only, which is included later, by every project().
        """
        if self.include is None:
            return []
        ours = argument(self.include.as_posix())
        new, old = INCLUDE_VARIABLES
        return [
            f"set(_variable {new})",
            "if(CMAKE_VERSION VERSION_LESS 3.24)",
            f"    set(_variable {old})",
            "endif()",
            'set(_others "${${_variable}}")',
            f"list(REMOVE_ITEM _others {ours})",
            "if(_others)",
            '    set(PY_BUILD_CMAKE_OTHER_INCLUDES "${_others}" CACHE INTERNAL "")',
            "else()",
            "    unset(PY_BUILD_CMAKE_OTHER_INCLUDES CACHE)",
            "endif()",
            f'set(${{_variable}} {ours} CACHE STRING "" FORCE)',
            *self.lines,
        ]


def project_includes(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    configuration: Configuration,
    stable: Callable[[Path], Path] = Path,
) -> ProjectIncludes:
    """Return what one configuration needs to include.

    ``stable``: see :func:`.packages.packages_script`.
    """
    include = include_file(configuration)
    directory = include.parent
    config, cross = configuration.config, cmake_pass.cross
    scripts: dict[Path, str] = {}
    if config.reproducible:
        scripts[directory / "reproducible.cmake"] = reproducible_script(
            plan.config.project_dir, configuration.build_dir
        )
    if config.search_build_requirements:
        scripts[directory / "packages.cmake"] = packages_script(
            find_packages(plan.machine), stable, is_cross=cross is not None
        )
    if cross is None and (config.find_python or config.find_python3):
        scripts[directory / "find_python_interp.cmake"] = classic_script(plan.machine)
    found = cross_find(plan, cmake_pass, configuration)
    if found or (cross and config.search_build_requirements):
        path, text = provider_file(configuration)
        scripts[path] = text
    if found:
        scripts.update({path: found.files[path] for path in found.includes})
    if cross and not cross.toolchain:
        scripts[directory / "pkg_config.cmake"] = pkg_config_script(
            cross, PlatformTag.parse(cmake_pass.host.platform_tags[0])
        )
    if not scripts:
        return ProjectIncludes()
    return ProjectIncludes(
        files={
            **scripts,
            **(found.files if found else {}),
            include: _include_script(list(scripts)),
        },
        programs=found.programs if found else (),
        include=include,
        # Else pybind11 may not use FindPython, but a search of its own on this machine.
        lines=('set(PYBIND11_FINDPYTHON ON CACHE STRING "")',) if found else (),
    )


def _include_script(includes: list[Path]) -> str:
    own = "".join(f"include({argument(path.as_posix())})\n" for path in includes)
    return f"""# Written by py-build-cmake.
{own}# What the project or another tool wants to be included.
foreach(_py_build_cmake_other IN LISTS PY_BUILD_CMAKE_OTHER_INCLUDES)
    include("${{_py_build_cmake_other}}")
endforeach()
unset(_py_build_cmake_other)
"""
