"""The package ``ziglang`` for tests: large, so it is installed once and kept between sessions."""

from __future__ import annotations

import sys
from pathlib import Path

from py_build_cmake.toolchains.zig import REQUIREMENT
from support.builds import exclusive, run
from support.hosts import cache_directory


def install_zig() -> Path:
    """Return the directory to import ``ziglang`` and ``auditwheel`` from.

    Sessions at the same time wait for the one that installs.
    """
    directory = cache_directory() / "zig"
    with exclusive(directory):
        directory.mkdir(exist_ok=True)
        done = directory / "done"
        if not done.exists() or done.read_text() != REQUIREMENT:
            run(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--upgrade"),
                *("--target", directory / "packages", REQUIREMENT, "auditwheel"),
            )
            done.write_text(REQUIREMENT)
    return directory / "packages"
