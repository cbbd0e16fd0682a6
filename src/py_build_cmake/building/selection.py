"""What of the staging directory and of the project's files becomes the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import Problem, WheelError
from ..project.files import (
    anchored,
    compile_patterns,
    is_output,
    linked_files,
    matching_files,
)
from ..verify.checks.names import DIST_INFO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..base.console import Console
    from ..config.schema import WheelConfig


def wheel_contents(
    staged: Mapping[str, Path],
    config: WheelConfig,
    project_dir: Path,
    file_name: str,
    console: Console,
) -> dict[str, Path]:
    """Return the files of the wheel by their places: what was ``staged``, what the configuration
    includes, without what it excludes.

    ``file_name`` is the project's name in the names of its archives.

    :raises WheelError: a pattern of ``wheel.include`` matches nothing, or what it matches has the
        place of another file; a pattern of ``wheel.exclude`` matches metadata.
    """
    files = dict(staged)
    problems: list[Problem] = []
    for place, path in _included(config, project_dir, file_name, problems):
        there = files.setdefault(place, path)
        if there != path:
            problems.append(
                Problem(
                    f"{place} is in the wheel already: {path} would replace {there}",
                    "`wheel.include`",
                    "include it at another place, or leave out the other file by `wheel.exclude`",
                )
            )
    excluded = compile_patterns(config.exclude)
    left_out = excluded.match_files(files)
    problems += [
        Problem(
            f"{place}, which the patterns match, is metadata that a wheel must have",
            "`wheel.exclude`",
            "begin the pattern with a slash, or with a directory of the wheel",
        )
        for place in left_out
        if place.partition("/")[0].endswith(DIST_INFO)
    ]
    if problems:
        raise WheelError.from_problems(problems)
    for pattern in _useless(config.exclude, files):
        console.warning(f"`wheel.exclude`: {pattern!r} matches nothing in the wheel")
    return {place: path for place, path in files.items() if place not in set(left_out)}


def _included(
    config: WheelConfig, project_dir: Path, file_name: str, problems: list[Problem]
) -> Iterable[tuple[str, Path]]:
    """Yield the places of the project's files that are included. Below the directory that a pattern
    begins with, directories are kept.

    Archives of earlier builds are left out. A wheel cannot hold links: what they lead to is
    included in their place.
    """
    for destination, patterns in config.include.items():
        for pattern in patterns:
            matching = matching_files(project_dir, [anchored(pattern)])
            found = {
                place: path
                for link, path_of_link in matching.items()
                for place, path in _with_linked(project_dir, link, path_of_link)
                if not is_output(place, path, file_name)
            }
            if not found:
                problems.append(
                    Problem(
                        f"the pattern {pattern!r} matches no file of the project",
                        f"`wheel.include` {destination!r}",
                        "in an unpacked source distribution, it is a file that `sdist.exclude`"
                        " leaves out"
                        if (project_dir / "PKG-INFO").is_file()
                        else "",
                    )
                )
            top = _literal_directory(pattern, found)
            for place, path in found.items():
                below = place.removeprefix(top) if place.startswith(top) else place
                yield (below if destination == "." else f"{destination.rstrip('/')}/{below}"), path


def _with_linked(root: Path, place: str, path: Path) -> Iterable[tuple[str, Path]]:
    """Yield a file, or what is in the directory that a link leads to, by places below the root."""
    return linked_files(root, place, path) if path.is_dir() else [(place, path)]


def _literal_directory(pattern: str, found: Mapping[str, Path]) -> str:
    """Return the directories that a pattern begins with, with a slash at the end."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    literal: list[str] = []
    for part in parts:
        if any(character in part for character in "*?[\\"):
            break
        literal.append(part)
    if "/".join(literal) in found:
        literal.pop()  # it is a file
    return "".join(f"{part}/" for part in literal)


def _useless(patterns: Iterable[str], places: Iterable[str]) -> list[str]:
    listed = list(places)
    return [
        pattern
        for pattern in patterns
        if not compile_patterns([pattern.lstrip("!")]).match_files(listed)
    ]
