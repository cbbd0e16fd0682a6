"""How a call of this program begins and ends: its surroundings, and its error handling. Hooks,
commands and workers open their session here, inside the same error boundary.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.console import Console
from ..base.errors import known_error
from ..base.records import dataclass
from ..cmake.runner import DryRunner, SubprocessRunner
from ..config.settings import parse_config_settings
from ..platforms.build_machine import detect_build_machine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import TracebackType
    from typing import Any, Optional, TextIO

    from ..base.console import StepBegins
    from ..base.errors import Error
    from ..cmake.runner import Runner
    from ..config.settings import ConfigSettings
    from ..platforms.build_machine import BuildMachine
    from .steps import Sharing

    # A value is a string, or a list of strings where a front end was given a key repeatedly.
    Settings = Optional[Mapping[str, Any]]

_FAILURE = 1


@dataclass(frozen=True)
class Session:
    """The surroundings of one call of a hook.

    ``editable`` is whether it is for such a wheel, ``sharing`` what several builds share.
    """

    project_dir: Path
    settings: ConfigSettings
    machine: BuildMachine
    console: Console
    runner: Runner
    editable: bool = False
    sharing: Sharing | None = None


class ErrorBoundary:
    """Ends the process with a message if an error is raised that the user can correct. Such an
    error is printed without a traceback, and the exit status is 1. If the reader of standard output
    has closed the pipe, nothing is printed. Any other exception is a defect of this program: it is
    printed with its traceback, and with a sentence that says so.
    """

    def __init__(self) -> None:
        self._console = Console()
        self._prints_json = False

    def __enter__(self) -> ErrorBoundary:
        _open_closed_streams()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self._end(error)

    def print_json(self) -> None:
        """Print errors to standard output as JSON, too: for a program that reads it."""
        self._prints_json = True

    def detect_machine(self) -> BuildMachine:
        """Describe the machine; its environment decides how the console prints from now on."""
        machine = detect_build_machine()
        self._console = Console.of_environment(machine.environ)
        return machine

    def open_session(  # noqa: PLR0913 - the record of a session
        self,
        project_dir: Path,
        settings: Callable[[Mapping[str, str]], ConfigSettings],
        *,
        environ: Mapping[str, str] | None = None,
        editable: bool = False,
        is_dry: bool = False,
        sharing: Sharing | None = None,
        on_step: Callable[[StepBegins], None] | None = None,
    ) -> Session:
        """Provide the session of a build.

        ``settings`` makes the config settings, given the environment. ``environ`` are variables
        that are added to it; with ``is_dry``, commands are printed and not run. ``on_step`` is told
        what the console announces.

        :raises Error: a config setting is wrong.
        """
        machine = self.detect_machine()
        if environ:
            machine = replace(machine, environ={**machine.environ, **environ})
        given = settings(machine.environ)
        self._console = Console.of_environment(
            machine.environ,
            verbose=given.verbose,
            show_environment=given.verbose_env,
            level=given.loglevel,
        )
        self._console = replace(self._console, on_step=on_step)
        self._console.mask.hide(given.secrets)
        runner = DryRunner(self._console) if is_dry else SubprocessRunner(self._console)
        return Session(project_dir, given, machine, self._console, runner, editable, sharing)

    def _end(self, error: Exception) -> None:
        """Report an error and end the process, unless it is a defect."""
        known = known_error(error)
        # The reader has closed the pipe, so nobody would see a message.
        is_quiet = isinstance(error, BrokenPipeError) and error.filename is None
        if not is_quiet:
            with suppress(OSError):  # Standard error cannot be written either.
                if known:
                    self._console.error(known)
                    if self._prints_json:
                        print(self._as_json(known))
                else:
                    self._console.defect()
        for stream in (sys.stdout, sys.stderr):
            _give_up_unwritable(stream)
        if known or is_quiet:
            raise SystemExit(_FAILURE) from None

    def _as_json(self, error: Error) -> str:
        import json

        problems = [problem.as_json() for problem in error.problems]
        return self._console.mask.text(json.dumps({"errors": problems}, indent=2))


@contextmanager
def hook_session(
    config_settings: Settings, *, editable: bool = False, tables: Collection[str] = ()
) -> Iterator[Session]:
    """Provide the session of a hook in an error boundary; the current directory is the project's.

    ``tables`` are those that config settings can name besides the tables of a project.
    """
    with ErrorBoundary() as boundary:
        yield boundary.open_session(
            Path.cwd(),
            lambda environ: parse_config_settings(config_settings, environ, tables),
            editable=editable,
        )


def _open_closed_streams() -> None:
    """Open the standard streams that the process was started without.

    Otherwise the next file that is opened, such as a wheel, gets the descriptor of standard output
    (POSIX, open()), and printed text is written into that file.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - it stays open
            setattr(sys, name, stream)


def _give_up_unwritable(stream: TextIO) -> None:
    """Redirect a standard stream that cannot be written to the null device. Otherwise the
    interpreter flushes it again at its end, prints an error, and ends with status 120. Source:
    "Note on SIGPIPE" in the documentation of Python's `signal` module.
    """
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):  # It has no file descriptor.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    except ValueError:  # It is closed, so the interpreter does not flush it.
        return
