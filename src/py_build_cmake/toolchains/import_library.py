"""Import libraries of Python for Windows, made from the names that its DLLs export.

Modules on Windows are linked with a library that says which DLL has which function. ``dlltool`` of
binutils or LLVM makes it from a module-definition file; the DLL itself is not needed.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ..base.errors import CommandError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .toolchain_file import ToolchainFiles


_MOST_LINES = 8


def make_import_libraries(toolchain: ToolchainFiles, files: Iterable[Path]) -> None:
    """Make the libraries of the module-definition files among ``files``, beside them, unless they
    are there and not older. The toolchain is one for Windows.

    :raises CommandError: ``dlltool`` failed.
    """
    for definitions in files:
        library = definitions.with_suffix(".lib")
        if definitions.suffix == ".def" and not _is_newer(library, definitions):
            _make(toolchain.dlltool, definitions, library)


def _is_newer(library: Path, definitions: Path) -> bool:
    return library.exists() and library.stat().st_mtime_ns >= definitions.stat().st_mtime_ns


def _make(dlltool: tuple[str, ...], definitions: Path, library: Path) -> None:
    command = [*dlltool, "-d", str(definitions), "-l", str(library)]
    purpose = f"making the import library {library.name}"
    try:
        # Names of temporary files would be in the library otherwise (binutils).
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=library.parent,
            check=False,
        )
    except OSError as e:
        raise CommandError(purpose, command, None, detail=str(e)) from e
    if done.returncode:
        library.unlink(missing_ok=True)
        lines = tuple((done.stderr or done.stdout).strip().splitlines()[:_MOST_LINES])
        said = [Diagnostic(lines[0], lines)] if lines else []
        raise CommandError(purpose, command, done.returncode, diagnostics=said)
