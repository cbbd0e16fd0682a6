"""What a compiler compiles for, as its target triplet names it, and whether a tag promises that.

Sources: ``config.sub`` of the GNU project for the names of machines, the documentation of LLVM's
``Triple``; what a platform tag promises is in :mod:`.promise`.
"""

from __future__ import annotations

import re

from ..base.records import dataclass
from .formats.report import BIONIC, GLIBC, MUSL
from .promise import machine_of_linux, promise_of

_MACHINES = {
    **{"powerpc64le": "ppc64le", "powerpc64": "ppc64", "powerpc": "ppc"},
    **{"arm64": "aarch64", "amd64": "x86_64"},
}
_WINDOWS = {"aarch64": "win_arm64", "x86_64": "win_amd64", "i686": "win32", "arm": "win_arm32"}
_SYSTEMS = (
    (r"mingw|windows|msvc|cygwin", "windows"),
    (r"darwin|macos", "macos"),
    (r"ios", "ios"),
    (r"emscripten|wasi|wasm", "emscripten"),
    (r"android", "android"),
    (r"freebsd", "freebsd"),
    (r"linux|gnu|musl", "linux"),
)


@dataclass(frozen=True)
class Target:
    """What a triplet says; parts that it does not tell are empty."""

    triplet: str
    machine: str
    system: str
    libc: str = ""
    float_abi: str = ""


def read_triplet(triplet: str) -> Target | None:
    """Read a target triplet, such as ``aarch64-linux-gnu``; None if it is not one."""
    first, *rest = triplet.strip().lower().split("-")
    name = re.sub(r"^arm(v\d.*|eb)?$", "armv7l", re.sub(r"^i[3-6]86$", "i686", first))
    if first.startswith("wasm"):
        machine: str | None = "wasm32"
    else:
        machine = machine_of_linux(_MACHINES.get(name, name))
    others = "-".join(rest)
    system = next((system for pattern, system in _SYSTEMS if re.search(pattern, others)), "")
    if machine is None or not system:
        return None
    libc = float_abi = ""
    if system == "android":
        libc = BIONIC
    elif system == "linux":
        libc = MUSL if "musl" in others else GLIBC if "gnu" in others else ""
        if machine == "arm" and "eabi" in others:
            float_abi = "hard" if "eabihf" in others else "soft"
    return Target(triplet.strip(), machine, system, libc, float_abi)


def misfit(target: Target, platform_tags: tuple[str, ...]) -> str:
    """Return why nothing that is compiled for a target keeps what the tags promise; or nothing.

    One tag of a set that fits is enough.
    """
    reasons = [_misfit(target, tag) for tag in platform_tags]
    return "" if not all(reasons) else reasons[0]


def _misfit(target: Target, tag: str) -> str:
    promise = promise_of(tag)
    if promise is None:
        return ""
    machine = target.machine
    if target.system == "windows":
        machine = _WINDOWS.get(machine, machine)
    elif target.system in ("macos", "ios") and machine == "aarch64":
        machine = "arm64"
    if target.system != promise.system.partition("-")[0]:
        return f"the tag {tag} is for {promise.system}, and {target.triplet} for {target.system}"
    if machine not in promise.machines:
        return f"the tag {tag} is for {' and '.join(sorted(promise.machines))}, not for {machine}"
    if target.libc and promise.libc and target.libc != promise.libc:
        return f"the tag {tag} is for {promise.libc}, not for {target.libc}"
    if target.float_abi and promise.float_abi and target.float_abi != promise.float_abi:
        return f"the tag {tag} is for {promise.float_abi} float, not for {target.float_abi} float"
    return ""
