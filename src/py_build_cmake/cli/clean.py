"""``py-build-cmake clean``: remove what builds left, and nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.records import dataclass
from ..building.by_hand import plan_in
from ..building.staging import exclusive
from ..cmake.build_dir import PRELOAD_FILE
from ..project.plan import BUILD_CONFIG, CACHE_FOLDER
from .options import example, open_session, source_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..base.console import Console
    from ..project.plan import BuildPlan
    from .options import ProgramOptions

_FEW = 1024


@dataclass(frozen=True)
class Leftover:
    """A directory that builds made. ``reason`` says why it stays, if it does."""

    path: Path
    reason: str = ""


def find_leftovers(plan: BuildPlan) -> list[Leftover]:
    """Find the cache of the project, and build directories elsewhere.

    A build directory is one that has our preload cache in it. Nothing stays below a directory
    that is removed, so what contains the project's own files is left alone.
    """
    root = plan.config.project_dir
    own = [root, *plan.source_paths, *(path for _, path in plan.module.files())]
    cache = root / CACHE_FOLDER
    found = [cache] if cache.is_dir() else []
    for tables in (plan.config.host_tables, plan.config.native_tables):
        for _, config in tables.cmake:
            found += _build_directories(config.build_path)
    leftovers = []
    for path in dict.fromkeys(found):
        if path != cache and path.is_relative_to(cache):
            continue
        leftovers.append(Leftover(path, _why_kept(path, own)))
    return leftovers


def _build_directories(pattern: Path) -> Iterator[Path]:
    """Yield the directories that a ``build_path`` stands for and that we configured."""
    before, placeholder, after = str(pattern).partition(BUILD_CONFIG)
    candidates = [pattern]
    if placeholder:
        # The placeholder is part of one name, or all of it.
        parent, stem = os.path.split(before)
        name, _, below = after.partition(os.sep)
        candidates = [
            path / below
            for path in sorted(Path(parent).glob("*"))
            if path.name.startswith(stem) and path.name.endswith(name)
        ]
    yield from (path for path in candidates if (path / PRELOAD_FILE).is_file())


def _why_kept(path: Path, own: Iterable[Path]) -> str:
    if path.is_symlink():
        return "is a link; remove what it leads to by hand"
    if any(file.is_relative_to(path) for file in own):
        return "has files of the project in it"
    return ""


@click.command(
    short_help="Remove the build directories of the project.",
    epilog=example("py-build-cmake clean", "py-build-cmake clean --yes"),
)
@source_options
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.pass_obj
def clean(common: ProgramOptions, /, *, yes: bool, **more: Any) -> None:
    """Remove the build directories of the project, after saying which these are.

    They are the cache of the project and what CMake was run in elsewhere, as `cmake.build_path`
    says. Without --yes, nothing is removed unless somebody answers the question.
    """
    session = open_session(common, more)
    leftovers = find_leftovers(plan_in(session, common.build_path))
    for left in leftovers:
        size = "" if left.reason else f" ({_size(left.path)})"
        verb = f"keep, because it {left.reason}:" if left.reason else "remove"
        click.echo(f"{verb} {left.path}{size}")
        if list(left.path.glob("*/editable*/")):
            click.echo("       an editable install uses it, which has to be made again then")
    removable = [left.path for left in leftovers if not left.reason]
    if not removable:
        click.echo("nothing to remove")
        return
    is_wanted = yes and not common.dry
    if not yes and not common.dry and is_terminal():
        is_wanted = click.confirm("Remove?")
    if not is_wanted:
        click.echo("nothing was removed; --yes removes it")
        return
    for path in removable:
        remove(path, session.console)
    click.echo("removed")


def is_terminal() -> bool:
    """Whether somebody can answer a question."""
    return sys.stdin.isatty()


def remove(directory: Path, console: Console) -> None:
    """Remove a directory when no build runs in it any more. Links are not followed."""
    for lock in sorted({*directory.glob("py-build-cmake/lock"), *directory.glob("*/*/lock")}):
        with exclusive(lock, console):
            pass
    shutil.rmtree(directory)


def _size(directory: Path) -> str:
    total = 0.0
    for folder, _, names in os.walk(directory):
        total += sum(Path(folder, name).lstat().st_size for name in names)
    for unit in ("bytes", "KiB", "MiB"):
        if total < _FEW:
            return f"{total:.0f} {unit}"
        total /= _FEW
    return f"{total:.1f} GiB"
