"""Which functions and data CPython's stable ABI has, and since when.

Sources: PEP 384 and PEP 803; the table in ``data`` says where it is from.
"""

from __future__ import annotations

import functools
from pathlib import Path

from ..base.tables import read_table

Version = tuple[int, int]

_TABLE = Path(__file__).parent / "data" / "stable_abi.txt"


def first_stable_version(name: str) -> Version | None:
    """Return the CPython that first had a symbol in its stable ABI; None if none has."""
    return _stable_abi().get(name)


def stable_names(version: Version) -> frozenset[str]:
    """Return the functions and data of the stable ABI of a CPython."""
    return frozenset(name for name, first in _stable_abi().items() if first <= version)


@functools.cache
def _stable_abi() -> dict[str, Version]:
    found: dict[str, Version] = {}
    for line in read_table(_TABLE):
        name, _, version = line.partition(" ")
        major, minor = version.split(".")
        found[name] = int(major), int(minor)
    return found
