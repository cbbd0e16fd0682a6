"""Stubs where type checkers look for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def with_stub_package(files: Mapping[str, Path], name: str, scratch: Path) -> dict[str, Path]:
    """Add a stub package with the stubs that CMake installed for the package ``name``.

    Type checkers find the package in its sources, where these stubs are not. A partial stub
    package (PEP 561) adds to it. ``scratch`` is a directory to write to.
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
