"""``py-build-cmake config``: the configuration of a project, and what there is to configure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ..config.load import load_explained
from ..platforms.build import detect_build_platform
from .options import example, json_option, open_session, setting_options
from .reference import reference_page
from .show import as_json, as_text
from .terminal import open_screen

if TYPE_CHECKING:
    from .sources import Sources


@click.group(epilog=example("py-build-cmake config show --cross aarch64.cross.toml"))
def config() -> None:
    """Look at the configuration of a project, and at what there is to configure."""


@config.command(
    epilog=example(
        "py-build-cmake config show",
        "py-build-cmake config show --cross aarch64.cross.toml -o cmake.build_type=Debug --json",
    )
)
@setting_options
@click.option("--editable", is_flag=True, help="The configuration of an editable install.")
@json_option
@click.pass_obj
def show(sources: Sources, /, *, editable: bool, wants_json: bool, **more: Any) -> None:
    """Print the effective configuration, and where every value comes from."""
    with open_session(sources, more, editable=editable) as session:
        explained = load_explained(
            session.project_dir, session.settings, session.build, editable=editable
        )
        for warning in explained.config.warnings:
            session.console.warning(warning)
        text = "\n".join(as_text(explained))
        click.echo(json.dumps(as_json(explained), indent=2) if wants_json else text)


@config.command(
    "format",
    epilog=example("py-build-cmake config format", "py-build-cmake config format --md"),
)
@click.option("--md", "wants_markdown", is_flag=True, help="Print Markdown.")
def print_format(*, wants_markdown: bool) -> None:
    """Print the reference of all options."""
    if wants_markdown:
        click.echo(reference_page())
        return
    import rich.markdown

    screen = open_screen(detect_build_platform().environ)
    screen.print(rich.markdown.Markdown(reference_page()))
