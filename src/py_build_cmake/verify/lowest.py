"""The lowest platform tag that compiled files can honestly have.

Sources: PEP 600 for manylinux; for macOS the platform compatibility tags specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.machines import FIRST_MACOS_ON_ARM64, machine_named
from .checks.libraries import is_external
from .checks.system import keeps_machine
from .expectation import Circumstances
from .formats.report import ARCHIVE, BIONIC, MUSL, OBJECT
from .loader.manylinux import oldest_glibc
from .loader.promised import is_promised
from .loader.search import find_links
from .promise import promise_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .finding import FileReport
    from .loader.search import Links
    from .promise import Promise


@dataclass(frozen=True)
class LowestTags:
    """Platform tags, and what decided about them."""

    platforms: tuple[str, ...]
    reason: str


def lowest_tags(
    files: Iterable[FileReport],
    host_tags: Sequence[str],
    places: Iterable[str],
    circumstances: Circumstances | None = None,
) -> LowestTags:
    """Compute the tags for files that were built for a host system with these platform tags.

    Where files do not say what they need, as with musl and Windows, the host's tags remain.
    """
    reports = tuple(files)
    promise = promise_of(host_tags[0])
    unchanged = tuple(host_tags)
    linked = tuple(
        file
        for file in reports
        if promise
        and keeps_machine(file.binary, promise)
        and not file.binary.is_portable
        and file.binary.kind not in (OBJECT, ARCHIVE)
    )
    if promise is None or promise.system not in ("linux", "macos"):
        return LowestTags(unchanged, "files for this system do not say which version they need")
    if not linked:
        return LowestTags(unchanged, "there is no compiled file for this machine")
    if promise.system == "macos":
        return _mac(linked, promise) or LowestTags(unchanged, "no file names a version of macOS")
    if promise.libc == MUSL:
        return LowestTags(unchanged, "programs do not name the version of musl that they need")
    for file in linked:
        if file.binary.libc in (MUSL, BIONIC):
            reason = f"{file.place} is linked to {file.binary.libc}, whose version it does not name"
            return LowestTags(unchanged, reason)
    return _linux(linked, promise, find_links(reports, places, (promise,)), circumstances)


def _linux(
    files: Sequence[FileReport],
    promise: Promise,
    links: Links,
    circumstances: Circumstances | None,
) -> LowestTags:
    machine = promise.machine_name
    plain = (f"linux_{machine}",)
    row = machine_named(machine)
    if row is None or row.first_glibc is None:
        return LowestTags(plain, f"there are no manylinux tags for {machine}")
    lowest = row.first_glibc
    reason = "no file needs a newer one"
    external = (circumstances or Circumstances()).external_libraries
    for file in files:
        if obstacle := _obstacle(file, machine, links, external):
            return LowestTags(plain, f"{file.place} {obstacle}")
        inside = links.inside(file.place)
        needed = oldest_glibc(file.binary.versions, machine, inside)
        if needed is None:
            return LowestTags(plain, f"{file.place} needs a newer libstdc++ than any known tag")
        if needed > lowest:
            lowest, reason = needed, f"{file.place} needs that"
    return LowestTags((f"manylinux_{lowest[0]}_{lowest[1]}_{machine}",), reason)


def _obstacle(file: FileReport, machine: str, links: Links, external: tuple[str, ...]) -> str:
    """Return the reason why a file cannot be in any manylinux wheel; empty if it can."""
    if machine == "armv7l" and file.binary.float_abi == "soft":
        return "does not have the calling convention of that tag"
    promise = promise_of(f"manylinux_2_17_{machine}")
    for link in links.of(file.place):
        is_there = link.place or is_external(link.name, external)
        if not is_there and promise and not is_promised(link.name, promise):
            return f"needs {link.name}, which is neither in the wheel nor on every system"
    return ""


def _mac(files: Sequence[FileReport], promise: Promise) -> LowestTags | None:
    """Find the newest version that a file needs, per machine.

    Programs for arm64 need 11.0 at least, which does not concern those for x86_64.
    """
    lowest, reason = (0, 0), ""
    for file in files:
        for system in file.binary.systems:
            if system.machine not in promise.machines or system.system != "macos":
                continue
            is_implied = system.machine == "arm64" and system.version <= FIRST_MACOS_ON_ARM64
            if is_implied and len(promise.machines) > 1:
                continue
            version = max(system.version, FIRST_MACOS_ON_ARM64) if is_implied else system.version
            if version > lowest:
                lowest, reason = version, f"{file.place} needs {system}"
    if not reason:
        return None
    major, minor = lowest
    # From 11 on, minor versions do not appear in tags.
    machine = promise.tag.split("_", 3)[3]
    return LowestTags((f"macosx_{major}_{minor if major < 11 else 0}_{machine}",), reason)
