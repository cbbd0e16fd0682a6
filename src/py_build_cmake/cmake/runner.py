"""Running commands: each is shown, and its output is streamed and logged."""

from __future__ import annotations

import enum
import sys
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Protocol

from ..base.errors import CommandError
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from subprocess import Popen

    from ..base.console import Console

# Errors are searched in this many bytes at the end of the output.
_MOST_OUTPUT = 1 << 22


class Purpose(enum.Enum):
    """What a command is for; the value names it in messages."""

    CONAN = "Conan's installation of packages"
    CONFIGURE = "CMake configuration"
    BUILD = "CMake build"
    INSTALL = "CMake installation"
    STUBGEN = "stub generation"
    REPAIR = "repair of the wheel"
    IMPORT_TEST = "import of the extension modules"


class Interrupted(KeyboardInterrupt):
    """The build was interrupted, and its command has already ended."""


class Runner(Protocol):
    """Runs one command to its end."""

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        """Run ``command`` and append its output to ``log``.

        :raises CommandError: it could not be started, or ended with another status than 0.
            ``purpose`` says what it was for.
        """


@dataclass(frozen=True)
class SubprocessRunner:
    """Runs commands as child processes and streams their output.

    On SIGINT or SIGTERM, this process waits until the command and all its children have ended.
    Build tools remove unfinished files only while their output is still read. Commands inherit the
    files that were made inheritable: the locks. So a lock is held until the last process that could
    write has ended, even if this process was killed.
    """

    console: Console

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        """Run ``command``; see :class:`Runner`."""
        mask = self.console.mask
        mask.hide_environment(environ)
        shown = mask.command(command)
        self.console.command(shown)
        begin = end_of_log(log)
        try:
            process = _start(command, cwd, environ)
        except (OSError, ValueError) as e:  # a null character is a ValueError
            raise CommandError(purpose.value, shown, None, detail=str(e)) from e
        with process, _told_to_end(process):
            status = self._stream(process, shown, log)
        if status != 0:
            from .diagnostics import find_diagnostics

            said = find_diagnostics(output_since(log, begin), _directories(command, cwd))
            raise CommandError(purpose.value, shown, status, log=log, diagnostics=said)

    def _stream(self, process: Popen[bytes], shown: Sequence[str], log: Path) -> int:
        """Copy the output of a command to standard output and the log; return its status."""
        from shlex import join

        with log.open("ab") as log_file:
            log_file.write(f"+ {join(shown)}\n".encode(errors="surrogateescape"))
            assert process.stdout is not None
            output = iter(partial(process.stdout.read, 1 << 16), b"")
            try:
                for chunk in self.console.mask.stream(output):
                    log_file.write(chunk)
                    if self.console.shows("INFO"):
                        _echo(chunk)
                return process.wait()
            except KeyboardInterrupt:
                _wait(process)
                raise Interrupted from None
            except BaseException:  # For example, the reader of the output has closed the pipe.
                _wait(process)
                raise


@dataclass(frozen=True)
class DryRunner:
    """Shows commands in place of running them."""

    console: Console

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: Purpose,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        """Show ``command``; see :class:`Runner`."""
        self.console.command(command)


def _start(command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Popen[bytes]:
    from subprocess import DEVNULL, PIPE, STDOUT, Popen

    return Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        bufsize=0,
        # Files that must not be inherited are marked so (PEP 446).
        close_fds=False,
    )


def _wait(process: Popen[bytes]) -> None:
    """Wait for a command and all that it started, and read the rest of their output."""
    assert process.stdout is not None
    while process.stdout.read(1 << 16):
        pass
    process.wait()


@contextmanager
def _told_to_end(process: Popen[bytes]) -> Iterator[None]:
    """Pass SIGTERM on to a command, and raise KeyboardInterrupt here."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread can set signal handlers.
        return

    def end(*_: object) -> None:
        process.terminate()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def end_of_log(log: Path) -> int:
    """Return where the output of the next command begins in a log."""
    return log.stat().st_size if log.exists() else 0


def output_since(log: Path, begin: int) -> str:
    """Return what a command printed: the end of the log, without the command."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(begin, file.tell() - _MOST_OUTPUT))
        text = file.read().decode(errors="replace")
    return text.partition("\n")[2] if text.startswith("+ ") else text


def _directories(command: Sequence[str], cwd: Path) -> list[Path]:
    """Return the directories that file names in the output may be relative to."""
    # Commands of CMake: the source directory, then the build directory.
    named = [after for word, after in zip(command, command[1:]) if word in ("-S", "-B", "--build")]
    return [*(cwd / name for name in named), cwd]


def _echo(chunk: bytes) -> None:
    # A caller may have replaced sys.stdout by a text stream without a binary buffer.
    binary: IO[bytes] | None = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(chunk.decode(errors="replace"))
        sys.stdout.flush()
    else:
        binary.write(chunk)
        binary.flush()
