"""How many processors the build may use: the affinity of the process, and the quota of its cgroup.

Sources: sched_setaffinity(2), the kernel's documentation of control groups (versions 1 and 2).
"""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/")


def usable_cpus(root: Path = ROOT) -> int:
    """Return the number of processors that this process can keep busy, at least 1.

    ``root`` is the directory of the file system in which ``proc`` and ``sys`` are.
    """
    return max(1, min((_affinity(), *map(ceil, _quotas(root)))))


def _affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        # Not on macOS and Windows.
        return os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quotas, in processors, of the cgroup of this process and of those around it."""
    for line in _read(root / "proc" / "self" / "cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for directory in _directories(root / "sys" / "fs" / "cgroup", controllers.split(","), path):
            words = _read(directory / "cpu.max").split() or [
                *_read(directory / "cpu.cfs_quota_us").split(),
                *_read(directory / "cpu.cfs_period_us").split(),
            ]
            try:
                quota, period = map(int, words)
            except ValueError:
                # There are no such files, or the quota is "max".
                continue
            if quota > 0 and period > 0:
                yield quota / period


def _directories(mount: Path, controllers: list[str], path: str) -> Iterator[Path]:
    """Yield the directories of a cgroup and of those around it.

    In a container, the path may be that of another name space; the mount point is right then.
    """
    if controllers == [""]:
        top = mount
    elif "cpu" in controllers:
        top = mount / "cpu"
    else:
        return
    parts = [part for part in path.split("/") if part]
    for length in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:length])


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError):
        return ""
