"""``py-build-cmake cross``: checking a cross build without compiling, and beginning one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...base.console import Console
from ...base.errors import Error, refusal_of_system
from ...config.load import load_explained
from ...platforms.build_machine import detect_build_machine
from ..options import example, json_option, parse_sources, setting_options
from .check import check_cross
from .init import DEFAULT_NAME, cross_file
from .list import list_platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...base.errors import Problem
    from ..options import ProgramOptions
    from .check import Check


@click.group(epilog=example("py-build-cmake cross list"))
def cross() -> None:
    """Look at a cross build, and begin one."""


cross.add_command(list_platforms)


@cross.command(epilog=example("py-build-cmake cross check --cross aarch64.cross.toml"))
@setting_options
@json_option
@click.pass_obj
def check(
    sources: ProgramOptions,
    /,
    *,
    settings: Sequence[str],
    wants_json: bool,
    **more: tuple[str, ...],
) -> None:
    """Resolve everything that a cross build will use, and say what is wrong, without compiling.

    The exit status is 1 if something is wrong.
    """
    with _mistakes(wants_json=wants_json):
        machine = detect_build_machine()
        parsed = parse_sources(sources, settings, more, machine.environ)
        found = check_cross(load_explained(sources.directory, parsed, machine), machine)
    if wants_json:
        click.echo(json.dumps(check_as_json(found), indent=2))
    else:
        for line in check_as_text(found):
            click.echo(line)
    if found.problems:
        raise SystemExit(1)


@cross.command(
    "init", epilog=example("py-build-cmake cross init --python sysroot --toolchain aarch64.cmake")
)
@click.option(
    "--python",
    required=True,
    metavar="PATH",
    help="The host system's Python: a sysroot, a prefix, an include directory, a build-details.json"
    " or a _sysconfigdata*.py; or `build`, for the headers of this Python.",
)
@click.option("--toolchain", metavar="FILE|NAME", help="CMake toolchain file, or zig or gnu.")
@click.option("--arch", metavar="TAG", help="Platform tag, where the Python does not say it.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The cross file to write. [default: {DEFAULT_NAME} in the project]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.pass_obj
def init_cross_file(  # noqa: PLR0913 - the options of one command
    sources: ProgramOptions,
    /,
    *,
    python: str,
    toolchain: str | None,
    arch: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write a cross file with comments, for a Python and a toolchain."""
    output = output or sources.directory / DEFAULT_NAME
    with _mistakes():
        text = cross_file(python, toolchain, arch, output.parent, detect_build_machine())
        if output.exists() and not force:
            raise Error("exists already", where=str(output), hint="use --force to replace it")
        if not output.parent.is_dir():
            raise Error(f"there is no directory {output.parent}", where="--output")
        output.write_text(text, encoding="utf-8")
    click.echo(f"wrote {output}; look at it, then run: py-build-cmake cross check --cross {output}")


def check_as_json(found: Check) -> dict[str, Any]:
    """Return what was found for ``json.dumps``."""
    return {
        **asdict(found),
        "programs": [{**asdict(p), "path": p.path and str(p.path)} for p in found.programs],
        "hints": [{entry.name: entry.value for entry in entries} for entries in found.hints],
        "warnings": [problem.as_json() for problem in found.warnings],
        "problems": [problem.as_json() for problem in found.problems],
        "is_right": not found.problems,
    }


def check_as_text(found: Check) -> Iterator[str]:
    """Yield the lines of a report for people."""
    yield f"wheel: {found.wheel}"
    stable = found.stable_abi_suffix or "there is none"
    yield f"suffix: {found.ext_suffix} (stable ABI: {stable})"
    yield f"native pre-build: {found.native_build or 'no'}"
    if found.detection:
        yield "environment:"
        yield from (f"  {line}" for line in found.detection)
    yield ""
    yield "host Python:"
    yield from (f"  {fact.name} = {fact.value}  ({fact.source})" for fact in found.python)
    yield "toolchain:"
    yield from (f"  {name} = {value}" for name, value in found.toolchain.items())
    yield "programs:"
    for program in found.programs:
        target = f", for {program.target}" if program.target else ""
        path = program.path or f"{program.name} NOT FOUND"
        yield f"  {program.variable} = {path}{target}  ({program.source})"
    for number, entries in enumerate(found.hints):
        of_which = f", configuration {number}" if len(found.hints) > 1 else ""
        yield f"hints for CMake{of_which}:"
        yield from (f"  {entry.name} = {entry.value}" for entry in entries)
    yield ""
    yield from (f"warning: {problem}" for problem in found.warnings)
    yield from (f"error: {problem}" for problem in found.problems)
    count = len(found.problems)
    yield f"{count} thing{'s are' if count > 1 else ' is'} wrong" if count else "nothing is wrong"


@contextmanager
def _mistakes(*, wants_json: bool = False) -> Iterator[None]:
    """Print the user's mistakes as the hooks do, or in the form of the result."""
    try:
        yield
    except (Error, OSError) as e:
        error = e if isinstance(e, Error) else refusal_of_system(e)
        if error is None:
            raise
        if wants_json:
            click.echo(json.dumps(_failed(error.problems), indent=2))
        else:
            Console().error(error)
        raise SystemExit(1) from None


def _failed(problems: Sequence[Problem]) -> dict[str, Any]:
    return {"is_right": False, "problems": [problem.as_json() for problem in problems]}
