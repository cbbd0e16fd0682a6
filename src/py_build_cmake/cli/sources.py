"""What commands that read the configuration of a project have in common."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from ..config.settings import parse_config_settings
from ..console import Console
from ..errors import Error, refusal_of_system
from ..platforms.build import detect_build_platform
from ..records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..config.settings import ConfigSettings
    from ..platforms.build import BuildPlatform

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sources:
    """The options in front of the command: where the project is, and how it is configured."""

    directory: Path = Path()
    local: tuple[str, ...] = ()
    cross: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    build_path: Path | None = None
    verbose: bool = False
    dry: bool = False


def source_options(command: Command) -> Command:
    """Add the options that name sources of configuration."""
    for decorator in (
        click.option(
            "-o",
            "--override",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override an option, for example -o cmake.build_type=Debug.",
        ),
        click.option("--cross", multiple=True, metavar="FILE", help="Cross file; compile for it."),
        click.option("--local", multiple=True, metavar="FILE", help="Local configuration file."),
    ):
        command = decorator(command)
    return command


def parse_sources(
    sources: Sources,
    settings: Sequence[str],
    more: dict[str, tuple[str, ...]],
    environ: Mapping[str, str],
) -> ConfigSettings:
    """Combine the options before and behind a command.

    :raises ConfigError: one of them is not what it should be.
    """
    given: dict[str, list[str]] = {}
    for text in settings:
        key, _, value = text.partition("=")
        given.setdefault(key, []).append(value)
    for key in ("local", "cross", "override"):
        given.setdefault(key, []).extend((*getattr(sources, key), *more[key]))
    if sources.verbose:
        given["verbose"] = ["true"]
    return parse_config_settings({key: value for key, value in given.items() if value}, environ)


@contextmanager
def session() -> Iterator[tuple[BuildPlatform, Console]]:
    """Describe the machine; print the user's mistakes as the hooks do, and exit with status 1."""
    console = Console()
    try:
        build = detect_build_platform()
        console = Console.of_environment(build.environ)
        yield build, console
    except Exception as e:
        known = e if isinstance(e, Error) else refusal_of_system(e)
        if known:
            console.error(known)
            raise SystemExit(1) from None
        if not isinstance(e, (click.ClickException, click.exceptions.Exit, click.Abort)):
            console.defect()
        raise
