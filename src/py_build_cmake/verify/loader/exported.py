"""Which symbols there are on every system: those of Python, of the C libraries, of libstdc++.

Sources: the tables in ``data`` say where they are from; the Itanium C++ ABI, "Mangling", for names
in the namespace of the standard library.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from .promised import read_data

if TYPE_CHECKING:
    from collections.abc import Iterable

_PYTHON = re.compile(r"_?Py[A-Z_]\w*")
# What cffi's modules need, and PyPy alone has.
_PYPY = re.compile(r"pypy_\w+")
# std::, its abbreviations and what GCC's implementation is made of; operators new and delete.
_CPP = re.compile(
    r"_Z(?:T[VTISC]|GV|Th?n?v?\d*_)?(?:N[VKOR]*)?(?:S[tasiod]|9__gnu_cxx|10__cxxabiv1|n[wa]|d[la])\w*"
    r"|_ZT[VIS][A-Za-z]|__cxa_\w+|__gxx_personality_v0|__dynamic_cast"
)
# libobjc and libc++ are in every process, since libSystem needs them.
_MACOS = re.compile(
    r"_?objc_\w+|_Z\w*St3__1\w*|_Z(?:T[VTIS])?(?:N[VKOR]*)?S[tasiod]\w*|_Z(?:n[wa]|d[la])\w*|_ZT[VIS][a-z]"
    r"|__cxa_\w+|__gxx_personality_v0|__dynamic_cast|_ZT[VI]N10__cxxabiv1\w+"
)
_GNU_CPP = re.compile(r"\w*St7__cxx11\w*")
# Musl has these for what was compiled for glibc; its own headers do not refer to them.
_OF_GLIBC_HEADERS = re.compile(
    r"__ctype_(?:b|tolower|toupper)_loc|__isoc99_\w+|__(?:f|l)?xstat(?:at)?(?:64)?|__xmknod(?:at)?"
)
# The packages that the table of glibc is made from.
NEWEST_KNOWN_GLIBC = (2, 41)
_MACHINES_OF_GLIBC = frozenset({"aarch64", "arm", "i686", "riscv64", "s390x", "x86_64"})
_TABLES = {"libz.so.1": "zlib", "libexpat.so.1": "expat"}
_UNWINDER = re.compile(r"_Unwind_\w+|__gcc_personality_v0|__(?:de)?register_frame\w*")


def is_python_symbol(name: str) -> bool:
    """Whether a symbol has the prefix that only Python's own have."""
    return _PYTHON.fullmatch(name) is not None


def is_glibc_known(machines: frozenset[str]) -> bool:
    """Whether the table of glibc has what it exports on these machines."""
    return machines <= _MACHINES_OF_GLIBC


def is_of_pypy(name: str) -> bool:
    """Whether a symbol has the prefix of those that only PyPy has, besides Python's."""
    return _PYPY.fullmatch(name) is not None


def is_of_glibc(name: str) -> bool:
    """Whether glibc exports a symbol, on some architecture and in some version."""
    return name in _table("glibc")


def is_of_musl(name: str) -> bool:
    """Whether musl exports a symbol, on some architecture."""
    return name in _table("musl")


def is_of_glibc_headers(name: str) -> bool:
    """Whether a symbol is only needed by what was compiled with the headers of glibc."""
    return _OF_GLIBC_HEADERS.fullmatch(name) is not None


def has_table(library: str) -> bool:
    """Whether all symbols of a library that is not glibc's are known."""
    return library in _TABLES


def is_of_tables(name: str, libraries: Iterable[str]) -> bool:
    """Whether one of the libraries whose symbols are known exports a symbol."""
    return any(name in _table(_TABLES[library]) for library in libraries if library in _TABLES)


def is_of_gcc(name: str, libraries: frozenset[str]) -> bool:
    """Whether a symbol can be one of the runtime libraries of GCC that are loaded."""
    return ("libstdc++.so.6" in libraries and _CPP.fullmatch(name) is not None) or (
        "libgcc_s.so.1" in libraries and _UNWINDER.fullmatch(name) is not None
    )


def is_of_macos(name: str) -> bool:
    """Whether a symbol can be one of the libraries that are in every process of macOS."""
    return _MACOS.fullmatch(name) is not None and not _GNU_CPP.fullmatch(name)


@functools.cache
def _table(name: str) -> frozenset[str]:
    return frozenset(read_data(name))
