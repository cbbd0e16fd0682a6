"""What a platform tag promises of the compiled files of a wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.machines import GLIBC, MUSL
from ..platforms.tags import PlatformTag
from .formats.report import ELF, MACH_O, PE, WASM

if TYPE_CHECKING:
    from ..platforms.machines import Machine

# What reports of files call the systems of platform tags, where it is another name.
_SYSTEMS = {"mac": "macos", "pyodide": "emscripten"}
_FORMATS = {"windows": PE, "mac": MACH_O, "ios": MACH_O, "pyodide": WASM}
# All other known systems use ELF.
_NO_ELF = ("aix", "cygwin", "mingw", "msys")


@dataclass(frozen=True)
class Promise:
    """What every compiled file must be for a wheel with this platform tag to work.

    ``libc`` and ``float_abi`` are empty where the tag leaves them open. ``version`` is the
    oldest of the libc, or of the operating system, that the wheel promises to run on;
    ``machine_name`` is what the tag calls the machine.
    """

    tag: str
    format: str
    machines: frozenset[str]
    system: str
    libc: str = ""
    version: tuple[int, int] | None = None
    float_abi: str = ""
    machine_name: str = ""

    def __str__(self) -> str:
        text = f"{self.format} for {' and '.join(sorted(self.machines))}"
        return f"{text}, {self.float_abi} float" if self.float_abi else text


def promise_of(platform_tag: str) -> Promise | None:
    """Return what a platform tag promises; None if it says nothing that this program knows."""
    tag = PlatformTag.parse(platform_tag)
    rows, kind = tag.machines, _FORMATS.get(tag.system, ELF)
    machines = frozenset(reported_name(row, kind) for row in rows)
    if not rows or "" in machines or tag.system in _NO_ELF:
        return None
    has_float_abi = kind == ELF and tag.libc in (GLIBC, MUSL)
    return Promise(
        platform_tag,
        kind,
        machines,
        "ios-simulator" if tag.sdk == "iphonesimulator" else _SYSTEMS.get(tag.system, tag.system),
        tag.libc,
        tag.version,
        rows[0].float_abi if has_float_abi else "",
        tag.architecture,
    )


def reported_name(machine: Machine, file_format: str) -> str:
    """Return what reports of files in a format call a machine; empty if there are no such files."""
    return {
        ELF: machine.elf_name if machine.elf else "",
        PE: machine.windows,
        MACH_O: machine.apple,
        WASM: machine.name,
    }[file_format]
