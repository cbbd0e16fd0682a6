"""Running commands: shown before, streamed while, logged, never swallowed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from ..errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..console import Console


class Runner(Protocol):
    """Runs one command to its end."""

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: str,
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
    """Runs commands as child processes and streams their output."""

    console: Console

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: str,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        """Run ``command``; see :class:`Runner`."""
        self.console.command(command)
        try:
            status = _stream(command, cwd, environ, log)
        except (OSError, ValueError) as e:  # a null character is a ValueError
            raise CommandError(purpose, command, None, detail=str(e)) from e
        if status != 0:
            raise CommandError(purpose, command, status, log=log)


@dataclass(frozen=True)
class DryRunner:
    """Shows commands in place of running them."""

    console: Console

    def __call__(
        self,
        command: Sequence[str],
        *,
        purpose: str,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        """Show ``command``; see :class:`Runner`."""
        self.console.command(command)


def _stream(command: Sequence[str], cwd: Path, environ: Mapping[str, str], log: Path) -> int:
    """Run a command with its output going to standard output and the log; return its status."""
    from shlex import join

    with (
        log.open("ab") as log_file,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        ) as process,
    ):
        log_file.write(f"+ {join(command)}\n".encode(errors="surrogateescape"))
        assert process.stdout is not None
        while chunk := process.stdout.read(1 << 16):
            log_file.write(chunk)
            _echo(chunk)
        return process.wait()


def _echo(chunk: bytes) -> None:
    # Whoever replaced sys.stdout by a text stream without bytes below still sees the output.
    binary: IO[bytes] | None = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(chunk.decode(errors="replace"))
        sys.stdout.flush()
    else:
        binary.write(chunk)
        binary.flush()
