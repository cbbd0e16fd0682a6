"""The tables `conan`: each has a table `cmake` in it, and takes the place of one without Conan.

For everything that comes after the configuration, they are CMake configurations like others.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import Problem
from ..base.places import Place
from ..base.records import dataclass
from .layers import Table, indexed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .schema import CMakeConfig, ConanConfig

CONANFILES = ("conanfile.py", "conanfile.txt")
# What Conan reads beside pyproject.toml.
CONAN_FILES = (*CONANFILES, "conan.lock", "conandata.yml")
_BUILD_CONFIG = "{build_config}"
# Conan is told these by its profiles; they would contradict its toolchain file.
_OF_PROFILES = {
    "CMAKE_BUILD_TYPE": "`build_type`",
    "CMAKE_SYSTEM_NAME": "a profile (`os`)",
    "CMAKE_SYSTEM_PROCESSOR": "a profile (`arch`)",
    "CMAKE_SYSTEM_VERSION": "a profile (`os.version`)",
    "CMAKE_TOOLCHAIN_FILE": "`cross.toolchain_file`, or into a profile"
    " (`tools.cmake.cmaketoolchain:user_toolchain`)",
}


@dataclass(frozen=True)
class CMakeEntry:
    """The table of one CMake configuration, and the table `conan` around it, if there is one.

    ``path`` is where the table stands.
    """

    table: Table
    conan: Table | None
    path: tuple[str, ...]


def uses_cmake(tables: Table) -> bool:
    """Whether there is a CMake configuration in the tables, with or without Conan."""
    return tables.table("cmake").present or tables.table("conan").present


def cmake_entries(tables: Table) -> dict[int, CMakeEntry]:
    """Return the CMake configurations of a system by their indices."""
    name = "conan" if tables.table("conan").present else "cmake"
    entries = indexed(tables.table(name))
    found = {}
    for index, table in entries.items():
        path = (name, *([] if [*entries] == [0] else [str(index)]))
        if name == "conan":
            found[index] = CMakeEntry(table.table("cmake"), table, (*path, "cmake"))
        else:
            found[index] = CMakeEntry(table, None, path)
    return found


def change_cmake(tables: Table, change: Callable[[Table], Table]) -> Table:
    """Return the tables of a system with every table of a CMake configuration changed."""
    entries = cmake_entries(tables)
    changed = {
        str(index): change(entry.table)
        if entry.conan is None
        else replace(entry.conan, children={**entry.conan.children, "cmake": change(entry.table)})
        for index, entry in entries.items()
    }
    name = next((entry.path[0] for entry in entries.values()), "cmake")
    return Table({**tables.children, name: Table(changed, present=bool(changed))}, present=True)


def ambiguous_tables(tables: Table) -> Iterator[Problem]:
    """Yield the problem that a system has both kinds of tables."""
    if tables.table("cmake").present and tables.table("conan").present:
        edits = [*tables.table("cmake").all_edits(), *tables.table("conan").all_edits()]
        where = edits[0].origin.place if edits else Place("pyproject.toml", "tool.py-build-cmake")
        yield Problem(
            "there are tables `cmake` and `conan` for the same system",
            where,
            "did you mean `conan.cmake`? With Conan, the options of CMake stand in that table",
        )


def with_conan(config: CMakeConfig, conan: ConanConfig, warnings: list[str]) -> CMakeConfig:
    """Return a CMake configuration as Conan's table has it, without options that belong into
    profiles: they are ignored, with a warning for each.
    """
    folder = str(conan.output_folder)
    path = folder if _BUILD_CONFIG in folder else os.path.join(folder, _BUILD_CONFIG)  # noqa: PTH118 - a text
    options = dict(config.options)
    for name in config.options:
        if belongs := _OF_PROFILES.get(name.partition(":")[0]):
            warnings.append(f"`conan.cmake.options` {name} is ignored: it belongs into {belongs}")
            del options[name]
    return replace(config, build_path=Path(path), options=options, conan=conan)
