"""Running the commands of a build, quietly, with substitutes for programs that no longer exist.

A front end that isolates builds removes their environment afterwards. Then CMake has to configure
again, with programs that exist.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from shlex import join
from typing import IO, TYPE_CHECKING, Any, Callable

from .state import BuildFailed, RecordedCommand, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .state import RecordedCommand, State


_PATIENCE = 2.0  # seconds, before the user is told that something is built
_LINES = 12  # of the output of a failed command
_ERROR = re.compile(r"\berror\b|CMake Error|undefined reference", re.IGNORECASE)


def run_command(
    command: RecordedCommand,
    state: State,
    descriptor: int,
    log: IO[bytes],
    say: Callable[[str], None] | None,
) -> None:
    """Run one command; its output goes to the log.

    Without ``say``, which tells the user when it takes long, the output goes to standard error,
    too. The command inherits the ``descriptor`` of the lock.

    :raises BuildFailed: the command failed.
    """
    log.write(f"+ {state.shown(join(command.argv))}\n".encode(errors="surrogateescape"))
    log.flush()
    begin = log.tell()
    environ = {k: v for k, v in os.environ.items() if k not in command.unset}
    environ.update(command.environ, PY_BUILD_CMAKE_BUILD_HOOK=state.name)
    more: dict[str, Any] = {"pass_fds": (descriptor,)} if os.name == "posix" else {}
    try:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log if say else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **more,
        )
    except OSError as e:
        raise BuildFailed(f"{command.purpose} could not be started: {e}") from None
    with process:
        try:
            if say is None:
                _echo(process, command, log, state)
            else:
                _wait(process, say, state)
        except KeyboardInterrupt:
            # The command was interrupted, too, and removes unfinished files.
            while process.stdout and process.stdout.read(1 << 16):
                pass
            process.wait()
            raise
    if process.returncode != 0:
        output = Path(state.log).read_bytes()[begin:].decode(errors="replace")
        raise BuildFailed(
            f"{command.purpose} failed (exit status {process.returncode})\n"
            f"{state.shown(first_lines(output))}\n"
            f"    command: cd {join([command.cwd])} && {state.shown(join(command.argv))}\n"
            f"    log: {state.log}" + "".join(f"\n    {line}" for line in state.advice)
        )


def first_lines(output: str) -> str:
    """Return the lines of an output from the first error on."""
    lines = output.splitlines()
    errors = [number for number, line in enumerate(lines) if _ERROR.search(line)]
    begin = errors[0] if errors else max(len(lines) - _LINES, 0)
    return "\n".join(f"    {line}" for line in lines[begin : begin + _LINES])


def _wait(process: subprocess.Popen[bytes], say: Callable[[str], None], state: State) -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        say(f"rebuilding; the output is in {state.log}")
        process.wait()


def _echo(
    process: subprocess.Popen[bytes], command: RecordedCommand, log: IO[bytes], state: State
) -> None:
    print(f"+ {state.shown(join(command.argv))}", file=sys.stderr, flush=True)
    assert process.stdout is not None
    for line in process.stdout:
        log.write(line)
        sys.stderr.write(state.shown(line.decode(errors="replace")))
        sys.stderr.flush()
    log.flush()


def missing_tools(state: State) -> dict[str, str]:
    """Return the programs and directories that no longer exist, with their substitutes. :raises
    BuildFailed: there is no substitute.
    """
    substitutes = {}
    for name, path in state.tools.items():
        if not path or Path(path).exists():
            continue
        found = _this_python(state) if name == "python" else _find(name)
        if found is None:
            lines = [f"{path}, which built it, is gone, and there is no other {name}"]
            raise BuildFailed("\n    ".join([*lines, *state.advice]))
        substitutes[path] = found
    for directory in state.temporary:
        if not Path(directory).exists():
            substitutes[directory] = sys.prefix
    return substitutes


def with_substitutes(state: State, substitutes: Mapping[str, str]) -> State:
    """Return the state with other paths, also in the texts that CMake is given."""
    text = json.dumps(asdict(state))
    for old, new in substitutes.items():
        text = text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    contents = json.loads(text)
    contents["temporary"] = [path for path in state.temporary if path not in substitutes]
    commands = [RecordedCommand(**command) for command in contents.pop("commands")]
    return State(commands=commands, **contents)


def _this_python(state: State) -> str | None:
    version = "{}.{}".format(*sys.version_info)
    return sys.executable if version == state.python_version else None


def _find(name: str) -> str | None:
    """Find a program on ``PATH``, or beside the interpreter."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name) or shutil.which(name, path=beside)
