"""Options that many commands have, and the surroundings of a build."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from ..base.records import dataclass
from ..config.settings import parse_config_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..building.session import ErrorBoundary, Session
    from ..config.settings import ConfigSettings


Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ProgramOptions:
    """The options in front of the command: where the project is, and how it is configured.

    ``boundary`` is where the errors of the command end.
    """

    boundary: ErrorBoundary
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


def _parse_settings(
    common: ProgramOptions, more: Mapping[str, Any], environ: Mapping[str, str]
) -> ConfigSettings:
    """Combine the options in front of a command and behind it.

    :raises ConfigError: one of them is not what it should be.
    """
    given: dict[str, list[str]] = {}
    for text in more.get("settings", ()):
        key, _, value = text.partition("=")
        given.setdefault(key, []).append(value)
    for key in ("local", "cross", "override"):
        given.setdefault(key, []).extend((*getattr(common, key), *more[key]))
    if common.verbose:
        given["verbose"] = ["true"]
    if more.get("fresh"):
        given["fresh"] = ["true"]
    return parse_config_settings({key: value for key, value in given.items() if value}, environ)


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


fresh_option = click.option(
    "--fresh", is_flag=True, help="Begin anew, in emptied build directories: `cmake.fresh`."
)
json_option = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


def example(*lines: str) -> str:
    """Return the end of a command's help: examples, which click must not wrap."""
    return "\n".join(
        ["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)]
    )


def open_session(
    common: ProgramOptions,
    more: Mapping[str, Any],
    *,
    editable: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Session:
    """Provide what a hook would work with.

    ``more`` are the options behind the command: ``local``, ``cross``, ``override``, and, where
    there are such, ``settings`` and ``fresh``. ``environ`` are variables that are added to the
    environment.

    :raises Error: an option is wrong.
    """
    return common.boundary.open_session(
        common.directory.resolve(),
        partial(_parse_settings, common, more),
        environ=environ,
        editable=editable,
        is_dry=common.dry,
    )
