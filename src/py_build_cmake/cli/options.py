"""Options that many commands have, and the surroundings of a build."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ..backend import Session
from ..cmake.runner import DryRunner, SubprocessRunner
from ..console import Console
from .sources import parse_sources, session, source_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sources import Command, Sources


def setting_options(command: Command) -> Command:
    """Add the options that name sources of configuration, and config settings."""
    setting = click.option(
        "-C",
        "--config-setting",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Config setting, as given to pip and build.",
    )
    return source_options(setting(command))


json_option = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


def example(*lines: str) -> str:
    """Return the end of a command's help: examples, which click must not wrap."""
    return "\n".join(
        ["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)]
    )


@contextmanager
def open_session(
    sources: Sources, more: dict[str, Any], *, editable: bool = False
) -> Iterator[Session]:
    """Provide what a hook would work with, and print the user's mistakes as the hooks do.

    ``more`` are the options behind the command: ``local``, ``cross``, ``override``, and, where
    there are such, ``settings``.
    """
    with session() as (build, first):
        settings = parse_sources(sources, more.get("settings", ()), more, build.environ)
        console = Console.of_environment(
            build.environ, verbose=settings.verbose, show_environment=settings.verbose_env
        )
        console.mask.hide(settings.secrets)
        first.mask.hide(settings.secrets)
        runner = DryRunner(console) if sources.dry else SubprocessRunner(console)
        yield Session(sources.directory.resolve(), settings, build, console, runner, editable)
