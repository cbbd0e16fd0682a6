"""The script that makes the image for cibuildwheel, where it has nothing to make it of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import REPOSITORY

SCRIPT = REPOSITORY / "tests" / "support" / "cibuildwheel_image.py"


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_one_line_says_all_that_is_missing(tmp_path: Path, architecture: str) -> None:
    """As on a machine without any of the programs."""
    done = subprocess.run(
        [sys.executable, SCRIPT, architecture, "--output", tmp_path / "images"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("cibuildwheel_image: no podman on PATH (Debian package podman); no runc")
    assert list(tmp_path.iterdir()) == []


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "armhf", "--output", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice: 'armhf'" in done.stderr
