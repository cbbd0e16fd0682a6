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
    DT_JMPREL,
    DT_PLTREL,
    DT_PLTRELSZ,
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELSZ,
    DT_SYMTAB,
    DT_VERDEF,
    DT_VERDEFNUM,
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
_BASE_VERSION = 1  # VER_FLG_BASE, which is the name of the library
_HIDDEN_VERSION = 0x8000
_FIRST_VERSIONS = 2  # Up to this number, glibc finds a symbol by its name alone.
_WEAK, _SHOWN = 2, (0, 3)  # STB_WEAK; STV_DEFAULT, STV_PROTECTED
_EXPORTED = (1, _WEAK, 10)  # STB_GLOBAL, STB_GNU_UNIQUE
_MOST_LIBRARIES = 1000
_MOST_VERSIONS = 10_000
_MOST_SYMBOLS = 1 << 21
_LARGEST_STRINGS = 1 << 27
_EXAMPLES = 3
_MOST_RELOCATIONS = 1 << 22
_64_BIT_HASH_WORDS = 22  # EM_S390, whose DT_HASH is made of longer words than everybody's


class _Symbol(NamedTuple):
    """A symbol. What ``is_hidden`` is found by its version only."""

    name: str
    binding: int
    is_defined: bool
    is_shown: bool
    version: int
    is_hidden: bool


class _Need(NamedTuple):
    library: str
    version: str
    is_weak: bool
    number: int


class DynamicSymbols(NamedTuple):
    """What a file needs of others, and what others find in it, as in `BinaryReport`."""

    versions: tuple[SymbolVersion, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: frozenset[str] = frozenset()
    own_versions: frozenset[str] = frozenset()
    versioned_exports: frozenset[tuple[str, str]] = frozenset()
    has_versions: bool = False


def dynamic_symbols(dynamic: Dynamic) -> DynamicSymbols:
    """Read the tables of symbols and of the versions that they need.

    :raises DamagedError: the tables are cut off, or lead outside of the file.
    """
    needs = tuple(_needs(dynamic)) if DT_VERNEED in dynamic.values else ()
    needed = {need.number: (need.library, need.version) for need in needs}
    own = dict(_definitions(dynamic)) if DT_VERDEF in dynamic.values else {}
    examples: dict[int, list[str]] = {}
    imports: list[Import] = []
    exports: set[str] = set()
    versioned: set[tuple[str, str]] = set()
    for symbol in _symbols(dynamic):
        if symbol.is_defined:
            if symbol.is_shown and symbol.binding in _EXPORTED:
                if not symbol.is_hidden:
                    exports.add(symbol.name)
                if own:
                    versioned.add((symbol.name, own.get(symbol.version, "")))
            continue
        library, version = needed.get(symbol.version, ("", ""))
        imports.append(Import(symbol.name, library, symbol.binding == _WEAK, version))
        names = examples.setdefault(symbol.version, [])
        if len(names) < _EXAMPLES:
            names.append(symbol.name)
    versions = tuple(
        SymbolVersion(n.library, n.version, n.is_weak, tuple(examples.get(n.number, ())))
        for n in needs
    )
    return DynamicSymbols(
        versions,
        tuple(imports),
        frozenset(exports),
        frozenset(own.values()),
        frozenset(versioned),
        DT_VERSYM in dynamic.values,
    )


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


def _definitions(dynamic: Dynamic) -> Iterator[tuple[int, str]]:
    """Yield the versions that the file itself has, each with its number."""
    view, order = dynamic.image.view, dynamic.image.header.order
    at = dynamic.offset_of(DT_VERDEF)
    for _ in range(min(dynamic.values.get(DT_VERDEFNUM, 0), _MOST_VERSIONS)):
        _, flags, number, _, _, first, following = view.unpack(f"{order}4H3I", at)
        if not flags & _BASE_VERSION:
            (name,) = view.unpack(f"{order}I", at + first)
            yield number & ~_HIDDEN_VERSION, dynamic.strings.string(name)
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
            number = version & ~_HIDDEN_VERSION
            is_hidden = version != number and number > _FIRST_VERSIONS
            binding = info >> 4
            text = text_at(strings, name)
            yield _Symbol(text, binding, section != 0, shown, number, is_hidden)


def _version_numbers(dynamic: Dynamic, count: int) -> tuple[int, ...]:
    if DT_VERSYM not in dynamic.values:
        return (0,) * count
    table = dynamic.image.view.part(dynamic.offset_of(DT_VERSYM), 2 * count)
    return struct.unpack(f"{dynamic.image.header.order}{count}H", table.whole(2 * _MOST_SYMBOLS))


def _count(dynamic: Dynamic) -> int:
    """Return how many symbols there are, which only the tables of hashes say."""
    view, header = dynamic.image.view, dynamic.image.header
    if DT_HASH in dynamic.values:
        is_long = header.machine == _64_BIT_HASH_WORDS and header.bits == 64
        _, count = view.unpack(
            f"{header.order}{'QQ' if is_long else 'II'}", dynamic.offset_of(DT_HASH)
        )
    elif DT_GNU_HASH in dynamic.values:
        count = _count_by_gnu_hash(dynamic)
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
        return max(first, _count_by_relocations(dynamic))
    chains_at = buckets_at + 4 * buckets
    for number in range(last, _MOST_SYMBOLS):
        # The last hash of a chain is odd.
        (value,) = view.unpack(f"{header.order}I", chains_at + 4 * (number - first))
        if value & 1:
            return number + 1
    raise DamagedError


def _count_by_relocations(dynamic: Dynamic) -> int:
    """Find the last symbol that the loader looks for, where the file has none for others.

    GNU ld's table of hashes is then empty, and says nothing of the symbols that are needed.
    """
    header = dynamic.image.header
    has_addends = dynamic.values.get(DT_PLTREL, DT_RELA) == DT_RELA
    tables = (
        (DT_RELA, DT_RELASZ, True),
        (DT_REL, DT_RELSZ, False),
        (DT_JMPREL, DT_PLTRELSZ, has_addends),
    )
    last = 0
    for place, size, with_addends in tables:
        if place not in dynamic.values:
            continue
        # r_offset, r_info, and r_addend
        layout = f"{header.order}{header.bits // 8}x{header.word}"
        layout += f"{header.bits // 8}x" if with_addends else ""
        step = struct.calcsize(layout)
        length = dynamic.values.get(size, 0) // step * step
        table = dynamic.image.view.part(dynamic.offset_of(place), length)
        data = table.whole(step * _MOST_RELOCATIONS)
        shift = 32 if header.bits == 64 else 8
        numbers = (info >> shift for (info,) in struct.iter_unpack(layout, data))
        last = max(last, max(numbers, default=0))
    return last + 1
