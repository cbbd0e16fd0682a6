"""Tags of wheels: the python tag, the ABI tag and the platform tag, as values.

Source: the platform compatibility tags specification (PEP 425, 513, 571, 599, 600, 656, 730, 738
and 783). Which tags installers accept is in :mod:`.accepted`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .machines import (
    APPLE_GROUPS,
    BIONIC,
    CMAKE_SYSTEMS,
    FIRST_MACOS_ON_ARM64,
    GLIBC,
    MACHINES,
    MUSL,
    common_name,
    machine_named,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .machines import Machine

GUESS = "guess"
# The stable ABI of builds with and without free threading (PEP 803).
ABI3T = "abi3t"
AUTO = "auto"

# The names of OS tables, and the tags of their systems.
_FORMS = (
    ("linux", "", r"linux_(?P<machine>\w+)"),
    ("linux", GLIBC, r"manylinux_(?P<version>\d{1,9}_\d{1,9})_(?P<machine>\w+)"),
    ("linux", GLIBC, r"manylinux(?P<legacy>1|2010|2014)_(?P<machine>\w+)"),
    ("linux", MUSL, r"musllinux_(?P<version>\d{1,9}_\d{1,9})_(?P<machine>\w+)"),
    ("windows", "", r"win_?(?P<machine>\w+)"),
    ("mac", "", r"macosx_(?P<version>\d{1,9}_\d{1,9})_(?P<machine>\w+)"),
    ("android", BIONIC, r"android_(?P<version>\d{1,9})_(?P<machine>\w+)"),
    (
        "ios",
        "",
        r"ios_(?P<version>\d{1,9}_\d{1,9})_(?P<machine>\w+)_(?P<sdk>iphoneos|iphonesimulator)",
    ),
    ("pyodide", "", r"(?:pyodide|emscripten|pyemscripten)_\d{1,9}(?:_\d{1,9})*_(?P<machine>\w+)"),
)
# PEP 600 calls the older names aliases.
LEGACY_GLIBC = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
# The longest first: x86_64 ends with the name of another machine.
_NAMES = sorted({*MACHINES, *(s for row in MACHINES.values() for s in row.synonyms)}, key=len)[::-1]


@dataclass(frozen=True)
class PlatformTag:
    """A parsed platform tag.

    ``system`` is the name of the OS table or, for systems that have none, the first word.
    ``architecture`` is what the tag calls the machine. ``version`` is the oldest version of the C
    library (``libc``) or of the operating system; of Android, it is the level of the API and 0.
    ``sdk`` tells iOS from its simulator.
    """

    text: str
    system: str
    architecture: str
    libc: str = ""
    version: tuple[int, int] | None = None
    sdk: str = ""

    @classmethod
    @cache
    def parse(cls, text: str) -> PlatformTag:
        """Read a platform tag; one of no known form gets a system, and a machine if it can be
        found.
        """
        for system, libc, pattern in _FORMS:
            if match := re.fullmatch(pattern, text):
                found = match.groupdict()
                version = LEGACY_GLIBC.get(found.get("legacy") or "")
                if found.get("version"):
                    major, minor = f"{found['version']}_0".split("_")[:2]
                    version = int(major), int(minor)
                return cls(text, system, match["machine"], libc, version, found.get("sdk") or "")
        # FreeBSD and the like, which have no specification, name the machine last as well.
        system, _, rest = text.partition("_")
        known = next((name for name in _NAMES if rest == name or rest.endswith(f"_{name}")), "")
        return cls(text, system, known or rest.rpartition("_")[2])

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The machines that files must be compiled for, all of them; empty if they are not known
        here.
        """
        name, rows = self.architecture, tuple(MACHINES.values())
        if self.system == "windows":
            return tuple(row for row in rows if row.windows == self.text)
        if self.system in ("mac", "ios"):
            names = APPLE_GROUPS.get(name, (name,)) if self.system == "mac" else (name,)
            return tuple(row for row in rows if row.apple in names)
        if self.system == "android":
            return tuple(row for row in rows if row.android == name)
        row = machine_named(name)
        return (row,) if row and (row.name == "wasm32") == (self.system == "pyodide") else ()

    @property
    def common_architecture(self) -> str:
        """The Linux name of the machine."""
        rows = self.machines
        return rows[0].linux if len(rows) == 1 else common_name(self.architecture)

    @property
    def kind(self) -> tuple[str, str]:
        """System and machine, reduced to what a SOABI distinguishes."""
        rows = self.machines
        return self.system, rows[0].elf_name if len(rows) == 1 else self.common_architecture

    @property
    def cmake_system(self) -> tuple[str, str]:
        """CMake's names of the system and the processor.

        Source: the documentation of ``CMAKE_SYSTEM_NAME`` and of ``CMAKE_SYSTEM_PROCESSOR``, which
        is the name that the system itself has for the processor.
        """
        processor = self.architecture
        if self.system == "windows" and self.machines:
            processor = self.machines[0].windows_processor
        return CMAKE_SYSTEMS.get(self.system, self.system), processor

    @property
    def sysconfig_name(self) -> str:
        """What ``sysconfig.get_platform()`` says there, for example ``macosx-11.0-arm64``."""
        if self.system == "linux":
            return f"linux-{self.architecture}"
        if self.system == "mac" and self.version:
            return "macosx-{}.{}-{}".format(*self.version, self.architecture)
        return self.text.replace("_", "-", 1)


def same_kind(platform: str, tags: Iterable[str]) -> bool:
    """Whether platform tags are all for the same system and machine as one of them."""
    kind = PlatformTag.parse(platform).kind
    return all(PlatformTag.parse(tag).kind == kind for tag in tags)


def by_machine(tags: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Divide the platform tags of one wheel, of which some stand for several machines at once, into
    those of each machine: ``macosx_11_0_universal2`` is ``macosx_11_0_arm64`` and
    ``macosx_11_0_x86_64``. Other tags stay together.
    """
    texts = tuple(tags)
    parsed = [PlatformTag.parse(text) for text in texts]
    if not any(tag.system == "mac" and tag.architecture in APPLE_GROUPS for tag in parsed):
        return (texts,)
    found: dict[str, list[str]] = {}
    for tag in parsed:
        for name in APPLE_GROUPS.get(tag.architecture, (tag.architecture,)):
            first = FIRST_MACOS_ON_ARM64 if name == "arm64" else (0, 0)
            version = max(tag.version or first, first)
            found.setdefault(name, []).append("macosx_{}_{}_{}".format(*version, name))
    return tuple(tuple(dict.fromkeys(group)) for group in found.values())


@dataclass(frozen=True)
class WheelTag:
    """A compressed tag set: the product of python tags, ABI tags and platform tags."""

    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join(map(".".join, (self.pythons, self.abis, self.platforms)))

    @classmethod
    def parse(cls, text: str) -> WheelTag:
        """Read a tag as it stands in file names, for example ``cp39-abi3-linux_aarch64``.

        :raises ValueError: it does not have three parts.
        """
        python, abi, platform = text.split("-")
        return cls(*(tuple(part.split(".")) for part in (python, abi, platform)))

    def expanded(self) -> tuple[str, ...]:
        """Return every single tag of the set, as the ``Tag`` lines of WHEEL list them."""
        return tuple(
            f"{python}-{abi}-{platform}"
            for python in self.pythons
            for abi in self.abis
            for platform in self.platforms
        )

    @property
    def is_for_free_threads(self) -> bool:
        """Whether a part of it is the stable ABI that free-threaded builds of CPython have."""
        return ABI3T in self.abis

    @property
    def is_pure(self) -> bool:
        """Whether the tag promises nothing about the platform."""
        return self.platforms == ("any",)

    @property
    def stable_abi_version(self) -> tuple[int, int] | None:
        """The oldest CPython of a stable ABI tag as (major, minor), or None."""
        if not {"abi3", ABI3T} & set(self.abis):
            return None
        versions = [parse_version(m[1]) for p in self.pythons if (m := re.fullmatch(r"cp(\d+)", p))]
        return min(versions, default=None)


PURE_TAG = WheelTag(("py3",), ("none",), ("any",))


def parse_version(digits: str) -> tuple[int, int]:
    """Split a version without dots into major and minor: ``312`` is (3, 12).

    :raises ValueError: it is not made of two or more digits.
    """
    return int(digits[0]), int(digits[1:])
