"""Mach-O files of macOS and iOS, for one machine or several ("universal").

Source: Apple's ``mach-o/loader.h`` and ``mach-o/fat.h``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...platforms.machines import MACH_MACHINES
from .macho_signature import signature_state
from .macho_symbols import exported_by_trie, symbol_table
from .report import (
    EXECUTABLE,
    LIBRARY,
    MACH_O,
    OBJECT,
    OTHER,
    BinaryReport,
    SystemVersion,
)
from .view import DamagedError, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .view import View

THIN_MAGICS = {
    b"\xfe\xed\xfa\xce": (">", 28),
    b"\xfe\xed\xfa\xcf": (">", 32),
    b"\xce\xfa\xed\xfe": ("<", 28),
    b"\xcf\xfa\xed\xfe": ("<", 32),
}
# cputype, cpusubtype, offset, size, align
FAT_MAGICS = {b"\xca\xfe\xba\xbe": ">IIIII", b"\xca\xfe\xba\xbf": ">IIQQII"}
# Subtypes that other machines of the family cannot run.
_SUBTYPES = {(0x0100000C, 2): "arm64e", (0x01000007, 8): "x86_64h"}
_KINDS = {1: OBJECT, 2: EXECUTABLE, 6: LIBRARY, 8: LIBRARY}
_LOAD_COMMANDS = frozenset({0x0C, 0x20, 0x80000018, 0x8000001F, 0x80000023})
_WEAK_DYLIB, _REEXPORT_DYLIB = 0x80000018, 0x8000001F
_ID_DYLIB, _RPATH, _BUILD_VERSION = 0x0D, 0x8000001C, 0x32
_SYMTAB, _DYLD_INFO, _EXPORTS_TRIE = 0x02, frozenset({0x22, 0x80000022}), 0x80000033
_CODE_SIGNATURE = 0x1D
_SEGMENTS = {0x01: "II", 0x19: "QQ"}  # of 32 and 64 bit: offset and size in the file
_FILE_OFFSET = {0x01: 32, 0x19: 40}
_TWO_LEVEL = 0x80
_PLATFORMS = {
    **{1: "macos", 2: "ios", 3: "tvos", 4: "watchos", 6: "maccatalyst", 7: "ios-simulator"},
    **{8: "tvos-simulator", 9: "watchos-simulator", 11: "visionos", 12: "visionos-simulator"},
}
_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}
# Java class files share the magic number of universal files; their version number stands where
# the number of slices is, and is larger.
_MOST_SLICES = 30
_MOST_COMMANDS = 10_000


def read_thin(view: View) -> BinaryReport | None:
    """Describe a file for one machine as far as it can be read; None if its header cannot."""
    try:
        order, size = THIN_MAGICS[view.read(0, 4)]
        cpu, subtype = view.unpack(f"{order}II", 4)
    except (DamagedError, KeyError):
        return None
    machine = _machine(cpu, subtype)
    report = BinaryReport(MACH_O, frozenset({machine}))
    try:
        kind, count, _, flags = view.unpack(f"{order}IIII", 12)
        report = replace(report, kind=_KINDS.get(kind, OTHER))
        commands = tuple(_commands(view, order, size, count))
        report = _with_commands(report, machine, commands, order)
        report = replace(report, is_flat=report.kind == LIBRARY and not flags & _TWO_LEVEL)
        if report.kind == OBJECT:
            return report
        report = _with_symbols(report, view, commands, order)
        return replace(report, signatures=tuple(_signatures(view, machine, commands, order)))
    except DamagedError:
        return replace(report, is_damaged=True)


def read_fat(view: View) -> tuple[tuple[str, View], ...] | None:
    """Return the slices of a universal file by their machines; None if it is not one."""
    try:
        layout = FAT_MAGICS[view.read(0, 4)]
        (count,) = view.unpack(">I", 4)
        if count > _MOST_SLICES:
            return None
        size = {">IIIII": 20, ">IIQQII": 32}[layout]
        entries = [view.unpack(layout, 8 + number * size) for number in range(count)]
        return tuple((_machine(e[0], e[1]), view.part_up_to(e[2], e[3])) for e in entries)
    except (DamagedError, KeyError):
        return None


def merged_slices(machines: Iterable[str], slices: Iterable[BinaryReport]) -> BinaryReport:
    """Describe a universal file by what its slices are."""
    reports = tuple(slices)

    def all_of(field: str) -> tuple[object, ...]:
        return tuple(dict.fromkeys(v for report in reports for v in getattr(report, field)))

    first = reports[0] if reports else BinaryReport(MACH_O, frozenset(), is_damaged=True)
    fields = (
        *("needed", "optional", "reexports", "rpaths"),
        *("systems", "signatures", "members", "imports"),
    )
    merged = {name: all_of(name) for name in fields}
    return replace(
        first,
        machines=frozenset(machines),
        # A symbol that one of the slices lacks is missing on that machine.
        exports=first.exports.intersection(*(report.exports for report in reports)),
        is_damaged=any(report.is_damaged for report in reports),
        **merged,  # type: ignore[arg-type]
    )


def _machine(cpu: int, subtype: int) -> str:
    # The upper byte of the subtype holds flags.
    return _SUBTYPES.get((cpu, subtype & 0xFFFFFF)) or MACH_MACHINES.get(cpu, hex(cpu))


def _commands(view: View, order: str, at: int, count: int) -> Iterator[tuple[int, View]]:
    """Yield every load command: its number and its bytes."""
    for _ in range(min(count, _MOST_COMMANDS)):
        command, size = view.unpack(f"{order}II", at)
        if size < 8:
            raise DamagedError
        yield command, view.part(at, size)
        at += size


def _with_commands(
    report: BinaryReport, machine: str, commands: Iterable[tuple[int, View]], order: str
) -> BinaryReport:
    needed: list[str] = []
    optional: list[str] = []
    reexports: list[str] = []
    rpaths: list[str] = []
    systems: list[SystemVersion] = []
    soname = ""
    for command, body in commands:
        if command in _LOAD_COMMANDS:
            needed.append(_text(body, order))
            if command == _WEAK_DYLIB:
                optional.append(needed[-1])
            elif command == _REEXPORT_DYLIB:
                reexports.append(needed[-1])
        elif command == _ID_DYLIB:
            soname = _text(body, order)
        elif command == _RPATH:
            rpaths.append(_text(body, order))
        elif command == _BUILD_VERSION:
            platform, version = body.unpack(f"{order}II", 8)
            name = _PLATFORMS.get(platform, f"platform {platform}")
            systems.append(SystemVersion(machine, name, _version(version)))
        elif command in _VERSION_MIN:
            (version,) = body.unpack(f"{order}I", 8)
            systems.append(SystemVersion(machine, _VERSION_MIN[command], _version(version)))
    return replace(
        report,
        needed=tuple(dict.fromkeys(needed)),
        optional=tuple(optional),
        reexports=tuple(reexports),
        rpaths=tuple(dict.fromkeys(rpaths)),
        soname=soname,
        systems=tuple(systems),
        system=systems[0].system if systems else "",
    )


def _with_symbols(
    report: BinaryReport, view: View, commands: Iterable[tuple[int, View]], order: str
) -> BinaryReport:
    """Add the symbols, and whether the file has all of its segments.

    What dyld goes by is the trie of exports. Without one, as in old files, the table of symbols
    says what there is.
    """
    libraries = [_text(body, order) for command, body in commands if command in _LOAD_COMMANDS]
    exports: frozenset[str] | None = None
    for command, body in commands:
        if command in _SEGMENTS:
            offset, size = body.unpack(f"{order}{_SEGMENTS[command]}", _FILE_OFFSET[command])
            view.part(offset, size)
        elif command == _EXPORTS_TRIE:
            exports = exported_by_trie(view.part(*body.unpack(f"{order}II", 8)))
        elif command in _DYLD_INFO:
            exports = exported_by_trie(view.part(*body.unpack(f"{order}II", 40)))
    for command, body in commands:
        if command == _SYMTAB:
            places = body.unpack(f"{order}IIII", 8)
            is_64 = view.head(4) in (b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe")
            table = symbol_table(view, order, is_64, places, () if report.is_flat else libraries)
            report = replace(report, imports=table.imports)
            exports = table.exports if exports is None else exports
    return replace(report, exports=exports or frozenset())


def _signatures(
    view: View, machine: str, commands: Iterable[tuple[int, View]], order: str
) -> Iterator[tuple[str, str]]:
    for command, body in commands:
        if command == _CODE_SIGNATURE:
            yield machine, signature_state(view, *body.unpack(f"{order}II", 8))


def _text(body: View, order: str) -> str:
    """Return the path that a load command has; zero bytes after it are not guaranteed."""
    (offset,) = body.unpack(f"{order}I", 8)
    try:
        return body.string(offset)
    except DamagedError:
        return decode(body.rest(offset).head(1024))


def _version(number: int) -> tuple[int, int]:
    """Split the packed form xxxx.yy.zz."""
    return number >> 16, number >> 8 & 0xFF
