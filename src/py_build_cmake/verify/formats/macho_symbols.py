"""The symbols of Mach-O files: what they need of which library, and what others find in them.

Source: Apple's ``mach-o/nlist.h`` and ``mach-o/loader.h``, whose comments describe the trie.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from .report import Import
from .view import DamagedError, decode, text_at, uleb128

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .view import View

_DEBUGGING, _TYPE, _EXTERNAL, _PRIVATE = 0xE0, 0x0E, 0x01, 0x10
_UNDEFINED, _WEAK_REFERENCE = 0, 0x40
_MOST_SYMBOLS = 1 << 21
_LARGEST_STRINGS = 1 << 27
_LARGEST_TRIE = 1 << 26
_LONGEST_NAME = 1 << 14


class SymbolTable(NamedTuple):
    """The symbols that a file needs, and those that it defines for others."""

    imports: tuple[Import, ...]
    exports: frozenset[str]


def symbol_table(
    view: View, order: str, is_64: bool, places: Sequence[int], libraries: Sequence[str]
) -> SymbolTable:
    """Read the table of symbols.

    ``places`` are offset and number of the symbols, offset and size of the strings. Of
    ``libraries``, one is that of an imported symbol; others are looked up anywhere.

    :raises DamagedError: the table is not in the file.
    """
    symbols_at, count, strings_at, strings_size = places
    if count > _MOST_SYMBOLS:
        raise DamagedError
    # n_strx, n_type, n_sect, n_desc; n_value does not matter.
    layout = f"{order}IBBH{'8' if is_64 else '4'}x"
    size = struct.calcsize(layout)
    table = view.part(symbols_at, size * count).whole(size * _MOST_SYMBOLS)
    strings = view.part(strings_at, strings_size).whole(_LARGEST_STRINGS)
    imports: list[Import] = []
    exports: set[str] = set()
    for name_at, kind, _, description in struct.iter_unpack(layout, table):
        if kind & _DEBUGGING or not kind & _EXTERNAL:
            continue
        name = _without_prefix(text_at(strings, name_at))
        if kind & _TYPE != _UNDEFINED:
            if not kind & _PRIVATE:
                exports.add(name)
            continue
        # Numbers begin with 1; those without a library are special: this file, any library.
        number = description >> 8
        library = libraries[number - 1] if 0 < number <= len(libraries) else ""
        imports.append(Import(name, library, bool(description & _WEAK_REFERENCE)))
    return SymbolTable(tuple(imports), frozenset(exports))


def exported_by_trie(view: View) -> frozenset[str]:
    """Read the prefix tree of the symbols that a file exports.

    :raises DamagedError: it leads outside of itself, or in circles.
    """
    data = view.whole(_LARGEST_TRIE)
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[tuple[int, bytes]] = [(0, b"")] if data else []
    while waiting:
        at, prefix = waiting.pop()
        if at in seen or len(prefix) > _LONGEST_NAME:
            raise DamagedError
        seen.add(at)
        size, at = uleb128(data, at)
        if size:
            found.add(_without_prefix(decode(prefix)))
        at += size
        if at >= len(data):
            raise DamagedError
        children = data[at]
        at += 1
        for _ in range(children):
            end = data.find(b"\0", at)
            if end < 0:
                raise DamagedError
            child, following = uleb128(data, end + 1)
            waiting.append((child, prefix + data[at:end]))
            at = following
    return frozenset(found)


def _without_prefix(name: str) -> str:
    """Return the name that a symbol has in C, before which compilers put an underscore."""
    return name[1:] if name.startswith("_") else name
