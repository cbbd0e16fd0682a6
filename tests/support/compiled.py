"""Compiled files, put together from the specifications of their formats."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# e_machine
I386, MIPS, PPC, PPC64, S390, ARM, X86_64, AARCH64, RISCV, LOONGARCH = (
    *(3, 8, 20, 21, 22, 40, 62, 183, 243, 258),
)
ARM_HARD, ARM_SOFT = 0x05000400, 0x05000200
RISCV_DOUBLE, RISCV_SOFT = 0x5, 0x1
# cputype
MAC_I386, MAC_X86_64, MAC_ARM64 = 7, 0x01000007, 0x0100000C
# Machine of the COFF file header
PE_I386, PE_AMD64, PE_ARM, PE_ARM64 = 0x14C, 0x8664, 0x1C4, 0xAA64
# Addresses differ from offsets, as they do in programs.
_BASE = 0x10000

Versions = Mapping[str, Sequence[str]]


class Blob:
    """Bytes that grow, and the offsets of what was added."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.data = b""

    def add(self, data: bytes) -> int:
        self.data += b"\0" * (-len(self.data) % 8)
        offset = self.start + len(self.data)
        self.data += data
        return offset


class Strings:
    """A table of strings that end with zeros."""

    def __init__(self) -> None:
        self.data = b"\0"

    def add(self, text: str) -> int:
        offset = len(self.data)
        self.data += text.encode() + b"\0"
        return offset


def elf(
    machine: int,
    bits: int = 64,
    order: str = "<",
    *,
    kind: int = 3,
    flags: int = 0,
    osabi: int = 0,
    interpreter: str = "",
    needed: Iterable[str] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    versions: Versions | None = None,
    weak: Versions | None = None,
    imports: Iterable[str] = (),
    weak_imports: Iterable[str] = (),
    exports: Iterable[str] = (),
    exports_with: Versions | None = None,
    has_relocations: bool = False,
    note: bytes = b"",
    attributes: bytes = b"",
    is_pie: bool = False,
    gnu_hash: bool = True,
    stack: int | None = 6,
    alignment: int = 0x10000,
    has_text_relocations: bool = False,
) -> bytes:
    """An ELF file, by default a shared object; with nothing but a header if nothing is asked for.

    The versions of a library are those of symbols called like them, in small letters, and those
    of glibc of `malloc`; `imports` have no version. `exports_with` are its own versions, each
    with symbols; of several versions of a symbol, the first is the default. If it
    `has_relocations`, and exports nothing, only those tell how many symbols it needs, as in
    files of GNU ld. `stack` are the flags of PT_GNU_STACK, which is left out if it is None.
    """
    word, header_size, segment_size = ("Q", 64, 56) if bits == 64 else ("I", 52, 32)
    entries: list[tuple[int, int]] = []
    segments: list[tuple[int, int, int, int]] = []
    blob = Blob(header_size + 6 * segment_size)
    if interpreter:
        text = interpreter.encode() + b"\0"
        segments.append((3, blob.add(text), len(text), 1))
    if note:
        segments.append((4, blob.add(note), len(note), 8 if bits == 64 and note[8] == 5 else 4))
    strings = Strings()
    entries += [(1, strings.add(name)) for name in needed]
    entries += [
        (tag, strings.add(text)) for tag, text in ((14, soname), (15, rpath), (29, runpath)) if text
    ]
    entries += [(0x6FFFFFFB, 0x08000000)] if is_pie else []
    entries += [(22, 0)] if has_text_relocations else []
    all_versions = [(lib, v, 0) for lib, vs in (versions or {}).items() for v in vs]
    all_versions += [(lib, v, 2) for lib, vs in (weak or {}).items() for v in vs]
    needs = _needs(all_versions, strings, order)
    symbols = [_Symbol(_name(v), 1, 0, i) for i, (_, v, _) in enumerate(all_versions, 2)]
    symbols += [_Symbol(name, 1, 0, 0) for name in imports]
    symbols += [_Symbol(name, 2, 0, 0) for name in weak_imports]
    symbols += [_Symbol(name, 1, 7, 1) for name in exports]
    own = _own_versions(exports_with or {}, len(all_versions) + 2)
    symbols += own
    names = [soname, *(exports_with or {})]
    entries += _definitions(blob, names, len(all_versions) + 1, strings, order)
    entries += _relocations(blob, len(symbols) if has_relocations else 0, bits, order)
    if symbols:
        tables = _symbol_tables(symbols, strings, bits, order)
        hash_table = (
            _gnu_hash(symbols, bits, order, is_silent=has_relocations)
            if gnu_hash
            else struct.pack(
                f"{order}2{'Q' if machine == S390 and bits == 64 else 'I'}", 1, len(symbols) + 1
            )
        )
        entries += [(0x6FFFFFF0, _BASE + blob.add(tables[1]))] if all_versions or own else []
        entries += [
            (6, _BASE + blob.add(tables[0])),
            (0x6FFFFEF5 if gnu_hash else 4, _BASE + blob.add(hash_table)),
        ]
    if all_versions:
        entries += [
            (0x6FFFFFFE, _BASE + blob.add(needs)),
            (0x6FFFFFFF, len({lib for lib, _, _ in all_versions})),
        ]
    if entries:
        entries += [(5, _BASE + blob.add(strings.data)), (10, len(strings.data)), (0, 0)]
        dynamic = b"".join(struct.pack(f"{order}2{word}", *entry) for entry in entries)
        segments.append((2, blob.add(dynamic), len(dynamic), 8))
    sections_at = _add_attributes(blob, attributes, f"{order}II4{word}II2{word}")
    headers: list[bytes] = []
    if segments:
        load = (1, 0, blob.start + len(blob.data), alignment)
        headers = [_segment(bits, order, segment) for segment in (load, *segments)]
        if stack is not None:
            headers.append(_segment(bits, order, (0x6474E551, 0, 0, 16), stack))
    section_size = (64 if bits == 64 else 40) if sections_at else 0
    ident = struct.pack("4sBBBBB7x", b"\x7fELF", bits // 32, 1 if order == "<" else 2, 1, osabi, 0)
    header = ident + struct.pack(
        f"{order}HHI3{word}I6H",
        *(kind, machine, 1, 0, header_size if headers else 0, sections_at, flags),
        *(header_size, segment_size, len(headers), section_size, 2 if sections_at else 0, 0),
    )
    if not headers and not sections_at:
        return header
    return (header + b"".join(headers)).ljust(blob.start, b"\0") + blob.data


def _name(version: str) -> str:
    """A symbol of a version. glibc's are known by their names."""
    return "malloc" if version.startswith("GLIBC_") else version.lower()


class _Symbol(NamedTuple):
    name: str
    binding: int
    section: int
    version: int


def _symbol_tables(
    symbols: Sequence[_Symbol], strings: Strings, bits: int, order: str
) -> tuple[bytes, bytes]:
    """The symbols, and the numbers of their versions."""
    table = b"\0" * (24 if bits == 64 else 16)
    for symbol in symbols:
        fields = (strings.add(symbol.name), symbol.binding << 4, 0, symbol.section)
        if bits == 64:
            table += struct.pack(f"{order}IBBHQQ", *fields, 0, 0)
        else:
            table += struct.pack(f"{order}IIIBBH", fields[0], 0, 0, *fields[1:])
    return table, struct.pack(f"{order}{len(symbols) + 1}H", 0, *(s.version for s in symbols))


def _own_versions(exports: Versions, first: int) -> list[_Symbol]:
    """Symbols with the versions of the file itself, of which all but the first are hidden."""
    found: list[_Symbol] = []
    for number, names in enumerate(exports.values(), first):
        known = {symbol.name for symbol in found}
        found += [_Symbol(n, 1, 7, number | (0x8000 if n in known else 0)) for n in names]
    return found


def _definitions(
    blob: Blob, names: Sequence[str], before: int, strings: Strings, order: str
) -> list[tuple[int, int]]:
    """The versions that a file has itself, after the one that is its name; return the entries."""
    if len(names) == 1:
        return []
    data = b""
    for index, name in enumerate(names):
        following = 28 if index < len(names) - 1 else 0
        flags, number = (0, before + index) if index else (1, 1)
        data += struct.pack(f"{order}4H3I", 1, flags, number, 1, 0, 20, following)
        data += struct.pack(f"{order}II", strings.add(name), 0)
    return [(0x6FFFFFFC, _BASE + blob.add(data)), (0x6FFFFFFD, len(names))]


def _relocations(blob: Blob, count: int, bits: int, order: str) -> list[tuple[int, int]]:
    """A relocation for every symbol, with addends; return the entries."""
    if not count:
        return []
    word, shift = ("Q", 32) if bits == 64 else ("I", 8)
    data = b"".join(
        struct.pack(f"{order}3{word}", 0, number << shift | 1, 0) for number in range(1, count + 1)
    )
    return [(7, _BASE + blob.add(data)), (8, len(data))]


def _gnu_hash(
    symbols: Sequence[_Symbol], bits: int, order: str, *, is_silent: bool = False
) -> bytes:
    """One bucket with all symbols that are defined, which stand last.

    If there are none, and the table `is_silent`, it is the one that GNU ld writes.
    """
    defined = sum(1 for symbol in symbols if symbol.section)
    first = 1 if is_silent and not defined else len(symbols) - defined + 1
    word = "Q" if bits == 64 else "I"
    header = struct.pack(f"{order}4I{word}I", 1, first, 1, 0, 0, first if defined else 0)
    return header + struct.pack(f"{order}{defined}I", *([0] * defined)[1:], *[1][:defined])


def _add_attributes(blob: Blob, attributes: bytes, layout: str) -> int:
    """Add the contents of a section, and the headers of two; return where these are."""
    if not attributes:
        return 0
    at = blob.add(attributes)
    section = struct.pack(layout, 0, 0x70000003, 0, 0, at, len(attributes), *[0] * 4)
    return blob.add(b"\0" * len(section) + section)


def _segment(bits: int, order: str, segment: tuple[int, int, int, int], flags: int = 5) -> bytes:
    kind, offset, size, alignment = segment
    address = _BASE + offset
    if bits == 64:
        return struct.pack(
            f"{order}II6Q", kind, flags, offset, address, address, size, size, alignment
        )
    return struct.pack(f"{order}8I", kind, offset, address, address, size, size, flags, alignment)


def _needs(versions: Sequence[tuple[str, str, int]], strings: Strings, order: str) -> bytes:
    libraries = list(dict.fromkeys(library for library, _, _ in versions))
    data = b""
    for library in libraries:
        own = [(i, v, f) for i, (lib, v, f) in enumerate(versions, 2) if lib == library]
        size = 16 + 16 * len(own)
        following = 0 if library == libraries[-1] else size
        data += struct.pack(f"{order}HHIII", 1, len(own), strings.add(library), 16, following)
        for position, (index, version, flags) in enumerate(own):
            after = 0 if position == len(own) - 1 else 16
            data += struct.pack(f"{order}IHHII", 0, flags, index, strings.add(version), after)
    return data


def android_note(level: int, order: str = "<") -> bytes:
    """The note of Android's tools, after one of another kind."""
    other = struct.pack(f"{order}III4s4s", 4, 3, 3, b"GNU\0", b"abc\0")
    return other + struct.pack(f"{order}III8sI", 8, 4, 1, b"Android\0", level)


def x86_note(bits: int = 64, isa: int = 1) -> bytes:
    """The note about the processor that a file needs, after a property of another kind."""
    values = [(0xC0000002, 3), (0xC0008002, isa)]
    properties = b"".join(
        struct.pack("<III", kind, 4, value) + b"\0" * (4 if bits == 64 else 0)
        for kind, value in values
    )
    return struct.pack("<III4s", 4, len(properties), 5, b"GNU\0") + properties


def riscv_attributes(architecture: str) -> bytes:
    """The contents of ``.riscv.attributes``: the alignment of the stack, and the architecture."""
    values = b"\x04\x10" + b"\x05" + architecture.encode() + b"\0"
    file = b"\x01" + struct.pack("<I", 5 + len(values)) + values
    vendor = b"riscv\0" + file
    return b"A" + struct.pack("<I", 4 + len(vendor)) + vendor


def arm_attributes(cpu: int, vfp_args: int = 0, order: str = "<") -> bytes:
    """The contents of ``.ARM.attributes``: texts among numbers, as compilers write them."""
    values = b"\x05" + b"cortex\0" + bytes([6, cpu, 8, 1, 28, vfp_args])
    values += b"\x20\x01gnu\0" + b"\x43" + b"text\0"
    file = b"\x01" + struct.pack(f"{order}I", 5 + len(values)) + values
    vendor = b"aeabi\0" + file
    return b"A" + struct.pack(f"{order}I", 4 + len(vendor)) + vendor


def mach(
    cpu: int,
    order: str = "<",
    *,
    kind: int = 8,
    subtype: int = 0,
    needed: Iterable[str] = (),
    soname: str = "",
    rpaths: Iterable[str] = (),
    platforms: Iterable[tuple[int, int, int]] = (),
    minimum: tuple[int, int, int] | None = None,
    weak: Iterable[str] = (),
    reexported: Iterable[str] = (),
    imports: Mapping[str, Sequence[str]] | None = None,
    weak_imports: Sequence[str] = (),
    exports: Sequence[str] = (),
    has_trie: bool = True,
    is_flat: bool = False,
    is_signed: bool | None = None,
    changed: int = 0,
) -> bytes:
    """A thin Mach-O file, by default a bundle.

    ``platforms`` are those of LC_BUILD_VERSION with major and minor version; ``minimum`` is an
    older command with them. ``imports`` are by the library that they come from, or nothing for
    any; the libraries are those of ``needed``, ``weak`` and ``reexported``. Files for arm64 are
    signed, if nothing else is said; ``changed`` is added to the last hash.
    """
    libraries = [(0xC, n) for n in needed] + [(0x80000018, n) for n in weak]
    libraries += [(0x8000001F, n) for n in reexported]
    commands = [_command(order, k, _text_command(order, name, 24)) for k, name in libraries]
    if soname:
        commands.append(_command(order, 0xD, _text_command(order, soname, 24)))
    commands += [_command(order, 0x8000001C, _text_command(order, p, 12)) for p in rpaths]
    for platform, major, minor in platforms:
        body = struct.pack(f"{order}4I", platform, major << 16 | minor << 8, 0, 0)
        commands.append(_command(order, 0x32, body))
    if minimum:
        command, major, minor = minimum
        body = struct.pack(f"{order}2I", major << 16 | minor << 8, 0)
        commands.append(_command(order, command, body))
    is_64 = bool(cpu & 0x01000000)
    is_signed = cpu == MAC_ARM64 and kind != 1 if is_signed is None else is_signed
    start = (32 if is_64 else 28) + sum(map(len, commands)) + (16 if is_signed else 0)
    contents = b""
    if imports or weak_imports or exports:
        start += 24 + 16 + (72 if is_64 else 56)
        strings = Strings()
        names = [name for _, name in libraries]
        # Name, type, and the number of the library above flags.
        symbols = [
            (n, 0x01, (names.index(lib) + 1 if lib else 0xFE) << 8)
            for lib, ns in (imports or {}).items()
            for n in ns
        ]
        symbols += [(name, 0x01, 0xFE << 8 | 0x40) for name in weak_imports]
        symbols += [(name, 0x0F, 0) for name in exports]
        symbols += [("private", 0x1F, 0), ("local", 0x0E, 0), ("debugging", 0x24, 0)]
        contents = b"".join(
            struct.pack(
                f"{order}IBBHQ" if is_64 else f"{order}IBBHI", strings.add(f"_{n}"), t, 0, d, 0
            )
            for n, t, d in symbols
        )
        strings_at = start + len(contents)
        contents += strings.data
        trie = _trie([f"_{name}" for name in exports])
        places = (start, len(symbols), strings_at, len(strings.data))
        commands.append(_command(order, 0x2, struct.pack(f"{order}4I", *places)))
        kind_of_trie = 0x80000033 if has_trie else 0x29
        commands.append(
            _command(
                order, kind_of_trie, struct.pack(f"{order}2I", start + len(contents), len(trie))
            )
        )
        contents += trie
        word = "Q" if is_64 else "I"
        segment = struct.pack(
            f"{order}16s4{word}4I", b"__LINKEDIT", 0, 0, start, len(contents), *[0] * 4
        )
        commands.append(_command(order, 0x19 if is_64 else 0x1, segment))
    if is_signed:
        end = start + len(contents)
        size = len(_signature(bytes(end)))
        commands.append(_command(order, 0x1D, struct.pack(f"{order}2I", end, size)))
    data = b"".join(commands)
    magic = 0xFEEDFACF if is_64 else 0xFEEDFACE
    flags = 0 if is_flat or not contents else 0x80
    header = struct.pack(f"{order}7I", magic, cpu, subtype, kind, len(commands), len(data), flags)
    file = header + (b"\0" * 4 if is_64 else b"") + data + contents
    return file + (_signature(file, changed) if is_signed else b"")


def _signature(file: bytes, changed: int = 0) -> bytes:
    """A signature ad hoc, as linkers write it: the hashes of pages of 4 KiB."""
    pages = [file[at : at + 4096] for at in range(0, len(file), 4096)]
    hashes = bytearray(b"".join(hashlib.sha256(page).digest() for page in pages))
    if hashes:
        hashes[-1] ^= changed
    numbers = (0x20400, 0x20002, 88 + 2, 88, 0, len(pages), len(file))
    directory = struct.pack(">7I4B", *numbers, 32, 2, 0, 12).ljust(80, b"\0") + b"x\0"
    directory = struct.pack(">2I", 0xFADE0C02, 8 + len(directory) + len(hashes)) + directory
    directory += hashes
    return struct.pack(">5I", 0xFADE0CC0, 20 + len(directory), 1, 0, 20) + directory


def _trie(names: Sequence[str]) -> bytes:
    """A prefix tree whose root has one child for each name."""
    children = [name.encode() + b"\0" for name in names]
    at = 2 + sum(len(child) + 2 for child in children)
    root = b"\0" + bytes([len(names)])
    leaves = b""
    for child in children:
        offset = at + len(leaves)
        root += child + bytes([0x80 | offset & 0x7F, offset >> 7])
        leaves += b"\x02\0\0\0"
    return root + leaves


def _command(order: str, number: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 8)
    return struct.pack(f"{order}2I", number, 8 + len(body)) + body


def _text_command(order: str, text: str, offset: int) -> bytes:
    return struct.pack(f"{order}I", offset).ljust(offset - 8, b"\0") + text.encode() + b"\0"


def fat_mach(
    cpus: Iterable[int], bits: int = 32, slices: Sequence[bytes] = (), subtype: int = 0
) -> bytes:
    """A fat Mach-O file; its header is big endian on every machine."""
    cpus = tuple(cpus)
    contents = slices or [mach(cpu) for cpu in cpus]
    header = struct.pack(">II", 0xCAFEBABE if bits == 32 else 0xCAFEBABF, len(cpus))
    start = 8 + len(cpus) * (20 if bits == 32 else 32)
    data = b""
    for cpu, part in zip(cpus, contents):
        header += struct.pack(
            ">IIIII" if bits == 32 else ">IIQQII",
            *(cpu, subtype, start + len(data), len(part), 3),
            *(() if bits == 32 else (0,)),
        )
        data += part
    return header + data


def pe(
    machine: int,
    offset: int = 0x80,
    *,
    imports: Sequence[str] | Mapping[str, Sequence[str]] = (),
    delayed: Sequence[str] = (),
    exports: Sequence[str] = (),
    managed: int | None = None,
    is_dll: bool = True,
    subsystem: int = 0,
) -> bytes:
    """A DOS stub, and a PE header at ``offset``; ``managed`` are the flags of managed code.

    Where the names that are imported of a DLL are given, one more is imported by its number.
    """
    stub = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", offset)
    is_64 = machine in (PE_AMD64, PE_ARM64)
    optional_size = (112 if is_64 else 96) + 16 * 8
    start = offset + 24 + optional_size + 40
    address = 0x1000 - start  # of the section, which is at `start`
    blob = Blob(start)
    directories = [(0, 0)] * 16
    for number, names, size, at in ((1, imports, 20, 12), (13, delayed, 32, 4)):
        if names:
            table = b""
            for name in names:
                entry = bytearray(size)
                if isinstance(names, Mapping):
                    symbols = [
                        address + blob.add(b"\0\0" + n.encode() + b"\0") for n in names[name]
                    ]
                    by_number = 1 << (63 if is_64 else 31) | 7
                    word = "Q" if is_64 else "I"
                    entries = struct.pack(f"<{len(symbols) + 2}{word}", *symbols, by_number, 0)
                    entry[:4] = struct.pack("<I", address + blob.add(entries))
                where = address + blob.add(name.encode() + b"\0")
                entry[at : at + 4] = struct.pack("<I", where)
                table += bytes(entry)
            directories[number] = (address + blob.add(table + bytes(size)), len(table) + size)
    if exports:
        places = [address + blob.add(name.encode() + b"\0") for name in exports]
        names_at = address + blob.add(struct.pack(f"<{len(places)}I", *places))
        table = struct.pack("<24xIII", len(places), 0, names_at)
        directories[0] = (address + blob.add(table), len(table))
    if managed is not None:
        directories[14] = (address + blob.add(struct.pack("<IHH8xI", 72, 2, 5, managed)), 72)
    flags = 0x2000 if is_dll else 0
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", machine, 1, 0, 0, 0, optional_size, flags)
    optional = struct.pack("<H66xH", 0x20B if is_64 else 0x10B, subsystem)
    optional = optional.ljust(108 if is_64 else 92, b"\0")
    optional += struct.pack("<I", 16) + b"".join(struct.pack("<II", *d) for d in directories)
    size = len(blob.data)
    section = struct.pack("<8sIIII16x", b".rdata", size, 0x1000, size, start)
    return stub.ljust(offset, b"\0") + coff + optional + section + blob.data


def coff(machine: int) -> bytes:
    """A COFF object with one section and no symbols."""
    return struct.pack("<HHIIIHH", machine, 1, 0, 60, 0, 0, 0).ljust(60, b"\0")


def coff_import(machine: int) -> bytes:
    """An entry of an import library."""
    return struct.pack("<HHHHIIHH", 0, 0xFFFF, 0, machine, 0, 4, 0, 4) + b"a\0b\0"


def wasm(section: str = "", needed: Iterable[str] = (), exports: Iterable[str] = ()) -> bytes:
    """A WebAssembly module with types and exports, and a custom section of this name before."""
    data = b"\0asm\x01\0\0\0"
    if section:
        names = tuple(needed)
        body = bytes([len(names)]) + b"".join(bytes([len(n)]) + n.encode() for n in names)
        info = b"\x01\x04\0\0\0\0" + b"\x02" + bytes([len(body)]) + body
        contents = bytes([len(section)]) + section.encode() + info
        data += b"\0" + bytes([len(contents)]) + contents
    data += b"\x01\x01\0"
    functions = [bytes([len(n)]) + n.encode() + b"\0\x01" for n in exports]
    if functions:
        contents = bytes([len(functions)]) + b"".join(functions)
        data += b"\x07" + bytes([len(contents)]) + contents
    return data


def java_class(major: int = 61) -> bytes:
    """The beginning of a Java class file, which has the magic number of fat Mach-O."""
    return struct.pack(">IHH", 0xCAFEBABE, 0, major) + b"\0" * 200


def ar(*members: tuple[str, bytes], bsd: bool = False) -> bytes:
    """An archive with GNU names, or with BSD's, which stand before the contents."""
    data = b"!<arch>\n"
    for name, contents in members:
        field, before = f"{name}/", b""
        if bsd:
            before = name.encode().ljust(20, b"\0")
            field = f"#1/{len(before)}"
        size = len(before) + len(contents)
        data += f"{field:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode()
        data += before + contents + b"\n" * (size % 2)
    return data
