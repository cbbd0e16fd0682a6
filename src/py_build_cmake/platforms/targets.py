"""What a named toolchain compiles for: the system that platform tags are about.

Sources: the release notes of zig for its oldest C libraries; Debian's, Fedora's, conda's and
crosstool-NG's names of cross compilers; mingw-w64's names of systems; Apple's and LLVM's names of
macOS in triples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .machines import (
    APPLE_GROUPS,
    CMAKE_SYSTEMS,
    FIRST_MACOS_ON_ARM64,
    GLIBC,
    MACHINES,
    MUSL,
)
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
# GCC for Windows with Microsoft's universal C runtime, which Python is linked to as well, and with
# its predecessor msvcrt.dll. Fedora and Debian have both.
_MINGW = ("w64-mingw32ucrt", "w64-mingw32")
_OTHER = "use `toolchain_file`, with a compiler for that system"
_SYSTEMS_OF = {"gnu": ("linux", "windows"), "zig": ("linux", "windows", "mac")}
_SYSTEM_NAMES = {"linux": "Linux", "windows": "Windows", "mac": "macOS"}
_APPLE = APPLE_GROUPS["universal2"]


class _Target:
    """What most systems have in common: nothing of the kind."""

    @property
    def library_architecture(self) -> str:
        """The directory of libraries in Debian's layout (multiarch); empty if there is none."""
        return ""

    @property
    def gnu_triples(self) -> tuple[str, ...]:
        """The names that compilers for it begin with, in the order in which they are tried."""
        return ()

    @property
    def debian_package(self) -> str:
        """The package of Debian with a GCC for it; empty if there is none."""
        return ""

    @property
    def definitions(self) -> tuple[str, ...]:
        """What everything is compiled with for the sake of Python's headers."""
        return ()

    def dlltool(self, *command: str) -> tuple[str, ...]:
        """Return how a ``dlltool``, given as a command, makes import libraries for it; nothing if
        there are none.
        """
        del command
        return ()


@dataclass(frozen=True)
class LinuxTarget(_Target):
    """A Linux system to compile for. ``libc`` is ``gnu`` or ``musl``; ``glibc`` the oldest one."""

    machine: Machine
    libc: str
    glibc: tuple[int, int] | None = None
    system: str = "linux"

    @property
    def cmake_system(self) -> tuple[str, str]:
        """CMake's names of the system and the processor."""
        return CMAKE_SYSTEMS[self.system], self.machine.name

    @property
    def triplet(self) -> str:
        """The target as compilers answer to ``-dumpmachine``."""
        return self.library_architecture

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

    @property
    def debian_package(self) -> str:
        """The package of Debian with a GCC for it."""
        return f"g++-{self.gnu_triples[0].replace('_', '-')}"

    @property
    def oldest(self) -> tuple[int, int]:
        """The oldest version of the system that it is for, by which targets are compared."""
        return self.glibc or (0, 0)


@dataclass(frozen=True)
class WindowsTarget(_Target):
    """A Windows to compile for, with the C library of mingw-w64 in front of Microsoft's."""

    machine: Machine
    libc: str = ""
    oldest: tuple[int, int] = (0, 0)
    system: str = "windows"

    @property
    def cmake_system(self) -> tuple[str, str]:
        """CMake's names of the system and the processor."""
        return CMAKE_SYSTEMS[self.system], self.machine.windows_processor

    @property
    def triplet(self) -> str:
        """The target as compilers answer to ``-dumpmachine``."""
        return f"{self.machine.gcc[0]}-{_MINGW[-1]}"

    @property
    def zig(self) -> str:
        """The target in zig's notation: ``x86_64-windows-gnu``."""
        return f"{self.machine.zig}-windows-gnu"

    @property
    def gnu_triples(self) -> tuple[str, ...]:
        """The names that compilers for it begin with, in the order in which they are tried."""
        return tuple(f"{name}-{system}" for system in _MINGW for name in self.machine.gcc)

    @property
    def debian_package(self) -> str:
        """The package of Debian with a GCC for it."""
        return f"g++-mingw-w64-{self.machine.gcc[0].replace('_', '-')}"

    @property
    def definitions(self) -> tuple[str, ...]:
        """What everything is compiled with for the sake of Python's headers.

        Up to 3.12 they define MS_WIN64 for Microsoft's compilers only. It has no value, so that it
        may be defined twice (``PC/pyconfig.h`` of CPython). In 32-bit processes, the ``time_t`` of
        Python's DLL has 64 bits, and mingw-w64's has if it is told so (its ``_mingw.h``).
        """
        is_64 = self.machine.elf is not None and self.machine.elf[1] == 64
        return ("-DMS_WIN64=",) if is_64 else ("-D__MINGW_USE_VC2005_COMPAT",)

    def dlltool(self, *command: str) -> tuple[str, ...]:
        """Return how a ``dlltool``, given as a command, makes import libraries for it."""
        return (*command, "-m", self.machine.dlltool)


@dataclass(frozen=True)
class AppleTarget(_Target):
    """A macOS to compile for: ``oldest`` is its oldest version."""

    machine: Machine
    oldest: tuple[int, int]
    libc: str = ""
    system: str = "mac"

    @property
    def cmake_system(self) -> tuple[str, str]:
        """CMake's names of the system and the processor."""
        return CMAKE_SYSTEMS[self.system], self.machine.apple

    @property
    def deployment_target(self) -> str:
        """The oldest version as compilers and CMake are told it."""
        return "{}.{}".format(*self.oldest)

    @property
    def triplet(self) -> str:
        """The target as compilers answer to ``-dumpmachine``."""
        return f"{self.machine.apple}-apple-macosx{self.deployment_target}"

    @property
    def zig(self) -> str:
        """The target in zig's notation: ``aarch64-macos.11.0``."""
        return f"{self.machine.zig}-macos.{self.deployment_target}"


Target = Union[LinuxTarget, WindowsTarget, AppleTarget]


def find_target(platform_tags: Sequence[str], where: Place, toolchain: str) -> Target:
    """Return the system that the platform tags of one compressed set describe.

    Several tags for glibc or macOS mean the oldest of them. The tags for several machines at once
    are first divided, by ``tags.by_machine``.

    :raises ConfigError: it is not a system that named toolchains compile for, not one but several,
        or one that cannot be compiled for. ``where`` is the place of the configuration,
        ``toolchain`` the one that is wanted.
    """
    problems: list[Problem] = []
    targets: list[Target] = []
    for text in platform_tags:
        found = _target(PlatformTag.parse(text), toolchain)
        if isinstance(found, tuple):
            problems.append(Problem(found[0], where.at("toolchain"), found[1]))
        else:
            targets.append(found)
    if len({(target.machine, target.system, target.libc) for target in targets}) > 1:
        message = f"the tags {', '.join(platform_tags)} are of different systems"
        problems.append(Problem(message, where.at("arch"), "build one wheel for each"))
    if problems:
        raise ConfigError.from_problems(problems)
    return min(targets, key=lambda target: target.oldest)


def _target(tag: PlatformTag, toolchain: str) -> Target | tuple[str, str]:
    """Return the target of a tag, or what is wrong with it and what to do."""
    systems = _SYSTEMS_OF[toolchain]
    if tag.system not in systems:
        *others, last = (_SYSTEM_NAMES[name] for name in systems)
        message = f"{toolchain!r} makes wheels for {', '.join(others)} and {last}"
        does = tag.system in _SYSTEMS_OF["zig"]
        return (
            f"{message}, not for {tag.text!r}: it is not tested there",
            "write `toolchain` = 'zig', which makes them" if does else _OTHER,
        )
    return {"windows": _windows, "mac": _mac}.get(tag.system, _linux)(tag, toolchain)


def _mac(tag: PlatformTag, toolchain: str) -> Target | tuple[str, str]:
    machines = [row for row in tag.machines if row.apple in _APPLE]
    if len(machines) != 1 or tag.version is None:
        return (
            f"{toolchain!r} is not known to compile for {tag.text!r}",
            f"the machines of macOS are {', '.join(_APPLE)} and universal2; for others {_OTHER}",
        )
    is_arm64 = machines[0].apple == "arm64"
    return AppleTarget(
        machines[0], max(tag.version, FIRST_MACOS_ON_ARM64) if is_arm64 else tag.version
    )


def _windows(tag: PlatformTag, toolchain: str) -> Target | tuple[str, str]:
    machine = next((row for row in tag.machines if row.dlltool), None)
    if machine is None:
        known = ", ".join(row.windows for row in MACHINES.values() if row.dlltool)
        return (
            f"{toolchain!r} is not known to compile for {tag.text!r}",
            f"the platforms of Windows are {known}; for others {_OTHER}",
        )
    return WindowsTarget(machine)


def _linux(tag: PlatformTag, toolchain: str) -> Target | tuple[str, str]:
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
