"""``cross.toolchain``: what goes with it, what does not, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import ConfigError, Problem
from ..platforms.build_headers import BUILD_PYTHON
from ..platforms.targets import linux_target

if TYPE_CHECKING:
    from .schema import CrossConfig
    from .tree import Table

# The keys that say where the host system's Python is.
_PYTHON_KEYS = ("python", "prefix", "library", "sabi_library", "include_dir", "force_native_python")


def with_toolchain(
    cross: CrossConfig, table: Table, where: str, problems: list[Problem]
) -> CrossConfig:
    """Check the keys beside a named toolchain; with one and no Python, it is the build Python's.

    Mistakes are added to ``problems``.
    """
    if cross.toolchain and cross.toolchain_file:
        problems.append(
            Problem(
                "`toolchain_file` and `toolchain` are two toolchains",
                _place(table, "toolchain_file"),
                "leave one of them out; a CMake file that the toolchain file of `toolchain` shall"
                " include first is `toolchain_include`",
            )
        )
    if cross.toolchain_include and not cross.toolchain:
        problems.append(
            Problem(
                "`toolchain_include` is for the toolchain file that `toolchain` makes",
                _place(table, "toolchain_include"),
                "write `toolchain`, or include the file from your `toolchain_file`",
            )
        )
    if cross.toolchain and cross.arch:
        try:
            linux_target(cross.arch.split("."), where, cross.toolchain)
        except ConfigError as e:
            problems += e.problems
    if cross.toolchain and not any(getattr(cross, key) for key in _PYTHON_KEYS):
        return replace(cross, python=BUILD_PYTHON)
    return cross


def _place(table: Table, key: str) -> str:
    return str(table.edits(key)[-1].origin)
