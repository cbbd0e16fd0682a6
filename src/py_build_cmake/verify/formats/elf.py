"""ELF files: object files, programs and shared libraries of Linux, Android and the BSDs.

Sources: the System V ABI (gabi, chapters 4 and 5) and its supplements for ARM (``aaelf32``),
RISC-V and LoongArch; ``stackinfo.h`` of glibc for stacks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ...platforms.machines import ELF_MACHINES
from .elf_image import (
    DT_FLAGS,
    DT_FLAGS_1,
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_SONAME,
    DT_TEXTREL,
    PF_EXECUTE,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    PT_NOTE,
    Dynamic,
    ElfImage,
)
from .elf_processors import arm_attributes, notes, riscv_extensions, x86_level
from .elf_symbols import dynamic_symbols
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
    SystemVersion,
)
from .view import DamagedError, decode

if TYPE_CHECKING:
    from .elf_image import Segment
    from .view import View

MAGIC = b"\x7fELF"

# (machine, bits, big endian) as platform tags of Linux name it. One name stands for a family
# whose members differ in what the header does not say (armv6l and armv7l, i386 to i686).
_ARM, _RISCV, _LOONGARCH = 40, 243, 258
_SYSTEMS = {2: "netbsd", 6: "solaris", 9: "freebsd", 12: "openbsd"}
_KINDS = {1: OBJECT, 2: EXECUTABLE, 3: LIBRARY}
_DF_1_PIE = 0x08000000
_DF_TEXTREL = 0x4
_X86 = frozenset({3, 62})
# glibc's DEFAULT_STACK_PERMS: i386, MIPS, s390, ARM and x86-64, if the file does not say.
_EXECUTABLE_BY_DEFAULT = frozenset({3, 8, 22, 40, 62})

_GLIBC_NAME = re.compile(
    r"(?:.*/)?(?:lib(?:c|m)\.so\.6(?:\.1)?|lib(?:pthread\.so\.0|dl\.so\.2|rt\.so\.1|util\.so\.1)"
    r"|ld-linux[^/]*|ld(?:64)?\.so\.[12])"
)
_MUSL_NAME = re.compile(r"(?:.*/)?(?:libc\.musl-[^/]*|ld-musl-[^/]*|libc\.so)")


def read_elf(view: View) -> BinaryReport | None:
    """Describe an ELF file as far as it can be read; None if not even its header can."""
    try:
        image = ElfImage.read(view)
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


def _with_arm_attributes(image: ElfImage, report: BinaryReport) -> BinaryReport:
    attributes = arm_attributes(image)
    # The flags of object files do not say it.
    float_abi = report.float_abi or ("hard" if attributes.has_hard_float else "")
    return replace(report, cpu=attributes.cpu, float_abi=float_abi)


def _with_segments(image: ElfImage, report: BinaryReport) -> BinaryReport:
    segments = tuple(image.segments())
    report = _with_memory(image, segments, report)
    for segment in segments:
        if segment.kind == PT_INTERP and segment.size:
            path = image.view.part(segment.offset, min(segment.size, 4096)).head(4096)
            report = replace(report, interpreter=decode(path.partition(b"\0")[0]))
        elif segment.kind == PT_NOTE and segment.size and not report.systems:
            report = _with_android(image, segment, report)
    if image.header.machine in _X86:
        report = replace(report, cpu=x86_level(image, segments))
    elif image.header.machine == _RISCV:
        report = replace(report, extensions=riscv_extensions(image, segments))
    dynamic = Dynamic.read(image, segments)
    if dynamic is not None:
        report = _with_dynamic(dynamic, report)
        report = _with_symbols(dynamic, report)
    return replace(report, libc=_libc(report))


def _with_memory(
    image: ElfImage, segments: tuple[Segment, ...], report: BinaryReport
) -> BinaryReport:
    """Add what the program headers say of the memory of the process.

    A file is cut off if a segment, a section, or the table of sections, ends after it.
    """
    header, size = image.header, image.view.size
    loads = [s for s in segments if s.kind == PT_LOAD]
    stacks = [s for s in segments if s.kind == PT_GNU_STACK]
    needs_stack = any(s.flags & PF_EXECUTE for s in stacks)
    if loads and not stacks:
        needs_stack = header.machine in _EXECUTABLE_BY_DEFAULT
    try:
        is_cut = not image.has_all_sections()
        if not is_cut and any(s.offset + s.size > size for s in loads):
            is_cut = not image.has_only_debugging_symbols()
    except DamagedError:
        is_cut = True
    return replace(
        report,
        needs_executable_stack=needs_stack,
        alignment=min((s.alignment for s in loads), default=0),
        is_damaged=is_cut,
    )


def _with_android(image: ElfImage, segment: Segment, report: BinaryReport) -> BinaryReport:
    """Look for the note in which Android's tools say the API level.

    Source: ``crtbrand.S`` of bionic.
    """
    for name, kind, contents in notes(image, segment):
        if (name, kind) == (b"Android", 1) and contents.size >= 4:
            (level,) = contents.unpack(f"{image.header.order}I", 0)
            (machine,) = report.machines
            system = SystemVersion(machine, "android", (level, 0))
            return replace(report, system="android", systems=(system,))
    return report


def _with_dynamic(dynamic: Dynamic, report: BinaryReport) -> BinaryReport:
    soname = next(iter(dynamic.texts(DT_SONAME)), "")
    # Position independent programs are shared objects. The libc has an interpreter, too.
    is_pie = dynamic.values.get(DT_FLAGS_1, 0) & _DF_1_PIE
    is_program = is_pie or (report.interpreter and not soname)
    has_flag = dynamic.values.get(DT_FLAGS, 0) & _DF_TEXTREL
    return replace(
        report,
        kind=EXECUTABLE if is_program else report.kind,
        soname=soname,
        needed=dynamic.texts(DT_NEEDED),
        rpaths=_directories(dynamic, DT_RPATH, DT_RUNPATH),
        runpaths=_directories(dynamic, DT_RUNPATH),
        has_text_relocations=bool(has_flag) or DT_TEXTREL in dynamic.values,
    )


def _with_symbols(dynamic: Dynamic, report: BinaryReport) -> BinaryReport:
    try:
        symbols = dynamic_symbols(dynamic)
    except DamagedError:
        return replace(report, is_damaged=True)
    return replace(report, **symbols._asdict())


def _directories(dynamic: Dynamic, *tags: int) -> tuple[str, ...]:
    parts = (part for text in dynamic.texts(*tags) for part in text.split(":") if part)
    return tuple(dict.fromkeys(parts))


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
