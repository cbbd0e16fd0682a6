"""Putting what CMake installed where imports find it, and stubs where type checkers look."""

from __future__ import annotations

import filecmp
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .links import is_unfinished, mirror, unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def with_stub_package(files: Mapping[str, Path], name: str, scratch: Path) -> dict[str, Path]:
    """Add a stub package with the stubs that CMake installed for the package ``name``.

    Type checkers find the package in its sources, which lack these stubs. A partial stub package
    (PEP 561) adds to it. ``scratch`` is a directory to write to.
    """
    complete = dict(files)
    for place, path in files.items():
        if place == f"{name}.pyi":
            complete[f"{name}-stubs/__init__.pyi"] = path
        elif place.startswith(f"{name}/") and place.endswith(".pyi"):
            complete[f"{name}-stubs/{place[len(name) + 1 :]}"] = path
    if len(complete) > len(files):
        marker = scratch / f".{name}-stubs"
        marker.write_text("partial\n")
        complete[f"{name}-stubs/py.typed"] = marker
    return complete


def put(files: Mapping[str, Path], tree: Path) -> list[str]:
    """Put the files, by their place, into the tree, and remove other files that are no links. A
    process that imports a file during the rebuild sees either the old or the new one, complete.
    Unchanged files are not touched. Return the places of those that changed.
    """
    tree.mkdir(parents=True, exist_ok=True)
    for folder in sorted({parent for place in files for parent in Path(place).parents}):
        _make_real(tree / folder)
    changed = [place for place, path in files.items() if _replace(path, tree / place)]
    return changed + _remove_others(tree, tree, files)


def _make_real(folder: Path) -> None:
    """Turn a link to a directory into a directory of links."""
    if folder.is_dir() and not folder.is_symlink():
        return
    if folder.is_symlink():
        fresh = Path(unfinished(str(folder), "folder"))
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        if folder.is_dir():
            mirror(os.readlink(folder), str(fresh))
        folder.unlink()
        fresh.replace(folder)
        return
    if folder.exists():
        folder.unlink()
    folder.mkdir()


def _replace(path: Path, target: Path) -> bool:
    """Copy a file to ``target`` in one step, if it differs; return whether it does."""
    if not target.is_symlink() and target.is_file() and filecmp.cmp(path, target, shallow=False):
        return False
    temporary = Path(unfinished(str(target), "file"))
    # The time is now, so that what depends on the file, such as byte code, is made again.
    shutil.copyfile(path, temporary)
    shutil.copymode(path, temporary)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    try:
        temporary.replace(target)
    except PermissionError:
        # Windows: a module that a process has loaded can be renamed, but not replaced.
        target.replace(unfinished(str(target), "old"))
        temporary.replace(target)
    return True


def _remove_others(tree: Path, folder: Path, files: Collection[str]) -> list[str]:
    """Remove the real files that are not among ``files``, and directories that become empty."""
    removed: list[str] = []
    for path in list(folder.iterdir()):
        if is_unfinished(path.name):
            # Left by a killed process: because of the lock, no other process is writing here.
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif path.is_symlink() or path.name == "__pycache__":
            continue
        elif path.is_dir():
            removed += _remove_others(tree, path, files)
            if all(inner.name == "__pycache__" for inner in path.iterdir()):
                shutil.rmtree(path, ignore_errors=True)
        elif (place := path.relative_to(tree).as_posix()) not in files:
            path.unlink()
            removed.append(place)
    return removed
