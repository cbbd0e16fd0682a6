"""A build directory begins anew: what earlier builds left in it is removed."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any, Callable

from .times import forget_times


def start_afresh(
    build_dir: Path, *, ours: str, is_owned: bool = False, objects: str | None = None
) -> None:
    """Remove what earlier builds left in a build directory.

    If the directory ``is_owned`` by builds, that is everything in it but the names that the regular
    expression ``ours`` matches, and the query for CMake's file API; otherwise it is what CMake
    remembers, in all directories. Files whose names ``objects`` finds stay.
    """
    kept = re.compile(objects) if objects else None
    (build_dir / "CMakeCache.txt").unlink(missing_ok=True)
    if kept is None:
        forget_times(str(build_dir))
    if not is_owned:
        for folder, folders, _ in os.walk(build_dir):
            if "CMakeFiles" in folders:
                _remove(Path(folder, "CMakeFiles"), kept)
            # What is ours has build directories of its own.
            is_top = Path(folder) == build_dir
            folders[:] = [
                name
                for name in folders
                if name != "CMakeFiles" and not (is_top and re.fullmatch(ours, name))
            ]
        return
    for name in _names(build_dir):
        if not re.fullmatch(ours, name):
            _remove(build_dir / name, kept)
    _remove(build_dir / ".cmake" / "api" / "v1" / "reply", None)


def _names(directory: Path) -> list[str]:
    return os.listdir(directory) if directory.is_dir() else []


def _remove(path: Path, kept: re.Pattern[str] | None) -> None:
    """Remove a file or a directory, which stays if there is anything in it that is kept."""
    if path.is_symlink() or not path.is_dir():
        if not (kept and kept.search(path.name)):
            path.unlink(missing_ok=True)
    elif not kept:
        shutil.rmtree(path, onerror=_make_writable)
    else:
        for name in _names(path):
            _remove(path / name, kept)
        if not _names(path):
            path.rmdir()


def _make_writable(function: Callable[[str], object], path: str, _: Any) -> None:
    """Remove what could not be removed: on Windows, files that are read-only (Git has such)."""
    os.chmod(path, stat.S_IWRITE)
    function(path)
