"""WebAssembly files.

Sources: the WebAssembly core specification, "Binary Format", and the tool conventions for
dynamic linking (``DynamicLinking.md``), objects of which begin with a ``dylink.0`` section.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .report import LIBRARY, OBJECT, OTHER, WASM, BinaryReport
from .view import DamagedError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

MAGIC = b"\0asm"
_CUSTOM = 0
_EXPORT = 7
_NEEDED = 2
_INIT = "PyInit_"
_LARGEST_SECTION = 1 << 16
_MOST_SECTIONS = 1000
_MOST_EXPORTS = 10_000


def read_wasm(view: View) -> BinaryReport:
    """Describe a WebAssembly file.

    Only what is made for dynamic or static linking with Python is for a machine; other
    modules run wherever there is a WebAssembly engine.
    """
    machines = frozenset({"wasm32"})
    library = None
    try:
        for kind, name, contents in _sections(view):
            if kind == _CUSTOM and name in ("dylink.0", "dylink"):
                needed = tuple(_needed(contents)) if name == "dylink.0" else ()
                library = BinaryReport(WASM, machines, kind=LIBRARY, needed=needed)
            if library and kind == _EXPORT:
                return replace(library, module=_module(contents))
            if kind == _CUSTOM and name == "linking":
                return BinaryReport(WASM, machines, kind=OBJECT)
        if library:
            return library
    except DamagedError:
        if library:
            return replace(library, is_damaged=True)
        return BinaryReport(WASM, machines, is_portable=True, is_damaged=True)
    return BinaryReport(WASM, machines, kind=OTHER, is_portable=True)


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


def _module(exports: View) -> str:
    """Return the name of the module whose initialization is among the first exports, if any."""
    count, at = _uleb128(exports, 0)
    for _ in range(min(count, _MOST_EXPORTS)):
        length, at = _uleb128(exports, at)
        name = decode(exports.part(at, length).head(256))
        if name.startswith(_INIT):
            return name[len(_INIT) :]
        _, at = _uleb128(exports, at + length + 1)
    return ""


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
