"""Headers of compiled files, put together from the specifications of their formats."""

from __future__ import annotations

import struct
from collections.abc import Iterable

# e_machine
I386, MIPS, PPC, PPC64, S390, ARM, X86_64, AARCH64, RISCV, LOONGARCH = (
    *(3, 8, 20, 21, 22, 40, 62, 183, 243, 258),
)
# cputype
MAC_I386, MAC_X86_64, MAC_ARM64 = 7, 0x01000007, 0x0100000C
# Machine of the COFF file header
PE_I386, PE_AMD64, PE_ARM, PE_ARM64 = 0x14C, 0x8664, 0x1C4, 0xAA64

WASM = b"\0asm\x01\0\0\0" + b"\0" * 20


def elf(machine: int, bits: int = 64, order: str = "<") -> bytes:
    """An ELF header: a shared object (e_type 3)."""
    ident = struct.pack("4sBBBBB7x", b"\x7fELF", bits // 32, 1 if order == "<" else 2, 1, 0, 0)
    address = "Q" if bits == 64 else "I"
    rest = struct.pack(f"{order}HHI3{address}I6H", 3, machine, 1, *[0] * 10)
    return ident + rest


def mach(cpu: int, order: str = "<") -> bytes:
    """A thin Mach-O header: a bundle (filetype 8)."""
    magic = 0xFEEDFACF if cpu & 0x01000000 else 0xFEEDFACE
    return struct.pack(f"{order}7I", magic, cpu, 0, 8, 0, 0, 0) + b"\0" * 4


def fat_mach(cpus: Iterable[int], bits: int = 32) -> bytes:
    """A fat Mach-O header; it is big endian on every machine."""
    cpus = tuple(cpus)
    header = struct.pack(">II", 0xCAFEBABE if bits == 32 else 0xCAFEBABF, len(cpus))
    for cpu in cpus:
        header += struct.pack(
            ">IIIII" if bits == 32 else ">IIQQII",
            *(cpu, 0, 4096, 32, 12),
            *(() if bits == 32 else (0,)),
        )
    return header


def pe(machine: int, offset: int = 0x80) -> bytes:
    """A DOS stub, and a PE header at `offset`."""
    stub = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", offset)
    return stub.ljust(offset, b"\0") + struct.pack("<4sHHIIIHH", b"PE\0\0", machine, *[0] * 6)


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
