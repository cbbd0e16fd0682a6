"""``py-build-cmake tags``: what the wheel will be called, without building it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ..building.wheel import plan_wheel
from .options import example, json_option, open_session, source_options

if TYPE_CHECKING:
    from ..project.plan import BuildPlan
    from .options import ProgramOptions


@click.command(
    short_help="Print the tag and the name of the wheel.",
    epilog=example(
        "py-build-cmake tags",
        "py-build-cmake tags --cross aarch64.cross.toml --json",
    ),
)
@source_options
@click.option("--editable", is_flag=True, help="The wheel of an editable install.")
@json_option()
@click.pass_obj
def tags(common: ProgramOptions, /, *, editable: bool, wants_json: bool, **more: Any) -> None:
    """Print the tag and the name of the wheel that would be built. Nothing is built."""
    session = open_session(common, more, editable=editable)
    plan = plan_wheel(session)
    for warning in plan.warnings:
        session.console.warning(warning)
    if wants_json:
        click.echo(json.dumps(_as_json(plan), indent=2))
        return
    click.echo(f"tag:   {plan.tag}")
    click.echo(f"wheel: {plan.wheel_name}")
    if plan.stable_abi_follows_build:
        click.echo("       The python tag is found out from what is built, if modules use more.")
    if plan.platform_follows_build:
        click.echo(
            "       The platform tag is found out from what is built; known is that it is for"
            f" {' and '.join(plan.tag.platforms)}."
        )
    for note in plan.notes:
        click.echo(f"note:  {note}")


def _as_json(plan: BuildPlan) -> dict[str, Any]:
    return {
        "tag": str(plan.tag),
        "wheel": plan.wheel_name,
        "python_tags": list(plan.tag.pythons),
        "abi_tags": list(plan.tag.abis),
        "platform_tags": list(plan.tag.platforms),
        "platform_tag_follows_build": plan.platform_follows_build,
        "python_tag_follows_build": plan.stable_abi_follows_build,
        "is_pure": plan.tag.is_pure,
        "notes": list(plan.notes),
    }
