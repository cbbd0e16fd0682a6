"""Whether a file is as it was, without reading it."""

from __future__ import annotations

import os

# How long after a file was changed another change may leave no trace, in seconds: the clocks of
# file systems are coarse (FAT: 2 s), and a server's may differ from this machine's.
UNCERTAIN = 3


def identity_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file is changed: device, inode, size in bytes, and the times of
    the last change of the contents and of the inode, in nanoseconds.

    Programs cannot set the last one. Windows does not have it: nothing is returned there.
    """
    if os.name == "nt":
        return ()
    times = status.st_mtime_ns, status.st_ctime_ns
    return status.st_dev, status.st_ino, status.st_size, *times
