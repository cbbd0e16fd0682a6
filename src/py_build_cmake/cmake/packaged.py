"""The programs behind the scripts that packages of the package index install.

``cmake`` from the package index is a Python script, which imports a package that starts the real
program: many times as long as CMake takes to print its version. The real program lies beside that
package, in the script's environment.
"""

from __future__ import annotations

import os
from pathlib import Path

# In the packages for Unix and Windows, and in those for macOS.
_FOLDERS = ("data/bin", "data/CMake.app/Contents/bin")
_SITES = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "Lib/site-packages")
# Scripts are shorter, and the launchers of Windows end with one.
_LONGEST_SCRIPT = 1 << 20


def real_program(found: Path) -> Path:
    """Return the program that a script starts; ``found`` itself if that is not known for sure."""
    try:
        script = found.resolve()
        if not _is_script(script):
            return found
        name = script.name
        package = script.stem
        programs = {
            program.resolve()
            for site in _SITES
            for directory in script.parent.parent.glob(f"{site}/{package}")
            for folder in _FOLDERS
            if os.access(program := directory / folder / name, os.X_OK) and program.is_file()
        }
    except (OSError, RuntimeError):
        return found
    # With several, it depends on the interpreter which one the script imports.
    return programs.pop() if len(programs) == 1 else found


def _is_script(path: Path) -> bool:
    """Whether a file is what installers make of an entry point such as ``cmake = cmake:cmake``.

    On Windows it is a program with the script in an archive at its end, compressed or not.
    """
    if path.suffix.lower() == ".exe":
        return path.stat().st_size < _LONGEST_SCRIPT
    with path.open("rb") as file:
        start = file.read(2)
        return start == b"#!" and f"from {path.name} import {path.name}".encode() in file.read(4096)
