"""Whether files for macOS are signed where its kernel runs nothing else.

Source: Apple's release notes of macOS 11 ("Code Signing"): on arm64, all native code has to be
signed, be it ad hoc; linkers do so. A file whose pages do not have the hashes of its signature is
killed when they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Code, Severity, finding
from ..formats.report import EXECUTABLE, LIBRARY, MACH_O, SIGNATURE_VALID, SIGNATURE_WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..expectation import Expectation
    from ..finding import FileReport, Finding

_NEEDS_SIGNATURE = "arm64"
_SIGN_AGAIN = (
    "a tool changed the file after it was linked, such as strip or install_name_tool of another"
    " system: leave that step out, or sign again (on macOS, `codesign --force --sign -`)"
)


def check_signature(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check the signature of each slice of a file for macOS."""
    binary = file.binary
    machines = {m for p in expected.promises if p and p.system == "macos" for m in p.machines}
    if binary.format != MACH_O or binary.kind not in (LIBRARY, EXECUTABLE):
        return
    states = dict(binary.signatures)
    for machine in sorted(binary.machines & machines):
        state = states.get(machine)
        is_needed = machine == _NEEDS_SIGNATURE
        if state is None and is_needed and not binary.is_damaged:
            message = f"has no signature, without which macOS loads nothing on {machine}"
            hint = "link it with a linker that signs (Apple's, LLD's, zig's); " + _SIGN_AGAIN
            yield finding(Code.NOT_SIGNED, file.place, message, hint)
        elif state == SIGNATURE_WRONG:
            severity = None if is_needed else Severity.WARNING
            message = f"has a signature that does not fit its contents ({machine})"
            yield finding(Code.WRONG_SIGNATURE, file.place, message, _SIGN_AGAIN, severity)
        elif state not in (None, SIGNATURE_VALID):
            message = f"has a signature whose hashes are not known here ({machine})"
            yield finding(Code.WRONG_SIGNATURE, file.place, message, _SIGN_AGAIN, Severity.WARNING)
