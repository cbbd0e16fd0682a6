"""What git says of a checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class GitError(Exception):
    """Git has not answered. The text is why; git ``is_missing`` if it cannot be run at all."""

    def __init__(self, said: str, *, is_missing: bool) -> None:
        super().__init__(said)
        self.is_missing = is_missing


def ask_git(directory: Path, *words: str) -> bytes:
    """Run git in a directory; return what it prints.

    :raises GitError: it cannot be run, or fails.
    """
    import subprocess

    try:
        done = subprocess.run(
            ["git", *words],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
    except OSError as e:
        raise GitError(e.strerror or str(e), is_missing=True) from e
    except subprocess.CalledProcessError as e:
        said = e.stderr.decode(errors="replace").strip()
        raise GitError(said, is_missing=False) from e
    return done.stdout
