"""What a build depends on, as the build tool and CMake recorded it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from .stamp import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .state import RecordedCommand, State

_INSTALLED = re.compile(r'file\(INSTALL DESTINATION "[^"]*" TYPE (\w+)[^"]*((?:\s*"[^"]*")+)')
_FOUND = re.compile(r"^[\w.+-]+:FILEPATH=(.+)$", re.MULTILINE)
_PROGRAM = re.compile(r"^CMAKE_MAKE_PROGRAM:\w+=(.*)$", re.MULTILINE)
# The beginning of Ninja's log, with its version, and the bit that tells records of objects from
# paths. Source: deps_log.h of Ninja.
_NINJA_LOG = ".ninja_deps"
_NINJA_HEADER = b"# ninjadeps\n" + struct.pack("=I", 4)
_NINJA_IS_DEPENDENCIES = 1 << 31


def stamp_text(state: State, before: str, newest: int) -> str | None:
    """Return the stamp after a build, or None if the build has steps that always run.

    ``before`` is the snapshot of the roots from before the build, which is what was built.
    """
    if any(_always_runs(c, state) for c in state.commands if c.kind == "build"):
        return None
    others = [
        path
        for build_dir in state.build_dirs
        for path in other_inputs(
            Path(build_dir),
            [*state.roots, *state.build_dirs, *state.temporary],
            is_ninja=state.is_ninja,
        )
    ]
    elsewhere = snapshot([], sorted(set(others)), newest=newest)
    if elsewhere is None:
        return None
    roots, _, files = before.split("\n", 2)
    _, *others = elsewhere.split("\n")
    return "\n".join([roots, *others, files])


def _always_runs(command: RecordedCommand, state: State) -> bool:
    """Whether a second build would run a command, though nothing changed. Ninja tells that; with
    Make, targets that are not files count as such. If it is not known, the answer is yes.
    """
    if state.is_ninja:
        dry_run = [*command.argv, *([] if "--" in command.argv else ["--"]), "-n"]
        done = printed_by(dry_run, command.cwd)
        return done is None or b"no work to do" not in done
    replies = Path(command.build_dir, ".cmake", "api", "v1", "reply")
    if (
        not any(replies.glob("codemodel-*.json"))
        or not Path(command.build_dir, "Makefile").exists()
    ):
        return True
    targets = (json.loads(path.read_text("utf-8")) for path in replies.glob("target-*.json"))
    return any(t.get("type") == "UTILITY" and not t.get("isGeneratorProvided") for t in targets)


def other_inputs(build_dir: Path, inside: Iterable[str], *, is_ninja: bool) -> list[str]:
    """Return the files that a build depends on and that are not ``inside`` of directories: those
    of the project, those that builds write, and build environments, which are gone when their
    build ends.
    """
    others = tuple(f"{root}{os.sep}" for root in (*inside, build_dir))
    listed = (
        *files_read(build_dir, is_ninja=is_ninja),
        *_installed(build_dir, others),
        *_programs(build_dir),
    )
    found = {os.path.normpath(path) for path in listed}
    return sorted(
        path
        for path in found
        if not path.startswith(others) and "\n" not in path and Path(path).is_file()
    )


def files_read(build_dir: Path, *, is_ninja: bool) -> Iterator[str]:
    """Yield the files that compilers and CMake read, except those that came with CMake. A file may
    occur more than once, and some no longer exist.
    """
    if is_ninja:
        yield from _ninja_deps(build_dir)
    yield from _depfiles(build_dir)
    yield from _cmake_inputs(build_dir)


def ninja_deps(build_dir: Path) -> bytes | None:
    """Return what compilers reported to Ninja (``ninja -t deps``); None if that is not available.

    It has a line for each object, with what it was made of indented below.
    """
    cache = (build_dir / "CMakeCache.txt").read_text("utf-8", "replace")
    program = _PROGRAM.search(cache)
    return printed_by([program[1] if program else "ninja", "-t", "deps"], str(build_dir))


def ninja_paths(build_dir: Path) -> list[bytes] | None:
    """Return the paths that compilers ever reported to Ninja, and those of the objects, from its
    log; None if there is none, or if it is of another version.

    The log is a tenth of what ``ninja -t deps`` prints, and needs no process. It also has what is
    no longer built.
    """
    log = build_dir / _NINJA_LOG
    data = log.read_bytes() if log.is_file() else b""
    if not data.startswith(_NINJA_HEADER):
        return None
    found, at = [], len(_NINJA_HEADER)
    while at + 4 <= len(data):
        (size,) = struct.unpack_from("=I", data, at)
        at += 4
        if not size & _NINJA_IS_DEPENDENCIES:
            # A path, zeros up to a multiple of four bytes, and a checksum
            found.append(data[at : at + size - 4].rstrip(b"\0"))
        at += size & ~_NINJA_IS_DEPENDENCIES
    return found


def _ninja_deps(build_dir: Path) -> Iterator[str]:
    """Yield the headers that compilers reported to Ninja, at least those that count now."""
    logged = ninja_paths(build_dir)
    if logged is not None:
        yield from (str(build_dir / os.fsdecode(path)) for path in logged)
        return
    for line in (ninja_deps(build_dir) or b"").decode(errors="surrogateescape").splitlines():
        if line.startswith("    "):
            yield str(build_dir / line.strip())


def _depfiles(build_dir: Path) -> Iterator[str]:
    """Yield the headers in the files that compilers write for Make; Ninja removes most of them."""
    for path in build_dir.rglob("*.d"):
        if path.is_file():
            text = path.read_bytes().decode(errors="surrogateescape").replace("\\\n", " ")
            for word in re.split(r"(?<!\\)\s+", text.partition(": ")[2]):
                yield str(build_dir / word.replace("\\ ", " "))


def _programs(build_dir: Path) -> Iterator[str]:
    """Yield the programs and libraries that CMake found."""
    cache = build_dir / "CMakeCache.txt"
    text = os.fsdecode(cache.read_bytes()) if cache.exists() else ""
    yield from _FOUND.findall(text)


def _cmake_inputs(build_dir: Path) -> Iterator[str]:
    """Yield the files that CMake read, except those that came with CMake (CMake file API)."""
    for path in (build_dir / ".cmake" / "api" / "v1" / "reply").glob("cmakeFiles-*.json"):
        reply = json.loads(path.read_text("utf-8"))
        for entry in reply["inputs"]:
            if not entry.get("isCMake") and not entry.get("isGenerated"):
                yield str(Path(reply["paths"]["source"], entry["path"]))


def scripts(state: State) -> dict[str, str]:
    """Return the digests of the files of CMake's language that CMake read, by their paths.

    Files that builds wrote, and those of an environment that is gone, are left out.
    """
    others = tuple(f"{root}{os.sep}" for root in (*state.build_dirs, *state.temporary))
    found = (path for directory in state.build_dirs for path in _cmake_inputs(Path(directory)))
    return digests(
        path
        for path in found
        if path.endswith(("CMakeLists.txt", ".cmake")) and not path.startswith(others)
    )


def digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the digests of files, by their paths; of a file that is gone, it is empty."""
    return {
        path: hashlib.sha256(Path(path).read_bytes()).hexdigest() if os.path.isfile(path) else ""
        for path in paths
    }


def _installed(build_dir: Path, inside: tuple[str, ...]) -> Iterator[str]:
    """Yield the files outside of the build directory that install rules copy."""
    for script in build_dir.rglob("cmake_install.cmake"):
        text = script.read_bytes().decode(errors="surrogateescape")
        for kind, listed in _INSTALLED.findall(text):
            for path in re.findall(r'"([^"]*)"', listed):
                if kind != "DIRECTORY":
                    yield path
                elif not f"{path}/".startswith(inside):
                    yield from map(str, Path(path).rglob("*"))


def printed_by(command: list[str], cwd: str) -> bytes | None:
    """Return what a command prints, or None if it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
