"""Rebuilding an editable install with the commands that built it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from .afresh import start_afresh
from .dependencies import digests, scripts, stamp_text
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
from .times import begin_build, remember_times, unnoticed

if TYPE_CHECKING:
    from collections.abc import Sequence

# In place of a record, while CMake configures.
_UNFINISHED = "unfinished"
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


def rebuild_install(
    state_file: Path, *, verbose: bool = False, force: bool = False, fresh: bool = False
) -> None:
    """Build and install again, unless nothing changed.

    The output of the commands goes to the log, and to standard error if ``verbose``. With
    ``force``, the commands run even if nothing seems to have changed; with ``fresh``, they begin in
    an emptied build directory.

    :raises BuildFailed: a command failed, or what is needed is gone.
    :raises OSError: a file cannot be read or written.
    """
    state = State.read(state_file)

    def say(message: str) -> None:
        print(f"py-build-cmake: {state.name}: {message}", file=sys.stderr, flush=True)

    with hold_lock(Path(state.lock), say, say) as descriptor:
        # Another process may have rebuilt it while this one waited.
        if force or fresh or not is_fresh(str(state_file)):
            start = time.monotonic()
            state = State.read(state_file)
            tell = None if verbose else say
            changed = _rebuild(state_file, state, tell, descriptor, fresh=fresh)
            if changed or verbose:
                count = f"{len(changed)} file{'s' if len(changed) != 1 else ''} changed"
                say(f"rebuilt, {count} ({time.monotonic() - start:.1f} s)")


def _rebuild(
    state_file: Path,
    state: State,
    tell: Callable[[str], None] | None,
    descriptor: int,
    *,
    fresh: bool,
) -> list[str]:
    """Run the commands; ``tell`` is told when it takes long, and without it all is shown."""
    newest = recent()
    before = snapshot(state.roots, [], newest=newest)
    begun = begin_build(state.roots)
    substitutes = missing_tools(state)
    if substitutes:
        state = with_substitutes(state, substitutes)
    marks = [unfinished_mark(build_dir) for build_dir in state.build_dirs]
    was_killed = any([begin(state_file), *(mark.exists() for mark in marks)])
    is_afresh = _start_afresh(state, fresh=fresh, was_killed=was_killed)
    if configures := is_afresh or bool(substitutes):
        _give(state, state_file)
    needed = _needed(state, configure=configures, clean=was_killed and not is_afresh)
    _run(needed, state, tell, descriptor, [_marker(state_file), *marks])
    for mark in marks:
        mark.unlink(missing_ok=True)
    changed = put(_installed(state), Path(state.tree))
    if state.source:
        mirror(state.source, str(Path(state.tree, Path(state.source).name)))
    for command in state.commands:
        if command.kind == "configure":
            remember_times(
                command.build_dir,
                begun,
                environ={**os.environ, **command.environ},
                temporary=state.temporary,
            )
    after = replace(
        state,
        # The build works with the present programs, so the advice is no longer needed.
        advice=[] if substitutes else state.advice,
        configured={build_dir: configured_as(build_dir) for build_dir in state.configured},
        scripts=scripts(state),
    )
    if configures or after != state:
        after.write(state_file)
    end(state_file, after, before, newest)
    return changed


def _run(
    commands: Sequence[RecordedCommand],
    state: State,
    tell: Callable[[str], None] | None,
    descriptor: int,
    marks: Sequence[Path],
) -> None:
    """Run the commands. While they run, the ``marks`` exist, and longer if this process is killed;
    a command that fails or is interrupted leaves no half-written files.
    """
    for mark in marks:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    with Path(state.log).open("wb") as log:
        _protect(Path(state.log), state)
        for command in commands:
            if command.kind == "configure":
                # The next build of a wheel has to notice that the configuration has changed.
                memory_of(command.build_dir).unlink(missing_ok=True)
            try:
                run_command(command, state, descriptor, log, tell)
            except (BuildFailed, KeyboardInterrupt):
                for mark in marks:
                    mark.unlink(missing_ok=True)
                raise
            finally:
                _protect(Path(command.build_dir, "CMakeCache.txt"), state)


def _protect(path: Path, state: State) -> None:
    """Let only its owner read a file, if there are secrets that may be in it."""
    if state.hidden and path.exists():
        path.chmod(0o600)


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


def _start_afresh(state: State, *, fresh: bool, was_killed: bool) -> bool:
    """Empty the build directories if they cannot be used further; return whether that is so.

    CMake keeps values of earlier scripts, and of wheels with other options.
    """
    now = {name: configured_as(name) for name in state.configured}
    # Where no record is left, only this install has configured.
    is_other = any(how not in ("", state.configured[name]) for name, how in now.items())
    changes = [unnoticed(build_dir) for build_dir in state.build_dirs]
    loses_objects = fresh or is_other or not all(c.keeps_objects for c in changes)
    is_edited = digests(state.scripts) != state.scripts or any(map(str, changes))
    if not (loses_objects or is_edited or now != state.configured):
        return False
    for build_dir in state.build_dirs:
        start_afresh(
            Path(build_dir),
            ours=state.ours,
            is_owned=build_dir in state.owned,
            objects=None if loses_objects or was_killed else state.objects,
        )
    return True


def _give(state: State, state_file: Path) -> None:
    """Write the files that CMake is given when it configures, and record that it begins."""
    replace(state, configured=dict.fromkeys(state.configured, _UNFINISHED)).write(state_file)
    for name, text in state.given.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))


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
