"""What a build depends on, as the build tool and CMake recorded it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from .stamp import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .state import RecordedCommand, State

_INSTALLED = re.compile(r'file\(INSTALL DESTINATION "[^"]*" TYPE (\w+)[^"]*((?:\s*"[^"]*")+)')
_PROGRAM = re.compile(r"^CMAKE_MAKE_PROGRAM:\w+=(.*)$", re.MULTILINE)


def stamp_text(state: State, before: str, newest: int) -> str | None:
    """Return the stamp after a build, or None if the build has steps that always run.

    ``before`` is the snapshot of the roots from before the build, which is what was built.
    """
    if any(_always_runs(c, state) for c in state.commands if c.kind == "build"):
        return None
    elsewhere = snapshot([], _other_inputs(state), newest=newest)
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
        done = _ask(dry_run, command.cwd)
        return done is None or b"no work to do" not in done
    replies = Path(command.build_dir, ".cmake", "api", "v1", "reply")
    if (
        not any(replies.glob("codemodel-*.json"))
        or not Path(command.build_dir, "Makefile").exists()
    ):
        return True
    targets = (json.loads(path.read_text("utf-8")) for path in replies.glob("target-*.json"))
    return any(t.get("type") == "UTILITY" and not t.get("isGeneratorProvided") for t in targets)


def _other_inputs(state: State) -> list[str]:
    """Return the files outside of the project that the build depends on."""
    inside = tuple(f"{root}{os.sep}" for root in (*state.roots, *state.build_dirs))
    # A build environment is gone when its build ends; nothing in it can change.
    inside += tuple(f"{root}{os.sep}" for root in state.temporary)
    found = set()
    for directory in map(Path, state.build_dirs):
        listed = files_read(directory, is_ninja=state.is_ninja)
        for path in (*listed, *_installed(directory, inside)):
            normal = os.path.normpath(path)
            if not normal.startswith(inside) and "\n" not in normal:
                found.add(normal)
    return sorted(path for path in found if Path(path).is_file())


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
    return _ask([program[1] if program else "ninja", "-t", "deps"], str(build_dir))


def _ninja_deps(build_dir: Path) -> Iterator[str]:
    """Yield the headers that compilers reported to Ninja."""
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


def _cmake_inputs(build_dir: Path) -> Iterator[str]:
    """Yield the files that CMake read, except those that came with CMake (CMake file API)."""
    for path in (build_dir / ".cmake" / "api" / "v1" / "reply").glob("cmakeFiles-*.json"):
        reply = json.loads(path.read_text("utf-8"))
        for entry in reply["inputs"]:
            if not entry.get("isCMake") and not entry.get("isGenerated"):
                yield str(Path(reply["paths"]["source"], entry["path"]))


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


def _ask(command: list[str], cwd: str) -> bytes | None:
    """Return what a command prints, or None if it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
