"""PE files of Windows (programs, DLLs, Python's ``.pyd``), and the COFF objects in libraries.

Source: Microsoft's "PE Format"; for managed code ECMA-335, partition II, 25.3.3.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...platforms.machines import PE_MACHINES
from .report import EXECUTABLE, LIBRARY, OBJECT, PE, BinaryReport, Import
from .view import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View

MAGIC = b"MZ"
_DLL = 0x2000
_EXPORTS, _IMPORTS, _SIGNATURES, _DELAYED_IMPORTS, _MANAGED = 0, 1, 4, 13, 14
_MOST_IMPORTS = 4096
_MOST_SYMBOLS = 1 << 17
_MOST_SECTIONS = 96
_ONLY_MANAGED, _NEEDS_32_BIT = 1, 2


@dataclass(frozen=True)
class _Section:
    address: int
    size: int
    offset: int
    file_size: int


@dataclass(frozen=True)
class _Image:
    view: View
    sections: tuple[_Section, ...]
    is_64: bool

    def name_at(self, address: int) -> str:
        return self.view.string(_offset(address, self.sections))


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

    (subsystem,) = view.unpack("<H", at + 68)
    is_cut = any(s.offset + s.file_size > view.size for s in sections)
    if count > _SIGNATURES:
        # Of this directory alone, the place in the file is given: it is not loaded.
        begin, length = view.unpack("<II", count_at + 4 + 8 * _SIGNATURES)
        is_cut = is_cut or begin + length > view.size
    report = replace(report, subsystem=subsystem, is_damaged=is_cut)
    image = _Image(view, sections, is_64=magic == 0x20B)
    if (imports := directory(_IMPORTS)) is not None:
        report = _with_imports(report, image, imports)
    if (delayed := directory(_DELAYED_IMPORTS)) is not None:
        report = _with_delayed_imports(report, image, delayed)
    if (exports := directory(_EXPORTS)) is not None:
        report = replace(report, exports=frozenset(_exports(image, exports)))
    if (managed := directory(_MANAGED)) is not None:
        (flags,) = view.unpack("<I", managed + 16)
        is_portable = flags & (_ONLY_MANAGED | _NEEDS_32_BIT) == _ONLY_MANAGED
        report = replace(report, is_portable=is_portable)
    return report


def _sections(view: View, at: int, count: int) -> Iterator[_Section]:
    for number in range(min(count, _MOST_SECTIONS)):
        virtual, address, size, offset = view.unpack("<IIII", at + 40 * number + 8)
        yield _Section(address, max(virtual, size), offset, size)


def _offset(address: int, sections: tuple[_Section, ...]) -> int:
    for section in sections:
        if 0 <= address - section.address < section.size:
            return section.offset + address - section.address
    raise DamagedError


def _with_imports(report: BinaryReport, image: _Image, at: int) -> BinaryReport:
    """Add the DLLs of a table that ends with zeros, and the names that are needed of them."""
    needed: list[str] = list(report.needed)
    imports: list[Import] = list(report.imports)
    for number in range(_MOST_IMPORTS):
        names, _, _, dll_at, bound = image.view.unpack("<IIIII", at + 20 * number)
        if not dll_at:
            break
        dll = image.name_at(dll_at)
        needed.append(dll)
        # Files of old linkers have one table only, which the loader overwrites.
        imports += _imported_names(image, names or bound, dll)
    return replace(report, needed=tuple(dict.fromkeys(needed)), imports=tuple(imports))


def _with_delayed_imports(report: BinaryReport, image: _Image, at: int) -> BinaryReport:
    """Add the DLLs that are loaded when something in them is called first."""
    delayed: list[str] = []
    for number in range(_MOST_IMPORTS):
        (dll_at,) = image.view.unpack("<I", at + 32 * number + 4)
        if not dll_at:
            break
        delayed.append(image.name_at(dll_at))
    return replace(
        report,
        needed=tuple(dict.fromkeys((*report.needed, *delayed))),
        optional=tuple(name for name in delayed if name not in report.needed),
    )


def _imported_names(image: _Image, address: int, dll: str) -> Iterator[Import]:
    """Yield the symbols of a table that ends with zeros; not those that have only a number."""
    if not address:
        return
    at = _offset(address, image.sections)
    layout, size, by_number = ("<Q", 8, 1 << 63) if image.is_64 else ("<I", 4, 1 << 31)
    for number in range(_MOST_SYMBOLS):
        (entry,) = image.view.unpack(layout, at + number * size)
        if not entry:
            return
        if not entry & by_number:
            # A hint of two bytes is before the name.
            yield Import(image.name_at(entry + 2), dll)


def _exports(image: _Image, at: int) -> Iterator[str]:
    """Yield the names that a DLL exports."""
    (count,) = image.view.unpack("<I", at + 24)
    (names,) = image.view.unpack("<I", at + 32)
    if count > _MOST_SYMBOLS:
        raise DamagedError
    if count:
        data = image.view.part(_offset(names, image.sections), 4 * count).whole(4 * count)
        for (address,) in struct.iter_unpack("<I", data):
            yield image.name_at(address)


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
