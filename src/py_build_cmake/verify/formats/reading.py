"""What a file is, by its contents: compiled code of some format, or none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from . import ar, elf, macho, pe, wasm
from .report import ARCHIVE, NO_FORMAT, BinaryReport
from .view import DamagedError, View

if TYPE_CHECKING:
    from pathlib import Path

# So many bytes tell whether a file is worth a closer look.
HEAD_SIZE = 8
# So many bytes tell what kind of a text it is.
TEXT_SIZE = 256
_MAGICS = (elf.MAGIC, pe.MAGIC, wasm.MAGIC, ar.MAGIC, *macho.THIN_MAGICS, *macho.FAT_MAGICS)

# Source: the manual of GNU ld, "Implicit Linker Scripts".
_LINKER_SCRIPT = re.compile(rb"\s*(?:/\*.*?\*/\s*)*(?:INPUT|GROUP|OUTPUT_FORMAT)\s*\(", re.DOTALL)


def may_be_binary(head: bytes) -> bool:
    """Whether a file that begins like this can be compiled code."""
    return head.startswith(_MAGICS)


def read_binary(path: Path) -> BinaryReport | None:
    """Describe a file, or return None if it is not compiled code.

    However the file is damaged: only the operating system's errors are raised.
    """
    with path.open("rb") as file:
        if not may_be_binary(file.read(HEAD_SIZE)):
            return None
        return read_stream(file)


def read_stream(file: IO[bytes]) -> BinaryReport | None:
    """Describe an open, seekable file, as :func:`read_binary` does."""
    return read_view(View.of(file))


def read_other(head: bytes) -> BinaryReport | None:
    """Say what a file is that is not compiled code, though its name says so.

    ``head`` are its first bytes, of which :data:`TEXT_SIZE` are enough; all of it if they are less.
    None for a text that tells a linker which library is meant, as some ``.so`` files do.
    """
    if _LINKER_SCRIPT.match(head):
        return None
    return BinaryReport(NO_FORMAT, frozenset(), contents=_contents(head))


def _contents(head: bytes) -> str:
    if not head:
        return "an empty file"
    if not head.strip(b"\0"):
        return "a file of zeros"
    if head.startswith(b"version https://git-lfs."):
        return "a pointer of Git LFS, not the file that it points to"
    if may_be_binary(head):
        return "cut off in its header, or of a format that no loader knows"
    printable = re.fullmatch(rb"[\t\n\f\r\x20-\x7e\x80-\xff]+", head)
    return "a text" if printable else "of a format that no loader knows"


def read_view(view: View) -> BinaryReport | None:
    """Describe a part of a file, as :func:`read_binary` does."""
    head = view.head(HEAD_SIZE)
    if head.startswith(ar.MAGIC):
        return _read_archive(view)
    if head[:4] in macho.FAT_MAGICS:
        return _read_fat(view)
    return _read_single(view, head)


def _read_single(view: View, head: bytes) -> BinaryReport | None:
    """Describe what is made for one machine only."""
    if head.startswith(elf.MAGIC):
        return elf.read_elf(view)
    if head[:4] in macho.THIN_MAGICS:
        return macho.read_thin(view)
    if head.startswith(pe.MAGIC):
        return pe.read_pe(view)
    return wasm.read_wasm(view) if head.startswith(wasm.MAGIC) else None


def _read_fat(view: View) -> BinaryReport | None:
    """Describe a universal file, whose slices can be static libraries."""
    slices = macho.read_fat(view)
    if slices is None:
        return None
    reports = []
    for _, part in slices:
        is_archive = part.head(HEAD_SIZE).startswith(ar.MAGIC)
        reports.append(_read_archive(part) if is_archive else macho.read_thin(part))
    machines = [machine for machine, _ in slices]
    merged = macho.merged_slices(machines, (report for report in reports if report))
    return replace(merged, is_damaged=merged.is_damaged or None in reports)


def _read_archive(view: View) -> BinaryReport | None:
    """Describe a static library; None if nothing in it is compiled code.

    Of members that are alike, one is remembered.
    """
    kinds: dict[BinaryReport, str] = {}
    is_damaged = False
    try:
        for name, contents in ar.members(view):
            head = contents.head(HEAD_SIZE)
            report = _read_single(contents, head) or pe.read_coff(contents)
            if report is not None:
                key = BinaryReport(
                    report.format,
                    report.machines,
                    kind=report.kind,
                    system=report.system,
                    float_abi=report.float_abi,
                    is_portable=report.is_portable,
                )
                kinds.setdefault(key, name)
    except DamagedError:
        is_damaged = True
    if not kinds:
        return None
    first = next(iter(kinds))
    return replace(
        first,
        kind=ARCHIVE,
        machines=frozenset(machine for report in kinds for machine in report.machines),
        members=tuple((name, report) for report, name in kinds.items()),
        is_portable=all(report.is_portable for report in kinds),
        is_damaged=is_damaged,
    )
