"""Where something was written: the file and the key in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .records import dataclass

if TYPE_CHECKING:
    from pathlib import Path

# Where config settings are written, if there are several.
SETTING = "-C"


@dataclass(frozen=True)
class Place:
    """Where something was written.

    ``file`` is the name of a file, relative to the project directory or absolute, and
    ``more_files`` are others that say something about the same table. What was not written in a
    file (an option of the command line, the environment) has the name ``elsewhere``. ``key`` is
    the key path in it, empty where all of it is meant. ``line`` and ``column`` begin at 1, and are
    0 where they are not known.
    """

    file: str = ""
    key: str = ""
    line: int = 0
    column: int = 0
    more_files: tuple[str, ...] = ()
    elsewhere: str = ""

    @property
    def source(self) -> str:
        """The file and the line, or what else it is, without the key."""
        source = ", ".join((self.file, *self.more_files)) if self.file else self.elsewhere
        source += f", line {self.line}" if self.line else ""
        return source + (f", column {self.column}" if self.column else "")

    def at(self, key: str) -> Place:
        """Return the place of a key in this table."""
        return replace(self, key=f"{self.key}.{key}" if self.key else key)

    def below(self, directory: Path) -> Place:
        """Return the same place for those who are not in the project in that directory."""
        if not self.file:
            return self
        file, *more = (str(directory / name) for name in (self.file, *self.more_files))
        return replace(self, file=file, more_files=tuple(more))

    def __str__(self) -> str:
        if not self.key or self.source.endswith(f" {self.key}"):
            # A config setting (`-C cmake.jobs`) names its key.
            return self.source
        if self.source == SETTING:
            return f"{SETTING} {self.key}"
        return f"{self.source}: `{self.key}`"
