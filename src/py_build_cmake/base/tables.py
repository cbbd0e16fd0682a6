"""Tables of data: text files with one entry a line, whose comments say where they are from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_table(path: Path) -> tuple[str, ...]:
    """Return the lines of a table, but for comments."""
    lines = path.read_text("utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
