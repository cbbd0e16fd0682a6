"""The build directory: what is written into it, what CMake keeps there, and how it begins anew.

CMake keeps the source directory, the generator, the compilers and the flags of the first time, and
refuses or silently ignores others. A build directory that was made for others begins anew. Files
that are written for a build keep their time if they did not change, so that nothing is rebuilt.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.masking import is_secret, looks_secret
from ..project.plan import CACHE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..base.masking import Mask
    from .cache import CacheEntry


def write_files(files: Mapping[Path, str]) -> None:
    """Write files whose contents changed."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_if_different(path, text)


def write_if_different(path: Path, text: str) -> None:
    """Write a file if its contents changed."""
    # Paths that the locale's encoding cannot express are bytes to the system, and to CMake.
    data = text.encode(errors="surrogateescape")
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


CACHE_FILE = "CMakeCache.txt"
PRIVATE_FOLDER = "py-build-cmake"
PRELOAD_FILE = "py-build-cmake-preload.cmake"
# The names of what is not CMake's: this program's files, what editable installs use, and what CMake
# is asked.
OURS = rf"{PRIVATE_FOLDER}(-[\w.-]+|\.log)?|editable(-output)?(\.json[\w.]*)?|\.cmake"
# What a compiler made of one source file, and what build tools compare to make it again: the times
# and the commands (Ninja), the flags (Make), the headers. Modules of Fortran and C++ are not among
# them: they come in several files.
OBJECTS = (
    r"(?i:\.(c|cc|cpp|cxx|c\+\+|cu|hip|m|mm|s|asm)\.o(bj)?(\.d)?)$"
    r"|^(flags\.make|compiler_depend\.ts)$|^\.ninja_(log|deps)$"
)
_ENTRY = re.compile(r"^([A-Za-z_]\w*):(\w+)=(.*)$", re.MULTILINE)
_PATH_ENTRY = re.compile(r"^([A-Za-z_][\w.+-]*):(?:FILE)?PATH=(/.*|[A-Za-z]:/.*)$", re.MULTILINE)
_DOCUMENTED_ENTRY = re.compile(r"^(?://.*\n)*([A-Za-z_]\w*):\w+=(.*)\n", re.MULTILINE)


def read_cache(build_dir: Path) -> dict[str, str]:
    """Return the values in a build directory's cache; none if it was not configured."""
    return {name: entry.value for name, entry in cached_entries(build_dir).items()}


def cached_entries(build_dir: Path) -> dict[str, CacheEntry]:
    """Return the entries of a build directory's cache; none if it was not configured."""
    path = build_dir / CACHE_FILE
    if not path.exists():
        return {}
    from .cache import CacheEntry

    found = _ENTRY.findall(os.fsdecode(path.read_bytes()))
    return {name: CacheEntry(name, value, kind) for name, kind, value in found}


def found_paths(build_dir: Path) -> dict[str, str]:
    """Return the files and directories that are named in the cache, and exist."""
    path = build_dir / CACHE_FILE
    text = os.fsdecode(path.read_bytes()) if path.exists() else ""
    return {name: value for name, value in _PATH_ENTRY.findall(text) if os.path.exists(value)}  # noqa: PTH110 - a text


def protect_cache(build_dir: Path, mask: Mask) -> None:
    """Let only its owner read CMake's cache, if there is a secret in it.

    CMake writes another file each time, with the usual permissions.
    """
    path = build_dir / CACHE_FILE
    if path.is_file() and (
        mask.hides(os.fsdecode(path.read_bytes()))
        or any(looks_secret(name) and is_secret(v) for name, v in read_cache(build_dir).items())
    ):
        path.chmod(0o600)


def drop_entries(build_dir: Path, is_dropped: Callable[[str], bool]) -> None:
    """Remove the entries with certain values from the cache, so that CMake looks for them again."""
    path = build_dir / CACHE_FILE
    if not path.exists():
        return
    text = os.fsdecode(path.read_bytes())
    kept = _DOCUMENTED_ENTRY.sub(lambda match: "" if is_dropped(match[2]) else match[0], text)
    if kept != text:
        path.write_bytes(os.fsencode(kept))


def why_stale(cache: Mapping[str, str], wanted: Mapping[str, str | None]) -> str | None:
    """Return in which entry a cache differs from what is wanted; None means that it can stay.

    An entry that is not wanted to have a certain value (None) may have any.
    """
    for name, value in wanted.items():
        if value is not None and name in cache and cache[name] != value:
            return f"{name} was {cache[name]}"
    return None


def may_be_emptied(build_dir: Path) -> bool:
    """Whether a directory, which CMake has not configured yet, belongs to builds and nothing else.

    A directory that the user chose may hold other files, or even the project.
    """
    if CACHE_FOLDER in build_dir.parts:
        return True
    names = os.listdir(build_dir) if build_dir.is_dir() else []  # noqa: PTH208 - names
    return all(re.fullmatch(OURS, name) for name in names)
