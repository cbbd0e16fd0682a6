"""Whether something changed since the last build, found out without starting a process.

The stamp lists the time and the size of every file in the project, and of the files elsewhere that
the build says it depends on. It is written only if no step of the build always runs, so an equal
stamp means that the build tool would do nothing.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# With more files than this, the build tool is run instead, which checks fewer files.
LIMIT = 20000
# The clock of a file system is coarse: a file this new can change without getting a new time.
RECENT = 100_000_000  # nanoseconds
_SKIPPED = frozenset(
    {
        ".py-build-cmake_cache",
        "__pycache__",
        ".git",
        ".hg",
        ".svn",
        ".idea",
        ".vscode",
        ".tox",
        ".nox",
        "node_modules",
    }
)
# A directory with one of these is a cache, a build directory, or a virtual environment.
_MARKS = frozenset({"CACHEDIR.TAG", "CMakeCache.txt", "pyvenv.cfg"})


def stamp_file(state: str) -> str:
    """Return the file with the stamp that belongs to the file with the state."""
    return f"{state}.stamp"


def is_fresh(state: str) -> bool:
    """Whether nothing changed since the stamp was written."""
    try:
        name = stamp_file(state)
        file = open(name, encoding="utf-8", errors="surrogateescape", newline="")  # noqa: SIM115
        with file:
            written = file.read()
    except OSError:
        return False
    head = written.split("\n", 2)
    if len(head) < 3:
        return False
    roots, others = head[0].split("\0"), head[1].split("\0")
    return snapshot(roots, others, newest=None) == written


def write_stamp(state: str, text: str) -> None:
    """Write the stamp in one step."""
    temporary = f"{stamp_file(state)}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
    os.replace(temporary, stamp_file(state))


def recent() -> int:
    """Return the time, in nanoseconds since 1970, after which a change may go unnoticed."""
    return time.time_ns() - RECENT


def snapshot(
    roots: Iterable[str],
    others: Iterable[str],
    *,
    newest: int | None = None,
    limit: float | None = None,
) -> str | None:
    """Describe the files below the ``roots``, and the ``others``; None if they are more than the
    ``limit``, which is usually ``LIMIT``.

    Files that are newer than ``newest`` are described so that they count as changed.
    """
    roots, others = list(roots), list(others)
    lines = ["\0".join(roots), "\0".join(others)]
    for path in filter(None, others):
        try:
            lines.append(_describe(path, os.stat(path), newest))
        except OSError:
            lines.append(f"gone {path}")
    for root in filter(None, roots):
        for entry in _walk(root):
            try:
                lines.append(_describe(entry.path, entry.stat(), newest))
            except OSError:
                lines.append(f"gone {entry.path}")
            if len(lines) > (LIMIT if limit is None else limit):
                return None
    return "\n".join(lines)


def _describe(path: str, status: os.stat_result, newest: int | None) -> str:
    if newest is not None and status.st_mtime_ns > newest:
        return f"new {path}"
    return f"{status.st_mtime_ns} {status.st_size} {path}"


def _walk(folder: str, *, top: bool = True) -> Iterator[os.DirEntry[str]]:
    """Yield the files below a directory that a build may depend on, always in the same order."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    if not top and any(entry.name in _MARKS for entry in entries):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _SKIPPED:
                yield from _walk(entry.path, top=False)
        elif not entry.name.endswith((".pyc", ".pyo")):
            yield entry
