"""The initial caches of a project: files that ``cmake.args`` gives to ``cmake -C``. CMake does not
list them among the files that it read.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INCLUDE = re.compile(
    r'^[^#\n]*?\binclude\s*\(\s*(?:"([^"\n]+)"|([^\s()"]+))', re.IGNORECASE | re.MULTILINE
)


def initial_caches(arguments: Sequence[str], directory: Path) -> tuple[Path, ...]:
    """Return the initial caches, and the files that they include.

    Names are relative to ``directory``, in which CMake is started (cmake(1), ``-C``). An included
    file is not found if other variables of CMake than the usual directories are in its name.
    """
    found: dict[Path, None] = {}
    waiting = [_absolute(directory, name) for name in _named(arguments)]
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            found[path] = None
            waiting += _included(path, directory)
    return tuple(found)


def _named(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        if word.startswith("-C"):
            yield word[2:] or next(words, "")


def _included(path: Path, directory: Path) -> Iterator[Path]:
    try:
        text = path.read_text("utf-8", errors="surrogateescape")
    except OSError:
        return
    for quoted, bare in _INCLUDE.findall(text):
        name = (quoted or bare).replace("${CMAKE_CURRENT_LIST_DIR}", path.parent.as_posix())
        for variable in ("CMAKE_SOURCE_DIR", "CMAKE_CURRENT_SOURCE_DIR", "CMAKE_HOME_DIRECTORY"):
            name = name.replace(f"${{{variable}}}", directory.as_posix())
        if "$" not in name and (included := _absolute(directory, name)).is_file():
            yield included


def _absolute(directory: Path, name: str) -> Path:
    return Path(os.path.normpath(directory / name))
