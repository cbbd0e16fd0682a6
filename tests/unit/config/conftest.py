"""Configuration: the sources are files in a temporary directory."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configuration import Sources


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A project whose configuration is empty, with a top level CMakeLists.txt."""
    project = Sources((tmp_path / "project").resolve())
    project.pyproject("")
    project.write("CMakeLists.txt", "")
    return project
