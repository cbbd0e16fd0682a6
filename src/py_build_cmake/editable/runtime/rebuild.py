"""Rebuilding an editable install with the commands that built it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable

from .dependencies import stamp_text
from .execution import missing_tools, run_command, with_substitutes
from .links import mirror
from .lock import hold_lock
from .outputs import put, with_stub_package
from .stamp import is_fresh, recent, snapshot, stamp_file, write_stamp
from .state import (
    BuildFailed,
    RecordedCommand,
    State,
    configured_as,
    memory_of,
    unfinished_mark,
)

_NO = ("", "0", "false", "no", "off")


def rebuild_for_import(state_file: str, name: str) -> None:
    """Rebuild what changed, as the first import of a package does.

    :raises ImportError: that failed.
    """
    verbose = os.environ.get("PY_BUILD_CMAKE_EDITABLE_VERBOSE", "").lower() not in _NO
    try:
        rebuild_install(Path(state_file), verbose=verbose)
    except (BuildFailed, OSError) as e:
        raise ImportError(
            f"{name!r} is an editable install, and could not be rebuilt: {e}\n"
            f"    Set PY_BUILD_CMAKE_EDITABLE_SKIP={name} to import what was built before.",
            name=name,
        ) from None


def rebuild_install(state_file: Path, *, verbose: bool = False, force: bool = False) -> None:
    """Build and install again, unless nothing changed.

    The output of the commands goes to the log, and to standard error if ``verbose``. With
    ``force``, the commands run even if nothing seems to have changed.

    :raises BuildFailed: a command failed, or what is needed is gone.
    :raises OSError: a file cannot be read or written.
    """
    state = State.read(state_file)

    def say(message: str) -> None:
        print(f"py-build-cmake: {state.name}: {message}", file=sys.stderr, flush=True)

    with hold_lock(Path(state.lock), say, say) as descriptor:
        # Another process may have rebuilt it while this one waited.
        if force or not is_fresh(str(state_file)):
            start = time.monotonic()
            changed = _rebuild(state_file, State.read(state_file), verbose, descriptor, say)
            if changed or verbose:
                count = f"{len(changed)} file{'s' if len(changed) != 1 else ''} changed"
                say(f"rebuilt, {count} ({time.monotonic() - start:.1f} s)")


def _rebuild(
    state_file: Path, state: State, verbose: bool, descriptor: int, say: Callable[[str], None]
) -> list[str]:
    newest = recent()
    before = snapshot(state.roots, [], newest=newest)
    substitutes = missing_tools(state)
    if substitutes:
        state = with_substitutes(state, substitutes)
    marks = [unfinished_mark(build_dir) for build_dir in state.build_dirs]
    was_killed = any([begin(state_file), *(mark.exists() for mark in marks)])
    is_other = any(configured_as(name) != how for name, how in state.configured.items())
    if is_other:
        _forget(state)
    needed = _needed(state, configure=bool(substitutes) or is_other, clean=was_killed or is_other)
    for mark in marks:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    with Path(state.log).open("wb") as log:
        for command in needed:
            if command.kind == "configure":
                # The next build of a wheel has to notice that the configuration has changed.
                memory_of(command.build_dir).unlink(missing_ok=True)
            try:
                run_command(command, state, descriptor, log, say if not verbose else None)
            except (BuildFailed, KeyboardInterrupt):
                # A command that fails or is interrupted leaves no half-written files.
                for mark in (_marker(state_file), *marks):
                    mark.unlink(missing_ok=True)
                raise
    for mark in marks:
        mark.unlink(missing_ok=True)
    changed = put(_installed(state), Path(state.tree))
    if state.source:
        mirror(state.source, str(Path(state.tree, Path(state.source).name)))
    if substitutes or is_other:
        # The build works with the present programs, so the advice is no longer needed.
        configured = {build_dir: configured_as(build_dir) for build_dir in state.configured}
        advice = [] if substitutes else state.advice
        state = replace(state, advice=advice, configured=configured)
        state.write(state_file)
    end(state_file, state, before, newest)
    return changed


def begin(state_file: Path) -> bool:
    """Record that a build is running; return whether an earlier one was killed. From now on,
    imports treat the old build as out of date.
    """
    Path(stamp_file(str(state_file))).unlink(missing_ok=True)
    marker = _marker(state_file)
    was_killed = marker.exists()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return was_killed


def end(state_file: Path, state: State, before: str | None, newest: int) -> None:
    """Record that a build of the files in the snapshot ``before`` is complete."""
    text = stamp_text(state, before, newest) if before is not None else None
    if text is not None:
        write_stamp(str(state_file), text)
    _marker(state_file).unlink(missing_ok=True)


def _forget(state: State) -> None:
    """Remove from CMake's cache what a build of a wheel, with other options, has set."""
    for build_dir in state.build_dirs:
        Path(build_dir, "CMakeCache.txt").unlink(missing_ok=True)
        shutil.rmtree(Path(build_dir, "CMakeFiles"), ignore_errors=True)


def _marker(state_file: Path) -> Path:
    return state_file.with_name(f"{state_file.name}.building")


def _needed(state: State, *, configure: bool, clean: bool) -> list[RecordedCommand]:
    """Return the commands to run; ``clean`` is whether a killed build may have left files."""
    staging = Path(state.staging)
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    needed = []
    for command in state.commands:
        if command.kind == "configure":
            # The build command configures a configured directory again if that is needed.
            if configure or not Path(command.build_dir, "CMakeCache.txt").exists():
                needed.append(command)
        elif command.kind == "build" and clean and not state.is_ninja:
            # Make treats a half-written object file as up to date; Ninja keeps a log.
            where = command.argv.index("--") if "--" in command.argv else len(command.argv)
            argv = [*command.argv[:where], "--clean-first", *command.argv[where:]]
            needed.append(replace(command, argv=argv))
        else:
            needed.append(command)
    return needed


def _installed(state: State) -> dict[str, Path]:
    """Return the files of the tree, by their places."""
    staging, tree = Path(state.staging), Path(state.tree)
    files = {place: tree / place for place in state.kept if (tree / place).is_file()}
    for path in staging.rglob("*"):
        place = path.relative_to(staging).as_posix()
        if path.is_file() and not place.startswith(tuple(state.not_modules)):
            files[place] = path
    if state.stub_package:
        return with_stub_package(files, state.name, staging)
    return files
