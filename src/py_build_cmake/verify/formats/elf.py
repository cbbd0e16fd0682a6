"""ELF files: object files, programs and shared libraries of Linux, Android and the BSDs.

The program headers are read, because they are what the loader goes by: sections may be stripped.

Sources: the System V ABI (gabi, chapters 4 and 5) and its supplements for ARM (``aaelf32``),
RISC-V and LoongArch; "Addenda to, and Errata in, the ABI for the Arm Architecture"
(``addenda32``) for build attributes; the Linux Standard Base core specification, "Symbol
Versioning", for ``.gnu.version_r``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...platforms.machines import ELF_MACHINES
from .report import (
    BIONIC,
    ELF,
    EXECUTABLE,
    GLIBC,
    LIBRARY,
    MUSL,
    OBJECT,
    OTHER,
    BinaryReport,
    SymbolVersion,
    SystemVersion,
)
from .view import DamagedError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .view import View


PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE = 1, 2, 3, 4
DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ = 1, 4, 5, 6, 10
DT_SONAME, DT_RPATH, DT_RUNPATH = 14, 15, 29
DT_GNU_HASH, DT_VERSYM, DT_FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB
DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF

_MOST_DYNAMIC_ENTRIES = 20_000


@dataclass(frozen=True)
class Segment:
    """What a program header says: which bytes of the file are loaded where."""

    kind: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True)
class Header:
    """The fields of the ELF header that are used; ``order`` is in the notation of `struct`."""

    order: str
    bits: int
    system: int
    kind: int
    machine: int
    flags: int
    segments_at: int
    segment_size: int
    segment_count: int
    sections_at: int
    section_size: int
    section_count: int

    @property
    def word(self) -> str:
        """The layout of an address."""
        return "Q" if self.bits == 64 else "I"


@dataclass(frozen=True)
class Image:
    """An ELF file with its header read."""

    view: View
    header: Header

    @classmethod
    def read(cls, view: View) -> Image:
        """Read the header.

        :raises DamagedError: it is cut off, or of no known class and byte order.
        """
        ident = view.read(0, 16)
        bits = {1: 32, 2: 64}.get(ident[4])
        order = {1: "<", 2: ">"}.get(ident[5])
        if bits is None or order is None:
            raise DamagedError
        word = "Q" if bits == 64 else "I"
        # e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, e_ehsize,
        # e_phentsize, e_phnum, e_shentsize, e_shnum
        f = view.unpack(f"{order}HHI{word}{word}{word}IHHHHH", 16)
        header = Header(
            *(order, bits, ident[7], f[0], f[1], f[6]),
            *(f[4], f[8], f[9]),
            *(f[5], f[10], f[11]),
        )
        return cls(view, header)

    def segments(self) -> Iterator[Segment]:
        """Yield the segments that have contents in the file.

        Files with nothing but debugging symbols describe segments that they do not have.

        :raises DamagedError: the program headers are cut off.
        """
        h = self.header
        layout = f"{h.order}IIQQQQ" if h.bits == 64 else f"{h.order}IIIII"
        for number in range(h.segment_count):
            fields = self.view.unpack(layout, h.segments_at + number * h.segment_size)
            if h.bits == 64:
                kind, _, offset, address, _, size = fields
            else:
                kind, offset, address, _, size = fields
            if size:
                yield Segment(kind, offset, address, size)

    def section(self, kind: int) -> View | None:
        """Return the contents of the first section of a type.

        :raises DamagedError: the section headers are cut off.
        """
        h = self.header
        # sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size
        layout = f"{h.order}II{h.word * 4}"
        for number in range(h.section_count):
            fields = self.view.unpack(layout, h.sections_at + number * h.section_size)
            if fields[1] == kind:
                return self.view.part(fields[4], fields[5])
        return None


@dataclass(frozen=True)
class Dynamic:
    """The dynamic section: what the loader goes by. ``values`` has the last entry of every tag."""

    image: Image
    loads: tuple[Segment, ...]
    entries: tuple[tuple[int, int], ...]
    values: dict[int, int]
    strings: View

    @classmethod
    def read(cls, image: Image, segments: tuple[Segment, ...]) -> Dynamic | None:
        """Read the section, if the file has one that names anything.

        :raises DamagedError: it is cut off, or refers to what is not in the file.
        """
        place = next((s for s in segments if s.kind == PT_DYNAMIC), None)
        if place is None:
            return None
        loads = tuple(s for s in segments if s.kind == PT_LOAD)
        entries = tuple(_entries(image, image.view.part(place.offset, place.size)))
        values = dict(entries)
        if DT_STRTAB not in values:
            return None
        begin = _offset(values[DT_STRTAB], loads)
        size = values.get(DT_STRSZ)
        strings = image.view.rest(begin) if size is None else image.view.part(begin, size)
        return cls(image, loads, entries, values, strings)

    def texts(self, *tags: int) -> tuple[str, ...]:
        """Return the texts that entries with these tags refer to, in order.

        :raises DamagedError: one is not in the table of strings.
        """
        return tuple(self.strings.string(value) for tag, value in self.entries if tag in tags)

    def offset_of(self, tag: int) -> int:
        """Return where in the file is what an entry refers to by address.

        :raises DamagedError: there is no such entry, or its address is not in the file.
        """
        if tag not in self.values:
            raise DamagedError
        return _offset(self.values[tag], self.loads)


def _offset(address: int, loads: tuple[Segment, ...]) -> int:
    for segment in loads:
        if 0 <= address - segment.address < segment.size:
            return segment.offset + address - segment.address
    raise DamagedError


def _entries(image: Image, table: View) -> Iterator[tuple[int, int]]:
    word = image.header.word
    size = image.header.bits // 4
    for number in range(min(table.size // size, _MOST_DYNAMIC_ENTRIES)):
        tag, value = table.unpack(f"{image.header.order}{word}{word}", number * size)
        if tag == 0:
            return
        yield tag, value


_SHT_ARM_ATTRIBUTES = 0x70000003
_LARGEST = 1 << 16
_TAG_FILE, _TAG_CPU_ARCH, _TAG_ABI_VFP_ARGS = 1, 6, 28
_TEXT_TAGS = frozenset({4, 5})
_TAG_COMPATIBILITY = 32
# The values of Tag_CPU_arch, as far as they are processors that run Linux.
_CPUS = {
    **{2: "v4T", 3: "v5T", 4: "v5TE", 5: "v5TEJ", 6: "v6", 7: "v6KZ", 8: "v6T2", 9: "v6K"},
    **{10: "v7", 14: "v8", 15: "v8-R", 22: "v9"},
}


@dataclass(frozen=True)
class ArmAttributes:
    """The least processor architecture, such as ``v7``, and whether floats are in registers."""

    cpu: str = ""
    has_hard_float: bool = False


def arm_attributes(image: Image) -> ArmAttributes:
    """Read the attributes of an ARM file; without any, nothing is known.

    :raises DamagedError: the section headers lead outside of the file.
    """
    section = image.section(_SHT_ARM_ATTRIBUTES)
    if section is None or not section.size:
        return ArmAttributes()
    try:
        values = dict(_file_attributes(section, image.header.order))
    except DamagedError:
        return ArmAttributes()
    return ArmAttributes(
        _CPUS.get(values.get(_TAG_CPU_ARCH, -1), ""), values.get(_TAG_ABI_VFP_ARGS) == 1
    )


def _file_attributes(section: View, order: str) -> Iterator[tuple[int, int]]:
    """Yield the attributes with numbers for values that hold for the whole file."""
    (length,) = section.unpack(f"{order}I", 1)
    data = section.read(5, min(length, section.size - 1, _LARGEST) - 4)
    vendor, zero, rest = data.partition(b"\0")
    if vendor != b"aeabi" or not zero or len(rest) < 5 or rest[0] != _TAG_FILE:
        return
    at = 5
    while at < len(rest):
        tag, at = _uleb128(rest, at)
        if tag == _TAG_COMPATIBILITY:
            _, at = _uleb128(rest, at)
        if tag in _TEXT_TAGS or (tag >= 32 and (tag % 2 or tag == _TAG_COMPATIBILITY)):
            at = rest.find(b"\0", at) + 1
            if not at:
                return
            continue
        value, at = _uleb128(rest, at)
        yield tag, value


def _uleb128(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where what follows it begins."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    raise DamagedError


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


MAGIC = b"\x7fELF"

# (machine, bits, big endian) as platform tags of Linux name it. One name stands for a family
# whose members differ in what the header does not say (armv6l and armv7l, i386 to i686).
_ARM, _RISCV, _LOONGARCH = 40, 243, 258
_SYSTEMS = {2: "netbsd", 6: "solaris", 9: "freebsd", 12: "openbsd"}
_KINDS = {1: OBJECT, 2: EXECUTABLE, 3: LIBRARY}
_DF_1_PIE = 0x08000000
_MOST_NOTES = 100

_GLIBC_NAME = re.compile(
    r"(?:.*/)?(?:lib(?:c|m)\.so\.6(?:\.1)?|lib(?:pthread\.so\.0|dl\.so\.2|rt\.so\.1|util\.so\.1)"
    r"|ld-linux[^/]*|ld(?:64)?\.so\.[12])"
)
_MUSL_NAME = re.compile(r"(?:.*/)?(?:libc\.musl-[^/]*|ld-musl-[^/]*|libc\.so)")


def read_elf(view: View) -> BinaryReport | None:
    """Describe an ELF file as far as it can be read; None if not even its header can."""
    try:
        image = Image.read(view)
    except DamagedError:
        return None
    header = image.header
    name = ELF_MACHINES.get((header.machine, header.bits, header.order == ">"))
    report = BinaryReport(
        ELF,
        frozenset({name or f"ELF machine {header.machine} ({header.bits} bit)"}),
        kind=_KINDS.get(header.kind, OTHER),
        system=_SYSTEMS.get(header.system, ""),
        float_abi=_float_abi(header.machine, header.flags),
        eabi=header.flags >> 24 if header.machine == _ARM else 0,
    )
    try:
        if header.machine == _ARM:
            report = _with_arm_attributes(image, report)
        return _with_segments(image, report)
    except DamagedError:
        return replace(report, is_damaged=True)


def _float_abi(machine: int, flags: int) -> str:
    if machine == _ARM:
        return {0x200: "soft", 0x400: "hard"}.get(flags & 0x600, "")
    if machine == _RISCV:
        return ("soft", "single", "double", "quad")[flags >> 1 & 3]
    if machine == _LOONGARCH:
        return {1: "soft", 2: "single", 3: "double"}.get(flags & 7, "")
    return ""


def _with_arm_attributes(image: Image, report: BinaryReport) -> BinaryReport:
    attributes = arm_attributes(image)
    # The flags of object files do not say it.
    float_abi = report.float_abi or ("hard" if attributes.has_hard_float else "")
    return replace(report, cpu=attributes.cpu, float_abi=float_abi)


def _with_segments(image: Image, report: BinaryReport) -> BinaryReport:
    segments = tuple(image.segments())
    for segment in segments:
        if segment.kind == PT_INTERP:
            path = image.view.part(segment.offset, min(segment.size, 4096)).head(4096)
            report = replace(report, interpreter=decode(path.partition(b"\0")[0]))
        elif segment.kind == PT_NOTE and not report.systems:
            report = _with_android(image, segment, report)
    dynamic = Dynamic.read(image, segments)
    if dynamic is not None:
        report = _with_dynamic(dynamic, report)
    return replace(report, libc=_libc(report))


def _with_android(image: Image, segment: Segment, report: BinaryReport) -> BinaryReport:
    """Look for the note in which Android's tools say the API level.

    Source: ``crtbrand.S`` of bionic.
    """
    notes = image.view.part_up_to(segment.offset, segment.size)
    at = 0
    for _ in range(_MOST_NOTES):
        if at + 12 > notes.size:
            break
        name_size, size, kind = notes.unpack(f"{image.header.order}III", at)
        contents = notes.rest(at + 12 + -(-name_size // 4) * 4)
        is_androids = notes.part_up_to(at + 12, name_size).head(8) == b"Android\0"
        if is_androids and kind == 1 and contents.size >= 4:
            (level,) = contents.unpack(f"{image.header.order}I", 0)
            (machine,) = report.machines
            system = SystemVersion(machine, "android", (level, 0))
            return replace(report, system="android", systems=(system,))
        at += 12 + -(-name_size // 4) * 4 + -(-size // 4) * 4
    return report


def _with_dynamic(dynamic: Dynamic, report: BinaryReport) -> BinaryReport:
    soname = next(iter(dynamic.texts(DT_SONAME)), "")
    # Position independent programs are shared objects. The libc has an interpreter, too.
    is_pie = dynamic.values.get(DT_FLAGS_1, 0) & _DF_1_PIE
    is_program = is_pie or (report.interpreter and not soname)
    rpaths = [p for text in dynamic.texts(DT_RPATH, DT_RUNPATH) for p in text.split(":") if p]
    report = replace(
        report,
        kind=EXECUTABLE if is_program else report.kind,
        soname=soname,
        needed=dynamic.texts(DT_NEEDED),
        rpaths=tuple(dict.fromkeys(rpaths)),
    )
    return replace(report, versions=symbol_versions(dynamic))


def _libc(report: BinaryReport) -> str:
    """Return which libc a file is linked to, if it is linked to one of those of Linux."""
    if report.system and report.system != "android":
        return ""
    versions = {version.name for version in report.versions}
    names = (*report.needed, report.interpreter)
    is_android = report.system == "android" or report.interpreter.startswith("/system/bin/")
    if is_android or "LIBC" in versions:
        # A statically linked program of Android needs nothing.
        return BIONIC if is_android or report.needed else ""
    # The names of versions say nothing: libgcc has GLIBC_2.0 with any libc.
    if any(_GLIBC_NAME.fullmatch(name) for name in names):
        return GLIBC
    return MUSL if any(_MUSL_NAME.fullmatch(n) for n in names) else ""
