"""Files of a wheel with the same contents: a wheel cannot hold links, so that each is a copy."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..verify.formats.reading import read_binary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..base.console import Console
    from .wheel_writer import PackedFile

# Less than this is not worth a line in the log, in bytes of the wheel.
_WORTH_MENTIONING = 4096


def describe_copies(packed: Mapping[str, PackedFile]) -> Iterator[str]:
    """Yield a sentence for each set of files with the same contents, with the bytes they waste."""
    groups: dict[str, list[str]] = {}
    for place, file in packed.items():
        groups.setdefault(file.digest, []).append(place)
    for places in groups.values():
        wasted = (len(places) - 1) * packed[places[0]].compressed_size
        if wasted >= _WORTH_MENTIONING:
            hint = (
                "; `wheel.deduplicate_sonames` keeps one name of a library"
                if len({_library(place) for place in places} - {None}) == 1
                else ""
            )
            yield (
                f"{', '.join(places)} have the same contents, which takes {wasted:,} bytes of the"
                f" wheel more than once{hint}"
            )


def keep_sonames(files: Mapping[str, Path], console: Console) -> dict[str, Path]:
    """Return the files without those names of a library that are not its SONAME.

    Names of one library are names in one directory for one file, by links of either kind. If
    none of them is the SONAME, all are kept.
    """
    groups: dict[tuple[str, tuple[int, int]], list[str]] = {}
    for place, path in files.items():
        if _library(place):
            status = path.stat()
            identity = (status.st_dev, status.st_ino)
            groups.setdefault((posixpath.dirname(place), identity), []).append(place)
    dropped: set[str] = set()
    for places in groups.values():
        kept = _place_of_soname(places, files) if len(places) > 1 else None
        if kept:
            others = sorted(set(places) - {kept})
            dropped.update(others)
            console.info(f"left out {', '.join(others)}: the same library as {kept}")
    return {place: path for place, path in files.items() if place not in dropped}


def _place_of_soname(places: list[str], files: Mapping[str, Path]) -> str | None:
    report = read_binary(files[places[0]])
    soname = posixpath.basename(report.soname) if report else ""
    return next((place for place in places if posixpath.basename(place) == soname), None)


def _library(place: str) -> tuple[str, str] | None:
    """Return the directory and the name, without version, of what is called like a library."""
    folder, name = posixpath.split(place)
    for mark in (".so", ".dylib"):
        stem, found, rest = name.partition(mark)
        if found and stem and (not rest or rest.startswith(".")):
            # Of `libx.1.2.dylib` the version is in front.
            return folder, stem if mark == ".so" else stem.partition(".")[0]
    return None
