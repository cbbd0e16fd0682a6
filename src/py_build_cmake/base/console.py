"""Everything that prints: steps, commands, warnings, errors, annotations for CI services."""

from __future__ import annotations

import sys
from dataclasses import field
from typing import TYPE_CHECKING

from .. import __version__
from .masking import Mask
from .records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Callable, TextIO

    from .errors import Diagnostic, Error

PREFIX = "py-build-cmake"
_STYLES = {"error": "1;31", "warning": "1;33"}  # bold red, bold yellow (ECMA-48, SGR)
# The names that Python's `logging` has, the most talkative first.
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def has_colours(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether to print in colours: on a terminal, unless the user says otherwise.

    Sources: https://no-color.org, https://force-color.org, and the CLICOLOR convention of
    http://bixense.com/clicolors/.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("CLICOLOR") != "0" and environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class StepBegins:
    """A step of a build that begins: its number, how many steps there are, and what it does."""

    number: int
    total: int
    title: str

    def __str__(self) -> str:
        return f"[{self.number}/{self.total}] {self.title}"


@dataclass(frozen=True)
class Console:
    """Writes progress to standard output, warnings and errors to standard error.

    With ``annotations``, warnings and errors are printed as GitHub Actions workflow commands,
    which the service shows beside the run; those of a compiler, at the line of the file.
    ``workspace`` is the checkout whose files the service can show. ``mask`` knows what must not
    be printed. ``on_step`` is told of every step that is announced, before it is printed.
    ``level`` is the least important of what is printed: at ``WARNING``, neither steps nor commands
    nor their output are; at ``ERROR``, warnings are not, either. Errors always are. ``colours``
    is for standard error.
    """

    verbose: bool = False
    annotations: bool = False
    workspace: str = ""
    mask: Mask = field(default_factory=Mask)
    on_step: Callable[[StepBegins], None] | None = field(default=None, repr=False)
    level: str = "INFO"
    colours: bool = False

    @classmethod
    def of_environment(
        cls,
        environ: Mapping[str, str],
        *,
        verbose: bool = False,
        show_environment: bool = False,
        level: str = "INFO",
    ) -> Console:
        """Return the console for an environment, whose secrets it does not print.

        With ``show_environment``, it does.
        """
        mask = Mask(show_environment)
        mask.hide_environment(environ)
        workspace = environ.get("GITHUB_WORKSPACE", "")
        colours = has_colours(environ, is_terminal=sys.stderr.isatty())
        annotations = "GITHUB_ACTIONS" in environ
        return cls(verbose, annotations, workspace, mask, level=level, colours=colours)

    def shows(self, level: str) -> bool:
        """Whether something of this importance is printed."""
        return LEVELS.index(level) >= LEVELS.index(self.level)

    def step(self, number: int, total: int, title: str) -> None:
        """Announce a numbered step of the build."""
        step = StepBegins(number, total, self.mask.text(title))
        if self.on_step:
            self.on_step(step)
        self.info(str(step))

    def info(self, message: str) -> None:
        """Print something that the log of a successful build should show."""
        if self.shows("INFO"):
            self._out(f"{PREFIX}: {message}")

    def detail(self, message: str) -> None:
        """Print something that only the log of a verbose build should show."""
        if self.verbose:
            self.info(message)

    def command(self, command: Sequence[str]) -> None:
        """Show a command so that it can be pasted into a shell."""
        from shlex import join

        if self.shows("INFO"):
            self._out(f"+ {join(self.mask.command(command))}")

    def warning(self, message: str) -> None:
        """Print a warning: something looks wrong, but the build goes on."""
        if self.shows("WARNING"):
            self._diagnostic("warning", message)

    def error(self, error: Error) -> None:
        """Report all the problems of an error."""
        if self.annotations:
            for diagnostic in getattr(error, "diagnostics", ()):
                self._annotate(diagnostic)
        for problem in error.problems:
            self._diagnostic("error", str(problem))

    def defect(self) -> None:
        """Say that the traceback which follows comes from a defect of this program."""
        self._diagnostic(
            "error",
            f"this is a defect of {PREFIX} {__version__}, not of your project; please report it to"
            f" the issue tracker of {PREFIX}, with the whole output and the traceback below",
        )

    def _annotate(self, diagnostic: Diagnostic) -> None:
        """Print the command that makes the CI service show an error in a file of the repository."""
        file = _place_in(self.workspace, diagnostic.file)
        if file:
            where = f"file={_escaped(file).replace(':', '%3A').replace(',', '%2C')}"
            line = f",line={diagnostic.line}" if diagnostic.line else ""
            self._err(f"::error {where}{line}::{_escaped(diagnostic.message)}")

    def _diagnostic(self, severity: str, message: str) -> None:
        label = f"{severity}:"
        if self.colours and not self.annotations:
            label = f"\033[{_STYLES[severity]}m{label}\033[0m"
        line = f"{PREFIX}: {label} {self.mask.text(message)}"
        self._err(f"::{severity}::{_escaped(line)}" if self.annotations else line)

    def _out(self, line: str) -> None:
        _print(self.mask.text(line), sys.stdout)

    def _err(self, line: str) -> None:
        _print(self.mask.text(line), sys.stderr)


def _escaped(text: str) -> str:
    """Write a text as one line, as workflow commands are; the service decodes these escapes."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _place_in(workspace: str, file: str) -> str:
    """Return the path of a file relative to the workspace; empty if it is not in it. A file of an
    unpacked source distribution has the path of the file that was packed.
    """
    from pathlib import Path

    path, root, here = Path(file), Path(workspace), Path.cwd()
    if not file or not path.is_absolute():
        return path.as_posix() if file else ""
    for base in (root, root.resolve()) if workspace else (here,):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    if path.is_relative_to(here) and (root / path.relative_to(here)).is_file():
        return path.relative_to(here).as_posix()
    return ""


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream, flush=True)
    except UnicodeEncodeError as e:
        # A path that the encoding of a log cannot express must not end the build.
        line = line.encode(e.encoding, "backslashreplace").decode(e.encoding)
        print(line, file=stream, flush=True)
