"""``py-build-cmake cross check``: what a cross build will use, and what is wrong with it.

Nothing is compiled for that.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ...base.errors import Error, known_error
from ...base.records import dataclass
from ...building.cross_check import check_build
from ...building.workflows import with_workflows
from ...cmake.find_python import find_python_entries
from ...config.load import load_explained
from ...project.plan import make_plan
from ..options import example, json_option, open_session, source_options
from ..terminal import ERROR_STYLE, GOOD_STYLE, WARNING_STYLE, open_screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...base.errors import Problem
    from ...cmake.cache import CacheEntry
    from ...cmake.probes import Program
    from ...config.load import Explained
    from ...config.schema import CrossConfig
    from ...platforms.build_machine import BuildMachine
    from ..options import ProgramOptions

_PYTHON_KEYS = (
    *("implementation", "version", "abi", "arch", "soabi"),
    *("include_dir", "library", "sabi_library", "prefix"),
)


@dataclass(frozen=True)
class HostFact:
    """Something that is known about the host system's Python, and where that is stated."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Check:
    """Everything that a cross build will use.

    ``hints`` are the cache entries for FindPython, for each configuration of CMake. ``toolchain``
    are the variables that CMake has when a project begins, ``native_build`` why there is a native
    pre-build, empty if there is none. ``detection`` is what the environment asks for and why, empty
    if the configuration does not ask the environment.
    """

    wheel: str
    tag: str
    ext_suffix: str
    stable_abi_suffix: str | None
    python: tuple[HostFact, ...]
    toolchain: Mapping[str, str]
    programs: tuple[Program, ...]
    hints: tuple[tuple[CacheEntry, ...], ...]
    native_build: str
    detection: tuple[str, ...]
    warnings: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def check_cross(explained: Explained, machine: BuildMachine) -> Check:
    """Resolve the cross build of a configuration.

    :raises Error: the configuration is not of a cross build, or the project is wrong.
    """
    config = with_workflows(explained.config, machine)
    detection = config.detection.lines() if config.detection else ()
    if config.cross is None:
        raise Error(
            "; ".join(("there is no cross configuration", *detection)),
            where=str(config.project_dir),
            hint="name a cross file with --cross, or make one with `py-build-cmake cross init`",
        )
    plan = make_plan(config, machine)
    host, cross_pass = config.host_platform, plan.main_pass
    cross = cross_pass.cross if cross_pass and cross_pass.cross else config.cross
    found = check_build(plan)
    hints: tuple[tuple[CacheEntry, ...], ...] = ()
    if cross_pass:
        hints = tuple(
            tuple(find_python_entries(b.config, machine, host, cross))
            for b in cross_pass.configurations
        )
    return Check(
        wheel=plan.wheel_name,
        tag=str(plan.tag),
        ext_suffix=host.ext_suffix,
        stable_abi_suffix=host.stable_abi_suffix,
        python=tuple(_python_facts(explained, cross)),
        toolchain=found.toolchain,
        programs=found.programs,
        hints=hints,
        native_build=_why_native(cross) if plan.native_pass else "",
        detection=detection,
        warnings=found.warnings,
        problems=found.problems,
    )


def _why_native(cross: CrossConfig) -> str:
    return "`native_build`" if cross.native_build else "`copy_from_native_build`"


def _python_facts(explained: Explained, cross: CrossConfig) -> Iterator[HostFact]:
    """Yield what is known of the host's Python: given, read from a file, or derived."""
    written = {
        e.path[-1]: e.edits[-1] for e in explained.explanations if e.edits and _is_cross(e.path)
    }
    filled = {note.key: note for note in explained.config.filled}
    if cross.uses_build_headers:
        yield HostFact("include_dir", str(cross.include_dir), '`python` = "build", when it builds')
    for key in _PYTHON_KEYS:
        if key in filled:
            yield HostFact(key, filled[key].value, filled[key].source)
        elif key in written:
            yield HostFact(key, str(getattr(cross, key)), str(written[key].origin))


def _is_cross(path: tuple[str, ...]) -> bool:
    return len(path) == 2 and path[0] == "cross"


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
    """Yield the lines of a report for people, without the verdict."""
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


def _verdict(found: Check) -> Iterator[tuple[str, str]]:
    """Yield the last lines of the report, with their styles."""
    yield from ((f"warning: {problem}", WARNING_STYLE) for problem in found.warnings)
    yield from ((f"error: {problem}", ERROR_STYLE) for problem in found.problems)
    count = len(found.problems)
    if count:
        yield f"{count} thing{'s are' if count > 1 else ' is'} wrong", ERROR_STYLE
    else:
        yield "nothing is wrong", GOOD_STYLE


@click.command(
    short_help="Say what a cross build will use, and what is wrong.",
    epilog=example("py-build-cmake cross check --cross aarch64.cross.toml"),
)
@source_options
@json_option()
@click.pass_obj
def check(common: ProgramOptions, /, *, wants_json: bool, **more: Any) -> None:
    """Resolve everything that a cross build will use, and say what is wrong, without compiling.

    The exit status is 1 if something is wrong.
    """
    try:
        session = open_session(common, more)
        explained = load_explained(session.project_dir, session.settings, session.machine)
        found = check_cross(explained, session.machine)
    except (Error, OSError) as e:
        known = known_error(e)
        if known is None or not wants_json:
            raise
        # Whoever asked for JSON gets mistakes in it as well.
        problems = [problem.as_json() for problem in known.problems]
        click.echo(json.dumps({"is_right": False, "problems": problems}, indent=2))
        raise SystemExit(1) from None
    if wants_json:
        click.echo(json.dumps(check_as_json(found), indent=2))
    else:
        for line in check_as_text(found):
            click.echo(line)
        screen = open_screen(session.machine.environ)
        for line, style in _verdict(found):
            screen.print(line, style=style, soft_wrap=True)
    if found.problems:
        raise SystemExit(1)
