"""What a compiled file is: its format and the machines that it is for, read from its header.

Sources: the ELF specification and its processor supplements, Apple's ``mach-o/loader.h`` and
``mach-o/fat.h``, Microsoft's PE format, and the common ``ar`` format.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER_SIZE = 4096

# (machine, bits, big endian) as platform tags of Linux name it. One name stands for a family
# whose members differ in what the header does not say (armv6l and armv7l, i386 to i686).
_ELF_MACHINES = {
    (3, 32, False): "i686",
    (8, 32, True): "mips",
    (8, 32, False): "mipsel",
    (8, 64, True): "mips64",
    (8, 64, False): "mips64el",
    (20, 32, True): "ppc",
    (21, 64, True): "ppc64",
    (21, 64, False): "ppc64le",
    (22, 64, True): "s390x",
    (40, 32, False): "arm",
    (40, 32, True): "armeb",
    (62, 64, False): "x86_64",
    (62, 32, False): "x32",
    (183, 64, False): "aarch64",
    (183, 64, True): "aarch64_be",
    (243, 32, False): "riscv32",
    (243, 64, False): "riscv64",
    (258, 64, False): "loongarch64",
}
_PE_MACHINES = {0x14C: "win32", 0x8664: "win_amd64", 0x1C4: "win_arm32", 0xAA64: "win_arm64"}
_MACH_MACHINES = {
    0x00000007: "i386",
    0x01000007: "x86_64",
    0x0000000C: "arm",
    0x0100000C: "arm64",
    0x00000012: "ppc",
    0x01000012: "ppc64",
}
_THIN_MACH_MAGICS = {
    b"\xfe\xed\xfa\xce": ">",
    b"\xfe\xed\xfa\xcf": ">",
    b"\xce\xfa\xed\xfe": "<",
    b"\xcf\xfa\xed\xfe": "<",
}
_FAT_MACH_MAGICS = {b"\xca\xfe\xba\xbe": ">IIIII", b"\xca\xfe\xba\xbf": ">IIQQII"}
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = re.compile(
    rb"(?=(?:#1/(?P<name_size>\d{1,13}))?).{48}(?P<size>\d{1,10}) *`\n", re.DOTALL
)


@dataclass(frozen=True)
class Binary:
    """A compiled file: ``format`` is ELF, Mach-O, PE or WebAssembly; ``machines`` what it is for.

    A machine is named as in platform tags, or by its number if it has no name there.
    """

    format: str
    machines: frozenset[str]

    def __str__(self) -> str:
        return f"{self.format} for {' and '.join(sorted(self.machines)) or 'no machine'}"


def read_binary(path: Path) -> Binary | None:
    """Return what a file is, or None if it is not compiled code.

    Only headers are read. A static library is what its first object file is.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_SIZE)
        if not head.startswith(_AR_MAGIC):
            return parse_header(head)
        return next(_archive_members(file), None)


def parse_header(head: bytes) -> Binary | None:
    """Return what the file is that begins with these bytes, or None if it is not compiled code."""
    if head.startswith(b"\x7fELF") and len(head) >= 20:
        return _parse_elf(head)
    if head[:4] in _THIN_MACH_MAGICS and len(head) >= 8:
        (cpu,) = struct.unpack_from(_THIN_MACH_MAGICS[head[:4]] + "I", head, 4)
        return Binary("Mach-O", frozenset({_MACH_MACHINES.get(cpu, hex(cpu))}))
    if head[:4] in _FAT_MACH_MAGICS:
        return _parse_fat_mach(head)
    if head.startswith(b"MZ"):
        return _parse_pe(head)
    if head.startswith(b"\0asm"):
        return Binary("WebAssembly", frozenset({"wasm32"}))
    return None


def _parse_elf(head: bytes) -> Binary:
    bits = 64 if head[4] == 2 else 32
    big_endian = head[5] == 2
    (machine,) = struct.unpack_from(">H" if big_endian else "<H", head, 18)
    name = _ELF_MACHINES.get((machine, bits, big_endian))
    return Binary("ELF", frozenset({name or f"ELF machine {machine} ({bits} bit)"}))


def _parse_fat_mach(head: bytes) -> Binary | None:
    entry = struct.Struct(_FAT_MACH_MAGICS[head[:4]])
    if len(head) < 8:
        return None
    (count,) = struct.unpack_from(">I", head, 4)
    # Java class files share the magic number; their version number stands here and is larger.
    if count > 30 or len(head) < 8 + count * entry.size:
        return None
    cpus = [entry.unpack_from(head, 8 + i * entry.size)[0] for i in range(count)]
    return Binary("Mach-O", frozenset(_MACH_MACHINES.get(cpu, hex(cpu)) for cpu in cpus))


def _parse_pe(head: bytes) -> Binary | None:
    if len(head) < 0x40:
        return None
    (offset,) = struct.unpack_from("<I", head, 0x3C)
    if head[offset : offset + 4] != b"PE\0\0" or len(head) < offset + 6:
        return None
    (machine,) = struct.unpack_from("<H", head, offset + 4)
    return Binary("PE", frozenset({_PE_MACHINES.get(machine, hex(machine))}))


def _archive_members(file: IO[bytes]) -> Iterator[Binary]:
    """Yield what the members of an ``ar`` archive are that are compiled code."""
    file.seek(len(_AR_MAGIC))
    while match := _AR_HEADER.fullmatch(file.read(60)):
        start = file.tell()
        size = int(match["size"])
        # BSD: the member's name precedes its contents.
        file.seek(int(match["name_size"] or 0), 1)
        if member := parse_header(file.read(min(size, _HEADER_SIZE))):
            yield member
        file.seek(start + size + size % 2)


# Names that Linux, Android and the BSDs have for machines that the header does not tell apart.
_OTHER_NAMES = {
    **dict.fromkeys(("armv6l", "armv7l", "armv8l", "armeabi_v7a"), "arm"),
    **dict.fromkeys(("i386", "x86"), "i686"),
    "amd64": "x86_64",
    "arm64_v8a": "aarch64",
}
_MACHINES_OF_MAC_TAG = {
    "universal2": frozenset({"arm64", "x86_64"}),
    "intel": frozenset({"i386", "x86_64"}),
    **{machine: frozenset({machine}) for machine in _MACH_MACHINES.values()},
}
_WEB_ASSEMBLY = Binary("WebAssembly", frozenset({"wasm32"}))
_PLATFORM = re.compile(
    # The number of version parts differs; what remains is the machine.
    r"(?P<elf>linux|manylinux\d+|manylinux_\d+_\d+|musllinux_\d+_\d+|android_\d+)_(?P<elf_machine>.+)"
    r"|macosx_\d+_\d+_(?P<mac_machine>.+)"
    r"|ios_\d+_\d+_(?P<ios_machine>.+)_iphone(?:os|simulator)"
    r"|(?P<web>pyodide|emscripten|pyemscripten)_.*"
    r"|(?P<windows>win.*)"
    # Other systems name the machine last as well, and those that are left use ELF.
    r"|(?!aix|cygwin|mingw|msys)[a-z0-9]+_(?:.*_)??(?P<other_machine>amd64|"
    + "|".join(_ELF_MACHINES.values())
    + ")"
)


def expected_binary(platform_tag: str) -> Binary | None:
    """Return what compiled files of a wheel with this platform tag must be.

    None means that the tag says nothing this program knows.
    """
    match = _PLATFORM.fullmatch(platform_tag)
    if match is None:
        return None
    if match["windows"]:
        known = platform_tag in _PE_MACHINES.values()
        return Binary("PE", frozenset({platform_tag})) if known else None
    if match["web"]:
        return _WEB_ASSEMBLY
    if machine := match["mac_machine"] or match["ios_machine"]:
        machines = _MACHINES_OF_MAC_TAG.get(machine)
        return Binary("Mach-O", machines) if machines else None
    return _elf(match["elf_machine"] or match["other_machine"])


def _elf(machine: str) -> Binary | None:
    machine = _OTHER_NAMES.get(machine, machine)
    known = machine in _ELF_MACHINES.values()
    return Binary("ELF", frozenset({machine})) if known else None
