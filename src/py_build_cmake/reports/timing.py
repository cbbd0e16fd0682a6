"""When the steps of builds began and ended, and what Ninja says of each file that it made."""

from __future__ import annotations

import time
from dataclasses import field
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..wheels.jobs import Outcome
    from ..wheels.processes import Worker
    from ..wheels.run import Progress

_LOG = ".ninja_log"
_FIELDS = 5
_NANOSECONDS = 10**9


@dataclass(frozen=True)
class Span:
    """A step. ``begin`` and ``end`` are in seconds since the whole build began."""

    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass(frozen=True)
class Made:
    """A file that Ninja made in a build of a target, and how long that took."""

    target: str
    file: str
    seconds: float


@dataclass
class Clock:
    """Notes when the steps of each target begin. A step ends when the next one of it begins."""

    began: float = field(default_factory=time.monotonic)
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)
    _spans: dict[str, list[Span]] = field(default_factory=dict)

    def note(self, target: str, step: str) -> None:
        """Note that a step of a target begins now."""
        now = self._end(target)
        self._open[target] = (step, now)

    def end(self, target: str) -> None:
        """Note that the last step of a target has ended."""
        self._end(target)

    @property
    def running(self) -> frozenset[str]:
        """The targets whose last step has not ended."""
        return frozenset(self._open)

    @property
    def spans(self) -> Mapping[str, Sequence[Span]]:
        """The steps that have ended, by their targets."""
        return self._spans

    def _end(self, target: str) -> float:
        now = time.monotonic() - self.began
        if before := self._open.pop(target, None):
            name, begin = before
            self._spans.setdefault(target, []).append(Span(name, begin, now))
        return now


@dataclass
class TimedProgress:
    """Notes the steps of many builds, and passes all events on."""

    inner: Progress
    clock: Clock

    def started(self, name: str) -> None:
        """Note that a build began."""
        self.clock.note(name, "start")
        self.inner.started(name)

    def step(self, name: str, step: str) -> None:
        """Note that a build announced a step."""
        self.clock.note(name, step)
        self.inner.step(name, step)

    def tick(self, running: Mapping[str, Worker], waiting: Sequence[str]) -> None:
        """Note what has ended. A native pre-build is not a target, and has no outcome."""
        for name in self.clock.running - set(running):
            self.clock.end(name)
        self.inner.tick(running, waiting)

    def finished(self, outcome: Outcome) -> None:
        """Note that a build ended."""
        self.clock.end(outcome.job)
        self.inner.finished(outcome)


def made_by_ninja(target: str, build_dirs: Iterable[Path], since: float) -> Iterator[Made]:
    """Yield what Ninja made in build directories since a time, in seconds since the epoch.

    Source: "The Ninja log" in Ninja's manual; since version 5 of the file, a line has the begin
    and the end in milliseconds since Ninja was started, the time of the file in nanoseconds since
    the epoch, its name, and a hash. A file that was not touched has an older time: it is left out.
    """
    for build_dir in build_dirs:
        log = build_dir / _LOG
        if not log.is_file():
            continue
        lines = log.read_text("utf-8", errors="replace").splitlines()
        # Of a file that was made several times, the last line counts. Files that one command has
        # made have the same times and hash.
        last = {w[3]: w for w in (line.split("\t") for line in lines[1:]) if len(w) == _FIELDS}
        by_command: dict[tuple[str, str, str], str] = {}
        for begin, end, made, file, digest in last.values():
            if int(made) >= since * _NANOSECONDS:
                key = begin, end, digest
                by_command[key] = min(file, by_command.get(key, file), key=len)
        for (begin, end, _), file in by_command.items():
            yield Made(target, file, (int(end) - int(begin)) / 1000)
