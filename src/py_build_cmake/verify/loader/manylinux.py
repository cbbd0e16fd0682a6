"""Which symbol versions a manylinux tag allows, and which tag a set of versions needs.

Sources: PEP 513, 571 and 599 list the versions for manylinux1, 2010 and 2014. PEP 600 promises
"any mainstream distribution" with a glibc of that version: for those, the limits are those of
the GCC that such distributions came with, and its versions are listed in the ABI policy and
guidelines of libstdc++.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...base.records import dataclass
from ...platforms.machines import machine_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..formats.report import SymbolVersion

Version = tuple[int, ...]

_KINDS = ("GLIBC", "GLIBCXX", "CXXABI", "GCC", "ZLIB")
_NAME = re.compile(rf"({'|'.join(_KINDS)})_(?:(?:LDBL|IEEE128|ARM)_)?(\d+(?:\.\d+)*)")
_UNKNOWN = (1000, 0)
# Markers, whose names have no version (NEWS of glibc).
_MARKERS: dict[str, Version] = {
    "GLIBC_ABI_DT_RELR": (2, 36),
    "GLIBC_ABI_DT_X86_64_PLT": (2, 42),
    "GLIBC_ABI_GNU2_TLS": (2, 42),
    "GLIBC_ABI_GNU_TLS": (2, 42),
}


class _Limits(NamedTuple):
    """The newest versions that the newest distributions with a glibc had when they appeared."""

    glibc: Version
    glibcxx: Version
    cxxabi: Version
    gcc: Version
    zlib: Version

    def of(self, kind: str) -> Version:
        """Return the newest version of a kind."""
        return {
            "GLIBC": self.glibc,
            "GLIBCXX": self.glibcxx,
            "CXXABI": self.cxxabi,
            "GCC": self.gcc,
            "ZLIB": self.zlib,
        }[kind]


_LIMITS = (
    _Limits((2, 5), (3, 4, 9), (1, 3, 1), (4, 2, 0), (1, 2, 3)),  # PEP 513
    _Limits((2, 12), (3, 4, 13), (1, 3, 3), (4, 5, 0), (1, 2, 3)),  # PEP 571
    _Limits((2, 17), (3, 4, 19), (1, 3, 7), (4, 8, 0), (1, 2, 7)),  # PEP 599
    _Limits((2, 24), (3, 4, 22), (1, 3, 10), (6,), (1, 2, 8)),  # Debian 9
    _Limits((2, 26), (3, 4, 24), (1, 3, 11), (7,), (1, 2, 8)),  # Amazon Linux 2
    # Ubuntu 18.04, Debian 10, RHEL 8
    _Limits((2, 27), (3, 4, 25), (1, 3, 11), (8,), (1, 2, 11)),
    _Limits((2, 31), (3, 4, 28), (1, 3, 12), (10,), (1, 2, 11)),  # Ubuntu 20.04, Debian 11
    _Limits((2, 34), (3, 4, 29), (1, 3, 13), (11,), (1, 2, 11)),  # RHEL 9
    _Limits((2, 35), (3, 4, 30), (1, 3, 13), (12,), (1, 2, 11)),  # Ubuntu 22.04
    _Limits((2, 36), (3, 4, 30), (1, 3, 13), (12,), (1, 2, 13)),  # Debian 12
    _Limits((2, 38), (3, 4, 32), (1, 3, 14), (13,), (1, 2, 13)),  # Ubuntu 23.10
    # Ubuntu 24.04, RHEL 10, Debian 13
    _Limits((2, 39), (3, 4, 33), (1, 3, 15), (14,), (1, 3)),
    _Limits((2, 42), (3, 4, 34), (1, 3, 16), (15,), (1, 3)),  # Ubuntu 25.10
)


@dataclass(frozen=True)
class TooNew:
    """A needed version that a tag does not allow."""

    version: SymbolVersion
    allowed: str


def too_new(
    versions: Iterable[SymbolVersion], glibc: Version, provided: frozenset[str]
) -> tuple[TooNew, ...]:
    """Return the newest version of every kind that systems with this glibc need not have.

    ``provided`` are names of libraries in the wheel, which need not be on the system.
    """
    newest: dict[str, tuple[Version, SymbolVersion]] = {}
    for version in _relevant(versions, provided):
        kind, number = _parse(version)
        is_newer = kind not in newest or number > newest[kind][0]
        if is_newer and _exceeds(number, _limit(kind, glibc)):
            newest[kind] = number, version
    return tuple(
        TooNew(newest[kind][1], f"{kind}_{'.'.join(map(str, _limit(kind, glibc)))}")
        for kind in _KINDS
        if kind in newest
    )


def oldest_glibc(
    versions: Iterable[SymbolVersion], machine: str, provided: frozenset[str]
) -> tuple[int, int] | None:
    """Return the oldest glibc whose tag allows all the versions; None if no known tag does."""
    row = machine_named(machine)
    oldest: Version = (row.first_glibc if row else None) or (2, 17)
    for version in _relevant(versions, provided):
        kind, number = _parse(version)
        if number == _UNKNOWN:
            return None
        if kind == "GLIBC":
            oldest = max(oldest, number[:2])
            continue
        needed = next((row.glibc for row in _LIMITS if not _exceeds(number, row.of(kind))), None)
        if needed is None:
            return None
        oldest = max(oldest, needed)
    return oldest[0], oldest[1]


def newest_glibc_symbol(versions: Iterable[SymbolVersion]) -> str:
    """Return the newest needed version of glibc, such as ``GLIBC_2.34``, or nothing."""
    found = [
        (number, version.name)
        for version in versions
        for kind, number in [_parse(version)]
        if kind == "GLIBC" and number
    ]
    return max(found)[1] if found else ""


def glibc_version(name: str) -> Version:
    """Return the version of glibc that a version of symbols names."""
    match = _NAME.fullmatch(name)
    return tuple(int(part) for part in match[2].split(".")) if match else _UNKNOWN


def _relevant(
    versions: Iterable[SymbolVersion], provided: frozenset[str]
) -> Iterable[SymbolVersion]:
    return (v for v in versions if not v.is_weak and v.library not in provided and _parse(v)[0])


def _parse(version: SymbolVersion) -> tuple[str, Version]:
    """Return the kind and the number of a version; two empty values for other libraries' ones."""
    if version.name in _MARKERS:
        return "GLIBC", _MARKERS[version.name]
    match = _NAME.fullmatch(version.name)
    # On some machines, libgcc has the name of the glibc that had the symbols before it.
    if version.name.startswith("GLIBC_") and "libgcc" in version.library:
        return "", ()
    if match is None:
        # Other names are later markers of glibc, or damaged; these are for its own libraries.
        is_later = version.name.startswith("GLIBC_") and version.name != "GLIBC_PRIVATE"
        return ("GLIBC", _UNKNOWN) if is_later else ("", ())
    return match[1], tuple(int(part) for part in match[2].split("."))


def _exceeds(number: Version, limit: Version) -> bool:
    """Whether a version is newer than a limit, which stands for all that begin with it."""
    return number[: len(limit)] > limit


def _limit(kind: str, glibc: Version) -> Version:
    if kind == "GLIBC":
        return glibc
    return next((r for r in reversed(_LIMITS) if r.glibc <= glibc), _LIMITS[0]).of(kind)
