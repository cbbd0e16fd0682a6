"""Whether every symbol that compiled files need is somewhere where the loader looks.

A file is loaded with all libraries that it needs, directly or not, and a symbol may come from any
of them (ELF), or from the one that it was linked with (Mach-O, PE). Weak symbols may be missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..finding import Code, finding, shortened
from ..formats.report import ELF, GLIBC, MACH_O, MUSL, PE, WASM
from ..loader.exported import (
    NEWEST_KNOWN_GLIBC,
    has_table,
    is_glibc_known,
    is_of_gcc,
    is_of_glibc,
    is_of_glibc_headers,
    is_of_macos,
    is_of_musl,
    is_of_pypy,
    is_of_tables,
    is_python_symbol,
)
from ..loader.manylinux import glibc_version
from ..loader.promised import is_in_table_of_glibc, is_part_of_glibc, python_library

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..formats.report import Import
    from ..loader.search import Links, Scope

# Whose functions are not in tables here.
_SYSTEMS = {
    "macos": "macOS",
    "ios": "iOS",
    "ios-simulator": "iOS",
    "windows": "Windows",
    "android": "Android",
    "emscripten": "Pyodide",
}
_TEST = "import it on the host; `cross.test_import` does so under emulation"
_SHOWN = 4
_LONGEST = 60
_KINDS = (
    (
        re.compile(r"version \S+"),
        "the file was linked to another version of the library than the one in the wheel: install"
        " the one that it was linked to",
    ),
    (
        re.compile(r"__atomic_\w+|__sync_\w+"),
        "it is in libatomic: target_link_libraries(<target> PRIVATE atomic)",
    ),
    (
        re.compile(r"_ZN?K?S\w*7__cxx11\w*|_ZNK?St7__cxx11\w*"),
        "it is in libstdc++, but the file is not linked to it: a static library was made by another"
        " compiler (g++) than the module (with libc++, as zig and clang have it); compile both with"
        " one",
    ),
    (
        re.compile(r"_Z\w*NS?t?3__1\w*|_ZNK?St3__1\w*"),
        "it is in libc++, but the file is not linked to it: a static library was made by another"
        " compiler (zig or clang) than the module; compile both with one",
    ),
    (
        re.compile(r"_ZN?K?S[tasiod]\w*|__cxa_\w+|__gxx_personality_v0|_Zn[wa]\w*|_Zd[la]\w*"),
        "it is in the C++ library: link the target as C++ (LINKER_LANGUAGE CXX)",
    ),
)
_OTHERWISE = (
    "add the source file or the library that has it (target_sources, target_link_libraries);"
    " -Wl,--no-undefined (on macOS, -Wl,-undefined,error without Python) makes the linker say so"
)
_OF_GLIBC = "glibc has it, and musl does not: compile all sources and static libraries for musl"


def check_symbols(expected: Expectation) -> Iterator[Finding]:
    """Check the symbols of all files of a wheel, and say which of them could not be looked for."""
    libcs = {promise.libc for promise in expected.promises if promise}
    is_for_pypy = all(python.startswith("pp") for python in expected.tag.pythons)
    missing: dict[str, dict[str, str]] = {}
    doubtful: dict[str, dict[str, str]] = {}
    for scope in expected.links.scopes:
        for place, name, where, is_doubtful in _missing_in(scope, expected.links, libcs):
            if not (is_for_pypy and is_of_pypy(name)):
                kind = doubtful if is_doubtful else missing
                kind.setdefault(place, {}).setdefault(name, where)
    for place, names in missing.items():
        yield _finding(expected.links.files[place], names, expected.links)
    for place, names in doubtful.items():
        yield _doubt(place, names)
    if libcs == {MUSL}:
        for file in expected.links.files.values():
            yield from _compiled_for_glibc(file, missing.get(file.place, {}))
    yield from _unknown_systems(expected)


def _doubt(place: str, names: dict[str, str]) -> Finding:
    """Say that symbols can be in a library whose symbols are not known here."""
    shown = ", ".join(shortened([_shortened(name) for name in names], _SHOWN))
    libraries = ", ".join(dict.fromkeys(names.values()))
    message = f"needs {shown}, which can be in {libraries}: this was not proved"
    return finding(Code.UNPROVED_SYMBOLS, place, message, _TEST)


def _unknown_systems(expected: Expectation) -> Iterator[Finding]:
    """Say so if files need functions of a system whose libraries are not known in detail."""
    for system in sorted({p.system for p in expected.promises if p and p.system in _SYSTEMS}):
        message = f"whether {_SYSTEMS[system]} has all functions that it needs was not proved"
        for place, file in expected.links.files.items():
            if _needs_system(file, expected.links):
                yield finding(Code.UNPROVED_SYMBOLS, place, message, _TEST)


def _needs_system(file: FileReport, links: Links) -> bool:
    """Whether a file needs a symbol that is not Python's, of what is not in the wheel."""
    inside = links.inside(file.place)
    own = {"", *inside} if file.binary.format != MACH_O else inside
    return file.binary.format == WASM or any(
        not symbol.is_weak and symbol.library not in own and not is_python_symbol(symbol.name)
        for symbol in file.binary.imports
        if file.binary.format != PE or not python_library(symbol.library)
    )


def _compiled_for_glibc(file: FileReport, missing: Collection[str]) -> Iterator[Finding]:
    """Say so if a part of a file was compiled with the headers of glibc, if nothing else does.

    Musl has the functions, but structures such as ``struct stat`` and ``FILE`` are others.
    """
    names = [s.name for s in file.binary.imports if is_of_glibc_headers(s.name)]
    if names and not missing and file.binary.libc != GLIBC:
        yield finding(
            Code.WRONG_LIBC,
            file.place,
            f"needs {', '.join(shortened(names, _SHOWN))}, to which only headers of glibc refer:"
            " a part of it was compiled for glibc, whose structures differ from those of musl",
            "compile all sources and static libraries with the compiler for musl",
        )


def _finding(file: FileReport, names: dict[str, str], links: Links) -> Finding:
    shown = ", ".join(shortened([_shortened(name) for name in names], _SHOWN))
    libraries = sorted({where for where in names.values() if where})
    first = next(iter(names))
    where = (
        f"{' or '.join(libraries)} does not have" if libraries else "no library that it needs has"
    )
    return finding(
        Code.UNDEFINED_SYMBOL,
        file.place,
        f"needs {shown}, which {where}",
        _hint(file, first, links),
    )


def _hint(file: FileReport, name: str, links: Links) -> str:
    others = sorted(
        place
        for place, other in links.files.items()
        if name in other.binary.exports and place != file.place
    )
    if others:
        return f"{others[0]} has it: link to it, so that it is loaded with the file"
    for pattern, hint in _KINDS:
        if pattern.fullmatch(name):
            return hint
    return _OF_GLIBC if is_of_glibc(name) else _OTHERWISE


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."


def _missing_in(
    scope: Scope, links: Links, libcs: set[str]
) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the files of a scope, the symbols that they miss, and where they should have been.

    The last value is whether that is in doubt: they can be there, for all that is known here.
    """
    files = [links.files[place] for place in scope.members if place in links.files]
    if files[0].binary.format == ELF:
        libc = next(iter(libcs - {""}), "") or files[0].binary.libc
        libc = MUSL if libcs == {MUSL} else libc
        if libc == GLIBC:
            yield from ((*each, False) for each in _missing_versions(scope, links))
            yield from ((*each, False) for each in _missing_in_glibc(scope, files))
        outside = frozenset(name for name in scope.outside if not python_library(name))
        unread = [place for place in scope.members if place not in links.files]
        unknown = ", ".join([*(n for n in sorted(outside) if not _is_known(n, libc)), *unread])
        for place, name in _missing_elf(scope, files, outside, libc, links):
            yield place, name, unknown, bool(unknown)
    elif len(files) == len(scope.members):
        for file in files:
            yield from ((*each, False) for each in _missing_by_library(scope, file, links))


def _missing_elf(
    scope: Scope, files: list[FileReport], outside: frozenset[str], libc: str, links: Links
) -> Iterator[tuple[str, str]]:
    """Look for symbols in all libraries that are loaded together.

    ``outside`` are those that are not in the wheel, but for Python's.

    Those of glibc and GCC have versions, so that what has none is not theirs, unless it was linked
    without the library.
    """
    members = frozenset(scope.members)
    for file in files:
        own = frozenset(file.binary.needed)
        inside = scope.inside(file.place)
        for symbol in file.binary.imports:
            if symbol.library not in ("", *inside) or (symbol.is_weak and not symbol.version):
                continue
            if is_python_symbol(symbol.name) or _is_of_libc(symbol.name, libc):
                continue
            if symbol.version:
                is_found = _is_found(symbol, files, inside.get(symbol.library, ""), libc)
            else:
                is_found = not members.isdisjoint(links.exporters.get(symbol.name, ()))
            if is_found:
                continue
            # What the linker saw in libstdc++ would have a version.
            if is_of_tables(symbol.name, outside) or is_of_gcc(symbol.name, outside - own):
                continue
            yield file.place, symbol.name


def _missing_versions(scope: Scope, links: Links) -> Iterator[tuple[str, str, str]]:
    """Look for the versions that files need of libraries in the wheel, as glibc does at first.

    A library without any versions is taken for an older one, which may do. Names with ``$ORIGIN``
    are not replaced here, and nothing has them.
    """
    for link in scope.links:
        if link.place not in links.files:
            continue
        there = links.files[link.place].binary.own_versions
        for need in links.files[link.file].binary.versions:
            is_known = need.is_weak or not there or need.name in there
            if need.library == link.name and ("$" in link.name or not is_known):
                yield link.file, f"version {need.name}", link.name


def _missing_in_glibc(scope: Scope, files: Iterable[FileReport]) -> Iterator[tuple[str, str, str]]:
    """Look for the symbols that files need of glibc's own libraries.

    Of newer versions, and on other machines than those of the table, it is not known what they are.
    """
    own = {name for name in scope.outside if is_in_table_of_glibc(name)}
    for file in files:
        if not is_glibc_known(file.binary.machines):
            continue
        for symbol in file.binary.imports:
            if symbol.library not in own or symbol.is_weak or is_of_glibc(symbol.name):
                continue
            if glibc_version(symbol.version) <= NEWEST_KNOWN_GLIBC:
                yield file.place, symbol.name, symbol.library


def _is_found(symbol: Import, files: Iterable[FileReport], place: str, libc: str) -> bool:
    """Whether one of the files, in the order of the search, has a symbol with a version.

    glibc ends the process, be the symbol weak or not, if it gets to the library of which the file
    needs a version, which is at ``place``, and which has the symbol, but knows of no versions.
    """
    for file in files:
        if _has(file, symbol, libc):
            is_wanted = libc == GLIBC and symbol.version and file.place == place
            return not is_wanted or file.binary.has_versions
    return symbol.is_weak


def _has(file: FileReport, symbol: Import, libc: str) -> bool:
    """Whether a file has a symbol. Musl does not look at versions."""
    binary = file.binary
    if libc == MUSL or not binary.own_versions:
        return symbol.name in binary.exports
    versioned = binary.versioned_exports
    return (symbol.name, symbol.version) in versioned or (symbol.name, "") in versioned


def _is_known(library: str, libc: str) -> bool:
    """Whether it is known which symbols a library has that is not in the wheel.

    Where the C library is not known, it is one of Linux's.
    """
    if libc not in (GLIBC, MUSL, ""):
        return False
    is_musl = library.startswith(("libc.musl-", "ld-musl-")) or library == "libc.so"
    is_of_system = (libc != MUSL and is_part_of_glibc(library)) or (libc != GLIBC and is_musl)
    return is_of_system or has_table(library)


def _is_of_libc(name: str, libc: str) -> bool:
    return (libc != MUSL and is_of_glibc(name)) or (libc != GLIBC and is_of_musl(name))


def _missing_by_library(
    scope: Scope, file: FileReport, links: Links
) -> Iterator[tuple[str, str, str]]:
    """Look for symbols in the library that each was linked with, as far as it is in the wheel."""
    inside = scope.inside(file.place)
    exports = {name: _exports(place, scope, links) for name, place in inside.items()}
    for symbol in file.binary.imports:
        if symbol.is_weak or is_python_symbol(symbol.name):
            continue
        if symbol.library in inside:
            there = exports[symbol.library]
            if there is not None and symbol.name not in there:
                yield file.place, symbol.name, symbol.library
        elif _is_flat(symbol, file) and not any(
            symbol.name in links.files[member].binary.exports for member in scope.members
        ):
            yield file.place, symbol.name, ""


def _is_flat(symbol: Import, file: FileReport) -> bool:
    """Whether a symbol was left for macOS to find anywhere (``-undefined dynamic_lookup``).

    Those of libraries that are in every process are found. In a file where all symbols are looked
    up so, those of the system are among them.
    """
    if file.binary.format != MACH_O or file.binary.is_flat:
        return False
    return not symbol.library and not is_of_macos(symbol.name)


def _exports(place: str, scope: Scope, links: Links) -> frozenset[str] | None:
    """Return what a library has, with what it takes for its own; None if that is not known."""
    file = links.files[place]
    found = set(file.binary.exports)
    for name in file.binary.reexports:
        inner = next(
            (k.place for k in scope.links if k.place and (k.file, k.name) == (place, name)), ""
        )
        if not inner:
            return None
        found |= links.files[inner].binary.exports
    return frozenset(found)
