"""Compiling the same bytes from the same sources, wherever the project lies.

Source: https://reproducible-builds.org/docs/build-path/ and the manuals of the compilers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .preload import argument

if TYPE_CHECKING:
    from pathlib import Path

_LANGUAGES = ("C", "CXX", "OBJC", "OBJCXX", "Fortran")
_COMPILERS = "GNU,Clang,AppleClang,IntelLLVM"
_IS_MSVC = "$<OR:$<C_COMPILER_ID:MSVC>,$<CXX_COMPILER_ID:MSVC>>"


def reproducible_script(project_dir: Path, build_dir: Path) -> str:
    """Return CMake code that keeps paths and times out of what is compiled.

    GCC and Clang replace the directories of the project and of the build in what they write;
    libraries of the build find each other by relative paths. MSVC leaves out time stamps.
    """
    # Of several that fit, the last one counts.
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
    return f"$<$<COMPILE_LANG_AND_ID:{language},{_COMPILERS}>:-ffile-prefix-map={value}>"
