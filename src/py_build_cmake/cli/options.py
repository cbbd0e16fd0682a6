"""Options that many commands have, and the surroundings of a build."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from ..base.console import Console
from ..base.errors import Error, refusal_of_system
from ..base.records import dataclass
from ..building.session import Session
from ..cmake.runner import DryRunner, SubprocessRunner
from ..config.settings import parse_config_settings
from ..platforms.build_machine import detect_build_machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..config.settings import ConfigSettings
    from ..platforms.build_machine import BuildMachine


Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ProgramOptions:
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
    sources: ProgramOptions,
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
def session() -> Iterator[tuple[BuildMachine, Console]]:
    """Describe the machine; print the user's mistakes as the hooks do, and exit with status 1."""
    console = Console()
    try:
        machine = detect_build_machine()
        console = Console.of_environment(machine.environ)
        yield machine, console
    except Exception as e:
        known = e if isinstance(e, Error) else refusal_of_system(e)
        if known:
            console.error(known)
            raise SystemExit(1) from None
        if not isinstance(e, (click.ClickException, click.exceptions.Exit, click.Abort)):
            console.defect()
        raise


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
    sources: ProgramOptions, more: dict[str, Any], *, editable: bool = False
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
