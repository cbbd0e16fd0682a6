"""``py-build-cmake wheels``: many wheels from one command."""

from __future__ import annotations

import json
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.errors import ConfigError, Problem
from ..config.sources import stated_requirements
from ..reports.in_wheel import contents_of
from ..reports.page import Report, write_report
from ..reports.timing import Clock, TimedProgress, made_by_ninja
from ..wheels.matrix import read_matrix
from ..wheels.prepare import check_requirements, choose_jobs, installed_versions, plan_jobs
from ..wheels.run import Options, build_all, logs_directory
from ..wheels.worker import inspect_built
from .options import example, fresh_option, json_option, open_session, report_option
from .progress import print_failures, print_jobs, print_outcomes, progress_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import rich.console

    from ..building.session import Session
    from ..wheels.jobs import Outcome
    from ..wheels.prepare import Planned
    from .options import ProgramOptions


@click.command(
    short_help="Build the native wheel, or wheels for many hosts.",
    epilog=example(
        "py-build-cmake wheels --matrix wheels.toml -o dist",
        "py-build-cmake wheels --native --cross aarch64.cross.toml --cross armhf.cross.toml",
    ),
)
@click.option("--cross", multiple=True, metavar="FILE", help="Cross file; a wheel for its host.")
@click.option(
    "--matrix",
    "matrices",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File that lists targets.",
)
@click.option("--native", is_flag=True, help="Also the native wheel, besides cross targets.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="dist",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the wheels go.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    help="Processors to use, for all targets together. [default: those that may be used]",
)
@click.option("--fail-fast", is_flag=True, help="Stop everything when one target fails.")
@click.option("--incremental", is_flag=True, help="Keep wheels of which no input changed.")
@click.option(
    "-C",
    "--config-setting",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Config setting of all targets, as given to pip and build.",
)
@click.option("--local", multiple=True, metavar="FILE", help="Local file of all targets.")
@fresh_option
@click.option("--list", "only_list", is_flag=True, help="List the targets, and build nothing.")
@report_option
@click.option(
    "--skip-dependency-check", is_flag=True, help="Do not check that requirements are installed."
)
@json_option("Print the outcome as JSON, errors included.")
@click.pass_obj
def wheels(
    common: ProgramOptions, /, *, output: Path, only_list: bool, wants_json: bool, **given: Any
) -> None:
    """Build the native wheel, or wheels for many hosts, several at the same time.

    Nothing is installed: the environment must have what the build requires. The wheels are those
    that pip and build make, byte by byte.

    Exit status: 0 if all wheels are there, 1 if one failed or something is wrong with the project
    or the environment, 2 for wrong options, 130 if interrupted.
    """
    import rich.console

    # Only the JSON goes to standard output.
    screen = rich.console.Console(stderr=wants_json, highlight=False, markup=False)
    # Cross files make targets of their own.
    of_all = {name: given[name] for name in ("local", "settings", "fresh")}
    of_all |= {"cross": (), "override": ()}
    session = open_session(replace(common, cross=()), of_all)
    planned = _plan(session, (*common.cross, *given["cross"]), given)
    if only_list or common.dry:
        print_jobs(planned, screen, wants_json=wants_json)
        return
    if not given["skip_dependency_check"]:
        _check_environment(session, planned)
    jobs = given["jobs"] or session.machine.cpus
    options = Options(output.absolute(), jobs, given["fail_fast"], given["incremental"])
    clock, since = Clock(), time.time()
    outcomes = _build(session, planned, options, screen, clock)
    if given["report"]:
        title = f"Wheels of {planned[0].plan.metadata.name}"
        write_report(_report(title, planned, outcomes, clock, since), given["report"])
    if wants_json:
        click.echo(json.dumps([outcome.as_json() for outcome in outcomes], indent=2))
    else:
        print_outcomes(outcomes, screen)
    if not all(outcome.is_good for outcome in outcomes):
        raise SystemExit(1)


def _plan(session: Session, cross: Sequence[str], given: dict[str, Any]) -> list[Planned]:
    """Choose and plan the targets."""
    matrices = [read_matrix(path) for path in given["matrices"]]
    # Workers have another current directory.
    files = [str(Path(file).absolute()) if Path(file).is_file() else file for file in cross]
    planned = plan_jobs(session, choose_jobs(files, matrices, native=given["native"]))
    for warning in dict.fromkeys(w for each in planned for w in each.plan.warnings):
        session.console.warning(warning)
    return planned


def _check_environment(session: Session, planned: Sequence[Planned]) -> None:
    """Check that what the builds require is installed."""
    problems: list[Problem] = []
    needed = stated_requirements(session.project_dir, problems)
    if problems:
        raise ConfigError.from_problems(problems)
    needed = [*needed, *(text for each in planned for text in each.requirements)]
    check_requirements(needed, installed_versions())


def _build(
    session: Session,
    planned: Sequence[Planned],
    options: Options,
    screen: rich.console.Console,
    clock: Clock,
) -> list[Outcome]:
    with _interruptible(screen), progress_on(screen) as progress:
        outcomes = build_all(session, planned, options, TimedProgress(progress, clock))
    print_failures(outcomes, screen)
    screen.print(f"logs: {logs_directory(session.project_dir)}", soft_wrap=True)
    return outcomes


def _report(
    title: str, planned: Sequence[Planned], outcomes: Sequence[Outcome], clock: Clock, since: float
) -> Report:
    """Return what the page shows; ``since`` is when the build began, in seconds of the epoch."""
    built = [
        contents_of(outcome.wheel, inspect_built(outcome.wheel, each.plan))
        for each, outcome in zip(planned, outcomes)
        if outcome.wheel
    ]
    made = [
        made
        for each in planned
        for made in made_by_ninja(each.job.name, each.plan.build_dirs, since)
    ]
    rows = tuple(outcome.as_json() for outcome in outcomes)
    return Report(title, tuple(built), rows, clock.spans, tuple(made))


@contextmanager
def _interruptible(screen: rich.console.Console) -> Iterator[None]:
    """End as an interrupted program does. SIGTERM has the same effect as Ctrl-C."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    except KeyboardInterrupt as e:
        screen.print("interrupted; the wheels that are there are complete")
        raise SystemExit(128 + (e.args[0] if e.args else signal.SIGINT)) from None
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)
