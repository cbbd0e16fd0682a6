"""Stable paths for what an isolated build requires.

A front end installs build requirements into a new temporary directory for every build. Headers of
nanobind, pybind11 or NumPy then have another path each time, and their time is now: everything
would be compiled again. So CMake, and what CMake runs, see them through links in the build
directory. The name of a link is a digest of what is installed there: the same requirements have the
same path, others have another one, and what was compiled with them is compiled again. Since the
path stands for the contents, the files can be given an old time.
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

from ..records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..platforms.build import BuildPlatform

# How front ends call the environments that they make for one build. pip:
# <temporary>/pip-build-env-<random>/overlay; build: <temporary>/build-env-<random>;
# uv: <cache>/builds-v<number>/.tmp<random>
TEMPORARY_ENVIRONMENT = re.compile(
    r".*?[/\\](?:pip-build-env-\w+(?:[/\\](?:overlay|normal))?|build-env-\w+|builds-v\d+[/\\]\.tmp\w+)"
    r"(?=[/\\]|$)"
)
# Programs, which compilers read nothing of.
_PROGRAMS = ("cmake-", "ninja-")
_BYTE_CODE = (".pyc", ".pyo")
_OLD = 1


@dataclass(frozen=True)
class Requirements:
    """The temporary directories with build requirements, and the digest of what is in them."""

    directories: tuple[Path, ...] = ()
    digest: str = ""

    def environment(self, build_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what lets the Pythons that CMake runs import through the links."""
        if not self.directories:
            return {}
        paths = [*map(str, self._links(build_dir)), environ.get("PYTHONPATH", "")]
        return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}

    def stable(self, build_dir: Path, path: Path) -> Path:
        """Return the path through the links of what is in one of the directories."""
        for link, directory in self._links(build_dir).items():
            if path.is_relative_to(directory):
                return link / path.relative_to(directory)
        return path

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

    def _links(self, build_dir: Path) -> dict[Path, Path]:
        parent = requirements_folder(build_dir) / self.digest
        return {parent / str(number): path for number, path in enumerate(self.directories)}


def find_requirements(build: BuildPlatform) -> Requirements:
    """Describe the build requirements, if they are in an environment for this build only.

    Their files are made old.
    """
    return _read(tuple(path for path in build.import_paths if _is_temporary(path)))


@cache  # each pass of a build asks; nothing is installed meanwhile
def _read(directories: tuple[Path, ...]) -> Requirements:
    if not directories:
        return Requirements()
    sha = hashlib.sha256()
    for directory in directories:
        for record in sorted(directory.glob("*.dist-info/RECORD")):
            if not record.parent.name.startswith(_PROGRAMS):
                for row in sorted(_installed(record)):
                    sha.update("\0".join(row).encode())
                    _make_old(directory / row[0])
    return Requirements(directories, sha.hexdigest()[:16])


def _is_temporary(path: Path) -> bool:
    return path.is_dir() and TEMPORARY_ENVIRONMENT.match(str(path)) is not None


def _installed(record: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a distribution that lie beside it, with their hashes.

    Scripts, which lie elsewhere, name the interpreter of the environment.
    """
    import csv

    text = record.read_text("utf-8")
    for row in csv.reader(text.splitlines()):
        place, digest = (*row, "", "")[:2]
        if digest and not place.startswith(("..", "/")) and not place.endswith(_BYTE_CODE):
            yield place, digest


def _make_old(path: Path) -> None:
    # A file with several names is also in the cache of the front end, and as old as that.
    with contextlib.suppress(OSError):
        if path.stat().st_nlink == 1 and path.suffix != ".py":
            os.utime(path, (_OLD, _OLD))


def requirements_folder(build_dir: Path) -> Path:
    """Return the folder with the links."""
    return build_dir / "py-build-cmake" / "requirements"
