"""Files that changed although their time says that they did not.

Build tools make a file again if one of its inputs is newer. A change that comes with an older time
goes unnoticed: a source that was copied with its time or restored from a backup, a checkout whose
times are those of the commits, a header or library that a package manager replaced.
"""

from __future__ import annotations

import math
from pathlib import Path

from .dependencies import other_inputs
from .stamp import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def _record(build_dir: str) -> Path:
    return Path(build_dir, "py-build-cmake", "times")


def remember_times(
    build_dir: str, roots: Sequence[str], before: str, begin: int, temporary: Iterable[str] = ()
) -> None:
    """Record the times and sizes of what a build was made from.

    ``before`` is the snapshot of the ``roots`` when the build began, at the time ``begin``
    (nanoseconds since 1970). Files below ``temporary`` directories are left out.
    """
    is_ninja = Path(build_dir, "build.ninja").exists()
    others = other_inputs(Path(build_dir), [*roots, *temporary], is_ninja=is_ninja)
    elsewhere = snapshot([], others, limit=math.inf) or ""
    _, listed, *lines = elsewhere.split("\n")
    head, _, files = before.split("\n", 2)
    path = _record(build_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([str(begin), head, listed, *lines, files])
    path.write_bytes(text.encode(errors="surrogateescape"))


def forget_times(build_dir: str) -> None:
    """Remove the record, where nothing is left that was made."""
    _record(build_dir).unlink(missing_ok=True)


def went_back(build_dir: str) -> str | None:
    """Return a file that is not what it was in the last build, though it is older than that build;
    None if there is no such file.
    """
    try:
        text = _record(build_dir).read_bytes().decode(errors="surrogateescape")
        begin, head, listed, *lines = text.split("\n")
        newest = int(begin)
    except (OSError, ValueError):
        return None
    now = snapshot(head.split("\0"), listed.split("\0"), limit=math.inf) or ""
    before = {status[0]: status for status in map(_parsed, lines)}
    for line in now.split("\n")[2:]:
        path, time, size = _parsed(line)
        if before.get(path, (path, time, size)) != (path, time, size) and time < newest:
            return path
    return None


def _parsed(line: str) -> tuple[str, int, str]:
    """Return the path in a line of a snapshot, its time and its size; a missing file has none."""
    time, _, rest = line.partition(" ")
    size, _, path = rest.partition(" ")
    return (path, int(time), size) if time.isdigit() else (rest, 0, "")
