"""``py-build-cmake cross``: cross-compiling."""

from __future__ import annotations

import click

from .cross_list import list_platforms
from .options import example


@click.group(epilog=example("py-build-cmake cross list"))
def cross() -> None:
    """Help with cross-compiling."""


cross.add_command(list_platforms)
