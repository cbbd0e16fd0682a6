"""Keeping what is in the staging directory and would be installed again as it is.

CMake's file(INSTALL) skips a file whose time is that of its source, to the second, whatever its
contents are. So the staging directory is empty when a build begins, and what it had is set aside.
Before CMake installs, those files are put back that are known to be copies of their sources, as
these are now. CMake then skips them, and a file that is not in its manifest is removed.

What is known is recorded after each installation: that a file in the staging directory, as it was
then, had the contents of a source, as that was then. "As it was" means the same inode, size and
times; programs cannot set the time of the last change of an inode. What the record says stays true,
whatever happens later, so that nothing needs to be done about builds that fail or are killed.

A file is put back if it and its source are as recorded, the installation scripts can copy only
that source to its place, and no command changes it there. If it is not known what the scripts do,
as with ``install(CODE)``, nothing is.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.identity import UNCERTAIN, identity_of
from ..base.records import dataclass
from ..cmake.build_dir import PRIVATE_FOLDER
from ..cmake.install_scripts import read_install_scripts
from .staging import empty_directory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ..cmake.install_scripts import InstallScripts
    from ..project.plan import BuildPlan, CMakePass, Configuration


@dataclass(frozen=True)
class _Copy:
    """A file that has the contents of ``source``, if both are still as they were."""

    source: str
    source_identity: tuple[int, ...]
    identity: tuple[int, ...]


def set_aside(plan: BuildPlan) -> None:
    """Empty the staging directory of the plan's main build. What was in it can be put back."""
    assert plan.main_pass
    staging = plan.main_pass.install_prefix
    aside = _aside(plan.main_pass)
    # What is aside already was not put back, because the last build failed before.
    if _can_keep(plan) and staging.is_dir() and not aside.exists():
        staging.rename(aside)
    empty_directory(staging)


class KeptFiles:
    """The files that one configuration of the main build need not install again."""

    def __init__(
        self, plan: BuildPlan, configuration: Configuration, environ: Mapping[str, str]
    ) -> None:
        assert plan.main_pass
        name = f"installed-{plan.main_pass.install_prefix.name}.json"
        self._record = configuration.build_dir / PRIVATE_FOLDER / name
        self._staging = str(plan.main_pass.install_prefix)
        self._aside = str(_aside(plan.main_pass))
        self._is_last = configuration is plan.main_pass.configurations[-1]
        self._scripts: InstallScripts | None = None
        if _can_keep(plan) and not configuration.config.fresh:
            self._scripts = read_install_scripts(
                configuration.build_dir, plan.main_pass.cmake_prefix, environ
            )
        self._kept: dict[str, _Copy] = {}
        self._others: frozenset[str] = frozenset()
        self._begin = 0.0

    def put_back(self) -> None:
        """Put back the files that can stay as they are."""
        known = {
            place: copy
            for place, copy in (_read(self._record) if self._scripts else {}).items()
            if self._stays(place, copy)
        }
        self._others = frozenset(_files_below(self._staging))
        if known:
            wanted = {self._aside + place for place in known}
            whole: set[str] = set()
            _find_whole(self._aside, wanted, whole)
            _move(self._aside, self._staging, wanted, whole)
        for place, copy in known.items():
            if place not in self._others and (kept := self._now(place, copy)):
                self._kept[place] = kept
        if self._is_last:
            shutil.rmtree(self._aside, ignore_errors=True)
        self._begin = time.time()

    def finish(self, installed: Iterable[Path]) -> None:
        """Remove what was put back and is not among the ``installed`` files; record the others."""
        below = len(self._staging)
        places = {os.path.normpath(path)[below:] for path in installed}
        for place in self._kept.keys() - places:
            _remove(self._staging, place)
        _write(self._record, {place: copy for place in places if (copy := self._copy(place))})

    def _stays(self, place: str, copy: _Copy) -> bool:
        return (
            self._scripts is not None
            and _identity(self._aside + place) == copy.identity
            and self._scripts.only_source(self._staging + place) == copy.source
            and _identity(copy.source) == copy.source_identity
        )

    def _now(self, place: str, copy: _Copy) -> _Copy | None:
        """Return what is known of a file that was put back; None if there was no place for it."""
        path, time_ns = self._staging + place, copy.source_identity[3]
        identity = _identity(path)
        if identity and abs(identity[3] - time_ns) >= 10**9:
            # CMake compares the times, to the second; if they differ, it copies.
            os.utime(path, ns=(time_ns, time_ns))
            identity = _identity(path)
        return _Copy(copy.source, copy.source_identity, identity) if identity else None

    def _copy(self, place: str) -> _Copy | None:
        """Return what is known of an installed file."""
        path, kept = self._staging + place, self._kept.get(place)
        identity = _identity(path)
        if self._scripts is None or identity is None:
            return None
        if kept and identity == kept.identity:
            return kept
        # If a file was there before, CMake may have left it.
        source = None if place in self._others else self._scripts.only_source(path)
        of_source = _identity(source) if source else None
        if source is None or of_source is None or of_source[2] != identity[2]:
            return None
        if max(of_source[3:]) >= (self._begin - UNCERTAIN) * 1e9:
            return None
        return _Copy(source, of_source, identity)


def _can_keep(plan: BuildPlan) -> bool:
    # On Windows, there is no time of the last change that programs cannot set.
    return plan.machine.os != "windows"


def _aside(main: CMakePass) -> Path:
    return main.install_prefix.with_name(f"kept-{main.install_prefix.name}")


def _identity(path: str) -> tuple[int, ...] | None:
    """Return what changes when a regular file is changed; None if there is something else."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return identity_of(status) if stat.S_ISREG(status.st_mode) else None


def _files_below(folder: str) -> Iterator[str]:
    """Yield the places of all files, with a slash before each."""
    for path, _, names in os.walk(folder):
        yield from (f"{path[len(folder) :]}/{name}" for name in names)


def _find_whole(folder: str, wanted: Collection[str], whole: set[str]) -> bool:
    """Add the directories to ``whole`` that have files, and only wanted ones."""
    with os.scandir(folder) as opened:
        entries = list(opened)
    are_wanted = [
        _find_whole(entry.path, wanted, whole)
        if entry.is_dir(follow_symlinks=False)
        else entry.path in wanted
        for entry in entries
    ]
    if entries and all(are_wanted):
        whole.add(folder)
    return folder in whole


def _move(source: str, target: str, wanted: Collection[str], whole: Collection[str]) -> None:
    """Move the wanted files of a directory into another one, to places where nothing is. Where that
    is possible, a directory is moved as a whole: then the times of the files in it stay.
    """
    with os.scandir(source) as opened:
        entries = list(opened)
    for entry in entries:
        place = f"{target}/{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        if not os.path.lexists(place):
            if entry.path in (whole if is_folder else wanted):
                os.rename(entry.path, place)  # noqa: PTH104 - a text
            elif is_folder:
                os.mkdir(place)  # noqa: PTH102
                _move(entry.path, place, wanted, whole)
                with suppress(OSError):  # Something is in it.
                    os.rmdir(place)  # noqa: PTH106
        elif is_folder and os.path.isdir(place) and not os.path.islink(place):  # noqa: PTH112, PTH114
            _move(entry.path, place, wanted, whole)


def _remove(root: str, place: str) -> None:
    """Remove a file, and the directories that become empty."""
    os.unlink(root + place)  # noqa: PTH108
    with suppress(OSError):  # Something is in it.
        while place := place.rpartition("/")[0]:
            os.rmdir(root + place)  # noqa: PTH106


def _read(file: Path) -> dict[str, _Copy]:
    try:
        read = json.loads(file.read_bytes())
        return {
            place: _Copy(source, tuple(before), tuple(now))
            for place, (source, before, now) in read.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, copies: Mapping[str, _Copy]) -> None:
    """Record copies. If a build is killed meanwhile, the file has the end of no record."""
    record = {
        place: (copy.source, copy.source_identity, copy.identity)
        for place, copy in sorted(copies.items())
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", errors="surrogateescape") as output:
        json.dump(record, output)
