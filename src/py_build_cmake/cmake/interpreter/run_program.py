"""Written by py-build-cmake: runs a Python program with the interpreter of a cross build.

Programs such as ``pybind11-config`` print the directories of the Python that they are run with.
They are found on ``PATH``, behind the program that starts this one.
"""

from __future__ import annotations

import os
import runpy
import sys


def find_next(name: str, own: str, path: str) -> str | None:
    """Return the first program of a name in ``path`` that is not in the directory ``own``."""
    for directory in path.split(os.pathsep):
        program = os.path.join(directory, name)
        if os.path.isfile(program) and os.path.realpath(directory) != os.path.realpath(own):
            return program
    return None


def main(own: str, name: str, arguments: list[str]) -> int:
    """Run the program; its status is that of this one."""
    program = find_next(name, own, os.environ.get("PATH", ""))
    if program is None:
        print(f"{name}: there is no such program on PATH", file=sys.stderr)
        return 127
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
