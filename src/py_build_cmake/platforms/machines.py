"""One table of machines: a row for each machine, a column for each system or tool that has a name
for it.

To add a machine, add a row; everything else is derived from the table. Names in tags: the platform
compatibility tags specification, PEP 513, 571, 599, 600, 656, 730, 738 and 783; for Linux the
kernel's ``UTS_MACHINE``, which is what ``uname -m`` and with it Python says.

Other sources: the System V ABI and its supplements (``e_machine``), Microsoft's "PE Format",
Apple's ``mach/machine.h``; config.sub of the GNU project; CPython's Misc/platform_triplet.c; the
release notes of glibc for the first version of an architecture; ``_manylinux.py`` of the package
*packaging* for the machines that installers look for manylinux wheels on; CMake's documentation of
``CMAKE_SYSTEM_PROCESSOR`` and ``CMAKE_GENERATOR_PLATFORM``; the manuals of ``VsDevCmd.bat``
(``VSCMD_ARG_TGT_ARCH``), of dlltool (binutils and LLVM), zig and qemu-user; conda's list of
subdirs; Conan's ``settings.yml``; vcpkg's "Triplet variables"; Go's ``GOARCH``, Docker's platforms
and Debian's ports for the synonyms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

GLIBC, MUSL, BIONIC = "glibc", "musl", "bionic"


@dataclass(frozen=True)
class Machine:
    """A machine under all its names; a field is empty if there is no such name.

    ``name`` is that of Linux, or of GCC where Linux has one name for several (``uname`` is the name
    then). ``elf`` is the machine, the bits and whether it is big-endian as ELF headers have them;
    ``kind`` is the name of all machines whose headers are the same. ``multiarch`` is the first part
    of CPython's (and Debian's) triplet, ``abi`` what comes after its C library, ``gcc`` are first
    parts of the triplets of compilers. ``windows`` is the platform tag, ``visual_studio`` the
    platform of CMake's generators, ``windows_processor`` and ``vscmd`` are
    ``CMAKE_SYSTEM_PROCESSOR`` and ``VSCMD_ARG_TGT_ARCH``; ``dlltool`` is what the tool of this name
    calls the machines that CPython's installers for Windows are for. ``conan`` is Conan's setting
    ``arch`` on Linux, ``vcpkg`` is its ``VCPKG_TARGET_ARCHITECTURE``. ``first_glibc`` is the oldest
    that installers look for and that the architecture has; None where no manylinux wheels are.
    ``float_abi`` is the calling convention of distributions, which their tags stand for.
    """

    name: str
    elf: tuple[int, int, bool] | None = None
    kind: str = ""
    uname: str = ""
    multiarch: str = ""
    abi: str = ""
    gcc: tuple[str, ...] = ()
    zig: str = ""
    qemu: str = ""
    windows: str = ""
    pe: tuple[int, ...] = ()
    visual_studio: str = ""
    windows_processor: str = ""
    vscmd: str = ""
    dlltool: str = ""
    apple: str = ""
    mach: int | None = None
    android: str = ""
    conda: str = ""
    conan: str = ""
    vcpkg: str = ""
    first_glibc: tuple[int, int] | None = None
    float_abi: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def linux(self) -> str:
        """What Linux, and with it Python, calls the machine."""
        return self.uname or self.name

    @property
    def elf_name(self) -> str:
        """The name that stands for all machines with the same ELF header."""
        return self.kind or self.name

    def triplet(self, libc: str) -> str:
        """Return CPython's triplet for a C library, ``gnu`` or ``musl``; nothing without one."""
        return f"{self.multiarch}-linux-{libc}{self.abi}" if self.multiarch else ""


# The header is the same for all 32-bit machines that are little-endian.
_ARM = (40, 32, False)
_ROWS = (
    Machine(
        "aarch64",
        elf=(183, 64, False),
        multiarch="aarch64",
        zig="aarch64",
        qemu="aarch64",
        conda="aarch64",
        gcc=("aarch64",),
        windows="win_arm64",
        pe=(0xAA64, 0xA641, 0xA64E),  # ARM64EC and ARM64X are variants for object files
        visual_studio="ARM64",
        windows_processor="ARM64",
        vscmd="arm64",
        dlltool="arm64",
        apple="arm64",
        mach=0x0100000C,
        android="arm64_v8a",
        first_glibc=(2, 17),
        synonyms=("arm64", "arm64v8", "armv8", "arm64_v8a"),
        conan="armv8",
        vcpkg="arm64",
    ),
    Machine(
        "armv6l",
        elf=_ARM,
        kind="arm",
        multiarch="arm",
        abi="eabihf",
        qemu="arm",
        conda="armv6l",
        synonyms=("armv6", "arm32v6", "armv6hf"),
        conan="armv6",
    ),
    Machine(
        "armv7l",
        elf=_ARM,
        kind="arm",
        multiarch="arm",
        abi="eabihf",
        qemu="arm",
        gcc=("arm", "armv7l", "armv7a"),
        zig="arm",
        windows="win_arm32",
        pe=(0x1C4,),
        visual_studio="ARM",
        windows_processor="ARM",
        vscmd="arm",
        apple="arm",
        mach=0x0000000C,
        android="armeabi_v7a",
        conda="armv7l",
        first_glibc=(2, 17),
        float_abi="hard",
        synonyms=("arm", "armhf", "armv7", "armv7a", "armv7hl", "arm32", "arm32v7", "armeabi_v7a"),
        conan="armv7hf",
        vcpkg="arm",
    ),
    Machine("armv8l", elf=_ARM, kind="arm", qemu="arm"),
    Machine(
        "i686",
        elf=(3, 32, False),
        multiarch="i386",
        gcc=("i686",),
        zig="x86",
        qemu="i386",
        windows="win32",
        pe=(0x14C,),
        visual_studio="Win32",
        windows_processor="x86",
        vscmd="x86",
        dlltool="i386",
        apple="i386",
        mach=0x00000007,
        android="x86",
        conda="32",
        first_glibc=(2, 5),
        synonyms=("i386", "i486", "i586", "386", "x86", "x86_32", "ia32"),
        conan="x86",
        vcpkg="x86",
    ),
    Machine(
        "loongarch64",
        elf=(258, 64, False),
        multiarch="loongarch64",
        zig="loongarch64",
        qemu="loongarch64",
        gcc=("loongarch64",),
        first_glibc=(2, 36),
        float_abi="double",
        synonyms=("loong64", "loongarch"),
        conan="loongarch64",
        vcpkg="loongarch64",
    ),
    Machine(
        "ppc64",
        elf=(21, 64, True),
        multiarch="powerpc64",
        qemu="ppc64",
        apple="ppc64",
        mach=0x01000012,
        conda="ppc64",
        first_glibc=(2, 17),
        synonyms=("powerpc64",),
        conan="ppc64",
    ),
    Machine(
        "ppc64le",
        elf=(21, 64, False),
        multiarch="powerpc64le",
        zig="powerpc64le",
        gcc=("powerpc64le", "ppc64le"),
        qemu="ppc64le",
        conda="ppc64le",
        first_glibc=(2, 17),
        synonyms=("powerpc64le", "ppc64el", "powerpc64el"),
        conan="ppc64le",
        vcpkg="ppc64le",
    ),
    Machine(
        "riscv64",
        elf=(243, 64, False),
        multiarch="riscv64",
        zig="riscv64",
        qemu="riscv64",
        conda="riscv64",
        gcc=("riscv64",),
        first_glibc=(2, 27),
        float_abi="double",
        synonyms=("riscv", "riscv64gc", "rv64"),
        conan="riscv64",
        vcpkg="riscv64",
    ),
    Machine(
        "s390x",
        elf=(22, 64, True),
        multiarch="s390x",
        zig="s390x",
        qemu="s390x",
        conda="s390x",
        gcc=("s390x",),
        first_glibc=(2, 17),
        conan="s390x",
        vcpkg="s390x",
    ),
    Machine(
        "x86_64",
        elf=(62, 64, False),
        multiarch="x86_64",
        zig="x86_64",
        qemu="x86_64",
        apple="x86_64",
        android="x86_64",
        gcc=("x86_64",),
        windows="win_amd64",
        pe=(0x8664,),
        visual_studio="x64",
        vscmd="x64",
        dlltool="i386:x86-64",
        windows_processor="AMD64",
        mach=0x01000007,
        conda="64",
        first_glibc=(2, 5),
        synonyms=("amd64", "x64"),
        conan="x86_64",
        vcpkg="x64",
    ),
    # Machines that CPython has no triplet for, or that no wheels are made for.
    Machine("aarch64_be", elf=(183, 64, True), qemu="aarch64_be"),
    Machine("armeb", elf=(40, 32, True), uname="armv7b", qemu="armeb", synonyms=("armv7b",)),
    Machine("mips", elf=(8, 32, True), qemu="mips", conan="mips"),
    Machine("mipsel", elf=(8, 32, False), uname="mips", qemu="mipsel", synonyms=("mipsle",)),
    Machine("mips64", elf=(8, 64, True), qemu="mips64", conan="mips64"),
    Machine(
        "mips64el",
        elf=(8, 64, False),
        uname="mips64",
        qemu="mips64el",
        synonyms=("mips64le",),
    ),
    Machine(
        "ppc", elf=(20, 32, True), qemu="ppc", apple="ppc", mach=0x12, synonyms=("powerpc", "ppc32")
    ),
    Machine("riscv32", elf=(243, 32, False), qemu="riscv32", conan="riscv32"),
    Machine("s390", elf=(22, 32, True), conan="s390"),
    Machine("x32", elf=(62, 32, False), uname="x86_64"),
    Machine("arm64_32", apple="arm64_32", mach=0x0200000C, conan="armv8_32"),
    Machine("wasm32", synonyms=("wasm",), conan="wasm"),
)
MACHINES = {row.name: row for row in _ROWS}
_OTHER_BYTE_ORDER = {
    row.name: row.uname
    for row in _ROWS
    if row.elf and (other := MACHINES.get(row.uname)) and other.elf and other.elf[:2] == row.elf[:2]
}
_BY_SYNONYM = {synonym: row for row in _ROWS for synonym in row.synonyms}

# Numbers in the headers of compiled files, and what the reports of these files call the machine.
ELF_MACHINES = {row.elf: row.elf_name for row in _ROWS if row.elf}
PE_MACHINES = {number: row.windows for row in _ROWS for number in row.pe}
MACH_MACHINES = {row.mach: row.apple for row in _ROWS if row.mach is not None}

# The CMake names (CMAKE_SYSTEM_NAME) of the systems in platform tags.
CMAKE_SYSTEMS = {
    **{"linux": "Linux", "windows": "Windows", "mac": "Darwin", "android": "Android", "ios": "iOS"},
    **{"pyodide": "Emscripten", "freebsd": "FreeBSD", "openbsd": "OpenBSD", "netbsd": "NetBSD"},
}
# Conan's names (the setting ``os``) of the same.
CONAN_SYSTEMS = {
    **{"linux": "Linux", "windows": "Windows", "mac": "Macos", "android": "Android", "ios": "iOS"},
    **{"pyodide": "Emscripten", "freebsd": "FreeBSD"},
}
FIRST_MACOS_ON_ARM64 = (11, 0)
# The machines of files for several at once (``-arch`` given twice to Apple's compilers).
APPLE_GROUPS = {"universal2": ("arm64", "x86_64"), "intel": ("i386", "x86_64")}


def machine_named(name: str) -> Machine | None:
    """Return the machine that has this name in any column; None if there is none."""
    return MACHINES.get(name) or _BY_SYNONYM.get(name)


def common_name(name: str) -> str:
    """Return the Linux name of a machine."""
    row = machine_named(name)
    return row.linux if row else name


def machine_of_compiler(name: str) -> Machine | None:
    """Return the machine that the first part of a compiler's triplet names, if it is known.

    Source: ``config.sub`` of the GNU project, and LLVM's ``Triple``: ``i586``, ``armv7a``.
    """
    name = name.lower()
    if name.startswith("wasm"):
        name = "wasm32"
    elif re.fullmatch(r"armv\d.*", name):
        name = "armv7l"
    return machine_named(name)


def same_to_linux(names: Iterable[str]) -> frozenset[str]:
    """Return the names of ELF reports, reduced to what platform tags distinguish.

    MIPS has two byte orders, for which Linux and with it the tags have one name.
    """
    return frozenset(_OTHER_BYTE_ORDER.get(name, name) for name in names)
