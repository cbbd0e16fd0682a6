"""The commands of the command line program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..config.load import load_explained
from .inspect import inspect
from .reference import reference_page
from .reproduce import reproduce
from .show import as_json, as_text
from .sources import Sources, parse_sources, session, source_options

if TYPE_CHECKING:
    from collections.abc import Sequence


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
program.add_command(reproduce)


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
    with session() as (build, console):
        parsed = parse_sources(sources, settings, more, build.environ)
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
