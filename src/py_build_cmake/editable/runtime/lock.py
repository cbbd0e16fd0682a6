"""One build at a time, and a build that a killed process left behind counts."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 2.0  # seconds, before the user is told what is waited for


@contextmanager
def hold_lock(path: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock file ``path``, and yield its descriptor; wait if another process holds it.

    The operating system releases the lock when the last process ends that has the descriptor, in
    whatever way. A build inherits it: when the process that started the build is killed, the
    next one waits until the build is over. Where the file system knows no locks, that is said.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        locked = True
        try:
            _acquire(file, path, say)
        except OSError as e:
            say(f"{path} cannot be locked ({e}); do not import from several processes at a time")
            locked = False
        try:
            yield file.fileno()
        finally:
            # Programs that the build left running in the background have the descriptor, too.
            if locked:
                _unlock(file)


def _acquire(file: IO[bytes], path: Path, say: Callable[[str], None]) -> None:
    begin = time.monotonic()
    while not _try_lock(file):
        if begin and time.monotonic() - begin > _PATIENCE:
            say(f"waiting for another build ({path} is locked)")
            begin = 0.0
        time.sleep(0.05)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
