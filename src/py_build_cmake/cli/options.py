"""Options that many commands have, and the surroundings of a build."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from ..base.console import PREFIX
from ..base.records import dataclass
from ..config.settings import parse_config_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..base.console import StepBegins
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
    settings: tuple[str, ...] = ()
    verbose: bool = False
    quiet: bool = False
    dry: bool = False


def deprecated(old: str, new: str) -> None:
    """Warn that a spelling of an option will go; ``new`` says what to write in its place."""
    click.echo(f"{PREFIX}: warning: {old} is deprecated; write {new}", err=True)


def _take_override(context: click.Context, _: click.Parameter, texts: Sequence[str]) -> None:
    """Take ``-o KEY=VALUE`` for ``-C KEY=VALUE``."""
    for text in texts:
        deprecated(f"-o {text}", f"-C {text}")
    add_overrides(context, texts)


def add_overrides(context: click.Context, texts: Iterable[str]) -> None:
    """Add to the overrides of a command, in whatever order click looks at its options."""
    context.params["override"] = (*context.params.get("override", ()), *texts)


def source_options_without_o(command: Command) -> Command:
    """Add the options that name sources of configuration to a command whose ``-o`` is another."""
    for decorator in (
        click.option(
            "--override",
            multiple=True,
            hidden=True,
            expose_value=False,
            callback=lambda context, _, texts: add_overrides(context, texts),
        ),
        click.option(
            "-C",
            "--config-setting",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            help="Config setting, as given to pip and build: an option, for example"
            " -C cmake.build_type=Debug.",
        ),
        click.option("--cross", multiple=True, metavar="FILE", help="Cross file; compile for it."),
        click.option("--local", multiple=True, metavar="FILE", help="Local configuration file."),
    ):
        command = decorator(command)
    return command


def source_options(command: Command) -> Command:
    """Add the options that name sources of configuration."""
    old = click.option(
        "-o",
        "old_overrides",
        multiple=True,
        hidden=True,
        expose_value=False,
        callback=_take_override,
    )
    return source_options_without_o(old(command))


def _parse_settings(
    common: ProgramOptions, more: Mapping[str, Any], environ: Mapping[str, str]
) -> ConfigSettings:
    """Combine the options in front of a command and behind it.

    :raises ConfigError: one of them is not what it should be.
    """
    given: dict[str, list[str]] = {}
    for text in (*common.settings, *more.get("settings", ())):
        key, _, value = text.partition("=")
        given.setdefault(key, []).append(value)
    for key in ("local", "cross", "override"):
        given.setdefault(key, []).extend((*getattr(common, key), *more.get(key, ())))
    if common.quiet:
        given["loglevel"] = ["WARNING"]
    if common.verbose:
        given["verbose"] = ["true"]
    if more.get("fresh"):
        given["fresh"] = ["true"]
    return parse_config_settings({key: value for key, value in given.items() if value}, environ)


fresh_option = click.option(
    "--fresh", is_flag=True, help="Begin anew, in emptied build directories: `cmake.fresh`."
)


def _check_report(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path:
        from ..reports.page import need_libraries

        need_libraries()
    return path


report_option = click.option(
    "--report",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_check_report,
    help="Write a page (HTML) about times, contents and findings; needs the extra `report`.",
)


def _as_json(context: click.Context, _: click.Parameter, wants_json: bool) -> bool:
    common: ProgramOptions | None = context.find_object(ProgramOptions)
    if wants_json and common:
        common.boundary.print_json()
    return wants_json


def json_option(text: str = "Print JSON, errors included.") -> Callable[[Command], Command]:
    """Return the option ``--json``."""
    return click.option("--json", "wants_json", is_flag=True, callback=_as_json, help=text)


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
    on_step: Callable[[StepBegins], None] | None = None,
) -> Session:
    """Provide what a hook would work with.

    ``more`` are the options behind the command: ``local``, ``cross``, ``settings``, ``override``,
    and, where there is such, ``fresh``. ``environ`` are variables that are added to the
    environment. ``on_step`` is told of every step of the build that begins.

    :raises Error: an option is wrong.
    """
    return common.boundary.open_session(
        common.directory.resolve(),
        partial(_parse_settings, common, more),
        environ=environ,
        editable=editable,
        is_dry=common.dry,
        on_step=on_step,
    )
