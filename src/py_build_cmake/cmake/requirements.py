"""Stable paths for what a front end installs into a temporary environment.

A front end installs build requirements into a new temporary directory for every build. Headers of
nanobind, pybind11 or NumPy, and programs such as cython or swig, then have another path and a new
modification time each time. Everything would be compiled again, and the paths in CMake's cache
would no longer exist. So CMake, and what CMake runs, see them through links in the build directory.
The name of a link is a digest of what is installed there: the same requirements have the same path.
Since the path identifies the contents, the modification times can be set back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .build_dir import PRIVATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..platforms.build_machine import BuildMachine

# The names that front ends give to environments for one build. pip:
# <temporary>/pip-build-env-<random>/overlay; build: <temporary>/build-env-<random>; uv:
# <cache>/builds-v<number>/.tmp<random>
_NAME = (
    r"[/\\](?:pip-build-env-\w+(?:[/\\](?:overlay|normal))?|build-env-\w+|builds-v\d+[/\\]\.tmp\w+)"
    r"(?=[/\\;:\"']|$)"
)
TEMPORARY_ENVIRONMENT = re.compile(rf".*?{_NAME}")
_ANYWHERE = re.compile(_NAME, re.MULTILINE)
# Directories of programs; compilers read no files there.
_PROGRAMS = ("cmake-", "ninja-")
_BYTE_CODE = (".pyc", ".pyo")
_OLD = 1


def is_temporary(text: str) -> bool:
    """Whether a path, or a list of paths, leads into a temporary environment."""
    return _ANYWHERE.search(text) is not None


def without_names(text: str) -> str:
    """Replace the names of temporary environments, which differ between builds, by a fixed name."""
    return _ANYWHERE.sub("/<temporary environment>", text)


@dataclass(frozen=True)
class Requirements:
    """The temporary directories with build requirements, and the digest of what is in them.

    Modules are imported from the ``directories``; programs are below the ``environments``.
    """

    directories: tuple[Path, ...] = ()
    digest: str = ""
    environments: tuple[Path, ...] = ()

    def environment(self, build_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables that make CMake, and the Pythons it runs, use the links."""
        if not self.directories:
            return {}
        sites = [str(link) for link, path in self._links(build_dir).items() if self._is_site(path)]
        paths = [*sites, environ.get("PYTHONPATH", "")]
        found = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        if programs := self._search_path(build_dir, environ.get("PATH", "")):
            found["PATH"] = programs
        return found

    def _search_path(self, build_dir: Path, path: str) -> str:
        """Return a search path in which each directory is found through a link first.

        If links cannot be made, only the directory itself is searched.
        """
        entries: list[str] = []
        for entry in path.split(os.pathsep) if path else ():
            stable = str(self.stable(build_dir, Path(entry))) if entry else entry
            entries += dict.fromkeys((stable, entry))
        return os.pathsep.join(entries)

    def stable(self, build_dir: Path, path: Path) -> Path:
        """Return the path, through the links, of a file in one of the directories."""
        for link, directory in self._links(build_dir).items():
            if path.is_relative_to(directory):
                return link / path.relative_to(directory)
        return path

    def linked(self, build_dir: Path, path: Path) -> Path:
        """Return the path through the links if they are there, else the path itself."""
        stable = self.stable(build_dir, path)
        return stable if stable.exists() else path

    def link(self, build_dir: Path) -> None:
        """Make the links, and remove those of earlier builds.

        Where links cannot be made, the requirements are found where they are, and what uses them
        is compiled again.
        """
        parent = requirements_folder(build_dir)
        if parent.is_dir():
            for other in parent.iterdir():
                if other.name != self.digest or not self.directories:
                    shutil.rmtree(other)
        for link, directory in self._links(build_dir).items():
            with contextlib.suppress(OSError, NotImplementedError):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(directory, target_is_directory=True)

    def _is_site(self, path: Path) -> bool:
        return path in self.directories

    def _links(self, build_dir: Path) -> dict[Path, Path]:
        parent = requirements_folder(build_dir) / self.digest
        sites = {parent / str(number): path for number, path in enumerate(self.directories)}
        whole = {
            parent / f"environment-{number}": path
            for number, path in enumerate(self.environments)
            if path not in self.directories
        }
        return {**sites, **whole}


def find_requirements(machine: BuildMachine) -> Requirements:
    """Describe the build requirements, if they are in an environment for this build only.

    The modification times of their files are set back.
    """
    directories = tuple(path for path in machine.import_paths if _is_in_temporary(path))
    candidates = [*map(str, directories), *machine.environ.get("PATH", "").split(os.pathsep)]
    found = (TEMPORARY_ENVIRONMENT.match(candidate) for candidate in candidates)
    environments = dict.fromkeys(Path(match[0]) for match in found if match)
    return _read(directories, tuple(path for path in environments if path.is_dir()))


@cache  # called for each configuration; nothing is installed in between
def _read(directories: tuple[Path, ...], environments: tuple[Path, ...]) -> Requirements:
    if not directories:
        return Requirements()
    sha = hashlib.sha256()
    for directory in directories:
        for record in sorted(directory.glob("*.dist-info/RECORD")):
            if not record.parent.name.startswith(_PROGRAMS):
                for row in sorted(_installed(record, environments)):
                    sha.update("\0".join(row).encode())
                    _make_old(directory / row[0])
    return Requirements(directories, sha.hexdigest()[:16], environments)


def _is_in_temporary(path: Path) -> bool:
    return path.is_dir() and TEMPORARY_ENVIRONMENT.match(str(path)) is not None


def _installed(record: Path, environments: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield the files of a distribution with their hashes.

    Programs lie elsewhere. Some of them are scripts that name the interpreter of the environment.
    """
    import csv

    text = record.read_text("utf-8")
    for row in csv.reader(text.splitlines()):
        place, digest = (*row, "", "")[:2]
        if not digest or place.endswith(_BYTE_CODE):
            continue
        if not place.startswith(("..", "/")):
            yield place, digest
        elif script := _script(record.parent.parent / place, environments):
            yield place, script


def _script(path: Path, environments: Sequence[Path]) -> str:
    """Return the hash of a program, without the path of its environment; empty if there is none.

    The launchers of Windows, which hold a time, start what the file ``entry_points.txt`` says.
    """
    if path.suffix.lower() == ".exe" or not path.is_file():
        return ""
    data = path.read_bytes()
    for environment in environments:
        data = data.replace(os.fsencode(environment), b"")
    return hashlib.sha256(data).hexdigest()


def _make_old(path: Path) -> None:
    # A file with several hard links is shared with the front end's cache; its time stays unchanged.
    with contextlib.suppress(OSError):
        if path.stat().st_nlink == 1 and path.suffix != ".py":
            os.utime(path, (_OLD, _OLD))


def requirements_folder(build_dir: Path) -> Path:
    """Return the folder with the links."""
    return build_dir / PRIVATE_FOLDER / "requirements"
