"""Recording the commands of a build, so that they can be run again without this program."""

from __future__ import annotations

import os
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..cmake.requirements import requirements_folder
from ..cmake.runner import Purpose
from .runtime.state import RecordedCommand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..cmake.runner import Runner

# The names of what is recorded, in the file that an editable install keeps.
_KINDS = {
    Purpose.CONFIGURE: "configure",
    Purpose.BUILD: "build",
    Purpose.INSTALL: "install",
}


@dataclass(frozen=True)
class RecordingRunner:
    """Runs commands with another runner, and records those of CMake.

    ``base`` is the environment of the build, to which that of a command is compared.
    """

    runner: Runner
    base: Mapping[str, str]
    _commands: list[RecordedCommand] = field(default_factory=list)

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
        self.runner(command, purpose=purpose, cwd=cwd, environ=environ, log=log)
        if purpose in _KINDS:
            added = {k: v for k, v in environ.items() if self.base.get(k) != v}
            unset = [name for name in self.base if name not in environ]
            recorded = RecordedCommand(
                _KINDS[purpose], purpose.value, [*command], str(cwd), "", added, unset
            )
            self._commands.append(recorded)

    def commands(self) -> list[RecordedCommand]:
        """Return the commands, each with its build directory.

        Install commands name the directory, also if a preset chose it.
        """
        placed: list[RecordedCommand] = []
        directory = ""
        for command in reversed(self._commands):
            if command.kind == "install":
                directory = command.argv[2]
            placed.insert(0, replace(command, build_dir=directory))
        return placed


def without_variable(command: RecordedCommand, name: str) -> RecordedCommand:
    """Return a command that takes one variable from the environment of the process."""
    environ = {key: value for key, value in command.environ.items() if key != name}
    return replace(command, environ=environ)


def without_links(command: RecordedCommand, path: str) -> RecordedCommand:
    """Return a command whose ``PATH`` does not lead to build requirements through links.

    ``path`` is what the variable was when the build began. If nothing else was added to it, the
    command uses the ``PATH`` of the process.
    """
    if "PATH" not in command.environ:
        return command
    links = f"{requirements_folder(Path(command.build_dir))}{os.sep}"
    entries = command.environ["PATH"].split(os.pathsep)
    kept = os.pathsep.join(entry for entry in entries if not entry.startswith(links))
    if kept == path:
        return without_variable(command, "PATH")
    return replace(command, environ={**command.environ, "PATH": kept})
