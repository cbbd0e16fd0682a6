"""What a compiler compiles for, as its target triplet names it, and whether a tag promises that.

Source: the documentation of LLVM's ``Triple``; what a platform tag promises is in
:mod:`.promise`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..platforms.machines import BIONIC, GLIBC, MUSL, machine_of_compiler
from .promise import promise_of, reported_name

if TYPE_CHECKING:
    from ..platforms.machines import Machine

_SYSTEMS = (
    (r"mingw|windows|msvc|cygwin", "windows"),
    (r"darwin|macos", "macos"),
    (r"iphonesimulator|ios.*simulator", "ios-simulator"),
    (r"ios|iphoneos", "ios"),
    (r"emscripten|wasi|wasm", "emscripten"),
    (r"android", "android"),
    (r"freebsd", "freebsd"),
    (r"linux|gnu|musl", "linux"),
)


@dataclass(frozen=True)
class Target:
    """What a triplet says; parts that it does not tell are empty."""

    triplet: str
    row: Machine | None
    system: str
    libc: str = ""
    float_abi: str = ""

    @property
    def machine(self) -> str:
        """The machine, as reports of files in the format ELF call it; empty if it is not known."""
        return self.row.elf_name if self.row else ""


def read_triplet(triplet: str) -> Target | None:
    """Read a target triplet, such as ``aarch64-linux-gnu``; None if it is not one."""
    target = parts_of_triplet(triplet)
    return target if target.row and target.system else None


def parts_of_triplet(triplet: str) -> Target:
    """Read the parts of a triplet that are known."""
    first, _, others = triplet.strip().lower().partition("-")
    row = machine_of_compiler(first)
    system = next((system for pattern, system in _SYSTEMS if re.search(pattern, others)), "")
    libc = float_abi = ""
    if system == "android":
        libc = BIONIC
    elif system == "linux":
        libc = MUSL if "musl" in others else GLIBC if "gnu" in others else ""
        if row and row.elf_name == "arm" and "eabi" in others:
            float_abi = "hard" if "eabihf" in others else "soft"
    return Target(triplet.strip(), row, system, libc, float_abi)


def misfit(target: Target, platform_tags: tuple[str, ...]) -> str:
    """Return why code for a target breaks the promise of one of the tags."""
    return next(filter(None, (_misfit(target, tag) for tag in platform_tags)), "")


def _misfit(target: Target, tag: str) -> str:
    promise = promise_of(tag)
    if promise is None or target.row is None:
        return ""
    if target.system.partition("-")[0] != promise.system.partition("-")[0]:
        return f"the tag {tag} is for {promise.system}, and {target.triplet} for {target.system}"
    machine = reported_name(target.row, promise.format)
    if machine not in promise.machines:
        return f"the tag {tag} is for {' and '.join(sorted(promise.machines))}, not for {machine}"
    if target.libc and promise.libc and target.libc != promise.libc:
        return f"the tag {tag} is for {promise.libc}, not for {target.libc}"
    if target.float_abi and promise.float_abi and target.float_abi != promise.float_abi:
        return f"the tag {tag} is for {promise.float_abi} float, not for {target.float_abi} float"
    return ""
