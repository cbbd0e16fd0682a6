"""Files that changed, and of which build tools and CMake do not notice it.

Build tools make a file again if one of its inputs is newer. A change that comes with an older time
goes unnoticed: a source that was copied with its time or restored from a backup, a checkout whose
times are those of the commits, a header or library that a package manager replaced. CMake does not
look again at what it has found, whatever its time is.
"""

from __future__ import annotations

import math
import os
import re
import time
from pathlib import Path
from typing import NamedTuple

from .dependencies import other_inputs, printed_by
from .stamp import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FOUND = re.compile(r"^[\w.+-]+:(?:FILE)?PATH=(/.+|[A-Za-z]:/.+)$", re.MULTILINE)
_PKG_CONFIG = re.compile(r"^PKG_CONFIG_EXECUTABLE:FILEPATH=(.+)$", re.MULTILINE)

# What editors, tools and builds leave in a project and remove again.
_PASSING = re.compile(r"[/\\]\.[^/\\]*$|(?:~|\.tmp|\.log|\.whl|\.tar\.gz)$")


class Unnoticed(NamedTuple):
    """Files that changed. What was made from the ``older`` one is wrong, what CMake concluded from
    the ``found`` one may be; what was made from a file that is ``gone`` may still be there. A text
    is empty if there is no such file.
    """

    older: str = ""
    found: str = ""
    gone: str = ""

    @property
    def keeps_objects(self) -> bool:
        """Whether build tools know which object files are right."""
        return not self.older

    def __str__(self) -> str:
        if self.older:
            return f"{self.older} changed, and is older than the last build"
        if self.found:
            return f"{self.found} changed"
        return f"{self.gone} is gone" if self.gone else ""


class Begun(NamedTuple):
    """The time at which a build began (nanoseconds since 1970), and the sources at that time."""

    time: int
    sources: str


def begin_build(roots: Iterable[str]) -> Begun:
    """Describe the sources, which are below the ``roots``, before a build."""
    return Begun(time.time_ns(), snapshot(roots, [], limit=math.inf) or "")


def _record(build_dir: str) -> Path:
    return Path(build_dir, "py-build-cmake", "times")


def remember_times(
    build_dir: str, begun: Begun, *, environ: Mapping[str, str], temporary: Iterable[str] = ()
) -> None:
    """Record the times and sizes of what a build was made from.

    Files below ``temporary`` directories are left out. ``environ`` says where pkg-config searches.
    """
    head, _, files = begun.sources.split("\n", 2)
    is_ninja = Path(build_dir, "build.ninja").exists()
    others = other_inputs(Path(build_dir), [*head.split("\0"), *temporary], is_ninja=is_ninja)
    cache = Path(build_dir, "CMakeCache.txt")
    entries = os.fsdecode(cache.read_bytes()) if cache.exists() else ""
    places = tuple(text for path in _FOUND.findall(entries) for text in (path, f"{path}/"))
    found = [path for path in others if path in places or path.startswith(places[1::2])]
    found += _package_files(entries, environ)
    elsewhere = snapshot([], [*others, *found], limit=math.inf) or ""
    _, _, *lines = elsewhere.split("\n")
    path = _record(build_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    lists = ["\0".join(others), "\0".join(found)]
    text = "\n".join([str(begun.time), head, *lists, *lines, files])
    path.write_bytes(text.encode(errors="surrogateescape"))


def _package_files(entries: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that pkg-config reads, if CMake uses it. Source: pkg-config(1)."""
    program = _PKG_CONFIG.search(entries)
    if program is None or not Path(program[1]).is_file():
        return
    usual = environ.get("PKG_CONFIG_LIBDIR")
    if usual is None:
        command = [program[1], "--variable", "pc_path", "pkg-config"]
        usual = os.fsdecode(printed_by(command, str(Path(program[1]).parent)) or b"").strip()
    for folder in (*environ.get("PKG_CONFIG_PATH", "").split(os.pathsep), *usual.split(os.pathsep)):
        if folder:
            yield from map(str, sorted(Path(folder).glob("*.pc")))


def forget_times(build_dir: str) -> None:
    """Remove the record, where nothing is left that was made."""
    _record(build_dir).unlink(missing_ok=True)


def unnoticed(build_dir: str) -> Unnoticed:
    """Return what has changed since the last build, and neither the build tool nor CMake sees."""
    try:
        text = _record(build_dir).read_bytes().decode(errors="surrogateescape")
        begun, head, listed, looked_up, *lines = text.split("\n")
        newest = int(begun)
    except (OSError, ValueError):
        return Unnoticed()
    found = looked_up.split("\0")
    now = snapshot(head.split("\0"), [*listed.split("\0"), *found], limit=math.inf) or ""
    before = {status[0]: status for status in map(_parsed, lines)}
    changed = Unnoticed()
    for path, when, size in map(_parsed, now.split("\n")[2:]):
        if before.get(path, (path, when, size)) == (path, when, size):
            continue
        if when < newest:
            return Unnoticed(older=path)
        if path in found:
            changed = Unnoticed(found=path)
    missing = before.keys() - {path for path, *_ in map(_parsed, now.split("\n")[2:])}
    sources = (path for path in sorted(missing) if not _PASSING.search(path))
    return changed if any(changed) else Unnoticed(gone=next(sources, ""))


def _parsed(line: str) -> tuple[str, int, str]:
    """Return the path in a line of a snapshot, its time and its size; a missing file has none."""
    when, _, rest = line.partition(" ")
    size, _, path = rest.partition(" ")
    return (path, int(when), size) if when.isdigit() else (rest, 0, "")
