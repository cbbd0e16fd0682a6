"""WebAssembly files.

Sources: the WebAssembly core specification, "Binary Format", and the tool conventions for
dynamic linking (``DynamicLinking.md``), objects of which begin with a ``dylink.0`` section.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .report import LIBRARY, OBJECT, WASM, BinaryReport
from .view import DamagedError, decode, uleb128

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

MAGIC = b"\0asm"
_CUSTOM, _FUNCTIONS, _EXPORTS, _CODE = 0, 3, 7, 10
_NEEDED = 2
_LARGEST_SECTION = 1 << 16
_LARGEST_EXPORTS = 1 << 26
_MOST_SECTIONS = 1000


def read_wasm(view: View) -> BinaryReport:
    """Describe a WebAssembly file.

    Only what is made for dynamic or static linking with Python is for a machine; other
    modules run wherever there is a WebAssembly engine.
    """
    report = BinaryReport(WASM, frozenset({"wasm32"}), is_portable=True)
    found: set[int] = set()
    try:
        for kind, name, contents in _sections(view):
            found.add(kind)
            if kind == _CUSTOM and name in ("dylink.0", "dylink"):
                needed = tuple(_needed(contents)) if name == "dylink.0" else ()
                report = replace(report, kind=LIBRARY, needed=needed, is_portable=False)
            elif kind == _CUSTOM and name == "linking":
                report = replace(report, kind=OBJECT, is_portable=False)
            elif kind == _EXPORTS and report.kind == LIBRARY:
                report = replace(report, exports=frozenset(_exports(contents)))
    except DamagedError:
        return replace(report, is_damaged=True)
    # The bodies of functions are in another section than their types.
    return replace(report, is_damaged=_FUNCTIONS in found and _CODE not in found)


def _sections(view: View) -> Iterator[tuple[int, str, View]]:
    """Yield the kind of every section, its name if it has one, and the rest of its contents."""
    at = 8
    for _ in range(_MOST_SECTIONS):
        if at >= view.size:
            return
        (kind,) = view.unpack("B", at)
        size, at = _uleb128(view, at + 1)
        contents = view.part(at, size)
        name = ""
        if kind == _CUSTOM:
            length, begin = _uleb128(contents, 0)
            name = decode(contents.part(begin, length).head(64))
            contents = contents.rest(begin + length)
        yield kind, name, contents
        at += size


def _needed(section: View) -> Iterator[str]:
    if section.size > _LARGEST_SECTION:
        raise DamagedError
    at = 0
    while at < section.size:
        (kind,) = section.unpack("B", at)
        size, at = _uleb128(section, at + 1)
        if kind == _NEEDED:
            count, name_at = _uleb128(section, at)
            for _ in range(count):
                length, name_at = _uleb128(section, name_at)
                yield decode(section.read(name_at, length))
                name_at += length
        at += size


def _exports(section: View) -> Iterator[str]:
    """Yield the names of what is exported."""
    data = section.whole(_LARGEST_EXPORTS)
    count, at = uleb128(data, 0)
    for _ in range(count):
        length, at = uleb128(data, at)
        # A byte with the kind, and an index, follow the name.
        if at + length >= len(data):
            raise DamagedError
        yield decode(data[at : at + length])
        _, at = uleb128(data, at + length + 1)


def _uleb128(view: View, at: int) -> tuple[int, int]:
    """Return a number and where what follows it begins."""
    value = 0
    for shift in range(0, 35, 7):
        (byte,) = view.unpack("B", at)
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DamagedError
