"""The interpreters of other versions that this machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from support.builds import CommandFailed, run

MINORS = (9, 10, 11, 12, 13)


def find_python(minor: int) -> Path | None:
    """Return the first of `find_pythons`, or None if there is none."""
    return next(find_pythons(minor), None)


def find_pythons(minor: int) -> Iterator[Path]:
    """Yield the CPythons 3.``minor`` with headers.

    They are looked for in the directories that the environment variable
    ``PY_BUILD_CMAKE_TEST_PYTHONS`` lists, on ``PATH``, and where pyenv installs them.
    """
    for candidate in _candidates(f"python3.{minor}"):
        try:
            answer = run(candidate, "-c", _QUESTION).split()
        except (CommandFailed, OSError):  # a version manager's shim that leads nowhere
            continue
        if answer == ["cpython", f"3.{minor}", "True"]:
            yield candidate


_QUESTION = """
import os, sys, sysconfig
headers = os.path.join(sysconfig.get_path("platinclude"), "Python.h")
print(sys.implementation.name, "%d.%d" % sys.version_info[:2], os.path.isfile(headers))
"""


def _candidates(name: str) -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    listed = os.environ.get("PY_BUILD_CMAKE_TEST_PYTHONS", "").split(os.pathsep)
    on_path = os.environ.get("PATH", "").split(os.pathsep)
    installed = (str(path) for path in sorted(pyenv.glob("*/bin")))
    for directory in (*listed, *on_path, *installed):
        found = shutil.which(name, path=directory) if directory else None
        if found:
            yield Path(found)
