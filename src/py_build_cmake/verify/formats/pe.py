"""PE files of Windows (programs, DLLs, Python's ``.pyd``), and the COFF objects in libraries.

Source: Microsoft's "PE Format"; for managed code ECMA-335, partition II, 25.3.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...platforms.machines import PE_MACHINES
from .report import EXECUTABLE, LIBRARY, OBJECT, PE, BinaryReport
from .view import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

MAGIC = b"MZ"
_DLL = 0x2000
_IMPORTS, _DELAYED_IMPORTS, _MANAGED = 1, 13, 14
_MOST_IMPORTS = 4096
_MOST_SECTIONS = 96
_ONLY_MANAGED, _NEEDS_32_BIT = 1, 2


@dataclass(frozen=True)
class _Section:
    address: int
    size: int
    offset: int


def read_pe(view: View) -> BinaryReport | None:
    """Describe a PE file as far as it can be read; None for other programs of DOS."""
    try:
        (at,) = view.unpack("<I", 0x3C)
        if view.read(at, 4) != b"PE\0\0":
            return None
        machine, sections, _, _, _, optional, flags = view.unpack("<HHIIIHH", at + 4)
    except DamagedError:
        return None
    name = PE_MACHINES.get(machine, hex(machine))
    kind = LIBRARY if flags & _DLL else EXECUTABLE
    report = BinaryReport(PE, frozenset({name}), kind=kind, system="windows")
    try:
        return _with_directories(view, at + 24, optional, sections, report)
    except DamagedError:
        return replace(report, is_damaged=True)


def _with_directories(
    view: View, at: int, size: int, section_count: int, report: BinaryReport
) -> BinaryReport:
    if size < 2:
        return report
    (magic,) = view.unpack("<H", at)
    count_at = at + {0x10B: 92, 0x20B: 108}.get(magic, 92)
    (count,) = view.unpack("<I", count_at)
    sections = tuple(_sections(view, at + size, section_count))

    def directory(number: int) -> int | None:
        if number >= count:
            return None
        address, length = view.unpack("<II", count_at + 4 + 8 * number)
        return _offset(address, sections) if address and length else None

    names: list[str] = []
    if (imports := directory(_IMPORTS)) is not None:
        names += _imports(view, imports, sections, entry=20, name_at=12)
    if (delayed := directory(_DELAYED_IMPORTS)) is not None:
        names += _imports(view, delayed, sections, entry=32, name_at=4)
    report = replace(report, needed=tuple(dict.fromkeys(names)))
    if (managed := directory(_MANAGED)) is not None:
        (flags,) = view.unpack("<I", managed + 16)
        is_portable = flags & (_ONLY_MANAGED | _NEEDS_32_BIT) == _ONLY_MANAGED
        report = replace(report, is_portable=is_portable)
    return report


def _sections(view: View, at: int, count: int) -> Iterator[_Section]:
    for number in range(min(count, _MOST_SECTIONS)):
        virtual, address, size, offset = view.unpack("<IIII", at + 40 * number + 8)
        yield _Section(address, max(virtual, size), offset)


def _offset(address: int, sections: tuple[_Section, ...]) -> int:
    for section in sections:
        if 0 <= address - section.address < section.size:
            return section.offset + address - section.address
    raise DamagedError


def _imports(
    view: View, at: int, sections: tuple[_Section, ...], *, entry: int, name_at: int
) -> Iterator[str]:
    """Yield the names of a table of imported DLLs, which ends with zeros."""
    for number in range(_MOST_IMPORTS):
        (name,) = view.unpack("<I", at + number * entry + name_at)
        if not name:
            return
        yield view.string(_offset(name, sections))


def read_coff(view: View) -> BinaryReport | None:
    """Describe a COFF object, or an entry of an import library; None if it is neither.

    Objects have no magic number: this is for members of static libraries.
    """
    try:
        first, second, _, fourth = view.unpack("<HHHH", 0)
        # Import entries and objects with many sections begin alike.
        if (first, second) == (0, 0xFFFF):
            return _object(fourth)
        if first not in PE_MACHINES:
            return None
        _, sections, _, symbols, count, optional, _ = view.unpack("<HHIIIHH", 0)
    except DamagedError:
        return None
    # A symbol is 18 bytes.
    if optional or not sections or symbols + 18 * count > view.size:
        return None
    return _object(first)


def _object(machine: int) -> BinaryReport | None:
    name = PE_MACHINES.get(machine)
    return BinaryReport(PE, frozenset({name}), kind=OBJECT, system="windows") if name else None
