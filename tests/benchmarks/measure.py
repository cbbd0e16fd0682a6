"""Timing commands as whole processes, several of them in turn.

On a shared machine the speed drifts: commands that are compared run one after the other, round by
round, and what is quoted is the median of the ratios within a round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


class BenchmarkError(Exception):
    """A command that was to be measured failed."""


@dataclass(frozen=True)
class Command:
    """Something to measure: a process, and what is done before each run of it."""

    name: str
    words: Sequence[str | Path]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Run:
    """What one run took: seconds on the clock, processor seconds, MiB at most in one process."""

    wall: float
    cpu: float
    memory: float


def measure(
    commands: Sequence[Command], rounds: int, *, warms_up: bool = True
) -> dict[str, list[Run]]:
    """Run all commands in turn, ``rounds`` times; ``warms_up``: after a round that does not count.

    :raises BenchmarkError: a command failed.
    """
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(0 if warms_up else 1, rounds + 1):
        for command in commands:
            command.prepare()
            result = _run(command)
            if number:
                runs[command.name].append(result)
    return runs


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratios(runs: Sequence[Run], references: Sequence[Run]) -> list[float]:
    """Return how much longer runs took than those of the same round."""
    return [run.wall / reference.wall for run, reference in zip(runs, references)]


def growth(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the exponent of the power law that fits best: 1 is linear, more is worse."""
    import math

    return statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    ).slope


def _run(command: Command) -> Run:
    # What is installed is measured, as it is after an installation.
    ours = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": ""}
    environ = {**os.environ, **ours, **command.environ}
    with (command.cwd / f"benchmark-{os.getpid()}.log").open("wb") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command.words],
            cwd=command.cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        output = Path(log.name).read_text(errors="replace")
        raise BenchmarkError(f"{command.name}: exit status {process.returncode}\n{output[-4000:]}")
    Path(log.name).unlink()
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
