"""The terminal: whether it has colours, and how wide it is.

Sources: https://no-color.org, and the CLICOLOR convention of http://bixense.com/clicolors/.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import rich.console

# Where the width of the terminal is not known, as in logs.
_WIDTH = 160


def has_colours(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether to print in colours: on a terminal, unless the user says otherwise."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("CLICOLOR") != "0" and environ.get("TERM") != "dumb"


def open_screen(environ: Mapping[str, str]) -> rich.console.Console:
    """Return what prints tables and styled text to standard output."""
    import rich.console

    is_terminal = sys.stdout.isatty()
    wants = has_colours(environ, is_terminal=is_terminal)
    return rich.console.Console(
        # With a colour system that is None, nothing but the text is printed.
        force_terminal=wants,
        color_system=("auto" if is_terminal else "standard") if wants else None,
        width=None if is_terminal else _WIDTH,
        highlight=False,
        markup=False,
        # Nothing else of the environment may decide.
        _environ={k: v for k, v in environ.items() if k in ("COLUMNS", "LINES", "TERM")},
    )
