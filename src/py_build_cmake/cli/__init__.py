"""The command line program, which needs the extra ``cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program; without what it needs, say how to install that."""
    try:
        from .program import program

        program(prog_name="py-build-cmake")
    except ModuleNotFoundError as e:
        if e.name not in ("click", "rich"):
            raise
        print(
            f"py-build-cmake: the command line program needs {e.name}; install"
            " 'py-build-cmake[cli]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
