"""Everything that prints: steps, commands, warnings, errors, annotations for CI services."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from .errors import Error

PREFIX = "py-build-cmake"


@dataclass(frozen=True)
class Console:
    """Writes progress to standard output, warnings and errors to standard error.

    With ``annotations``, warnings and errors are printed as GitHub Actions workflow commands,
    which the service shows beside the run.
    """

    verbose: bool = False
    annotations: bool = False

    def step(self, number: int, total: int, title: str) -> None:
        """Announce a numbered step of the build."""
        self._out(f"{PREFIX}: [{number}/{total}] {title}")

    def info(self, message: str) -> None:
        """Say something that the user should see in the log of a build that works."""
        self._out(f"{PREFIX}: {message}")

    def detail(self, message: str) -> None:
        """Say something that only a verbose build should show."""
        if self.verbose:
            self.info(message)

    def command(self, command: Sequence[str]) -> None:
        """Show a command so that it can be pasted into a shell."""
        from shlex import join

        self._out(f"+ {join(command)}")

    def warning(self, message: str) -> None:
        """Warn about something that is probably right."""
        self._diagnostic("warning", message)

    def error(self, error: Error) -> None:
        """Report all the problems of an error."""
        for problem in error.problems:
            self._diagnostic("error", str(problem))

    def defect(self) -> None:
        """Say that the traceback which follows is not the user's fault."""
        self._diagnostic(
            "error",
            f"this is a defect of {PREFIX} {__version__}, not of your project; please report it to"
            f" the issue tracker of {PREFIX}, with the whole output and the traceback below",
        )

    def _diagnostic(self, severity: str, message: str) -> None:
        line = f"{PREFIX}: {severity}: {message}"
        if self.annotations:
            # Workflow commands are one line; the service decodes these three escapes.
            line = line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
            line = f"::{severity}::{line}"
        self._err(line)

    @staticmethod
    def _out(line: str) -> None:
        _print(line, sys.stdout)

    @staticmethod
    def _err(line: str) -> None:
        _print(line, sys.stderr)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream, flush=True)
    except UnicodeEncodeError as e:
        # A path that the encoding of a log cannot express must not end the build.
        line = line.encode(e.encoding, "backslashreplace").decode(e.encoding)
        print(line, file=stream, flush=True)
