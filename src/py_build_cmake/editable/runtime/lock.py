"""One build at a time, also if the process that started a running build was killed."""

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
def hold_lock(
    path: Path, say: Callable[[str], None], warn: Callable[[str], None], *, at_once: bool = False
) -> Iterator[int]:
    """Hold the lock file ``path``, and yield its descriptor; wait if another process holds it.

    If this process waits, ``say`` gets a message: ``at_once``, or after some time. The operating
    system releases the lock when the last process that has the descriptor ends. A build inherits
    it: if the process that started the build is killed, the next build waits until the first has
    ended. If the file system has no locks, ``warn`` gets a message.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        locked = True
        try:
            _acquire(file, path, say, 0 if at_once else _PATIENCE)
        except OSError as e:
            warn(f"{path} cannot be locked ({e}); do not build here from several processes at once")
            locked = False
        try:
            yield file.fileno()
        finally:
            # Otherwise programs that the build left running in the background would hold the lock.
            if locked:
                _unlock(file)


def _acquire(file: IO[bytes], path: Path, say: Callable[[str], None], patience: float) -> None:
    begin, is_said = time.monotonic(), False
    while not try_lock(file):
        if not is_said and time.monotonic() - begin >= patience:
            say(f"waiting for another build in {path.parent} ({path.name} is locked)")
            is_said = True
        time.sleep(0.05)


if sys.platform == "win32":
    import msvcrt

    def try_lock(file: IO[bytes]) -> bool:
        """Lock a file if no other process has done so; return whether that worked."""
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

    def try_lock(file: IO[bytes]) -> bool:
        """Lock a file if no other process has done so; return whether that worked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
