"""Whether a compiled file is for the machine and the system that the platform tags promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...platforms.machines import FIRST_MACOS_ON_ARM64, same_to_linux
from ..finding import Code, Severity, finding
from ..formats.report import BIONIC, GLIBC, MACH_O, MUSL, WASM
from ..loader.manylinux import oldest_glibc, too_new

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..expectation import Expectation
    from ..finding import FileReport, Finding
    from ..formats.report import BinaryReport
    from ..loader.manylinux import TooNew
    from ..promise import Promise

_LIBCS = {GLIBC: "glibc", MUSL: "musl", BIONIC: "the libc of Android"}
# What came before did not run on these machines.
_FIRST_WITH_ARM64 = {"macos": FIRST_MACOS_ON_ARM64, "ios-simulator": (14, 0)}
_SYMBOLS = 2
_LONGEST_SYMBOL = 40


def wrong_machine(file: FileReport, expected: Expectation) -> Finding | None:
    """Say so if a file is not for the machine of one of the platform tags: it needs to be for all.

    What a tag that is not known here promises cannot be compared; that excuses no other one.
    """
    binary = file.binary
    if "any" in expected.tag.platforms and expected.is_data:
        message = f"is {binary}, one of the files for several machines that are data here"
        return finding(Code.FOREIGN_DATA, file.place, message)
    if "any" in expected.tag.platforms:
        return finding(
            Code.BINARY_IN_ANY_WHEEL,
            file.place,
            f"is {binary}, but the wheel's tag {expected.tag} promises to work on every machine",
            "a wheel with compiled files has a platform in its tag: remove `wheel.pure_python`, or"
            " whatever puts the file into the wheel; if it is data, add it to"
            " `wheel.verify_ignore`",
        )
    promises = [promise for promise in expected.promises if promise is not None]
    if all(keeps_machine(binary, promise) for promise in promises):
        return None
    return _wrong_machine(file, promises)


def is_data_for_many(files: Sequence[FileReport]) -> bool:
    """Whether compiled files in a wheel for every machine can only be data for other programs.

    Such are the launchers of pip, setuptools and distlib: programs for several machines, of which
    no machine runs all. Whoever wants a library or a module for this machine has one for it alone,
    and what is installed as a script is run here.
    """
    machines = {(file.binary.format, file.binary.machines) for file in files}
    return len(machines) > 1 and not any(
        file.place.endswith((".so", ".pyd"))
        or file.binary.module
        or file.place.partition("/")[0].endswith(".data")
        for file in files
    )


def check_platform(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Compare a file, which is for the right machine, with what all platform tags promise."""
    for promise in expected.promises:
        if promise is None:
            continue
        found = tuple(_check_promise(file, promise, expected.links.inside(file.place)))
        yield from found
        if any(each.is_error for each in found):
            return


def check_side_module(file: FileReport, expected: Expectation) -> Iterator[Finding]:
    """Check that an extension module for WebAssembly is one, and not a program of its own."""
    is_module = file.binary.format == WASM and file.place.endswith(".so")
    if is_module and any(p and p.format == WASM for p in expected.promises):
        yield finding(
            Code.NOT_DYNAMIC,
            file.place,
            f"is {file.binary}, but not for dynamic linking, and no Python can load it",
            "link it with -sSIDE_MODULE=2; CMake does so for modules if the toolchain file sets"
            " TARGET_SUPPORTS_SHARED_LIBS",
        )


def keeps_machine(binary: BinaryReport, promise: Promise) -> bool:
    """Whether a file is for the machine: it may be for more machines than needed, not for less."""
    kinds = [same_to_linux(report.machines) for _, report in binary.members]
    machines = same_to_linux(binary.machines)
    if binary.format != MACH_O and any(not m <= promise.machines for m in kinds or [machines]):
        return False
    return binary.format == promise.format and machines >= promise.machines


def _wrong_machine(file: FileReport, promises: list[Promise]) -> Finding:
    binary = file.binary
    promised = " and ".join(dict.fromkeys(map(str, promises)))
    member = next(
        (name for name, r in binary.members if not all(keeps_machine(r, p) for p in promises)), ""
    )
    what = f"is {binary}" + (f" (its member {member})" if member else "")
    return finding(
        Code.WRONG_MACHINE,
        file.place,
        f"{what}, but the wheel promises {promised}",
        _machine_hint(binary, promises),
    )


def _machine_hint(binary: BinaryReport, promises: list[Promise]) -> str:
    if binary.format not in {promise.format for promise in promises}:
        return (
            "it is for another operating system: was it copied ready-made, or is the toolchain"
            " file not in use?"
        )
    slices = frozenset({"arm64", "x86_64"})
    if any(promise.machines == slices for promise in promises) and binary.machines < slices:
        return (
            "a universal2 wheel needs both in every file: set ARCHFLAGS='-arch arm64 -arch x86_64'"
            " (or CMAKE_OSX_ARCHITECTURES), or give the wheel the tag of the one machine"
        )
    return (
        "likely, the compiler of another machine made it: see CMAKE_<LANG>_COMPILER in the"
        " toolchain file; or it was copied ready-made"
    )


def _check_promise(
    file: FileReport, promise: Promise, provided: frozenset[str]
) -> Iterator[Finding]:
    yield from _check_float_abi(file, promise)
    wrong = next(iter((*_check_system(file, promise), *_check_libc(file, promise))), None)
    if wrong:
        yield wrong
        return
    yield from _check_minimum_version(file, promise)
    if promise.libc == GLIBC and promise.version:
        yield from _check_symbols(file, promise, promise.version, provided)


def _check_float_abi(file: FileReport, promise: Promise) -> Iterator[Finding]:
    binary = file.binary
    wrong = [r for _, r in binary.members if _float_abi_differs(r, promise)]
    if wrong or _float_abi_differs(binary, promise):
        yield finding(
            Code.WRONG_FLOAT_ABI,
            file.place,
            f"is {(wrong or [binary])[0]}, but {promise.tag} promises {promise.float_abi} float",
            "programs with different floating point calling conventions do not fit together:"
            " compile it with the one of the distribution (-mfloat-abi, -mabi)",
        )


def _float_abi_differs(binary: BinaryReport, promise: Promise) -> bool:
    return bool(promise.float_abi and binary.float_abi and binary.float_abi != promise.float_abi)


def _check_system(file: FileReport, promise: Promise) -> Iterator[Finding]:
    """Check the operating system, as far as the file says it."""
    binary = file.binary
    for machine in sorted(promise.machines):
        systems = {s.system for s in binary.systems if s.machine == machine}
        systems = systems or ({binary.system} if binary.system else set())
        # Termux has the libc of Android, and calls its platform Linux.
        is_open = promise.system == "linux" and not promise.libc and systems == {"android"}
        if systems and promise.system not in systems and not is_open:
            yield finding(
                Code.WRONG_SYSTEM,
                file.place,
                f"is {binary} and {' and '.join(sorted(systems))}, but {promise.tag} promises"
                f" {promise.system}",
                "it was compiled for another operating system or SDK: see CMAKE_SYSTEM_NAME and"
                " CMAKE_OSX_SYSROOT in the toolchain file",
            )
            return


def _check_libc(file: FileReport, promise: Promise) -> Iterator[Finding]:
    binary = file.binary
    is_linux = promise.system in ("linux", "android")
    if not binary.libc or (is_linux and promise.libc in ("", binary.libc)):
        return
    promised = _LIBCS.get(promise.libc, promise.system)
    yield finding(
        Code.WRONG_LIBC,
        file.place,
        f"is linked to {_LIBCS[binary.libc]}{_evidence(binary)}, but {promise.tag} promises"
        f" {promised}",
        "the compiler was made for another libc than the tag is for: use the one of the system"
        " that the tag names, or another tag",
    )


def _evidence(binary: BinaryReport) -> str:
    names = [
        n
        for n in (*binary.needed, binary.interpreter)
        if n.rpartition("/")[2].startswith(("libc.", "ld-", "ld.", "ld64.", "linker"))
    ]
    return f" ({names[0]})" if names else ""


def _check_minimum_version(file: FileReport, promise: Promise) -> Iterator[Finding]:
    """Check the oldest version of macOS, iOS or Android that a file runs on."""
    if promise.version is None:
        return
    for system in file.binary.systems:
        if system.system != promise.system or system.machine not in promise.machines:
            continue
        allowed = promise.version
        found = system.version
        if system.system == "macos":
            allowed, found = _mac_version(allowed), _mac_version(found)
        if system.machine.startswith("arm64"):
            allowed = max(allowed, _FIRST_WITH_ARM64.get(system.system, allowed))
        if found <= allowed:
            continue
        # From macOS 11 on, tags have no minor versions.
        is_expressible = system.system != "macos" or found[0] > allowed[0] or found[0] < 11
        yield finding(
            Code.NEWER_SYSTEM,
            file.place,
            f"is for {system} or newer ({system.machine}), but {promise.tag} promises"
            f" {allowed[0]}" + ("" if system.system == "android" else f".{allowed[1]}"),
            "compile it for the older version (MACOSX_DEPLOYMENT_TARGET,"
            " CMAKE_OSX_DEPLOYMENT_TARGET, ANDROID_PLATFORM), or give the wheel the newer tag",
            Severity.ERROR if is_expressible else Severity.WARNING,
        )


def _mac_version(version: tuple[int, int]) -> tuple[int, int]:
    """Return the version under its true name: 10.16 was what old programs were told of 11."""
    return max(version, (11, 0)) if version >= (10, 16) else version


def _check_symbols(
    file: FileReport, promise: Promise, glibc: tuple[int, int], provided: frozenset[str]
) -> Iterator[Finding]:
    """Check the versions of the symbols of glibc and of the libraries of GCC."""
    found = too_new(file.binary.versions, glibc, provided)
    if not found:
        return
    oldest = oldest_glibc(file.binary.versions, promise.machine_name, provided)
    right = f"manylinux_{oldest[0]}_{oldest[1]}_{promise.machine_name}" if oldest else ""
    tag = f" `{right}` would be right;" if right else ""
    yield finding(
        Code.NEWER_SYMBOLS,
        file.place,
        f"needs {', '.join(map(_describe, found))}; {promise.tag} allows"
        f" {' and '.join(item.allowed for item in found)}",
        "it was linked to newer libraries than the tag promises:"
        f"{tag} or link it to older ones (an image or a sysroot of the old distribution)",
    )


def _describe(item: TooNew) -> str:
    version = item.version
    symbols = (
        symbol if len(symbol) <= _LONGEST_SYMBOL else f"{symbol[:_LONGEST_SYMBOL]}..."
        for symbol in version.symbols[:_SYMBOLS]
    )
    what = f"{version.name} of {version.library}"
    return f"{what} for {', '.join(symbols)}" if version.symbols else what
