"""Whether a build directory can be configured again as it is.

CMake keeps the source directory, the generator, and the compilers that a toolchain file chose, and
refuses or silently ignores others. A build directory that was made for others starts afresh.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CACHE_FILE = "CMakeCache.txt"
_ENTRY = re.compile(r"^([A-Za-z_]\w*):\w+=(.*)$", re.MULTILINE)


def read_cache(build_dir: Path) -> dict[str, str]:
    """Return the entries of a build directory's cache; none if it was not configured."""
    path = build_dir / CACHE_FILE
    if not path.exists():
        return {}
    return dict(_ENTRY.findall(os.fsdecode(path.read_bytes())))


def why_stale(cache: Mapping[str, str], wanted: Mapping[str, str | None]) -> str | None:
    """Return in which entry a cache differs from what is wanted; None means that it can stay.

    An entry that is not wanted to have a certain value (None) may have any.
    """
    for name, value in wanted.items():
        if value is not None and name in cache and cache[name] != value:
            return f"{name} was {cache[name]}"
    return None


def start_afresh(build_dir: Path) -> None:
    """Remove what CMake remembers, as ``cmake --fresh`` does (which old versions do not have)."""
    (build_dir / CACHE_FILE).unlink(missing_ok=True)
    shutil.rmtree(build_dir / "CMakeFiles", ignore_errors=True)
