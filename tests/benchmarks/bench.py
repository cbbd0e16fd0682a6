"""What the cases share: where things are, the processes to compare, rows of results."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from backends import BACKENDS, OURS, Backend, write_extension
from measure import Command, Run, median, ratios

BARE = "bare commands"
HOOK = """
import importlib, sys
_, backend, hook, *arguments = sys.argv
getattr(importlib.import_module(backend), hook)(*arguments)
"""
BARE_ZIP = "import shutil, sys; shutil.make_archive(sys.argv[2], 'zip', sys.argv[1])"


@dataclass(frozen=True)
class Row:
    """One line of the results. ``ratio`` is to the reference of the case, 1 for that itself."""

    case: str
    size: float | None
    name: str
    seconds: float
    cpu_seconds: float
    memory_mib: float
    ratio: float


@dataclass(frozen=True)
class Bench:
    """Where and how to measure. ``pythons`` are the backends' environments."""

    pythons: dict[str, Path]
    directory: Path
    rounds: int
    is_quick: bool

    def backends(self, *, with_data: bool = False) -> list[Backend]:
        return [b for b in BACKENDS if not with_data or b.data_tables is not None]

    def sizes(self, *sizes: int) -> Sequence[int]:
        return (1, 2, 3) if self.is_quick else sizes

    def fresh(self, name: str) -> Path:
        path = self.directory / name.replace(" ", "-")
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def hook(
        self, backend: Backend, project: Path, hook: str, *arguments: str, out: Path | None = None
    ) -> Command:
        """Return the process that calls a hook as a front end does, without isolation."""
        python = self.pythons[backend.name]
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        return Command(
            backend.name,
            [python, "-c", HOOK, backend.module, hook, *arguments],
            project,
            {"PATH": path},
            prepare=partial(empty, out) if out else lambda: None,
        )

    def bare(
        self,
        script: str,
        cwd: Path,
        *arguments: Path | str,
        prepare: Path,
        with_scripts: bool = False,
    ) -> Command:
        """Return a process of Python that runs CMake itself.

        ``with_scripts``: ``cmake`` and ``ninja`` are what the package index has, Python scripts
        that start the programs.
        """
        python = self.pythons[OURS]
        directories = [] if with_scripts else _program_directories(python)
        path = os.pathsep.join([*directories, str(python.parent), os.environ["PATH"]])
        name = f"{BARE}, with the scripts of packages" if with_scripts else BARE
        words = [python, "-c", script, *arguments]
        return Command(name, words, cwd, {"PATH": path}, prepare=partial(empty, prepare))


@cache
def _program_directories(python: Path) -> list[str]:
    code = "import cmake, ninja; print(cmake.CMAKE_BIN_DIR, ninja.BIN_DIR, sep='\\n')"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def rows_of(case: str, size: float | None, runs: dict[str, list[Run]]) -> Iterator[Row]:
    """Yield the rows of a case; the first command is the reference."""
    reference = next(iter(runs.values()))
    for name, measured in runs.items():
        yield Row(
            case,
            size,
            name,
            median([run.wall for run in measured]),
            median([run.cpu for run in measured]),
            median([run.memory for run in measured]),
            median(ratios(measured, reference)),
        )


def empty(directory: Path | None) -> None:
    """Make a directory, without what was in it; None is no directory."""
    if directory:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)


def only_sources(backend: Backend, project: Path) -> None:
    """Write the project with one C file, and an empty directory ``out``, over what was there."""
    empty(project)
    write_extension(backend, project)
    (project / "out").mkdir()
