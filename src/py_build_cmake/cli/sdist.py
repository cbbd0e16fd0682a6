"""``py-build-cmake sdist``: the source distribution, and why files are in it or not."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..archive.compare import compare_wheels
from ..base.errors import Error
from ..building.wheel import build_sdist, build_wheel, plan_wheel
from ..config.overrides import quote
from ..project.plan import BUILD_CONFIG
from ..project.sdist_files import explain_sdist, sdist_notes, sdist_warnings, select_sdist
from .options import (
    add_overrides,
    deprecated,
    example,
    json_option,
    open_session,
    source_options_without_o,
)
from .reproduce import unpack_sdist

if TYPE_CHECKING:
    from ..building.session import Session
    from ..project.sdist_files import Selected
    from .options import ProgramOptions


def _take_output(context: click.Context, _: click.Parameter, text: str | None) -> Path | None:
    """Return the directory; what was once an override of the same name is one."""
    if text is not None and "=" in text:
        deprecated(f"-o {text}", f"-C {text}")
        add_overrides(context, [text])
        return None
    return Path(text) if text else context.params.get("output")


def _take_old_output(context: click.Context, _: click.Parameter, text: str | None) -> None:
    if text is not None:
        deprecated("--outdir (-d)", f"--output {text}")
        context.params["output"] = Path(text)


@click.command(
    short_help="Pack or list the source distribution.",
    epilog=example("py-build-cmake sdist --list", "py-build-cmake sdist --output dist"),
)
@source_options_without_o
@click.option("--list", "only_list", is_flag=True, help="List files and rules, and pack nothing.")
@click.option(
    "--check",
    "is_checked",
    is_flag=True,
    help="Also build a wheel from the archive and one from the project, in new directories and with"
    " `cmake.reproducible`, and compare them.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    callback=_take_output,
    help="Where the archive goes; `dist` in the project unless given.",
)
@click.option(
    "-d",
    "--outdir",
    hidden=True,
    expose_value=False,
    metavar="DIR",
    callback=_take_old_output,
)
@json_option()
@click.pass_obj
def sdist(
    common: ProgramOptions,
    /,
    *,
    only_list: bool,
    is_checked: bool,
    output: Path | None,
    wants_json: bool,
    **more: Any,
) -> None:
    """Pack the source distribution, or list every file of the project with the rule that
    includes or excludes it.

    In the list, + stands before files that are included, and - before others.
    """
    session = open_session(common, more)
    directory = (output or session.project_dir / "dist").absolute()
    if not only_list:
        if common.dry:
            click.echo(f"would write {directory / plan_wheel(session).metadata.base_name}.tar.gz")
            return
        name = build_sdist(session, directory)
        path = str(directory / name)
        if is_checked:
            _check(session, directory / name)
        click.echo(json.dumps({"sdist": path}, indent=2) if wants_json else path)
        return
    plan = plan_wheel(session)
    files = explain_sdist(plan, directory)
    included = [file for file in files if file.is_included]
    selected = select_sdist(plan, directory)
    for warning in (*plan.warnings, *sdist_warnings(plan, selected)):
        session.console.warning(warning)
    for note in () if wants_json else sdist_notes(plan, selected):
        session.console.info(note)
    if wants_json:
        click.echo(json.dumps([_as_json(file) for file in files], indent=2))
        return
    width = max(len(file.place) for file in files)
    for file in files:
        sign = "+" if file.is_included else "-"
        click.echo(f"{sign} {file.place:{width}}  {file.rule}")
    click.echo(f"{len(included)} of {len(files)} are included, and PKG-INFO is added")


def _check(session: Session, archive: Path) -> None:
    """Build a wheel from the project and one from its source distribution, and compare them.

    :raises Error: they differ, or one cannot be built.
    """
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary).resolve()
        unpacked = replace(session, project_dir=unpack_sdist(archive, out / "unpacked"))
        wheels = []
        for name, each in (("project", session), ("sdist", unpacked)):
            again = _with_own_directory(each, out / f"build-{name}")
            wheels.append(out / name / build_wheel(again, out / name, None))
        if difference := compare_wheels(*wheels):
            raise Error(
                f"the wheel that is built from it is not the project's: {difference}",
                where=str(archive),
                hint="`py-build-cmake sdist --list` says which files it has, and why",
            )
    session.console.info(f"the wheel that is built from {archive.name} is the project's")


def _with_own_directory(session: Session, build_dir: Path) -> Session:
    """Return the session with a build directory of its own, which is not compiled in."""
    if plan_wheel(session).main_pass is None:
        return session
    settings = session.settings
    overrides = (
        ("--check", "cmake.reproducible=true"),
        ("--check", f"cmake.build_path={quote(f'{build_dir}/{BUILD_CONFIG}')}"),
    )
    return replace(session, settings=replace(settings, overrides=(*settings.overrides, *overrides)))


def _as_json(file: Selected) -> dict[str, Any]:
    return {"file": file.place, "included": file.is_included, "rule": file.rule}
