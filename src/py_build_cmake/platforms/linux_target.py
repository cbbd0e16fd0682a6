"""What a named toolchain compiles for: the Linux system that platform tags are about.

Sources: the release notes of zig for its oldest C libraries; Debian's, Fedora's, conda's and
crosstool-NG's names of cross compilers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .machines import GLIBC, MACHINES, MUSL
from .tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..base.places import Place
    from .machines import Machine

# A plain `linux_` tag promises no glibc version. The glibc of manylinux2014 is used then, or the
# first one of the architecture.
_OLDEST_GLIBC = (2, 17)
# Zig's oldest glibc, if it is newer than that of manylinux2014: distributions ported 2.17 to
# little-endian POWER before glibc did, in 2.19, whose symbols have the version 2.17 all the same.
_ZIG_GLIBC = {"ppc64le": (2, 19)}
_ZIG_MUSL = (1, 2)
# Fedora; conda; crosstool-NG and buildroot.
_VENDORS = ("redhat", "conda", "unknown", "buildroot")
_OTHER = "use `toolchain_file`, with a compiler for that system"


@dataclass(frozen=True)
class LinuxTarget:
    """A Linux system to compile for. ``libc`` is ``gnu`` or ``musl``; ``glibc`` the oldest one."""

    machine: Machine
    libc: str
    glibc: tuple[int, int] | None = None

    @property
    def zig(self) -> str:
        """The target in zig's notation: ``aarch64-linux-gnu.2.28``."""
        glibc = self.glibc and max(self.glibc, _ZIG_GLIBC.get(self.machine.name, self.glibc))
        floor = ".{}.{}".format(*glibc) if glibc else ""
        return f"{self.machine.zig}-linux-{self.libc}{self.machine.abi}{floor}"

    @property
    def library_architecture(self) -> str:
        """The directory of libraries in Debian's layout (multiarch)."""
        return self.machine.triplet(self.libc)

    @property
    def gnu_triples(self) -> tuple[str, ...]:
        """The names that compilers for it begin with, in the order in which they are tried."""
        names, abi = self.machine.gcc, f"{self.libc}{self.machine.abi}"
        triples = [f"{names[0]}-linux-{abi}"]  # Debian
        triples += [f"{name}-{vendor}-linux-{abi}" for name in names for vendor in _VENDORS]
        triples += [f"{name}-linux-{abi}" for name in names]
        return tuple(dict.fromkeys(triples))


def linux_target(platform_tags: Sequence[str], where: Place, toolchain: str) -> LinuxTarget:
    """Return the system that the platform tags of one compressed set describe.

    Several tags for glibc mean the oldest of them.

    :raises ConfigError: it is not a Linux system, not one but several, or one that cannot be
        compiled for. ``where`` is the place of the configuration, ``toolchain`` the one that is
        wanted.
    """
    problems: list[Problem] = []
    targets: list[LinuxTarget] = []
    for text in platform_tags:
        found = _target(PlatformTag.parse(text), toolchain)
        if isinstance(found, LinuxTarget):
            targets.append(found)
        else:
            problems.append(Problem(found[0], where.at("toolchain"), found[1]))
    if len({(target.machine, target.libc) for target in targets}) > 1:
        message = f"the tags {', '.join(platform_tags)} are of different systems"
        problems.append(Problem(message, where.at("arch"), "build one wheel for each"))
    if problems:
        raise ConfigError.from_problems(problems)
    return min(targets, key=lambda target: target.glibc or (0, 0))


def _target(tag: PlatformTag, toolchain: str) -> LinuxTarget | tuple[str, str]:
    """Return the target of a tag, or what is wrong with it and what to do."""
    if tag.system != "linux":
        message = f"{toolchain!r} makes wheels for Linux, not for {tag.text!r}"
        return f"{message}: {_why_not(tag.system)}", _OTHER
    machine = MACHINES.get(tag.architecture)
    if machine is None or not machine.zig:
        known = ", ".join(name for name, row in MACHINES.items() if row.zig)
        return (
            f"{toolchain!r} is not known to compile for {tag.architecture!r} ({tag.text})",
            f"the architectures are {known}; for others {_OTHER}",
        )
    if tag.libc == MUSL:
        if toolchain == "zig" and tag.version and tag.version < _ZIG_MUSL:
            message = f"zig has musl 1.2, which {tag.text!r} is too old for"
            return message, f"write musllinux_1_2, or {_OTHER}"
        return LinuxTarget(machine, "musl")
    first = max(machine.first_glibc or _OLDEST_GLIBC, _OLDEST_GLIBC)
    glibc = (tag.version if tag.libc == GLIBC else None) or first
    if glibc < first and toolchain == "zig":
        return (
            "the oldest glibc for {} is {}.{} here, which is newer than {!r} allows".format(
                machine.name, *first, tag.text
            ),
            "write manylinux_{}_{}_{}".format(*first, machine.name),
        )
    return LinuxTarget(machine, "gnu", glibc)


def _why_not(system: str) -> str:
    return {
        "mac": "extension modules are bundles there, which zig's linker cannot make, and we "
        "cannot test the result",
        "windows": "extension modules are linked with the import library of Python there, and we "
        "cannot test the result",
    }.get(system, "it is not tested there")
