"""One build at a time in a build directory."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..console import Console


@contextmanager
def exclusive(path: Path, console: Console) -> Iterator[None]:
    """Hold the lock file ``path`` while the context lasts; wait for it if another process does.

    The operating system releases it when the process ends, in whatever way. Where the file
    system knows no locks, there is only a warning.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            if not _lock(file, wait=False):
                console.info(f"waiting for another build in {path.parent}")
                _lock(file, wait=True)
        except OSError as e:
            console.warning(f"{path} cannot be locked ({e}); do not build here twice at a time")
        yield
        # Closing the file releases the lock.


if sys.platform == "win32":
    import msvcrt
    import time

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        file.seek(0)
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    return False
                time.sleep(0.5)
            else:
                return True

else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
