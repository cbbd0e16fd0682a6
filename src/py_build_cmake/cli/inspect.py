"""``py-build-cmake inspect``: what is in wheels, and whether it fits their tags."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..reports.in_wheel import contents_of
from ..reports.page import Report, write_report
from ..verify.finding import Severity, grouped, of_severity
from ..verify.ignored import Ignored
from ..verify.inspect import inspect_package
from ..verify.loader.manylinux import newest_glibc_symbol
from ..verify.lowest import lowest_tags
from .options import example, json_option, report_option
from .terminal import ERROR_STYLE, WARNING_STYLE, open_screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import rich.console
    import rich.table

    from ..verify.contents import WheelReport
    from ..verify.finding import FileReport, Finding
    from ..verify.lowest import LowestTags
    from .options import ProgramOptions

# Of what `--json` prints: a reader that knows this number understands it. New keys and new codes
# do not change it.
_FORMAT_VERSION = 1
_STYLES = {
    Severity.ERROR: ERROR_STYLE,
    Severity.WARNING: WARNING_STYLE,
    Severity.NOTE: "",
}
_LISTS = {"errors": Severity.ERROR, "warnings": Severity.WARNING, "notes": Severity.NOTE}


@click.command(
    short_help="Check whether wheels fit their tags.",
    epilog=example(
        "py-build-cmake inspect dist/hello-0.1.0-cp313-cp313-linux_aarch64.whl",
        "py-build-cmake inspect --json dist/hello-0.1.0-cp313-cp313-linux_aarch64.whl",
    ),
)
@click.argument(
    "wheels",
    nargs=-1,
    required=True,
    metavar="WHEEL...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATTERN|CODE",
    help="Files that are not checked, or a kind of findings that is only noted, as with"
    " `wheel.verify_ignore`.",
)
@click.option(
    "--external-library",
    "external_libraries",
    multiple=True,
    metavar="PATTERN",
    help="Libraries that are there already, as with `wheel.external_libraries`.",
)
@click.option(
    "--allow-unknown-tags",
    is_flag=True,
    help="Accept tags of machines, systems and Pythons that are not known here, as with"
    " `wheel.allow_unknown_tags`.",
)
@report_option
@json_option()
@click.pass_obj
def inspect(
    common: ProgramOptions,
    /,
    *,
    wheels: Sequence[Path],
    ignore: Sequence[str],
    report: Path | None,
    wants_json: bool,
    **allowed: Any,
) -> None:
    """Show the compiled files of wheels, whoever made them, and whether they fit their tags.

    The archive and the metadata of a wheel are checked, too. Packages of conda (`.conda`) are
    compared with the platform and the Python in their index.

    The exit status is 1 if one of the wheels is broken.
    """
    machine = common.boundary.detect_machine()
    ignored = Ignored.of(ignore)
    reports = [inspect_package(wheel, ignored, **allowed) for wheel in wheels]
    if report:
        contents = tuple(map(contents_of, wheels, reports))
        write_report(Report(", ".join(wheel.name for wheel in contents), contents), report)
    if wants_json:
        click.echo(json.dumps([report_as_json(inspected) for inspected in reports], indent=2))
    else:
        screen = open_screen(machine.environ)
        for inspected in reports:
            _print(inspected, screen)
    if not all(inspected.is_sound for inspected in reports):
        raise SystemExit(1)


def report_as_json(report: WheelReport) -> dict[str, Any]:
    """Return a report for ``json.dumps``."""
    lowest = _lowest(report)
    return {
        "format_version": _FORMAT_VERSION,
        "name": report.name,
        "tag": str(report.tag),
        "is_sound": report.is_sound,
        "lowest_platform_tags": list(lowest.platforms) if lowest else None,
        **{
            key: [_finding_as_json(f) for f in of_severity(report.findings, severity)]
            for key, severity in _LISTS.items()
        },
        "files": [_file_as_json(file) for file in report.files],
    }


def _finding_as_json(found: Finding) -> dict[str, str]:
    return {"code": found.code.text, **found.problem.as_json()}


def _file_as_json(file: FileReport) -> dict[str, Any]:
    binary = file.binary
    nothing = frozenset[Any]()
    # The tables of symbols can be as large as the wheel.
    rest = replace(binary, members=(), imports=(), exports=nothing, versioned_exports=nothing)
    fields = asdict(rest)
    del fields["imports"], fields["exports"], fields["versioned_exports"]
    return {
        "place": file.place,
        **fields,
        "machines": sorted(binary.machines),
        "own_versions": sorted(binary.own_versions),
        "python": file.suffix.python if file.suffix else "",
        "abi": file.suffix.abi if file.suffix else "",
        "newest_glibc_symbol": newest_glibc_symbol(binary.versions),
        "members": [{"name": name, "machines": sorted(r.machines)} for name, r in binary.members],
    }


def _lowest(report: WheelReport) -> LowestTags | None:
    """Return the lowest tags that the wheel could have, if it has anything that needs one."""
    if not report.files or report.tag.is_pure or not report.name.endswith(".whl"):
        return None
    return lowest_tags(report.files, report.tag.platforms, (), report.circumstances)


def _print(report: WheelReport, screen: rich.console.Console) -> None:
    screen.print(report.name, style="bold")
    if report.files:
        screen.print(_table(report.files))
    for line, style in _verdict(report):
        screen.print(line, style=style, soft_wrap=True)


def _table(files: Sequence[FileReport]) -> rich.table.Table:
    import rich.box
    import rich.table
    import rich.text

    table = rich.table.Table(box=rich.box.SIMPLE)
    for title in ("file", "format", "machine", "Python", "needs", "glibc"):
        table.add_column(title, overflow="fold")
    for file in files:
        table.add_row(*(rich.text.Text(cell) for cell in _row(file)))
    return table


def _row(file: FileReport) -> tuple[str, ...]:
    binary = file.binary
    machine = " ".join(sorted(binary.machines))
    system = ", ".join(dict.fromkeys(map(str, binary.systems)))
    return (
        file.place,
        f"{binary.format} {binary.kind}",
        ", ".join(part for part in (machine, binary.float_abi, system) if part),
        (file.suffix.abi or file.suffix.python) if file.suffix else "",
        " ".join(binary.needed),
        newest_glibc_symbol(binary.versions).partition("_")[2] or binary.libc,
    )


def _verdict(report: WheelReport) -> Iterator[tuple[str, str]]:
    """Yield the lines below the table, with their styles."""
    for severity in (Severity.NOTE, Severity.WARNING, Severity.ERROR):
        for found in grouped(of_severity(report.findings, severity)):
            yield f"{severity.value}: {found.shown}", _STYLES[severity]
    lowest = _lowest(report)
    if lowest and not set(lowest.platforms) & set(report.tag.platforms):
        lowest_tags_shown = ".".join(lowest.platforms)
        yield f"lowest honest platform tag: {lowest_tags_shown} ({lowest.reason})", ""
    verdict, style = ("fits", "green") if report.is_sound else ("does not fit", "bold red")
    yield f"{verdict} the tag {report.tag}", style
    yield "", ""
