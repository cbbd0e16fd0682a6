"""Whether a file runs on every processor of the machine that the platform tag names.

Sources: the x86-64 psABI for its levels, of which the first is what manylinux stands for; the
documentation of the distributions that the tags for RISC-V stand for, whose baseline is RV64GC
(``gc`` is IMAFD_Zicsr_Zifencei and C, and what these imply in the RISC-V ISA manual); PEP 513 and
piwheels for ARM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding
from ..loader.promised import has_policy
from .system import keeps_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..promise import Promise

_RV64GC = frozenset(
    {"i", "m", "a", "f", "d", "c", "zicsr", "zifencei", "zmmul", "zaamo", "zalrsc", "zca", "zcd"}
)
_WAY_OUT = (
    "if a newer processor is only made use of where it is found, name the file in"
    f" `wheel.verify_ignore`, or this kind, {Code.NEWER_CPU.text!r}"
)


def check_processor(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check the instructions that a file says it has. Most files do not say."""
    for promise in expected.promises:
        if promise is None or not keeps_machine(file.binary, promise):
            continue
        found = next(_newer(file, promise, expected.circumstances.compile_flags), None)
        if found:
            yield found
            return


def _newer(file: FileReport, promise: Promise, flags: tuple[str, ...]) -> Iterator[Finding]:
    binary = file.binary
    if promise.tag.endswith("_armv6l") and binary.cpu.startswith(("v7", "v8", "v9")):
        yield finding(
            Code.NEWER_CPU,
            file.place,
            f"has instructions of ARM{binary.cpu}, but {promise.tag} promises ARMv6",
            _advice_for_armv6(flags),
        )
    # A plain `linux_` tag stands for the systems that its user knows.
    severity = None if has_policy(promise) else Severity.WARNING
    if binary.cpu.startswith("x86-64"):
        yield finding(
            Code.NEWER_CPU,
            file.place,
            f"asks the loader for a processor of {binary.cpu}, but {promise.tag} stands for every"
            f" {promise.machine_name}",
            "link it without -z x86-64-v2 and the like, and compile it with -march=x86-64",
            severity,
        )
    extensions = sorted(set(binary.extensions) - _RV64GC)
    if extensions and "riscv64" in binary.machines:
        yield finding(
            Code.NEWER_CPU,
            file.place,
            f"is compiled for the extensions {', '.join(extensions)}, but {promise.tag} stands for"
            " every processor with RV64GC",
            f"compile it with -march=rv64gc; {_WAY_OUT}",
            severity,
        )


def _advice_for_armv6(flags: tuple[str, ...]) -> str:
    """Return what to do about ARMv7, depending on what the sources are compiled with already."""
    if any(flag.startswith(("-march=armv6", "-mcpu=arm11")) for flag in flags):
        return (
            "the sources are compiled for ARMv6 already, so that it is the compiler's own start"
            " files and libgcc that are ARMv7: use a compiler that was made for ARMv6 (such as"
            " Raspberry Pi's, or one of crosstool-NG); Debian's for armhf is not"
        )
    return (
        "use a compiler that was made for ARMv6, whose start files are, and compile with"
        f" -march=armv6; {_WAY_OUT}"
    )
