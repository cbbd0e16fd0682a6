"""The environment variable ``CMAKE_ARGS`` as a layer of the configuration of native builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.places import Place
from ..platforms.environments.cmake_args import VARIABLE, cmake_args, configure_args
from .kinds import Boolean
from .layers import Edit, Leaf, Op, Origin, Table, merge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def with_cmake_args(
    table: Table, environ: Mapping[str, str], project_dir: Path, *, windows: bool
) -> Table:
    """Return a table ``cmake`` with the arguments in the variable above it, unless it says
    ``use_cmake_args = false``.

    :raises ConfigError: the variable is not a list of arguments, or has one that cannot be there.
    """
    wanted = table.edits("use_cmake_args")
    if wanted and not Boolean().fold(wanted):
        return table
    args, generator = configure_args(cmake_args(environ, windows=windows))
    origin = Origin(Place(elsewhere=f"environment variable {VARIABLE}"), project_dir)
    options = {"args": Leaf((Edit(Op.APPEND, tuple(args), origin),))}
    if generator is not None:
        options["generator"] = Leaf((Edit(Op.ASSIGN, generator, origin),))
    return merge(table, Table(options, present=True))
