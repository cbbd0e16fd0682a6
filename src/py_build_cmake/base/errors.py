"""The one exception tree: every error carries what is wrong, where, and what to do instead.

The user can correct what derives from :class:`Error`; it is shown without a traceback. Any other
exception that reaches the hooks is a defect of this program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .places import Place


@dataclass(frozen=True)
class Problem:
    """One mistake: what is wrong, where it stands, and what to write instead.

    ``place`` is a text where what is wrong is no key of a configuration: the name of a file, an
    option, a variable.
    """

    message: str
    place: Place | str = ""
    hint: str = ""

    @property
    def where(self) -> str:
        """The place as it is printed."""
        return str(self.place)

    def as_json(self) -> dict[str, str]:
        """Return the problem for ``json.dumps``."""
        return {"message": self.message, "where": self.where, "hint": self.hint}

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n    hint: {self.hint}" if self.hint else text


def shown_value(value: object) -> str:
    """Show a value in a message, with at most 60 characters."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        # It is nested too deeply, or an integer with more digits than Python converts.
        return f"a very large {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


class Error(Exception):
    """A mistake that the user can correct."""

    def __init__(self, message: str, *, where: Place | str = "", hint: str = "") -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = (Problem(message, where, hint),)

    @classmethod
    def from_problems(cls, problems: Iterable[Problem]) -> Error:
        """Report several problems at once. There must be at least one."""
        collected = tuple(problems)
        error = cls(collected[0].message)
        error.problems = collected
        return error

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ConfigError(Error):
    """The configuration (files, overrides, config settings) is wrong."""


class MetadataError(Error):
    """The ``[project]`` table, or what it refers to, is wrong."""


class ProjectError(Error):
    """The files of the project are not where or what the configuration says."""


class WheelError(Error):
    """What was built does not make a correct wheel."""


@dataclass(frozen=True)
class Diagnostic:
    """One error that a compiler, a linker, a build tool or CMake printed.

    ``lines`` are its first lines as they were printed. ``line`` is 0 where only the file is
    known, and ``file`` is empty where no file is.
    """

    message: str
    lines: tuple[str, ...]
    file: str = ""
    line: int = 0


class CommandError(Error):
    """A command that was run failed.

    ``status`` is its exit status, negative for the signal that ended it, or None if it could
    not be started. ``log`` is the file with its output, and ``diagnostics`` are the first errors
    in it.
    """

    def __init__(  # noqa: PLR0913 - a record of what happened
        self,
        purpose: str,
        command: Sequence[str],
        status: int | None,
        *,
        detail: str = "",
        log: Path | None = None,
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        from shlex import join

        self.diagnostics = tuple(diagnostics)
        if status is None:
            outcome = f"not started: {detail}"
        else:
            outcome = f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
        # Quoting is for the shell that the reader will paste the command into.
        message = f"{purpose} failed ({outcome})\n    command: {join(command)}"
        if log:
            message += f"\n    log: {log}"
        if self.diagnostics:
            message += "\n    what it said:"
        for line in (line for diagnostic in self.diagnostics for line in diagnostic.lines):
            message += "\n" + f"        {line}".rstrip()
        super().__init__(message)
        self.status = status
        self.log = log

    def with_hint(self, hint: str) -> CommandError:
        """Add what to do instead, and return this error."""
        self.problems = tuple(replace(problem, hint=hint) for problem in self.problems)
        return self


# Errors of operations on an open file. Python does not know the name of that file.
_OF_SPACE = frozenset({"EDQUOT", "EFBIG", "EIO", "ENOSPC"})
# Errors about a file that cannot be read or written.
_OF_FILES = _OF_SPACE | {
    *("EACCES", "EEXIST", "EISDIR", "ENAMETOOLONG", "ENOTDIR", "EPERM", "EROFS", "ETXTBSY")
}


def known_error(error: BaseException) -> Error | None:
    """Turn an OSError or MemoryError into a message for the user; None if it may be a defect. It
    becomes a message if the file system or a lack of memory caused it.
    """
    if isinstance(error, MemoryError):
        return Error("no memory is left", hint="check the limits of the process (`ulimit -a`)")
    if isinstance(error, OSError):
        return _error_of_system(error)
    return error if isinstance(error, Error) else None


def _error_of_system(error: OSError) -> Error | None:
    import errno

    name = errno.errorcode.get(error.errno or 0)
    if error.filename is not None and name in _OF_FILES:
        return Error(
            f"the operating system refuses: {error.strerror}",
            where=str(error.filename),
            hint="check what is there, its permissions, and the space that is left",
        )
    if error.filename is None and name in _OF_SPACE:
        return Error(
            f"the operating system cannot write: {error.strerror}",
            hint="check the space that is left: in the project, where the output goes, and for"
            " temporary files (TMPDIR)",
        )
    if error.filename is None and name == "ENOENT" and not _has_temporary_directory():
        return Error(
            "there is no directory for temporary files that can be written",
            hint="free some space, or set the environment variable TMPDIR to a directory of"
            " another file system",
        )
    return None


def _has_temporary_directory() -> bool:
    """Whether the standard library finds a directory for temporary files that it can write."""
    from tempfile import gettempdir

    try:
        gettempdir()
    except FileNotFoundError:
        return False
    return True
