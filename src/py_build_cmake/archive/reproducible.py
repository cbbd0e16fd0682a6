"""What makes archives reproducible: one time stamp and two modes. Archives appear only when they
are complete.
"""

from __future__ import annotations

import contextlib
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass
from ..config.schema import DEFAULT_COMPRESSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..platforms.build_machine import BuildMachine

# Zip archives cannot express other times (PKWARE's APPNOTE, 4.4.6).
EARLIEST_TIME = 315532800  # 1980-01-01T00:00:00Z
LATEST_TIME = 4354819198  # 2107-12-31T23:59:58Z


@dataclass(frozen=True)
class Packing:
    """How to pack: the time of all members in seconds since 1970, and how to compress them.

    ``level`` is zlib's. ``last`` is a folder in which a wheel is kept, so that the next one takes
    from it what is the same. The bytes depend neither on that nor on the number of ``threads``.
    """

    timestamp: int
    level: int = DEFAULT_COMPRESSION
    threads: int = 1
    last: Path | None = None

    @classmethod
    def on(cls, machine: BuildMachine, level: int = DEFAULT_COMPRESSION) -> Packing:
        """Return how to pack on a machine, at the time that its environment asks for.

        :raises ConfigError: as :func:`archive_time`.
        """
        return cls(archive_time(machine.environ), level, machine.cpus)


def archive_time(environ: Mapping[str, str]) -> int:
    """Return the time of all archive members, in seconds since 1970.

    It is ``SOURCE_DATE_EPOCH`` if that is set, else a fixed time; always one that a zip archive
    can express.

    :raises ConfigError: ``SOURCE_DATE_EPOCH`` is not an integer.
    """
    text = environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return EARLIEST_TIME
    try:
        return min(max(int(text), EARLIEST_TIME), LATEST_TIME)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a number of seconds since 1970",
            where="environment variable SOURCE_DATE_EPOCH",
            hint="unset it, or set it for example to `git log -1 --format=%ct`",
        ) from None


def archive_mode(mode: int) -> int:
    """Reduce a file's mode to whether it can be executed."""
    return 0o755 if mode & stat.S_IXUSR else 0o644


_UNFINISHED = ".part"


def _remove_leftovers(path: Path) -> None:
    from ..editable.runtime.lock import try_lock

    # The version and the tag in a wheel's name may have changed since.
    distribution = path.name.partition("-")[0]
    for leftover in path.parent.glob(f".{distribution}-*{_UNFINISHED}"):
        is_free = False
        with contextlib.suppress(OSError), leftover.open("rb+") as file:
            is_free = try_lock(file)
        if is_free:
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that gets its name only after it was written without an exception. It is locked
    while it is written. Unlocked files that killed builds of the same distribution left are
    removed.
    """
    from ..editable.runtime.lock import try_lock

    _remove_leftovers(path)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED, delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            with contextlib.suppress(OSError):  # Some file systems have no locks.
                try_lock(file)
            yield file
            file.flush()
        except BaseException as e:
            if isinstance(e, OSError) and e.errno is not None and e.filename is None:
                e.filename = str(path)  # an error of a full disk has no file name
            with contextlib.suppress(OSError):  # closing tries to write the rest again
                file.close()
            temporary.unlink(missing_ok=True)
            raise
    # Temporary files are private to their owner; a wheel is not.
    temporary.chmod(0o644)
    temporary.replace(path)
