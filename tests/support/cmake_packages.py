"""Build requirements that bring CMake packages, in all places where CMake finds them."""

from __future__ import annotations

from pathlib import Path

from support.projects import write

# In a directory that Python imports from, where each package has its file; the name of the package
# is that of the file, without Config.cmake or -config.cmake.
PLACES = {
    "InShare": "inshare/share/cmake/InShare/InShareConfig.cmake",
    "InLib": "inlib/lib/cmake/InLib/InLibConfig.cmake",
    "InCMake": "InCMake/cmake/incmake-config.cmake",
    "ShareOfAll": "share/cmake/ShareOfAll/ShareOfAllConfig.cmake",
    "LibOfAll": "lib/cmake/LibOfAll/LibOfAllConfig.cmake",
    "AtRoot": "rooted/deep/lib/cmake/AtRoot/AtRootConfig.cmake",
    "AtPrefix": "prefixed/share/cmake/AtPrefix/AtPrefixConfig.cmake",
}

MODULE = "of_modules/cmake/ModuleOfRequirement.cmake"
ENTRY_POINTS = """\
[cmake.root]
AtRoot = rooted.deep
[cmake.prefix]
AtPrefix = prefixed
[cmake.module]
any-name = of_modules.cmake
[console_scripts]
unrelated = rooted:main
"""
# A project that finds them all, and installs a file for each.
LISTS = """
cmake_minimum_required(VERSION 3.15...4.1)
project(finds LANGUAGES {languages})
include(ModuleOfRequirement)
foreach(name IN ITEMS {names})
    find_package(${{name}} CONFIG REQUIRED)
    set(file "${{CMAKE_CURRENT_BINARY_DIR}}/${{name}}.txt")
    file(WRITE "${{file}}" "${{${{name}}_SAYS}} ${{${{name}}_DIR}}")
    install(FILES "${{file}}" DESTINATION finds)
endforeach()
"""


def install_packages(site: Path) -> Path:
    """Lay out the packages in the directory ``site``, as pip installs them; return it."""
    for name, place in PLACES.items():
        write(site / place, f'set({name}_SAYS "{name} was found")\n')
    write(site / MODULE, 'message(STATUS "the module was included")\n')
    info = site / "packages-1.0.dist-info"
    write(info / "entry_points.txt", ENTRY_POINTS)
    write(info / "RECORD", "".join(f"{place},,\n" for place in PLACES.values()))
    return site


def lists(languages: str = "NONE") -> str:
    """Return the ``CMakeLists.txt`` of a project that needs all of them."""
    return LISTS.format(languages=languages, names=" ".join(PLACES))
