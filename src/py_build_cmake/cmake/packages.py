"""The CMake packages of build requirements: where ``find_package`` finds them, in all builds.

A build requirement such as pybind11 or nanobind brings a CMake package. The directories that Python
imports from are prefixes for CMake, and so is the environment that the requirements are installed
in: pybind11's package is in ``pybind11/share/cmake/pybind11`` of the first, that of pybind11-global
in ``share/cmake/pybind11`` of the second. Requirements can also name their directories, by entry
points: a root of one package (``cmake.root``), a prefix (``cmake.prefix``), modules for
``include()`` (``cmake.module``).

In builds for the build machine, CMake is given prefixes. In cross builds it is not: below a prefix
it would find libraries of the build machine, too. There, only packages are searched.

Sources: find_package() in cmake-commands(7), "Config Mode Search Procedure"; the documentation of
scikit-build-core, "Search paths", for the entry points; the entry points specification.
"""

from __future__ import annotations

import re
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.records import dataclass
from .cache import argument
from .requirements import find_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..platforms.build_machine import BuildMachine

_GROUPS = ("cmake.root", "cmake.prefix", "cmake.module")
_DISTRIBUTIONS = ("*.dist-info", "*.egg-info")
_HAS_PACKAGES = re.compile(rb"^[^,\n]*(?:[A-Za-z0-9]Config|-config)\.cmake\b", re.MULTILINE)
_SCRIPT = Path(__file__).with_name("scripts") / "find_requirement.cmake"


@dataclass(frozen=True)
class PackageSearch:
    """Where the packages of build requirements are searched, the first one first.

    ``prefixes`` are directories like ``/usr``, ``roots`` the prefixes of packages by their names,
    ``modules`` directories for ``CMAKE_MODULE_PATH``. ``distributions`` have something to be found,
    with their versions. ``problems`` say which entry points lead nowhere.
    """

    prefixes: tuple[Path, ...] = ()
    roots: Mapping[str, Path] = field(default_factory=dict)
    modules: tuple[Path, ...] = ()
    distributions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def find_packages(machine: BuildMachine) -> PackageSearch:
    """Return where the CMake packages of the build requirements of a machine's Python are."""
    return _search(machine.import_paths, tuple(_environments(machine)))


@cache  # called for each configuration and pass; nothing is installed in between
def _search(import_paths: tuple[Path, ...], environments: tuple[Path, ...]) -> PackageSearch:
    sites = [path for path in import_paths if _has_distributions(path)]
    prefixes, modules, problems = list(sites), list[Path](), list[str]()
    roots: dict[str, Path] = {}
    distributions = []
    for path in (path for site in sites for path in _distributions(site)):
        points = list(_entry_points(path))
        for group, name, module in points:
            directory = _directory_of(module, import_paths)
            if directory is None:
                problems.append(
                    f"the entry point {name} = {module} of {path.stem} in the group {group} names a"
                    " package that is not there"
                )
            elif group == "cmake.root":
                roots.setdefault(name, directory)
            else:
                (prefixes if group == "cmake.prefix" else modules).append(directory)
        if points or _contains_packages(path):
            distributions.append(path.stem)
    return PackageSearch(
        prefixes=tuple(dict.fromkeys((*prefixes, *environments))),
        roots=roots,
        modules=tuple(dict.fromkeys(modules)),
        distributions=tuple(sorted(distributions)),
        problems=tuple(problems),
    )


def _has_distributions(path: Path) -> bool:
    return path.is_dir() and any(any(path.glob(pattern)) for pattern in _DISTRIBUTIONS)


def _distributions(site: Path) -> Iterator[Path]:
    for pattern in _DISTRIBUTIONS:
        yield from sorted(path for path in site.glob(pattern) if path.is_dir())


def _contains_packages(distribution: Path) -> bool:
    """Whether a distribution lists files that find_package() reads."""
    record = distribution / "RECORD"
    return record.is_file() and _HAS_PACKAGES.search(record.read_bytes()) is not None


def _entry_points(distribution: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the entry points for CMake: group, name and module."""
    path = distribution / "entry_points.txt"
    if not path.is_file() or b"cmake." not in path.read_bytes():
        return
    from configparser import ConfigParser

    parser = ConfigParser(delimiters=("=",), strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text("utf-8"))
    for group in _GROUPS:
        if parser.has_section(group):
            for name, module in parser.items(group):
                yield group, name, module


def _directory_of(module: str, import_paths: Iterable[Path]) -> Path | None:
    """Return the directory of an importable package, which is not imported."""
    first, *rest = module.split(".")
    for directory in (path / first for path in import_paths):
        if (found := directory.joinpath(*rest)).is_dir():
            return found
    # An editable install is found by its own finder.
    from importlib.util import find_spec

    try:
        spec = find_spec(first)
    except (ImportError, ValueError):
        spec = None
    locations = (
        [Path(p).joinpath(*rest) for p in (spec.submodule_search_locations or ())] if spec else []
    )
    return next((path for path in locations if path.is_dir()), None)


def _environments(machine: BuildMachine) -> Sequence[Path]:
    """Return the prefixes of what is installed for this build: not those of the system."""
    temporary = find_requirements(machine).environments
    if temporary:
        return temporary
    is_virtual = machine.prefixes and machine.prefixes[0] != machine.prefixes[-1]
    return machine.prefixes[:1] if is_virtual else ()


def packages_script(
    search: PackageSearch, stable: Callable[[Path], Path] = Path, *, is_cross: bool
) -> str:
    """Return the script that CMake includes when the project begins.

    ``stable`` turns the path of what an isolated build requires into one that stays the same.
    """

    def text(path: Path) -> str:
        return argument(stable(path).as_posix())

    lines = ["# Written by py-build-cmake: the packages of build requirements."]
    lines += (f"# {name}" for name in search.distributions)
    lines += (f"message(WARNING {argument(problem)})" for problem in search.problems)
    lines += (f"list(APPEND CMAKE_MODULE_PATH {text(path)})" for path in search.modules)
    if is_cross:
        prefixes = " ".join(map(text, search.prefixes))
        lines.append(f"set_property(GLOBAL PROPERTY _PY_BUILD_CMAKE_PREFIXES {prefixes})")
        lines += (
            f"set_property(GLOBAL PROPERTY _PY_BUILD_CMAKE_ROOT_{name} {text(path)})"
            for name, path in search.roots.items()
        )
        lines.append(_SCRIPT.read_text("utf-8"))
    else:
        for name, path in search.roots.items():
            lines += [
                f"if(NOT DEFINED {name}_ROOT AND NOT DEFINED ENV{{{name}_ROOT}})",
                f"    set({name}_ROOT {text(path)})",
                "endif()",
            ]
        lines += [
            "# Directories that somebody else names come first.",
            'file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" _py_build_cmake_prefixes)',
            "list(APPEND CMAKE_PREFIX_PATH ${_py_build_cmake_prefixes})",
            "unset(_py_build_cmake_prefixes)",
            *(f"list(APPEND CMAKE_PREFIX_PATH {text(path)})" for path in search.prefixes),
            # Before CMake 3.24, this runs once for each project().
            "list(REMOVE_DUPLICATES CMAKE_PREFIX_PATH)",
        ]
    if search.modules:
        lines.append("list(REMOVE_DUPLICATES CMAKE_MODULE_PATH)")
    return "\n".join(lines) + "\n"
