"""The parts of ELF files that a loader goes by: header, segments, dynamic section.

The program headers are read, because they are what the loader goes by: sections may be stripped.

Sources: the System V ABI (gabi, chapters 4 and 5); the Linux Standard Base for what is GNU's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.records import dataclass
from .view import DamagedError, View

if TYPE_CHECKING:
    from collections.abc import Iterator


PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE = 1, 2, 3, 4
PT_GNU_PROPERTY, PT_GNU_STACK, PT_RISCV_ATTRIBUTES = 0x6474E553, 0x6474E551, 0x70000003
PF_EXECUTE = 1
SHT_NULL, SHT_PROGBITS, SHT_NOBITS, SHF_ALLOC = 0, 1, 8, 2
DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ = 1, 4, 5, 6, 10
DT_SONAME, DT_RPATH, DT_TEXTREL, DT_RUNPATH, DT_FLAGS = 14, 15, 22, 29, 30
DT_GNU_HASH, DT_VERSYM, DT_FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB
DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM = range(0x6FFFFFFC, 0x70000000)
DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_REL, DT_RELSZ, DT_PLTREL, DT_JMPREL = 2, 7, 8, 17, 18, 20, 23

_MOST_DYNAMIC_ENTRIES = 20_000


@dataclass(frozen=True)
class Segment:
    """What a program header says: which bytes of the file are loaded where."""

    kind: int
    offset: int
    address: int
    size: int
    flags: int
    alignment: int


@dataclass(frozen=True)
class ElfHeader:
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
class ElfImage:
    """An ELF file with its header read."""

    view: View
    header: ElfHeader

    @classmethod
    def read(cls, view: View) -> ElfImage:
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
        header = ElfHeader(
            *(order, bits, ident[7], f[0], f[1], f[6]),
            *(f[4], f[8], f[9]),
            *(f[5], f[10], f[11]),
        )
        return cls(view, header)

    def segments(self) -> Iterator[Segment]:
        """Yield the segments, including those that have no contents in the file.

        :raises DamagedError: the program headers are cut off.
        """
        h = self.header
        layout = f"{h.order}IIQQQQQQ" if h.bits == 64 else f"{h.order}8I"
        for number in range(h.segment_count):
            fields = self.view.unpack(layout, h.segments_at + number * h.segment_size)
            if h.bits == 64:
                kind, flags, offset, address, _, size, _, alignment = fields
            else:
                kind, offset, address, _, size, _, flags, alignment = fields
            yield Segment(kind, offset, address, size, flags, alignment)

    def section(self, kind: int) -> View | None:
        """Return the contents of the first section of a type.

        :raises DamagedError: the section headers are cut off.
        """
        for found, _, offset, size in self._sections():
            if found == kind:
                return self.view.part(offset, size)
        return None

    def has_only_debugging_symbols(self) -> bool:
        """Whether nothing that is loaded is in the file, as ``objcopy --only-keep-debug`` does.

        The program headers of such files describe segments that they do not have.

        :raises DamagedError: the section headers are cut off.
        """
        sections = tuple(self._sections())
        loaded = any(k == SHT_PROGBITS and flags & SHF_ALLOC for k, flags, _, _ in sections)
        return bool(sections) and not loaded

    def has_all_sections(self) -> bool:
        """Whether the table of sections, and all sections, are in the file, if there is a table.

        A table of nothing but zeros was never written: all sections but the first have a type.
        """
        header = self.header
        size = self.view.size
        if header.sections_at + header.section_size * header.section_count > size:
            return False
        sections = tuple(self._sections())
        is_written = len(sections) < 2 or any(kind != SHT_NULL for kind, *_ in sections)
        return is_written and all(
            kind in (SHT_NULL, SHT_NOBITS) or offset + length <= size
            for kind, _, offset, length in sections
        )

    def _sections(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield type, flags, offset and size of the sections."""
        h = self.header
        # sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size
        layout = f"{h.order}II{h.word * 4}"
        for number in range(h.section_count):
            fields = self.view.unpack(layout, h.sections_at + number * h.section_size)
            yield fields[1], fields[2], fields[4], fields[5]


@dataclass(frozen=True)
class Dynamic:
    """The dynamic section: what the loader goes by. ``values`` has the last entry of every tag."""

    image: ElfImage
    loads: tuple[Segment, ...]
    entries: tuple[tuple[int, int], ...]
    values: dict[int, int]
    strings: View

    @classmethod
    def read(cls, image: ElfImage, segments: tuple[Segment, ...]) -> Dynamic | None:
        """Read the section, if the file has one that names anything.

        :raises DamagedError: it is cut off, or refers to what is not in the file.
        """
        place = next((s for s in segments if s.kind == PT_DYNAMIC and s.size), None)
        if place is None:
            return None
        loads = tuple(s for s in segments if s.kind == PT_LOAD and s.size)
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


def _entries(image: ElfImage, table: View) -> Iterator[tuple[int, int]]:
    word = image.header.word
    size = image.header.bits // 4
    for number in range(min(table.size // size, _MOST_DYNAMIC_ENTRIES)):
        tag, value = table.unpack(f"{image.header.order}{word}{word}", number * size)
        if tag == 0:
            return
        yield tag, value
