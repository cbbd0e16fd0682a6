"""The package ``ziglang`` for tests: large, so it is installed once and kept between sessions."""

from __future__ import annotations

import sys
from pathlib import Path

from py_build_cmake.toolchains.zig import REQUIREMENT
from support import locked
from support.builds import find_links, run
from support.caches import cache_directory, exclusive


def install_zig() -> Path:
    """Return the directory to import ``ziglang`` and ``auditwheel`` from.

    Sessions at the same time wait for the one that installs.
    """
    directory = cache_directory() / "zig"
    with exclusive(directory):
        directory.mkdir(exist_ok=True)
        done = directory / "done"
        wanted = f"{REQUIREMENT} {locked.digest('zig')}"
        if not done.exists() or done.read_text() != wanted:
            run(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--upgrade"),
                *("--target", directory / "packages", REQUIREMENT, "auditwheel"),
                env=find_links(locked.provide("zig")),
            )
            done.write_text(wanted)
    return directory / "packages"
