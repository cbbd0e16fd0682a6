"""The files of a project that git tracks.

Source: git-ls-files(1), git-rev-parse(1).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..base.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

_KEY = "`sdist.mode`"


def tracked_files(root: Path) -> list[str]:
    """Return the places below ``root`` of the files that git tracks, those of submodules included.

    Files that have been removed and are still in the index are among them.

    :raises ProjectError: there is no git, or the directory is not part of a checkout.
    """
    places = _git(root, "ls-files", "-z", "--cached", "--recurse-submodules")
    return [os.fsdecode(place) for place in places.split(b"\0") if place]


def require_checkout(directory: Path) -> None:
    """Check that git can say which files below a directory it tracks.

    :raises ProjectError: as :func:`tracked_files`.
    """
    _git(directory, "rev-parse", "--show-prefix")


def _git(root: Path, *words: str) -> bytes:
    """Run git in a directory; return what it prints.

    :raises ProjectError: there is no git, or the directory is not part of a checkout.
    """
    from .git import GitError, ask_git

    try:
        return ask_git(root, *words)
    except GitError as e:
        if e.is_missing:
            raise ProjectError(
                f"is 'git', and git cannot be run: {e}",
                where=_KEY,
                hint="install git, or set it to 'explicit' and name the files in `sdist.include`",
            ) from e
        raise ProjectError(
            f"is 'git', and git does not know the files of {root}: {e}",
            where=_KEY,
            hint="make the source distribution in a checkout of git, or set it to 'explicit'",
        ) from e
