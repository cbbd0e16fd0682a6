"""Which tags installers accept, and what to write in place of those that none does.

Sources: ``packaging.tags``, which pip and uv go by; PEP 425, 513, 571, 599 and 600 (manylinux),
656 (musllinux), 730 (iOS), 738 (Android), 783 (Emscripten), 703 and 803 (free-threaded CPython);
the package index's rule for uploads, which knows the same machines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .machines import APPLE_GROUPS, FIRST_MACOS_ON_ARM64, GLIBC, MACHINES, MUSL, machine_named
from .pythons import (
    IMPLEMENTATIONS,
    STABLE_ABIS,
    combinations,
    implementation_named,
    parse_abi,
)
from .tags import LEGACY_GLIBC, PlatformTag, WheelTag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machines import Machine


BY_KEY = "set `wheel.allow_unknown_tags = true`"
BY_OPTION = "give `--allow-unknown-tags`"


@dataclass(frozen=True)
class Refusal:
    """Why a tag is refused, and what to write. One that ``is_unknown`` may still be right: it names
    something that this program does not know.
    """

    message: str
    hint: str
    is_unknown: bool = False

    def advice(self, way_out: str = BY_KEY) -> str:
        """Return the hint. If the tag may be right, it also says how to have it accepted."""
        if not self.is_unknown:
            return self.hint
        return f"{self.hint}; if it is right, {way_out}: the files are then not checked against it"


def _write(*tags: str) -> str:
    return f"write {' or '.join(map(repr, tags))}"


def _unknown(what: str, known: str) -> Refusal:
    return Refusal(f"py-build-cmake does not know {what}", known, is_unknown=True)


def refuse_platforms(text: str) -> list[Refusal]:
    """Return what is wrong with a compressed set of platform tags, such as ``cross.arch``."""
    # No tag begins with a digit: before one, a dot belongs to a version.
    return list(filter(None, map(refuse_platform, re.split(r"\.(?!\d)", text))))


def refuse_platform(text: str) -> Refusal | None:
    """Return why no installer accepts a platform tag; None if one does. ``any`` is no platform tag
    and is refused here; :func:`refuse_set` accepts it as the only member of a set.
    """
    lower = re.sub(r"[-. ]", "_", text.lower())
    for pattern, refuse in _SYSTEMS:
        if match := re.fullmatch(pattern, lower):
            refusal = refuse(text, match)
            break
    else:
        refusal = _refuse_other(text, lower)
    if refusal or text == lower:
        return refusal
    message = f"{text!r} is not a platform tag"
    if lower == text.lower():
        message = f"the tag {text!r} has capital letters, which installers never look for"
    return Refusal(message, _write(lower))


def _corrected(text: str, right: str, reason: str = "") -> Refusal | None:
    """Return the refusal of a tag that should be another; None if it is that one."""
    if text.lower() == right:
        return None
    return Refusal(
        f"{reason} ({text!r})" if reason else f"{text!r} is not a platform tag", _write(right)
    )


def _refuse_linux(text: str, match: re.Match[str]) -> Refusal | None:
    kind, legacy, numbers, name = match.group("kind", "legacy", "version", "machine")
    if not name:
        is_whole = kind and (legacy in LEGACY_GLIBC or "_" in (numbers or ""))
        right = f"{match.string.rstrip('_')}_x86_64" if is_whole else _EXAMPLES[kind]
        return Refusal(f"{text!r} names no machine", f"write it whole, for example {right!r}")
    row = machine_named(name.strip("_"))
    row = row if row and row.elf else None
    if kind == "many" and (row is None or row.first_glibc is None):
        names = ", ".join(row.name for row in MACHINES.values() if row.first_glibc)
        message = f"no installer looks for {text!r}: there are manylinux wheels for {names} only"
        return Refusal(message, _write(f"linux_{row.linux if row else name}"))
    if row is None:
        names = ", ".join(row.name for row in MACHINES.values() if row.elf and not row.uname)
        return _unknown(f"the machine {name!r} ({text})", f"the machines are {names}")
    reason = f"no Python calls a machine {name} on Linux" if name != row.linux else ""
    version = _libc_version(kind, legacy, numbers)
    if kind == "musl":
        return _refuse_musl(text, row.linux, version, reason)
    if kind or version:
        alias = legacy or numbers or ""
        return _refuse_manylinux(text, row, alias if kind else "", version, reason)
    return _corrected(text, f"linux_{row.linux}", reason)


_EXAMPLES = {"": "linux_x86_64", "many": "manylinux_2_28_x86_64", "musl": "musllinux_1_2_x86_64"}


def _libc_version(kind: str, legacy: str, numbers: str) -> tuple[int, ...]:
    """Return the version of a C library as it is written in a tag, also if it is wrong."""
    if kind == "many" and (alias := legacy or numbers) in LEGACY_GLIBC:
        return LEGACY_GLIBC[alias]
    return tuple(int(n) for n in f"{legacy}_{numbers or ''}".split("_") if n)


def _refuse_musl(text: str, machine: str, version: tuple[int, ...], reason: str) -> Refusal | None:
    if len(version) != 2:
        message = f"{text!r} does not say the version of {MUSL}, major and minor"
        return Refusal(message, f"write for example 'musllinux_1_2_{machine}'")
    if version[0] != 1:
        message = f"there is no musl {version[0]}.{version[1]}"
        other = f"manylinux_{version[0]}_{version[1]}_{machine}"
        return Refusal(message, f"write 'musllinux_1_2_{machine}', or {other!r} for glibc")
    return _corrected(text, "musllinux_{}_{}_{}".format(*version, machine), reason)


def _refuse_manylinux(
    text: str, row: Machine, alias: str, version: tuple[int, ...], reason: str
) -> Refusal | None:
    first, machine = row.first_glibc or (2, 17), row.linux
    if len(version) != 2 or version[0] != 2:
        message = f"{text!r} does not say the version of {GLIBC}, major and minor"
        oldest = max(first, (2, 28))
        return Refusal(message, "write for example 'manylinux_{}_{}_{}'".format(*oldest, machine))
    if version < first:
        reason = "glibc {}.{} is older than the first one for {}, {}.{}".format(
            *version, machine, *first
        )
        return Refusal(
            f"no installer accepts {text!r}: {reason}",
            _write("manylinux_{}_{}_{}".format(*first, machine)),
        )
    if alias in LEGACY_GLIBC:
        return _corrected(text, f"manylinux{alias}_{machine}", reason)
    return _corrected(text, "manylinux_{}_{}_{}".format(*version, machine), reason)


def _refuse_windows(text: str, match: re.Match[str]) -> Refusal | None:
    name, known = match["machine"], [row.windows for row in MACHINES.values() if row.windows]
    if name == "arm":
        return Refusal(f"{text!r} is not a platform tag", _write("win_arm64", "win_arm32"))
    row = machine_named({"32": "i686", "64": "x86_64"}.get(name, name))
    right = text.lower() if text.lower() in known else row.windows if row else ""
    if right:
        reason = "no Python calls its platform so"
        return _corrected(text, right, reason)
    if not name:
        return Refusal(f"{text!r} names no machine", _write(*known))
    return _unknown(f"the machine {name!r} ({text})", f"the tags are {', '.join(known)}")


_MAC_MACHINES = (*APPLE_GROUPS, "arm64", "x86_64", "i386", "ppc", "ppc64")


def _refuse_mac(text: str, match: re.Match[str]) -> Refusal | None:
    major, minor, name = match.group("major", "minor", "machine")
    row = machine_named(name or "")
    machine = name if name in APPLE_GROUPS else row.apple if row else ""
    if not name or not major:
        what = "machine" if not name else "version of macOS"
        example = f"macosx_11_0_{machine if machine in _MAC_MACHINES else 'arm64'}"
        return Refusal(f"{text!r} names no {what}", f"write it whole, for example {example!r}")
    if machine not in _MAC_MACHINES:
        names = ", ".join(_MAC_MACHINES)
        return _unknown(f"the machine {name!r} ({text})", f"Apple's machines are {names}")
    version = int(major), int(minor or 0)
    reason = f"no Python calls a machine {name} on macOS" if name != machine else ""
    if version < FIRST_MACOS_ON_ARM64 and machine == "arm64":
        right = "macosx_{}_{}_arm64".format(*FIRST_MACOS_ON_ARM64)
        return Refusal(
            f"no installer accepts {text!r}: macOS 11.0 is the first on arm64", _write(right)
        )
    if version < (10, 4) or (10, 16) < version < (11, 0):
        message = f"no installer accepts {text!r}: versions are 10.4 to 10.16, and 11 and newer"
        return Refusal(message, f"write for example 'macosx_10_13_{machine}'")
    if version[0] > 10 and version[1]:
        newer = f"macosx_{version[0] + 1}_0_{machine}"
        message = f"no installer accepts {text!r}: from macOS 11 on, tags have the minor version 0"
        return Refusal(message, _write(f"macosx_{version[0]}_0_{machine}", newer))
    return _corrected(text, "macosx_{}_{}_{}".format(*version, machine), reason)


def _refuse_ios(text: str, match: re.Match[str]) -> Refusal | None:
    major, minor, name, sdk = match.group("major", "minor", "machine", "sdk")
    row = machine_named(name or "")
    example = "write for example 'ios_13_0_arm64_iphoneos' or 'ios_13_0_x86_64_iphonesimulator'"
    if not (major and name and sdk):
        missing = "version" if not major else "SDK" if not sdk else "machine"
        return Refusal(f"{text!r} names no {missing}", example)
    if (
        row is None
        or row.apple not in ("arm64", "x86_64")
        or (row.apple, sdk) == ("x86_64", "iphoneos")
    ):
        return Refusal(f"there is no iOS for {name} with the SDK {sdk} ({text})", example)
    if int(major) < 12:
        message = f"no installer accepts {text!r}: iOS 12.0 is the first with a Python"
        return Refusal(message, _write(f"ios_12_0_{row.apple}_{sdk}"))
    return _corrected(text, f"ios_{int(major)}_{int(minor or 0)}_{row.apple}_{sdk}")


def _refuse_android(text: str, match: re.Match[str]) -> Refusal | None:
    level, name = match["level"], match["machine"]
    row = machine_named(name or "")
    abis = [row.android for row in MACHINES.values() if row.android]
    if not level or not name:
        what = "machine" if not name else "level of the API"
        return Refusal(f"{text!r} names no {what}", "write for example 'android_24_arm64_v8a'")
    if row is None or not row.android:
        message = f"there is no Android for the machine {name!r} ({text})"
        return Refusal(message, f"the machines are {', '.join(abis)}")
    if int(level) < 16:
        message = f"no installer accepts {text!r}: 16 is the first level with a Python"
        return Refusal(message, _write(f"android_16_{row.android}"))
    reason = f"no Python calls a machine {name} on Android" if name != row.android else ""
    return _corrected(text, f"android_{int(level)}_{row.android}", reason)


def _refuse_web(text: str, match: re.Match[str]) -> Refusal | None:
    kind, numbers, machine = match.group("kind", "version", "machine")
    parts = numbers.split("_") if numbers else []
    if machine == "wasm32" and len(parts) == (3 if kind == "emscripten" else 2):
        return _corrected(text, f"{kind}_{numbers}_wasm32")
    message = f"{text!r} is not a platform tag of Emscripten (PEP 783)"
    return Refusal(message, "write for example 'pyemscripten_2026_0_wasm32'")


def _refuse_other(text: str, lower: str) -> Refusal | None:
    """Check a tag of a system without a specification, or an incomplete tag."""
    if row := machine_named(lower):
        example = f"linux_{row.linux}" if row.elf else "pyemscripten_2026_0_wasm32"
        hint = f"write {example!r}, or another platform tag of the host system"
        return Refusal(f"{text!r} is an architecture, not a platform tag", hint)
    if not re.fullmatch(r"[a-z][a-z0-9]*_\w+", lower):
        hint = "write the platform tag of the host system, for example 'linux_aarch64'"
        if re.fullmatch(r"\d+_\w+|\d+", lower):
            hint = "a dot separates tags: write versions with underscores, as in macosx_11_0_arm64"
        return Refusal(f"{text!r} is not a platform tag", hint)
    tag = PlatformTag.parse(lower)
    if tag.machines and re.match(r"(free|open|net)bsd_\d+|dragonfly_\d+", lower):
        return None
    return _unknown(
        f"the system {tag.system!r} ({text})",
        "the systems are Linux, macOS, Windows, Android, iOS, Emscripten and the BSDs",
    )


_NUMBERS = r"(?P<version>\d+(?:_\d+)*?)??"
_SYSTEMS = (
    (
        rf"(?P<kind>many|musl|)linux(?P<legacy>\d*)_?{_NUMBERS}_?(?P<machine>[a-z]\w*|386)?",
        _refuse_linux,
    ),
    (r"win(?:dows)?_?(?P<machine>\w*)", _refuse_windows),
    (
        r"(?:macosx|macos|mac|osx|darwin)_?(?P<major>\d+)?_?(?P<minor>\d+)?_?"
        r"(?P<machine>[a-z]\w*)?",
        _refuse_mac,
    ),
    (
        r"(?:ios|iphoneos|iphonesimulator)_?(?P<major>\d+)?_?(?P<minor>\d+)?_?"
        r"(?P<machine>(?!iphone)[a-z]\w*?)?_?(?P<sdk>iphoneos|iphonesimulator)?",
        _refuse_ios,
    ),
    (r"android_?(?P<level>\d+)?_?(?P<machine>[a-z]\w*)?", _refuse_android),
    (
        rf"(?P<kind>pyemscripten|emscripten|pyodide|wasm)_?{_NUMBERS}_?(?P<machine>[a-z]\w*)?",
        _refuse_web,
    ),
)


def refuse_implementation(text: str) -> Refusal | None:
    """Return why python tags do not begin with the name of an implementation; None if they do."""
    row, known = implementation_named(text.lower()), ", ".join(row.tag for row in IMPLEMENTATIONS)
    if row is None:
        return _unknown(f"the Python {text!r}", f"the implementations are {known}")
    message = f"python tags do not call an implementation {text!r}"
    return None if row.tag == text else Refusal(message, _write(row.tag))


def refuse_python(text: str) -> Refusal | None:
    """Return why no installer accepts a python tag; None if one does."""
    match = re.fullmatch(r"([a-z]+)[-_. ]?([23]?)[-_. ]?(\d{0,2})([a-z\d]*)", text.lower())
    message, example = f"no installer accepts the python tag {text!r}", "py3"
    if match:
        name, major, minor, rest = match.groups()
        row = implementation_named(name)
        short = "py" if name in ("py", "python") else row.tag if row else name
        right = f"{short}{major}{minor}"
        if row is None and short != "py" and text == right and major and name not in _NO_PYTHONS:
            known = ", ".join(["py", *(row.tag for row in IMPLEMENTATIONS)])
            return _unknown(f"the Python {text!r}", f"python tags begin with {known}")
        is_whole = major and (minor or short in ("py", "pp"))
        is_known = row is not None or short == "py"
        if is_whole and not rest and is_known:
            return None if text == right else Refusal(message, _write(right))
        example = right if is_whole and is_known else "cp312" if short == "cp" else example
    return Refusal(message, f"write for example {example!r}; a dot separates tags")


_NO_PYTHONS = ("abi", "any", "none")


def refuse_abi(text: str) -> Refusal | None:
    """Return why no installer accepts an ABI tag; None if one does."""
    lower = re.sub(r"[-. ]", "_", text.lower())
    right, reason = _right_abi(lower)
    if right == (text,):
        return None
    if not right and re.fullmatch(r"(?!cp|pp|py|any|linux)[a-z]\w*", text):
        return _unknown(f"the ABI {text!r}", "ABI tags are cp312, pypy311_pp73, abi3 and the like")
    examples = right or ("cp312", "cp313t", "pypy311_pp73", "abi3", "none")
    return Refusal(f"no installer accepts the ABI tag {text!r}{reason}", _write(*examples))


def _right_abi(lower: str) -> tuple[tuple[str, ...], str]:
    """Return what a tag should be, as far as that can be told, and what is wrong with it."""
    if lower in ("none", *STABLE_ABIS):
        return (lower,), ""
    if abi := parse_abi(lower):
        if abi.implementation.name != "cpython":
            return (lower,), ""
        flags = _right_flags(abi.version_info, abi.flags)
        return (f"{abi.python_tag}{flags}",), _why_flags(abi.version_info, abi.flags)
    if guess := re.fullmatch(r"(?:cpython|python|py|cp)_?([23])_?(\d{1,2})([a-z]*)(?:_.*)?", lower):
        return (f"cp{guess[1]}{guess[2]}",), ""
    return (STABLE_ABIS if re.match(r"abi|stable|limited", lower) else ()), ""


def _right_flags(version: tuple[int, int], flags: str) -> str:
    """Return the flags that such a CPython can have, in the order of ABI tags."""
    possible = [("t", version >= (3, 13)), ("d", True), ("m", version < (3, 8))]
    possible.append(("u", version < (3, 3)))
    return "".join(flag for flag, exists in possible if exists and flag in flags)


def _why_flags(version: tuple[int, int], flags: str) -> str:
    if "t" in flags and version < (3, 13):
        return ": free-threaded builds exist from CPython 3.13 on"
    if "m" in flags and version >= (3, 8):
        return ": CPython has no flag m since 3.8"
    if "u" in flags and version >= (3, 3):
        return ": CPython has no flag u since 3.3"
    return ""


def refuse_set(tag: WheelTag) -> Iterator[tuple[str, Refusal]]:
    """Yield mistakes in the combination of valid parts of a tag, each with the part it is about."""
    pairs = combinations(tag)
    for python in tag.pythons:
        if python not in (p for p, _ in pairs):
            message = f"no Python looks for {python!r} with the ABI {' or '.join(tag.abis)}"
            hint = "a generic python tag goes with the ABI tag 'none' (`python_abi`)"
            yield "python_tag", Refusal(message, hint)
    # If no pair fits, the problem of the python tags has already said so.
    for abi in tag.abis if pairs else ():
        if abi not in (a for _, a in pairs):
            message = f"no Python looks for the ABI {abi!r} with {' or '.join(tag.pythons)}"
            yield "abi_tag", Refusal(message, "name the version of Python that the ABI is of")
    if "any" in tag.platforms:
        if len(tag.platforms) > 1:
            message = f"'any' beside {', '.join(p for p in tag.platforms if p != 'any')}"
            yield "platform_tag", Refusal(message, "write 'any' alone, or leave it out")
        elif any(abi != "none" for abi in tag.abis):
            message = f"no installer accepts the platform 'any' with the ABI {'.'.join(tag.abis)}"
            yield (
                "platform_tag",
                Refusal(message, "name the platforms, or set `python_abi` to 'none'"),
            )


REFUSE = {"python": refuse_python, "abi": refuse_abi, "platform": refuse_platform}


def refusals(tag: WheelTag) -> Iterator[Refusal]:
    """Yield everything that is wrong with a tag, as in the name of a wheel."""
    platforms = tuple(platform for platform in tag.platforms if platform != "any")
    for part, values in (("python", tag.pythons), ("abi", tag.abis), ("platform", platforms)):
        yield from filter(None, map(REFUSE[part], values))
    yield from (refusal for _, refusal in refuse_set(tag))
