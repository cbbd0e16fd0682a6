"""The versions of other libraries' symbols that an ELF file needs (``.gnu.version_r``).

Source: the Linux Standard Base core specification, "Symbol Versioning".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .elf_image import (
    DT_GNU_HASH,
    DT_HASH,
    DT_SYMTAB,
    DT_VERNEED,
    DT_VERNEEDNUM,
    DT_VERSYM,
)
from .report import SymbolVersion
from .view import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .elf_image import Dynamic

_WEAK = 2  # VER_FLG_WEAK
_HIDDEN = 0x8000
_MOST_LIBRARIES = 1000
_MOST_VERSIONS = 10_000
_MOST_SYMBOLS = 200_000
_EXAMPLES = 3


def symbol_versions(dynamic: Dynamic) -> tuple[SymbolVersion, ...]:
    """Return the versions that a file needs, with some of the symbols.

    :raises DamagedError: the tables are cut off, or lead outside of the file.
    """
    if DT_VERNEED not in dynamic.values:
        return ()
    needs = tuple(_needs(dynamic))
    try:
        examples = _symbols_by_version(dynamic)
    except DamagedError:  # they are for people only
        examples = {}
    return tuple(
        SymbolVersion(library, name, is_weak, tuple(examples.get(index, ())))
        for library, name, is_weak, index in needs
    )


def _needs(dynamic: Dynamic) -> Iterator[tuple[str, str, bool, int]]:
    """Yield library, version, whether the need is weak, and the number symbols know it by."""
    view, order = dynamic.image.view, dynamic.image.header.order
    at = dynamic.offset_of(DT_VERNEED)
    count = 0
    for _ in range(min(dynamic.values.get(DT_VERNEEDNUM, 0), _MOST_LIBRARIES)):
        _, names, file, first, following = view.unpack(f"{order}HHIII", at)
        library = dynamic.strings.string(file)
        aux = at + first
        for _ in range(names):
            count += 1
            if count > _MOST_VERSIONS:
                raise DamagedError
            _, flags, index, name, next_name = view.unpack(f"{order}IHHII", aux)
            yield library, dynamic.strings.string(name), bool(flags & _WEAK), index & ~_HIDDEN
            aux += next_name
            if not next_name:
                break
        at += following
        if not following:
            break


def _symbols_by_version(dynamic: Dynamic) -> dict[int, list[str]]:
    """Return names of undefined symbols by the number of their version, a few for each."""
    view, header = dynamic.image.view, dynamic.image.header
    count = _undefined_symbols(dynamic)
    versions = view.part(dynamic.offset_of(DT_VERSYM), 2 * count)
    numbers = versions.unpack(f"{header.order}{versions.size // 2}H", 0)
    symbols_at = dynamic.offset_of(DT_SYMTAB)
    # st_name comes first; st_shndx, which is 0 for what is not defined here, is at 6 or 14.
    size, section_at = (24, 6) if header.bits == 64 else (16, 14)
    found: dict[int, list[str]] = {}
    for index, number in enumerate(numbers):
        version = number & ~_HIDDEN
        if version < 2 or len(found.get(version, ())) >= _EXAMPLES:
            continue
        symbol = symbols_at + index * size
        if view.unpack(f"{header.order}H", symbol + section_at) == (0,):
            (name,) = view.unpack(f"{header.order}I", symbol)
            found.setdefault(version, []).append(dynamic.strings.string(name))
    return found


def _undefined_symbols(dynamic: Dynamic) -> int:
    """Return how many symbols to look at from the first on, to see those that are not defined."""
    view, order = dynamic.image.view, dynamic.image.header.order
    if DT_GNU_HASH in dynamic.values:
        # Only what is defined is in this table; its second field is where that begins.
        _, count = view.unpack(f"{order}II", dynamic.offset_of(DT_GNU_HASH))
    else:
        _, count = view.unpack(f"{order}II", dynamic.offset_of(DT_HASH))
    return min(count, _MOST_SYMBOLS)
