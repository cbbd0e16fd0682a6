"""Whether the loader accepts what a file wants of the memory of the process.

Sources: the release notes of glibc 2.41 for executable stacks; the ABI supplements of the
machines for the largest page size; "Support 16 KB page sizes" of Android; Microsoft's "PE Format"
for subsystems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding
from ..formats.report import ELF, EXECUTABLE, GLIBC, LIBRARY, PE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding

# Pages that kernels of these machines can have, in bytes.
_LARGEST_PAGES = {"aarch64": 0x10000, "ppc64le": 0x10000, "ppc64": 0x10000, "loongarch64": 0x4000}
_LARGEST_OF_ANDROID = 0x4000
# Windows' own interface, graphical or not. Others are drivers, firmware and consoles.
_SUBSYSTEMS = (0, 2, 3)


def check_loading(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check stacks, pages and relocations of what is loaded, and Windows' subsystem."""
    binary = file.binary
    if binary.kind not in (LIBRARY, EXECUTABLE):
        return
    if binary.format == PE and binary.subsystem not in _SUBSYSTEMS:
        yield finding(
            Code.WRONG_SUBSYSTEM,
            file.place,
            f"is for the subsystem {binary.subsystem} of Windows, and no program can load it",
            "link it without /SUBSYSTEM (-Wl,--subsystem): DLLs have WINDOWS or CONSOLE",
        )
    if binary.format != ELF:
        return
    if binary.needs_executable_stack:
        yield _executable_stack(file, expected)
    if binary.has_text_relocations:
        yield finding(
            Code.TEXT_RELOCATIONS,
            file.place,
            "changes its own code when it is loaded (text relocations), which Android, musl and"
            " systems with SELinux refuse",
            "compile everything in it as position independent code (POSITION_INDEPENDENT_CODE ON)",
        )
    yield from _check_pages(file, expected)


def _executable_stack(file: FileReport, expected: Expectation) -> Finding:
    """Modules and libraries of modules cannot be loaded so; a program can be started."""
    libcs = {promise.libc for promise in expected.promises if promise}
    is_sure = file.binary.kind == LIBRARY and (GLIBC in libcs or "" in libcs)
    return finding(
        Code.EXECUTABLE_STACK,
        file.place,
        "needs an executable stack, which glibc 2.41 and newer do not give to what is loaded into"
        " a running program",
        'add `.section .note.GNU-stack,"",%progbits` to the end of every assembler source (after'
        " `#if defined(__linux__) && defined(__ELF__)` in what other systems compile, too), or"
        " link with -Wl,-z,noexecstack if no nested functions need it",
        None if is_sure else Severity.WARNING,
    )


def _check_pages(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    (machine,) = file.binary.machines
    systems = {promise.system for promise in expected.promises if promise}
    largest = _LARGEST_PAGES.get(machine, 0)
    if systems == {"android"}:
        largest = _LARGEST_OF_ANDROID if machine in ("aarch64", "x86_64") else 0
    if file.binary.alignment and file.binary.alignment < largest:
        yield finding(
            Code.SMALL_PAGES,
            file.place,
            f"is aligned to pages of {file.binary.alignment // 1024} KiB, and kernels with larger"
            f" pages (up to {largest // 1024} KiB on {machine}) cannot load it",
            f"link with -Wl,-z,max-page-size={largest}, which is the default of GNU ld and lld",
        )
