"""The preload cache: the script given to ``cmake -C``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


# The prefix of the native pre-build, if there is one; both builds get it.
NATIVE_INSTALL_DIR = "PY_BUILD_CMAKE_NATIVE_INSTALL_DIR"


@dataclass(frozen=True)
class CacheEntry:
    """An entry of CMake's cache."""

    name: str
    value: str
    type: str = "STRING"


def preload_script(
    entries: Iterable[CacheEntry],
    policy_version: str,
    *,
    has_native_build: bool = False,
    more_lines: Iterable[str] = (),
) -> str:
    """Write the script that sets the entries in the cache, in place of earlier values."""
    lines = [
        f"cmake_minimum_required(VERSION {policy_version})",
        # Read the variable once, so that CMake does not warn that it is unused; or remove it.
        f'set(_native_install_dir "${{{NATIVE_INSTALL_DIR}}}")'
        if has_native_build
        else f"unset({NATIVE_INSTALL_DIR} CACHE)",
    ]
    lines += [f'set({e.name} {argument(e.value)} CACHE {e.type} "" FORCE)' for e in entries]
    lines += more_lines
    return "\n".join(lines) + "\n"


def argument(text: str) -> str:
    """Quote a text for CMake so that exactly this text arrives."""
    # CMake reads a carriage return before a newline as nothing; only an escape survives.
    return quoted_argument(text) if "\r" in text else bracket_argument(text)


def quoted_argument(text: str) -> str:
    """Quote a text for CMake with escapes. Source: cmake-language(7), quoted arguments."""
    escaped = re.sub(r'[\\"$@]', r"\\\g<0>", text).replace("\r", r"\r")
    return f'"{escaped}"'


def bracket_argument(text: str) -> str:
    """Quote a text for CMake so that nothing in it is interpreted.

    Source: cmake-language(7), bracket arguments. A newline right after the opening bracket is
    ignored, so one more is given.
    """
    longest = max((len(run) for run in re.findall(r"\](=*)(?=\]|$)", text)), default=0)
    fence = "=" * (longest + 1)
    newline = "\n" if text.startswith("\n") else ""
    return f"[{fence}[{newline}{text}]{fence}]"
