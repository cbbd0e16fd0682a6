"""Files that are made for a build: what did not change keeps its time, and nothing is rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
