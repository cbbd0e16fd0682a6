"""Files of the project and of what was installed, and the patterns that select them."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem, ProjectError
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Callable

    from pathspec import GitIgnoreSpec

    # Whether a path is left out, and whether it is a directory.
    Skipping = Callable[[Path, bool], bool]

# Never packed, however wide a pattern is. In a worktree or submodule of git, `.git` is a file with
# the path of the repository on this machine.
_BYTE_CODE = "__pycache__"
_SKIPPED_NAMES = frozenset({_BYTE_CODE, ".git", ".hg", ".svn", ".py-build-cmake_cache"})
# Private settings of the user of this checkout.
_PRIVATE_FILES = frozenset({"py-build-cmake.local.toml", "py-build-cmake.local.pbc"})
# Files that only a build writes into its build directory. A directory with all the files of one
# line is a build directory.
_MARKS_OF_BUILDS = (
    ("CMakeCache.txt", "CMakeFiles"),
    ("py-build-cmake-preload.cmake",),
    ("py-build-cmake/lock",),
)

# The directory that front ends write archives to.
_OUTPUT_FOLDER = "dist"


def is_never_packed(path: Path, is_folder: bool) -> bool:
    """Whether neither a wheel nor a source distribution may hold a file or directory.

    This is what belongs to a checkout: version control data, byte code, private settings, and
    build directories, whose cache may hold secrets.
    """
    if path.name in _SKIPPED_NAMES:
        return True
    if is_folder:
        return any(all((path / place).exists() for place in mark) for mark in _MARKS_OF_BUILDS)
    return path.name in _PRIVATE_FILES or _is_byte_code(path, False)


_SPECIAL = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


@dataclass(frozen=True)
class Patterns:
    """Compiled patterns. None stands for an empty list, which matches nothing."""

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

    What is never packed is left out. Symbolic links are listed, not followed.

    :raises ConfigError: a pattern is not valid.
    :raises OSError: a directory cannot be read in which a pattern may match something.
    """
    if not patterns:
        return {}
    spec = compile_patterns(patterns)

    def refuse(error: OSError) -> None:
        place = Path(error.filename).relative_to(root).as_posix()
        if any(_may_match_below(pattern, place) for pattern in patterns):
            raise error

    return {place: path for place, path in walk_files(root, refuse) if spec.match_file(place)}


def _may_match_below(pattern: str, folder: str) -> bool:
    """Whether a pattern may match something in a directory."""
    parts = pattern.strip("/").split("/")
    if "/" not in pattern.rstrip("/"):
        return True  # it is looked for in every directory
    for part, name in zip(parts, folder.split("/")):
        if part == "**":
            return True
        if not any(character in part for character in "*?[\\") and part != name:
            return False
    return True


def walk_files(
    root: Path, refuse: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, Path]]:
    """Yield every file below ``root`` that could be part of a source distribution.

    ``refuse`` is given the error of a directory that cannot be read.
    """
    for folder, folders, names in os.walk(root, onerror=refuse):
        paths = [Path(folder, name) for name in folders]
        # A symbolic link is packed as a link, whatever its name is.
        links = [path for path in paths if path.is_symlink()]
        folders[:] = [
            path.name for path in paths if path not in links and not is_never_packed(path, True)
        ]
        for path in (*(Path(folder, name) for name in names), *links):
            if not is_never_packed(path, False):
                yield path.relative_to(root).as_posix(), path


def skipped_places(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield what :func:`walk_files` leaves out; a directory has a slash at the end.

    Single files of byte code are not worth a line.
    """
    for folder, folders, names in os.walk(root):
        paths = [Path(folder, name) for name in folders]
        skipped = [path for path in paths if is_never_packed(path, True)]
        yield from ((f"{path.relative_to(root).as_posix()}/", path) for path in skipped)
        for path in (Path(folder, name) for name in names):
            if is_never_packed(path, False) and not _is_byte_code(path, False):
                yield path.relative_to(root).as_posix(), path
        folders[:] = [path.name for path in paths if path not in skipped]


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
        "remove it; files that a program creates when it runs belong in another directory",
    )


def tree_files(root: Path) -> dict[str, Path]:
    """Return the files below ``root`` by their place in the wheel.

    A wheel cannot hold links: what they lead to is packed in their place. Byte code is left
    out.

    :raises ProjectError: a link leads nowhere, or back to a directory that contains it; something
        is neither a file nor a directory; a name is not UTF-8.
    :raises OSError: a directory cannot be read.
    """
    files = dict(followed_files(root, is_skipped=_is_byte_code))
    for place, path in files.items():
        if not path.exists():
            raise ProjectError("is a link that leads nowhere", where=place)
    return dict(check_regular(files))


def followed_files(
    folder: Path,
    place: str = "",
    parents: tuple[Path, ...] = (),
    *,
    is_skipped: Skipping = is_never_packed,
) -> Iterator[tuple[str, Path]]:
    """Yield the files below a directory, and below what links in it lead to, by their places.

    The directory stands at ``place`` itself, and ``parents`` are the resolved directories around
    it. Links that lead nowhere, and what is no file, are yielded.

    :raises ProjectError: a link leads back to a directory that contains it; a name is not UTF-8.
    :raises OSError: a directory cannot be read.
    """
    around = (*parents, folder.resolve())
    with os.scandir(folder) as opened:
        entries = list(opened)
    for entry in entries:
        here = f"{place}/{entry.name}" if place else entry.name
        path = Path(entry.path)
        _check_name(here)
        is_folder = entry.is_dir()
        if is_skipped(path, is_folder):
            continue
        if is_folder:
            if path.resolve() in around:
                raise ProjectError(
                    "is a link to a directory that contains it",
                    where=here,
                    hint="remove the link, or let it point to the files to pack",
                )
            yield from followed_files(path, here, around, is_skipped=is_skipped)
        else:
            yield here, path


def linked_files(root: Path, place: str, path: Path) -> Iterator[tuple[str, Path]]:
    """Yield what is in a directory that a link at ``place`` below ``root`` leads to, by its places.

    :raises ProjectError: as :func:`followed_files`.
    :raises OSError: a directory cannot be read.
    """
    around = tuple(folder.resolve() for folder in path.parents if folder.is_relative_to(root))
    return followed_files(path, place, around)


def is_output(place: str, path: Path, file_name: str) -> bool:
    """Whether a file of the project is what its builds left, which no archive of it should hold.

    ``place`` is its place in the project, ``file_name`` the project's name in those of archives.
    """
    is_archive = path.name.endswith((".whl", ".tar.gz"))
    return place.startswith(f"{_OUTPUT_FOLDER}/") or (
        is_archive and path.name.startswith(f"{file_name}-")
    )


def _is_byte_code(path: Path, is_folder: bool) -> bool:
    return path.name == _BYTE_CODE if is_folder else path.suffix in (".pyc", ".pyo")


def linked_place(place: str, path: Path) -> str | None:
    """Return the place in the archive that a link at ``place`` points to. None if it is no link, or
    does not point to its target from there.
    """
    if not path.is_symlink():
        return None
    target = path.readlink()
    if target.is_absolute():
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), target.as_posix()))


def folders_of(place: str) -> Iterator[str]:
    """Yield the directories around a place, the innermost first."""
    parent = posixpath.dirname(place)
    while parent:
        yield parent
        parent = posixpath.dirname(parent)


def _check_name(place: str) -> None:
    # Names in a zip archive are UTF-8; what is not was read as surrogates.
    if place != place.encode(errors="replace").decode():
        raise ProjectError("the name is not UTF-8, as names in a wheel are", where=ascii(place))
