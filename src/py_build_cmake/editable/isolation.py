"""Build environments that are removed when the build ends.

A configured build directory refers to the programs and packages of its build environment.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from ..cmake.requirements import TEMPORARY_ENVIRONMENT, requirements_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..platforms.build_machine import BuildMachine

# Entries that a rebuild replaces: the paths of the interpreter and the programs.
_REPLACED = re.compile(r"_?(?:PY_BUILD_CMAKE_|Python|PYTHON|CMAKE_)")


def temporary_directories(machine: BuildMachine) -> list[str]:
    """Return the build environments of this build."""
    path = machine.environ.get("PATH", "").split(os.pathsep)
    modules = machine.environ.get("PYTHONPATH", "").split(os.pathsep)
    candidates = [
        *path,
        *modules,
        *map(str, (machine.executable, machine.scripts_dir, *machine.prefixes)),
    ]
    found = (TEMPORARY_ENVIRONMENT.match(candidate) for candidate in (*candidates, __file__))
    directories = [match[0] for match in found if match]
    return list(dict.fromkeys([*directories, *map(os.path.realpath, directories)]))


def what_will_be_missed(
    caches: Mapping[Path, Mapping[str, str]],
    tools: Mapping[str, str],
    temporary: Sequence[str],
    path: str,
) -> list[str]:
    """Return what builds use in temporary directories and cannot find elsewhere.

    ``caches`` are the entries of the build directories' caches, ``path`` is the variable ``PATH``.
    """
    if not temporary:
        return []
    begins = tuple(f"{directory}{os.sep}" for directory in temporary)
    kept = os.pathsep.join(
        directory
        for directory in path.split(os.pathsep)
        if not f"{directory}{os.sep}".startswith(begins)
    )
    missed = [
        name
        for name, program in tools.items()
        if name != "python" and program.startswith(begins) and not shutil.which(name, path=kept)
    ]
    for build_dir, cache in caches.items():
        # Build requirements are used through links in the build directory, which will be broken
        # then.
        links = f"{requirements_folder(build_dir)}{os.sep}"
        for name, value in cache.items():
            if (
                value.startswith((*begins, links))
                and not _REPLACED.match(name)
                and value not in tools.values()
            ):
                missed.append(name)
    return list(dict.fromkeys(missed))


def advice(missed: Sequence[str], project_dir: Path, requirements: Sequence[str]) -> list[str]:
    """Return what to tell the user who wants to rebuild."""
    if not missed:
        return []
    from shlex import join

    return [
        "The build environment, which is gone after the installation, provided:"
        f" {', '.join(missed)}.",
        "To rebuild, install without build isolation:",
        f"    {join(['pip', 'install', *requirements])}",
        f"    {join(['pip', 'install', '--no-build-isolation', '-e', str(project_dir)])}",
    ]
