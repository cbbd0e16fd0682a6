"""Regular expressions that are compiled when they are used, not when a module is imported.

A wheel build imports sixty, of which most are for what happens rarely; compiling them takes as
long as everything that is done with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["lazy_pattern"]

if TYPE_CHECKING:
    from re import compile as lazy_pattern
else:
    import re

    class lazy_pattern:  # noqa: N801 - stands for a function
        """Stands for ``re.compile`` of the same arguments."""

        def __init__(self, pattern, flags=0):
            self._arguments = pattern, flags

        def __getattr__(self, name):
            # Only asked for what is not there yet: the methods of the pattern, once each.
            value = getattr(re.compile(*self._arguments), name)
            setattr(self, name, value)
            return value
