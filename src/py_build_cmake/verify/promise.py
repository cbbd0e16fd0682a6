"""What a platform tag promises of the compiled files of a wheel.

Sources: the platform compatibility tags specification, PEP 513, 571, 599 and 600 (manylinux),
656 (musllinux), 730 (iOS), 738 (Android), 776 and 783 (Emscripten).
"""

from __future__ import annotations

import re

from ..base.records import dataclass
from .formats import elf, macho, pe
from .formats.report import BIONIC, ELF, GLIBC, MACH_O, MUSL, PE, WASM

# Names that Linux, Android and the BSDs have for machines that the header does not tell apart.
_OTHER_NAMES = {
    **dict.fromkeys(("armv6l", "armv7l", "armv8l", "armeabi_v7a"), "arm"),
    **dict.fromkeys(("i386", "x86"), "i686"),
    "amd64": "x86_64",
    "arm64_v8a": "aarch64",
}
_ELF_NAMES = frozenset(elf.MACHINES.values())
_MACHINES_OF_MAC_TAG = {
    "universal2": frozenset({"arm64", "x86_64"}),
    "intel": frozenset({"i386", "x86_64"}),
    **{machine: frozenset({machine}) for machine in macho.MACHINES.values()},
}
# PEP 600 calls the older names aliases.
_LEGACY_MANYLINUX = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
# The calling conventions of the distributions that these tags stand for.
_FLOAT_ABIS = {"armv7l": "hard", "riscv64": "double", "loongarch64": "double"}
_PLATFORM = re.compile(
    r"linux_(?P<linux>.+)"
    r"|manylinux(?:_(?P<glibc>\d+_\d+)|(?P<legacy>\d+))_(?P<manylinux>.+)"
    r"|musllinux_(?P<musl>\d+_\d+)_(?P<musllinux>.+)"
    r"|android_(?P<level>\d+)_(?P<android>.+)"
    r"|macosx_(?P<mac_version>\d+_\d+)_(?P<mac>.+)"
    r"|ios_(?P<ios_version>\d+_\d+)_(?P<ios>.+)_(?P<sdk>iphoneos|iphonesimulator)"
    r"|(?P<web>pyodide|emscripten|pyemscripten)_.*"
    r"|(?P<windows>win.*)"
    # Other systems name the machine last as well, and those that are left use ELF.
    r"|(?P<other>(?!aix|cygwin|mingw|msys)[a-z0-9]+)_(?:.*_)??(?P<other_machine>amd64|"
    + "|".join(sorted(_ELF_NAMES))
    + ")"
)


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
    match = _PLATFORM.fullmatch(platform_tag)
    if match is None:
        return None
    if match["windows"]:
        known = platform_tag in pe.MACHINES.values()
        return Promise(platform_tag, PE, frozenset({platform_tag}), "windows") if known else None
    if match["web"]:
        return Promise(platform_tag, WASM, frozenset({"wasm32"}), "emscripten")
    if match["mac"] or match["ios"]:
        return _apple(platform_tag, match)
    return _elf(platform_tag, match)


def _apple(tag: str, match: re.Match[str]) -> Promise | None:
    machines = _MACHINES_OF_MAC_TAG.get(match["mac"] or match["ios"])
    if machines is None:
        return None
    if match["mac"]:
        return Promise(tag, MACH_O, machines, "macos", version=_version(match["mac_version"]))
    system = "ios" if match["sdk"] == "iphoneos" else "ios-simulator"
    return Promise(tag, MACH_O, machines, system, version=_version(match["ios_version"]))


def _elf(tag: str, match: re.Match[str]) -> Promise | None:
    libc, version, system = "", None, "linux"
    name = match["linux"]
    if match["manylinux"]:
        libc, name = GLIBC, match["manylinux"]
        version = _LEGACY_MANYLINUX.get(match["legacy"]) or _version(match["glibc"])
    elif match["musllinux"]:
        libc, name, version = MUSL, match["musllinux"], _version(match["musl"])
    elif match["android"]:
        system, libc, name = "android", BIONIC, match["android"]
        version = (int(match["level"]), 0)
    elif match["other"]:
        system, name = match["other"], match["other_machine"]
    machine = _OTHER_NAMES.get(name, name)
    if machine not in _ELF_NAMES:
        return None
    float_abi = _FLOAT_ABIS.get(name, "") if libc in (GLIBC, MUSL) else ""
    return Promise(tag, ELF, frozenset({machine}), system, libc, version, float_abi, name)


def machine_of_linux(name: str) -> str | None:
    """Return the machine that Linux calls by this name, if there is one."""
    machine = _OTHER_NAMES.get(name, name)
    return machine if machine in _ELF_NAMES else None


def _version(text: str | None) -> tuple[int, int] | None:
    if not text:
        return None
    major, minor = text.split("_")
    return int(major), int(minor)
