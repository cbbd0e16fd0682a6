"""Presets of the user, by which IDEs work in the build directory of the wheel.

What a configure command gave to CMake is read from the cache that it left, so that a preset sets
the same, also in a build directory that has been emptied. Source: cmake-presets(7), version 3 of
the format (CMake 3.21).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ..base.errors import Error, Problem
from ..base.masking import looks_secret
from ..base.records import dataclass
from ..project.cmake_lists import PRESETS, USER_PRESETS
from ..project.plan import CACHE_FOLDER
from .build_dir import PRELOAD_FILE, cached_entries
from .cache import NATIVE_INSTALL_DIR
from .commands import defined_names
from .find_python import INCLUDE_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..project.plan import Configuration

_VERSION = 3
# What is written by this program has this key among the vendors' data.
_VENDOR = "py-build-cmake/1"
_KINDS = ("configurePresets", "buildPresets")
# These and the names in the preload cache are what a configure command can set.
_GIVEN = (*INCLUDE_VARIABLES, NATIVE_INSTALL_DIR, "CMAKE_TOOLCHAIN_FILE")
_SET = re.compile(r"^ *set\(([A-Za-z_]\w*) ", re.MULTILINE)
COMPILE_COMMANDS = "compile_commands.json"


@dataclass(frozen=True)
class UserPreset:
    """A configure preset and a build preset of the same name, for one build directory."""

    name: str
    configure: Mapping[str, Any]
    build: Mapping[str, Any]


def user_preset(
    tag: str,
    configuration: Configuration,
    cmake: Path,
    variables: Mapping[str, str | None],
    jobs: int | None,
) -> UserPreset:
    """Return the presets for a configured build directory.

    ``tag`` is that of the wheel, ``variables`` are what the environment of CMake has besides the
    user's (None: what it lacks), ``jobs`` is how many compilers run. What looks like a secret is
    left out.
    """
    config = configuration.config
    name = f"py-build-cmake-{tag}" + (f"-{configuration.index}" if configuration.index else "")
    entries = cached_entries(configuration.build_dir)
    preload = configuration.build_dir / PRELOAD_FILE
    names = {*_GIVEN, *_SET.findall(preload.read_text("utf-8", errors="surrogateescape"))}
    names |= defined_names(config)
    given = {
        entry.name: {"type": entry.type, "value": _literal(entry.value)}
        for entry in entries.values()
        if entry.name in names and not looks_secret(entry.name)
    }

    def cached(name: str) -> str:
        return entries[name].value if name in entries else ""

    configure: dict[str, Any] = {
        "name": name,
        "displayName": f"Wheel for {tag}",
        "description": "Written by `py-build-cmake configure --preset-file`",
        **({"inherits": config.preset} if config.preset else {}),
        "cmakeExecutable": cmake.as_posix(),
        "generator": cached("CMAKE_GENERATOR"),
        "binaryDir": configuration.build_dir.as_posix(),
        "cacheVariables": {**given, "CMAKE_EXPORT_COMPILE_COMMANDS": "ON"},
        "environment": {
            name: None if value is None else _literal(value)
            for name, value in variables.items()
            if not looks_secret(name)
        },
        "vendor": {_VENDOR: {}},
    }
    for key, entry in (
        ("architecture", "CMAKE_GENERATOR_PLATFORM"),
        ("toolset", "CMAKE_GENERATOR_TOOLSET"),
    ):
        if cached(entry):
            configure[key] = cached(entry)
    build: dict[str, Any] = {"name": name, "configurePreset": name, "vendor": {_VENDOR: {}}}
    if config.config:
        build["configuration"] = config.config[0]
    if jobs:
        build["jobs"] = jobs
    if config.targets:
        build["targets"] = list(config.targets)
    if config.build_tool_args:
        build["nativeToolOptions"] = list(map(_literal, config.build_tool_args))
    return UserPreset(name, configure, build)


def _literal(text: str) -> str:
    """Return a text as presets have it, in which a dollar sign begins a macro."""
    return text.replace("$", "${dollar}")


def write_user_preset(source: Path, preset: UserPreset) -> Path:
    """Add a preset to the user's file in a source directory, or replace it there; return the file.

    Everything else in the file stays.

    :raises Error: a file cannot be read, or has a preset of this name that is not ours.
    """
    path = source / USER_PRESETS
    document: dict[str, Any] = _read(path) if path.exists() else {"version": _VERSION}
    shared = _read(source / PRESETS) if (source / PRESETS).exists() else {}
    for kind, ours in zip(_KINDS, (preset.configure, preset.build)):
        listed = document.setdefault(kind, [])
        same = [p for p in (*listed, *shared.get(kind, ())) if p.get("name") == preset.name]
        if any(_VENDOR not in p.get("vendor", {}) for p in same):
            raise Error.from_problems(
                [
                    Problem(
                        f"has a preset {preset.name!r} that py-build-cmake has not written",
                        str(path),
                        "give it another name",
                    )
                ]
            )
        if same:
            listed[listed.index(same[0])] = ours
        else:
            listed.append(ours)
    path.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as e:
        raise Error(f"presets cannot be read: {e}", where=str(path)) from None
    if isinstance(document, dict):
        lists = [document.get(kind, []) for kind in _KINDS]
        if all(isinstance(ls, list) and all(isinstance(p, dict) for p in ls) for ls in lists):
            return document
    raise Error(
        "presets cannot be read: the file must contain an object with lists of presets",
        where=str(path),
    )


def link_compile_commands(source: Path, build_dir: Path) -> str:
    """Link the compilation database of a build directory into a source directory, where clangd
    looks for it. A file there, or a link to elsewhere, is not replaced.

    Return what to tell the user if there is no link; empty if there is.
    """
    link, target = source / COMPILE_COMMANDS, build_dir / COMPILE_COMMANDS
    try:
        if link.is_symlink():
            before = link.parent / link.readlink()
            if before != target and CACHE_FOLDER not in before.parts:
                return f"{link} leads to {before}, and is kept"
            link.unlink()
        elif link.exists():
            return f"{link} is not a link, and is kept"
        link.symlink_to(target)
    except OSError as e:
        return f"{link} cannot be a link to {target}: {e.strerror}"
    return ""
