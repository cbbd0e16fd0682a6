"""Files of the project and of what was installed, and the patterns that select them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem, ProjectError
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pathspec import GitIgnoreSpec

# Never part of a source distribution, however wide a pattern is.
_SKIPPED_FOLDERS = frozenset({"__pycache__", ".git", ".py-build-cmake_cache"})
_SPECIAL = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


@dataclass(frozen=True)
class Patterns:
    """Compiled patterns; None if there are none, which is common, and match nothing."""

    spec: GitIgnoreSpec | None

    def match_file(self, place: str) -> bool:
        """Whether a pattern selects a place, and none after it takes that back."""
        return self.spec is not None and self.spec.match_file(place)

    def match_files(self, places: Iterable[str]) -> list[str]:
        """Return the places that are selected."""
        return [place for place in places if self.match_file(place)]

    def index_of(self, place: str) -> int | None:
        """Return the index of the pattern that selects a place; None if none does."""
        result = self.spec.check_file(place) if self.spec else None
        return result.index if result and result.include else None


def compile_patterns(patterns: Iterable[str]) -> Patterns:
    """Compile gitwildmatch patterns. A pattern that matches a directory matches all below it.

    :raises ConfigError: a pattern is not valid.
    """
    lines = tuple(patterns)
    if not lines:
        return Patterns(None)
    from pathspec import GitIgnoreSpec

    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error) as e:
            raise ConfigError(
                f"{line!r} is not a valid pattern",
                hint="patterns are those of .gitignore, with slashes between directories",
            ) from e
    return Patterns(GitIgnoreSpec.from_lines(lines))


def anchored(pattern: str) -> str:
    """Return the gitwildmatch form of an sdist pattern, which begins at the project directory.

    Without a slash in front, gitwildmatch would look for a name in every directory.
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    return "/" + "/".join(parts) if parts else "/**"


def matching_files(root: Path, patterns: Sequence[str]) -> dict[str, Path]:
    """Return the files below ``root`` that any pattern matches, by their relative place.

    Build directories, version control data and byte code are left out. Symbolic links are
    listed, not followed.
    """
    if not patterns:
        return {}
    spec = compile_patterns(patterns)
    return {place: path for place, path in walk_files(root) if spec.match_file(place)}


def walk_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file below ``root`` that could be part of a source distribution."""
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
        for name in (*names, *links):
            if not name.endswith((".pyc", ".pyo")):
                path = Path(folder, name)
                yield path.relative_to(root).as_posix(), path


def skipped_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the directories that :func:`walk_files` leaves out, each with a slash at the end."""
    for folder, folders, _ in os.walk(root):
        for name in folders:
            path = Path(folder, name)
            if name in _SKIPPED_FOLDERS:
                yield f"{path.relative_to(root).as_posix()}/", path
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]


def check_files(files: Mapping[str, Path]) -> Mapping[str, Path]:
    """Return files by their places in the wheel, if they can be packed from where they are.

    :raises ProjectError: some are not files, or are links that lead nowhere; a name is not UTF-8.
    """
    for place in files:
        _check_name(place)
    return check_regular(files)


def check_regular(files: Mapping[str, Path]) -> Mapping[str, Path]:
    """Return files by their places in an archive, if they are regular ones, or links to such.

    :raises ProjectError: some are not.
    """
    problems = [problem for place, path in files.items() if (problem := _unfit(place, path))]
    if problems:
        raise ProjectError.from_problems(problems)
    return files


def _unfit(place: str, path: Path) -> Problem | None:
    """Say why a file cannot be packed. Opening a named pipe would wait for its other end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        if path.exists() or not path.is_symlink():
            raise
        return Problem("is a link that leads nowhere", str(path))
    if stat.S_ISREG(mode):
        return None
    kind = next((kind for is_kind, kind in _SPECIAL if is_kind(mode)), "something else")
    return Problem(
        f"is not a file but {kind}, which no archive can hold",
        place,
        "remove it; what a program makes when it runs belongs into another directory",
    )


def tree_files(root: Path) -> dict[str, Path]:
    """Return the files below ``root`` by their place in the wheel.

    A wheel cannot hold links: what they lead to is packed in their place. Byte code is left
    out.

    :raises ProjectError: a link leads nowhere, or back to a directory that contains it; something
        is neither a file nor a directory; a name is not UTF-8.
    """
    return dict(check_files(dict(_walk(root, "", (root.resolve(),)))))


def _walk(folder: Path, prefix: str, parents: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    for entry in os.scandir(folder):
        place = f"{prefix}{entry.name}"
        path = Path(entry.path)
        if not path.exists():
            raise ProjectError("is a link that leads nowhere", where=place)
        if entry.is_dir():
            resolved = path.resolve()
            if resolved in parents:
                raise ProjectError("is a link to a directory that contains it", where=place)
            if entry.name != "__pycache__":
                yield from _walk(path, f"{place}/", (*parents, resolved))
        elif not entry.name.endswith((".pyc", ".pyo")):
            yield place, path


def _check_name(place: str) -> None:
    # Names in a zip archive are UTF-8; what is not was read as surrogates.
    if place != place.encode(errors="replace").decode():
        raise ProjectError("the name is not UTF-8, as names in a wheel are", where=ascii(place))
