"""Data files of a package that consists of two directories."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class _Reader:
    """The reader that :mod:`importlib.resources` uses for a package (Python 3.10 and newer)."""

    def __init__(self, directories: Sequence[str]) -> None:
        self._directories = directories

    def files(self) -> Any:
        """Return the directories as a single one."""
        from importlib.readers import MultiplexedPath
        from pathlib import Path

        return MultiplexedPath(*map(Path, self._directories))


class SourceLoader(SourceFileLoader):
    """Loads a package from its ``__init__.py``, and knows all of its directories."""

    directories: Sequence[str] = ()

    def get_resource_reader(self, name: str | None = None) -> Any:
        """Return a reader of the data files in all directories."""
        return _Reader(self.directories)


def with_resources(loader: Any, directories: Sequence[str]) -> Any:
    """Return a loader that does the same, and finds data files in all the directories."""
    if sys.version_info < (3, 10) or type(loader) is not SourceFileLoader:
        return loader
    complete = SourceLoader(loader.name, loader.path)
    complete.directories = tuple(directories)
    return complete
