"""Where two wheels begin to differ, and what the likely cause is."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..verify.formats.reading import may_be_binary
from ..verify.formats.view import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20
_CONTEXT = 512  # bytes on either side that may belong to the text around a difference
_MOST_READ = 64 << 20  # of a member, when strings are looked for in it
_NO_TEXT = re.compile(rb"[\0-\x1f\x7f]")
_STRING = re.compile(rb"[\x20-\x7e]{6,}")
_DATE = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d{4}|\d\d:\d\d:\d\d")
_COMPILER = re.compile(r"GCC: \(|clang version|LLD |rustc version")
# What strings in a file tell about the cause, the most certain first.
_TELLING = (
    (_COMPILER.search, "another version of the compiler"),
    (re.compile("/.*/").search, "a directory is compiled in; `cmake.reproducible` leaves it out"),
    (_DATE.search, "a time is compiled in; `cmake.reproducible` sets SOURCE_DATE_EPOCH"),
)


@dataclass(frozen=True)
class Difference:
    """The first difference: a member of the archive, the offset in it, and the likely cause.

    ``member`` is empty for the archive itself, ``offset`` None if there is no useful one.
    """

    member: str
    offset: int | None
    cause: str

    def __str__(self) -> str:
        place = self.member or "the archive"
        at = "" if self.offset is None else f", byte {self.offset}"
        return f"{place}{at}: {self.cause}"


def compare_wheels(first: Path, second: Path) -> Difference | None:
    """Return the first difference between two wheels; None if they are the same, byte by byte."""
    if _first_difference(first, second) is None:
        return None
    if first.name != second.name:
        return Difference("", None, f"the name is {second.name} in place of {first.name}")
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        return next(_differences(one, other), None) or Difference(
            "",
            _first_difference(first, second),
            "the contents are the same, but compressed in another way, with another version of zlib"
            " or another `wheel.compression_level`",
        )


def _differences(one: zipfile.ZipFile, other: zipfile.ZipFile) -> Iterator[Difference]:
    names, others = one.namelist(), other.namelist()
    for name in names:
        if name not in others:
            yield Difference(name, None, "is not in the second wheel")
    for name in others:
        if name not in names:
            yield Difference(name, None, "is only in the second wheel")
    # RECORD has the hashes of all others, which are the causes.
    for name in sorted(names, key=lambda name: name.endswith(".dist-info/RECORD")):
        yield from _of_contents(one, other, name)
    for name in names:
        yield from _of_headers(one.getinfo(name), other.getinfo(name))
    if names != others:
        yield Difference("", None, "the members are in another order")


def _of_headers(one: zipfile.ZipInfo, other: zipfile.ZipInfo) -> Iterator[Difference]:
    if one.date_time != other.date_time:
        times = [
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*info.date_time) for info in (one, other)
        ]
        cause = f"the time is {times[1]} in place of {times[0]}: SOURCE_DATE_EPOCH differs"
        yield Difference(one.filename, None, cause)
    modes = [f"{info.external_attr >> 16:o}" for info in (one, other)]
    if modes[0] != modes[1]:
        yield Difference(one.filename, None, f"the mode is {modes[1]} in place of {modes[0]}")


def _of_contents(one: zipfile.ZipFile, other: zipfile.ZipFile, name: str) -> Iterator[Difference]:
    if one.getinfo(name).CRC == other.getinfo(name).CRC:
        return
    offset = 0
    with one.open(name) as first, other.open(name) as second:
        previous = b""
        while True:
            chunks = first.read(_CHUNK), second.read(_CHUNK)
            if chunks[0] != chunks[1]:
                break
            offset += len(chunks[0])
            previous = chunks[0]
        at = _offset_in(*chunks)
        # What surrounds the difference is in these chunks, or shortly before them.
        views = [previous[-_CONTEXT:] + chunk[: at + _CONTEXT] for chunk in chunks]
        middle = len(previous[-_CONTEXT:]) + at
    with one.open(name) as first:
        is_binary = may_be_binary(first.read(8))
    if is_binary:
        cause = _cause_in_binary(_head(one, name), _head(other, name))
    else:
        before, after = (_text_around(view, middle) for view in views)
        cause = _cause_in_text(name, f"{after!r} in place of {before!r}")
    yield Difference(name, offset + at, cause)


def _head(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_MOST_READ)


def _cause_in_text(name: str, change: str) -> str:
    if name.endswith(".dist-info/WHEEL"):
        return f"{change}: another version of the backend, or another tag"
    if name.endswith(".dist-info/METADATA"):
        return f"{change}: the project's metadata or its readme changed"
    return f"{change}: the source differs, or what generates this file"


def _cause_in_binary(first: bytes, second: bytes) -> str:
    """Look for strings in only one of two files that tell how it was made. The first different byte
    seldom tells the cause: a longer string moves all that follows.
    """
    strings = [dict.fromkeys(_STRING.findall(data)) for data in (first, second)]
    before = [decode(text) for text in strings[0] if text not in strings[1]]
    after = [decode(text) for text in strings[1] if text not in strings[0]]
    for is_telling, cause in _TELLING:
        found = [next(filter(is_telling, texts), "") for texts in (before, after)]
        if all(found):
            return f"{found[1]!r} in place of {found[0]!r}: {cause}"
    return (
        "the machine code differs: other sources, compilers, libraries or options; or the length of"
        " a directory's name, which `cmake.reproducible` leaves out"
    )


def _text_around(data: bytes, offset: int) -> str:
    """Return the line that a place is in."""
    start = max((m.end() for m in _NO_TEXT.finditer(data[:offset])), default=0)
    return decode(_NO_TEXT.split(data[start:], maxsplit=1)[0])


def _first_difference(first: Path, second: Path) -> int | None:
    offset = 0
    with first.open("rb") as one, second.open("rb") as other:
        while True:
            chunks = one.read(_CHUNK), other.read(_CHUNK)
            if chunks[0] != chunks[1]:
                return offset + _offset_in(*chunks)
            if not chunks[0]:
                return None
            offset += len(chunks[0])


def _offset_in(one: bytes, other: bytes) -> int:
    """Return how much two different texts have in common."""
    common = min(len(one), len(other))
    if one[:common] == other[:common]:
        return common
    low, high = 0, common
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
