"""Worker processes: started in groups of their own, watched, and always ended. A worker appends a
line of JSON to a file of events for every step of its build that begins. Its output goes to a log,
which this program does not parse.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..base.console import StepBegins
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# After an interrupt, CMake and its children end by themselves; if not, two stronger signals follow.
_PATIENCE = 5.0


@dataclass
class Worker:
    """A process that runs, and the file to which it writes its events."""

    process: subprocess.Popen[bytes]
    events: Path
    started: float
    step: str = ""
    _read: int = 0
    _rest: bytes = field(default=b"", repr=False)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    def steps(self) -> list[str]:
        """Return the steps that it announced since the last call; ``step`` is the last one."""
        try:
            with self.events.open("rb") as file:
                file.seek(self._read)
                data = self._rest + file.read()
                self._read = file.tell()
        except FileNotFoundError:  # The worker has not started yet.
            return []
        *complete, self._rest = data.split(b"\n")
        found = [str(StepBegins(**json.loads(line))) for line in complete]
        self.step = found[-1] if found else self.step
        return found


def write_event(events: Path, step: StepBegins) -> None:
    """Append a step that begins to the file of a worker's events."""
    with events.open("ab") as file:
        file.write(json.dumps(asdict(step)).encode() + b"\n")


def start(
    command: Sequence[str], cwd: Path, environ: Mapping[str, str], *, log: Path, events: Path
) -> Worker:
    """Start a process whose output goes to the file ``log``, and its events to ``events``.

    It leads a process group of its own, so that it can be ended with all that it started. The
    terminal's interrupt does not reach it, so this process passes interrupts on.
    """
    own_group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            **own_group,
        )
    return Worker(process, events, time.monotonic())


def end_all(workers: Iterable[Worker]) -> None:
    """Interrupt processes and their children, and do not return before they are gone."""
    workers = tuple(workers)
    for number in (signal.SIGINT, signal.SIGTERM, None):
        for worker in workers:
            _tell(worker.process, number)
        # Processes that have ended get no further signal.
        deadline = time.monotonic() + _PATIENCE
        while any(_lives(worker.process) for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
    for worker in workers:
        worker.process.wait()
        _close(worker.process.stdin)


def release(worker: Worker) -> int:
    """Return the exit status of a process that has ended."""
    status = worker.process.wait()
    _close(worker.process.stdin)
    return status


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process, or another one of its group, still runs."""
    if process.poll() is None:
        return True
    if sys.platform == "win32":
        return False
    try:
        os.killpg(process.pid, 0)
    except OSError:
        return False
    return True


def _tell(process: subprocess.Popen[bytes], number: signal.Signals | None) -> None:
    """Send a signal to the group of a process; None kills it."""
    with suppress(OSError):  # It is gone already.
        if sys.platform == "win32":
            if number is signal.SIGINT:
                process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                process.kill()
        elif _lives(process):
            os.killpg(process.pid, signal.SIGKILL if number is None else number)


def _close(stream: IO[bytes] | None) -> None:
    if stream:
        with suppress(OSError):
            stream.close()
