"""The commands of the command line program."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from .. import __version__
from ..config.load import load_explained
from ..config.settings import parse_config_settings
from ..console import Console
from ..errors import Error
from ..platforms.build import detect_build_platform
from .inspect import inspect
from .reference import reference_page
from .show import as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..config.settings import ConfigSettings
    from ..platforms.build import BuildPlatform

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sources:
    """The options that say which sources of configuration there are."""

    directory: Path = Path()
    local: tuple[str, ...] = ()
    cross: tuple[str, ...] = ()
    override: tuple[str, ...] = ()


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-v", "--version", message="%(version)s")
@click.option(
    "-C",
    "--directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory of the project.",
)
@source_options
@click.pass_context
def program(context: click.Context, /, **options: Any) -> None:
    """Build backend for Python packages with CMake: tools for the developer."""
    context.obj = Sources(**options)


program.add_command(inspect)


@program.group()
def config() -> None:
    """Look at the configuration of a project, and at what there is to configure."""


@config.command()
@source_options
@click.option(
    "-C",
    "--config-setting",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Config setting, as given to pip and build.",
)
@click.option("--editable", is_flag=True, help="The configuration of an editable install.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(
    sources: Sources,
    /,
    *,
    settings: Sequence[str],
    editable: bool,
    wants_json: bool,
    **more: tuple[str, ...],
) -> None:
    """Print the effective configuration, and where every value comes from."""
    with _session() as (build, console):
        parsed = _settings(sources, settings, more, build.environ)
        explained = load_explained(sources.directory, parsed, build, editable=editable)
        for warning in explained.config.warnings:
            console.warning(warning)
        text = "\n".join(as_text(explained))
        click.echo(json.dumps(as_json(explained), indent=2) if wants_json else text)


@config.command("format")
@click.option("--md", "wants_markdown", is_flag=True, help="Print Markdown.")
def print_format(*, wants_markdown: bool) -> None:
    """Print the reference of all options."""
    if wants_markdown:
        click.echo(reference_page())
        return
    import rich.console
    import rich.markdown

    rich.console.Console().print(rich.markdown.Markdown(reference_page()))


def _settings(
    sources: Sources,
    settings: Sequence[str],
    more: dict[str, tuple[str, ...]],
    environ: Mapping[str, str],
) -> ConfigSettings:
    """Combine the options before and behind the command."""
    given: dict[str, list[str]] = {}
    for text in settings:
        key, _, value = text.partition("=")
        given.setdefault(key, []).append(value)
    for key in ("local", "cross", "override"):
        given.setdefault(key, []).extend((*getattr(sources, key), *more[key]))
    return parse_config_settings({key: value for key, value in given.items() if value}, environ)


@contextmanager
def _session() -> Iterator[tuple[BuildPlatform, Console]]:
    """Describe the machine, and print the user's mistakes as the hooks do."""
    console = Console()
    try:
        build = detect_build_platform()
        console = Console(annotations="GITHUB_ACTIONS" in build.environ)
        yield build, console
    except Error as e:
        console.error(e)
        raise SystemExit(1) from None
