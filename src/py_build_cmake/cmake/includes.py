"""What CMake includes when the project begins, besides what others want it to include."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ..records import dataclass
from .cross_find import INCLUDE_VARIABLES, cross_find
from .preload import argument
from .reproducible import reproducible_script

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..plan import BuildPlan, CMakeBuild, CMakePass


@dataclass(frozen=True)
class ProjectIncludes:
    """Files to write, those of them that are programs, and the one that CMake is told of."""

    files: Mapping[Path, str] = field(default_factory=dict)
    programs: tuple[Path, ...] = ()
    include: Path | None = None
    lines: tuple[str, ...] = ()

    def preload_lines(self) -> list[str]:
        """Return what to add to the preload cache: include ours, and after it what others set.

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
            'set(PY_BUILD_CMAKE_OTHER_INCLUDES "${_others}" CACHE INTERNAL "")',
            f'set(${{_variable}} {ours} CACHE STRING "" FORCE)',
            *self.lines,
        ]


def project_includes(plan: BuildPlan, cmake_pass: CMakePass, build: CMakeBuild) -> ProjectIncludes:
    """Return what one configuration needs to include."""
    directory = build.build_dir / "py-build-cmake"
    files: dict[Path, str] = {}
    programs: tuple[Path, ...] = ()
    includes, lines = [], []
    if build.config.reproducible:
        path = directory / "reproducible.cmake"
        files[path] = reproducible_script(plan.config.project_dir, build.build_dir)
        includes.append(path)
    if found := cross_find(plan, cmake_pass, build):
        files.update(found.files)
        programs = (found.interpreter,)
        includes.append(found.include)
        # Else pybind11 may not use FindPython, but a search of its own on this machine.
        lines.append('set(PYBIND11_FINDPYTHON ON CACHE STRING "")')
    if not includes:
        return ProjectIncludes()
    include = directory / "project_include.cmake"
    files[include] = _include_script(includes)
    return ProjectIncludes(files, programs, include, tuple(lines))


def _include_script(includes: list[Path]) -> str:
    own = "".join(f"include({argument(path.as_posix())})\n" for path in includes)
    return f"""# Written by py-build-cmake.
{own}# What the project or another tool wants to be included.
foreach(_py_build_cmake_other IN LISTS PY_BUILD_CMAKE_OTHER_INCLUDES)
    include("${{_py_build_cmake_other}}")
endforeach()
unset(_py_build_cmake_other)
"""
