"""The systems and machines that wheels are for, under the names that everybody has for them.

Sources: the platform compatibility tags specification; PEP 513, 571, 599 and 600 (manylinux),
656 (musllinux), 730 (iOS), 738 (Android), 776 and 783 (Emscripten); the release notes of glibc for
the oldest version of an architecture; Debian's, Fedora's, conda's and crosstool-NG's names of
cross compilers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..base.places import Place


_SYSTEMS = (
    ("linux", r"(?:linux|manylinux(?:1|2010|2014|_\d+_\d+)|musllinux_\d+_\d+)_(\w+)"),
    ("windows", r"win_?(\w+)"),
    ("mac", r"macosx_\d+_\d+_(\w+)"),
    ("android", r"android_\d+_(\w+)"),
    ("ios", r"ios_\d+_\d+_(\w+)_iphone(?:os|simulator)"),
    ("pyodide", r"(?:pyodide|emscripten|pyemscripten)_\d+(?:_\d+)*_(\w+)"),
)
_CMAKE_SYSTEMS = {
    **{"linux": "Linux", "mac": "Darwin", "android": "Android", "ios": "iOS"},
    **{"pyodide": "Emscripten", "freebsd": "FreeBSD", "openbsd": "OpenBSD", "netbsd": "NetBSD"},
}
_ARCHITECTURES = {
    **dict.fromkeys(("amd64", "x64"), "x86_64"),
    **dict.fromkeys(("arm64", "arm64_v8a"), "aarch64"),
    **dict.fromkeys(("x86", "i386", "32"), "i686"),
    **dict.fromkeys(("armeabi_v7a", "arm32"), "armv7l"),
}


def split_platform_tag(tag: str) -> tuple[str, str]:
    """Return the name of the OS table for a platform tag, and the architecture that it names.

    For systems that have no table, it is the first word of the tag.
    """
    for system, pattern in _SYSTEMS:
        if match := re.fullmatch(pattern, tag):
            return system, match[1]
    # FreeBSD and the like, which have no specification.
    system, _, rest = tag.partition("_")
    return system, rest.rpartition("_")[2]


def common_architecture(name: str) -> str:
    """Return the name that an architecture has on Linux, whatever others call it."""
    return _ARCHITECTURES.get(name, name)


def kind_of_platform(tag: str) -> tuple[str, str]:
    """Return system and architecture of a platform tag, as far as a SOABI tells them apart."""
    system, architecture = split_platform_tag(tag)
    name = common_architecture(architecture)
    return system, "arm" if name.startswith("armv") else name


def cmake_system(tag: str) -> tuple[str, str]:
    """Return what CMake calls the system and the processor of a platform tag.

    Source: the documentation of ``CMAKE_SYSTEM_NAME`` and of ``CMAKE_SYSTEM_PROCESSOR``, which is
    the name that the system itself has for the processor.
    """
    system, architecture = split_platform_tag(tag)
    if system == "windows":
        return "Windows", {"amd64": "AMD64", "32": "x86", "arm64": "ARM64"}.get(
            architecture, architecture
        )
    return _CMAKE_SYSTEMS.get(system, system), architecture


# A bare `linux_` tag promises no glibc: that of manylinux2014, or the first of the architecture.
OLDEST_GLIBC = (2, 17)
_FIRST_GLIBC = {"riscv64": (2, 27), "loongarch64": (2, 36)}
# Zig's oldest, where it is newer than what manylinux2014 promises: distributions ported 2.17 to
# little-endian POWER before glibc did, in 2.19, whose symbols have the version 2.17 all the same.
_ZIG_GLIBC = {"ppc64le": (2, 19)}
_LEGACY_GLIBC = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
_OLDEST_MUSL = (1, 2)


@dataclass(frozen=True)
class Machine:
    """An architecture as Linux tags name it, and what others call it."""

    zig: str
    gnu: str
    qemu: str
    abi: str = ""


MACHINES = {
    "aarch64": Machine("aarch64", "aarch64", "aarch64"),
    "armv7l": Machine("arm", "arm", "arm", abi="eabihf"),
    "i686": Machine("x86", "i686", "i386"),
    "loongarch64": Machine("loongarch64", "loongarch64", "loongarch64"),
    "ppc64le": Machine("powerpc64le", "powerpc64le", "ppc64le"),
    "riscv64": Machine("riscv64", "riscv64", "riscv64"),
    "s390x": Machine("s390x", "s390x", "s390x"),
    "x86_64": Machine("x86_64", "x86_64", "x86_64"),
}


@dataclass(frozen=True)
class LinuxTarget:
    """A Linux system to compile for. ``libc`` is ``gnu`` or ``musl``; ``glibc`` the oldest one."""

    architecture: str
    libc: str
    glibc: tuple[int, int] | None = None

    @property
    def machine(self) -> Machine:
        """What others call the architecture."""
        return MACHINES[self.architecture]

    @property
    def zig(self) -> str:
        """The target in zig's notation: ``aarch64-linux-gnu.2.28``."""
        glibc = self.glibc and max(self.glibc, _ZIG_GLIBC.get(self.architecture, self.glibc))
        floor = ".{}.{}".format(*glibc) if glibc else ""
        return f"{self.machine.zig}-linux-{self.libc}{self.machine.abi}{floor}"

    @property
    def library_architecture(self) -> str:
        """The directory of libraries in Debian's layout (multiarch)."""
        name = "i386" if self.architecture == "i686" else self.machine.gnu
        return f"{name}-linux-{self.libc}{self.machine.abi}"

    @property
    def gnu_triples(self) -> tuple[str, ...]:
        """The names that compilers for it begin with, in the order in which they are tried."""
        machine, abi = self.machine.gnu, f"{self.libc}{self.machine.abi}"
        machines = ["armv7l", "armv7a", machine] if self.architecture == "armv7l" else [machine]
        triples = [f"{machine}-linux-{abi}"]  # Debian
        triples += [f"{m}-{vendor}-linux-{abi}" for m in machines for vendor in _VENDORS]
        triples += [f"{m}-linux-{abi}" for m in machines]
        if self.architecture == "ppc64le":
            triples += [t.replace("powerpc64le", "ppc64le", 1) for t in list(triples)]
        return tuple(dict.fromkeys(triples))


# Fedora; conda; crosstool-NG and buildroot.
_VENDORS = ("redhat", "conda", "unknown", "buildroot")


def linux_target(platform_tags: Sequence[str], where: Place, toolchain: str) -> LinuxTarget:
    """Return the system that platform tags, which are one compressed set, are about.

    Several tags for glibc mean the oldest of them.

    :raises ConfigError: it is not a Linux system, not one but several, or one that cannot be
        compiled for. ``where`` is the place of the configuration, ``toolchain`` the one that is
        wanted.
    """
    problems: list[Problem] = []
    targets: list[LinuxTarget] = []
    for tag in platform_tags:
        found = _target(tag, toolchain)
        if isinstance(found, LinuxTarget):
            targets.append(found)
        else:
            problems.append(Problem(found[0], where.at("toolchain"), found[1]))
    if len({(target.architecture, target.libc) for target in targets}) > 1:
        message = f"the tags {', '.join(platform_tags)} are of different systems"
        problems.append(Problem(message, where.at("arch"), "build one wheel for each"))
    if problems:
        raise ConfigError.from_problems(problems)
    return min(targets, key=lambda target: target.glibc or (0, 0))


def _target(tag: str, toolchain: str) -> LinuxTarget | tuple[str, str]:
    """Return the target of a tag, or what is wrong with it and what to do."""
    other = "use `toolchain_file`, with a compiler for that system"
    system, architecture = split_platform_tag(tag)
    if system != "linux":
        return f"{toolchain!r} makes wheels for Linux, not for {tag!r}: {_why_not(system)}", other
    if architecture not in MACHINES:
        known = ", ".join(MACHINES)
        return (
            f"{toolchain!r} is not known to compile for {architecture!r} ({tag})",
            f"the architectures are {known}; for others {other}",
        )
    if musl := re.match(r"musllinux_(\d+)_(\d+)_", tag):
        if (int(musl[1]), int(musl[2])) < _OLDEST_MUSL and toolchain == "zig":
            return f"zig has musl 1.2, which {tag!r} is too old for", "write musllinux_1_2, or " + (
                other
            )
        return LinuxTarget(architecture, "musl")
    first = _FIRST_GLIBC.get(architecture, OLDEST_GLIBC)
    glibc = _promised_glibc(tag) or first
    if glibc < first and toolchain == "zig":
        return (
            "the oldest glibc for {} is {}.{} here, which is newer than {!r} allows".format(
                architecture, *first, tag
            ),
            "write manylinux_{}_{}_{}".format(*first, architecture),
        )
    return LinuxTarget(architecture, "gnu", glibc)


def _promised_glibc(tag: str) -> tuple[int, int] | None:
    if match := re.match(r"manylinux_(\d+)_(\d+)_", tag):
        return int(match[1]), int(match[2])
    legacy = re.match(r"manylinux(1|2010|2014)_", tag)
    return _LEGACY_GLIBC[legacy[1]] if legacy else None


def _why_not(system: str) -> str:
    return {
        "mac": "extension modules are bundles there, which zig's linker does not make, and the"
        " result could not be tried",
        "windows": "extension modules are linked with the import library of Python there, and no"
        " Python for Windows could be had to try the result",
    }.get(system, "nothing has been tried there")
