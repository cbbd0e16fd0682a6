"""Whether the scripts of a wheel can be started after it is installed.

Source: binary distribution format, "Recommended installer features": installers replace a first
line that begins with ``#!python`` by the interpreter of the environment, and no other. They keep
the permissions that the archive has.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..finding import Code, finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..finding import Finding

_PLACE = re.compile(r"[^/]+\.data/scripts/[^/]+")
_PYTHON = re.compile(rb"#!.*python[\d.]*\b")
_LONGEST_LINE = 512


def check_scripts(files: Mapping[str, Path]) -> Iterator[Finding]:
    """Look at the scripts among the files of a wheel that is about to be packed."""
    for place, path in files.items():
        if not _PLACE.fullmatch(place):
            continue
        # Windows has no such permission, and starts what has the right ending.
        if os.name != "nt" and not os.access(path, os.X_OK):
            yield finding(
                Code.SCRIPT_NOT_EXECUTABLE,
                place,
                "is a script that nobody has permission to start",
                "install it with install(PROGRAMS …), or with PERMISSIONS that have OWNER_EXECUTE",
            )
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE).rstrip()
        if _PYTHON.match(line) and not line.startswith(b"#!python"):
            yield finding(
                Code.SCRIPT_INTERPRETER,
                place,
                f"is a script for one interpreter, {line[2:].decode(errors='replace').strip()!r},"
                " which installers do not replace by that of the environment",
                "begin it with `#!python`",
            )
