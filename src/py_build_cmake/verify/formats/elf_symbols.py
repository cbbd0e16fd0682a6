"""The dynamic symbols of ELF files: what they need, what they have, and in which versions.

Sources: the System V ABI (gabi, chapters 4 and 5); the Linux Standard Base core specification,
"Symbol Versioning", for ``.gnu.version_r``; for ``DT_GNU_HASH`` the loader of glibc.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from .elf_image import (
    DT_GNU_HASH,
    DT_HASH,
    DT_SYMTAB,
    DT_VERNEED,
    DT_VERNEEDNUM,
    DT_VERSYM,
)
from .report import Import, SymbolVersion
from .view import DamagedError, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .elf_image import Dynamic

_WEAK_VERSION = 2  # VER_FLG_WEAK
_HIDDEN_VERSION = 0x8000
_WEAK, _SHOWN = 2, (0, 3)  # STB_WEAK; STV_DEFAULT, STV_PROTECTED
_EXPORTED = (1, _WEAK, 10)  # STB_GLOBAL, STB_GNU_UNIQUE
_MOST_LIBRARIES = 1000
_MOST_VERSIONS = 10_000
_MOST_SYMBOLS = 1 << 21
_LARGEST_STRINGS = 1 << 27
_EXAMPLES = 3
_64_BIT_HASH_WORDS = 22  # EM_S390, whose DT_HASH is made of longer words than everybody's


class _Symbol(NamedTuple):
    name: str
    binding: int
    is_defined: bool
    is_shown: bool
    version: int


class _Need(NamedTuple):
    library: str
    version: str
    is_weak: bool
    number: int


class DynamicSymbols(NamedTuple):
    """What a file needs of others, and what others find in it."""

    versions: tuple[SymbolVersion, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: frozenset[str] = frozenset()


def dynamic_symbols(dynamic: Dynamic) -> DynamicSymbols:
    """Read the tables of symbols and of the versions that they need.

    :raises DamagedError: the tables are cut off, or lead outside of the file.
    """
    needs = tuple(_needs(dynamic)) if DT_VERNEED in dynamic.values else ()
    libraries = {need.number: need.library for need in needs}
    examples: dict[int, list[str]] = {}
    imports: list[Import] = []
    exports: set[str] = set()
    for symbol in _symbols(dynamic):
        if symbol.is_defined:
            if symbol.is_shown and symbol.binding in _EXPORTED:
                exports.add(symbol.name)
            continue
        imports.append(
            Import(symbol.name, libraries.get(symbol.version, ""), symbol.binding == _WEAK)
        )
        names = examples.setdefault(symbol.version, [])
        if len(names) < _EXAMPLES:
            names.append(symbol.name)
    versions = tuple(
        SymbolVersion(n.library, n.version, n.is_weak, tuple(examples.get(n.number, ())))
        for n in needs
    )
    return DynamicSymbols(versions, tuple(imports), frozenset(exports))


def _needs(dynamic: Dynamic) -> Iterator[_Need]:
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
            _, flags, number, name, next_name = view.unpack(f"{order}IHHII", aux)
            version = dynamic.strings.string(name)
            yield _Need(library, version, bool(flags & _WEAK_VERSION), number & ~_HIDDEN_VERSION)
            aux += next_name
            if not next_name:
                break
        at += following
        if not following:
            break


def _symbols(dynamic: Dynamic) -> Iterator[_Symbol]:
    """Yield the symbols that have a name. The tables are read once, and whole."""
    if DT_SYMTAB not in dynamic.values:
        return
    count = _count(dynamic)
    view, header = dynamic.image.view, dynamic.image.header
    # st_name, st_info, st_other, st_shndx; the other fields do not matter.
    size = 24 if header.bits == 64 else 16
    layout = f"{header.order}{'IBBH16x' if header.bits == 64 else 'I8xBBH'}"
    table = view.part(dynamic.offset_of(DT_SYMTAB), size * count).whole(size * _MOST_SYMBOLS)
    strings = dynamic.strings.whole(_LARGEST_STRINGS)
    versions = _version_numbers(dynamic, count)
    for (name, info, other, section), version in zip(struct.iter_unpack(layout, table), versions):
        if name:
            shown = other & 3 in _SHOWN
            yield _Symbol(text_at(strings, name), info >> 4, section != 0, shown, version)


def _version_numbers(dynamic: Dynamic, count: int) -> tuple[int, ...]:
    if DT_VERSYM not in dynamic.values:
        return (0,) * count
    table = dynamic.image.view.part(dynamic.offset_of(DT_VERSYM), 2 * count)
    numbers = struct.unpack(f"{dynamic.image.header.order}{count}H", table.whole(2 * _MOST_SYMBOLS))
    return tuple(number & ~_HIDDEN_VERSION for number in numbers)


def _count(dynamic: Dynamic) -> int:
    """Return how many symbols there are, which only the tables of hashes say."""
    view, header = dynamic.image.view, dynamic.image.header
    if DT_GNU_HASH in dynamic.values:
        count = _count_by_gnu_hash(dynamic)
    elif DT_HASH in dynamic.values:
        is_long = header.machine == _64_BIT_HASH_WORDS and header.bits == 64
        _, count = view.unpack(
            f"{header.order}{'QQ' if is_long else 'II'}", dynamic.offset_of(DT_HASH)
        )
    else:
        return 0
    if count > _MOST_SYMBOLS:
        raise DamagedError
    return count


def _count_by_gnu_hash(dynamic: Dynamic) -> int:
    """Find the end of the last chain; symbols before the first one are those that are needed."""
    view, header = dynamic.image.view, dynamic.image.header
    at = dynamic.offset_of(DT_GNU_HASH)
    buckets, first, bloom_words, _ = view.unpack(f"{header.order}4I", at)
    if buckets > _MOST_SYMBOLS or first > _MOST_SYMBOLS:
        raise DamagedError
    buckets_at = at + 16 + bloom_words * header.bits // 8
    data = view.part(buckets_at, 4 * buckets).whole(4 * _MOST_SYMBOLS)
    last = max(struct.unpack(f"{header.order}{buckets}I", data), default=0)
    if last < first:
        return int(first)
    chains_at = buckets_at + 4 * buckets
    for number in range(last, _MOST_SYMBOLS):
        # The last hash of a chain is odd.
        (value,) = view.unpack(f"{header.order}I", chains_at + 4 * (number - first))
        if value & 1:
            return number + 1
    raise DamagedError
