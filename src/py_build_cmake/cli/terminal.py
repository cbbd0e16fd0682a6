"""The terminal: how wide it is, and what prints tables and styled text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..base.console import has_colours

if TYPE_CHECKING:
    from collections.abc import Mapping

    import rich.console

# Where the width of the terminal is not known, as in logs.
_WIDTH = 160
# The styles of verdicts.
ERROR_STYLE, WARNING_STYLE, GOOD_STYLE = "red", "yellow", "green"


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
