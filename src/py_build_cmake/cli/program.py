"""The command line program: its options, its commands, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..building.session import ErrorBoundary
from ..config.settings import SWITCHES
from .clean import clean
from .config import config
from .cross.check import check
from .cross.init import init_cross_file
from .cross.list import list_platforms
from .doctor import doctor
from .init import init
from .inspect import inspect
from .options import ProgramOptions, deprecated, example, source_options
from .rebuild import rebuild
from .reproduce import reproduce
from .sdist import sdist
from .stages import build, configure, install
from .tags import tags
from .wheels import wheels

# As shells say it: 128 and the number of the signal.
_INTERRUPTED = 130


class _Program(click.Group):
    """The group of all commands, which end as the hooks do: by errors, and if interrupted."""

    def main(self, *arguments: Any, **extra: Any) -> Any:
        with ErrorBoundary() as boundary:
            return super().main(*arguments, obj=boundary, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("py-build-cmake: interrupted", err=True)
            ctx.exit(_INTERRUPTED)


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example(
        "py-build-cmake init hello",
        "py-build-cmake --directory hello tags",
        "py-build-cmake --directory hello -v configure -C cmake.build_type=Debug",
    ),
)
@click.version_option(__version__, "--version", message="%(version)s")
@click.option(
    "--directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory of the project.",
)
@click.option(
    "-B",
    "--build-path",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build directory of configure, build, install and clean, in place of `cmake.build_path`;"
    " may contain `{build_config}`.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("-V", "old_verbose", is_flag=True, hidden=True)
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Say only what is wrong: what steps and commands print goes to the log file alone.",
)
@click.option(
    "-n", "--dry", is_flag=True, help="Say what would be run, written or removed, and do not do it."
)
@source_options
@click.pass_context
def program(
    context: click.Context, /, *, old_verbose: bool, settings: tuple[str, ...], **options: Any
) -> None:
    """Build backend for Python packages with CMake: tools for the developer."""
    if old_verbose:
        deprecated("-V", "-v")
        options["verbose"] = True
    if options["verbose"] and options["quiet"]:
        raise click.UsageError("--verbose and --quiet exclude each other")
    directories = [text for text in settings if _is_directory(text)]
    for text in directories:
        deprecated(f"-C {text} for a directory", f"--directory {text}")
        options["directory"] = Path(text)
    options["settings"] = tuple(text for text in settings if text not in directories)
    context.obj = ProgramOptions(context.obj, **options)


def _is_directory(text: str) -> bool:
    """Whether what follows ``-C`` is a directory, which it was once, and not a setting.

    :raises click.BadParameter: it is neither.
    """
    if "=" in text:
        return False
    if Path(text).is_dir():
        return True
    if text in SWITCHES:
        return False
    raise click.BadParameter(
        f"{text!r} is neither KEY=VALUE nor a directory", param_hint="'-C' / '--config-setting'"
    )


@click.group(epilog=example("py-build-cmake cross list"))
def cross() -> None:
    """Look at a cross build, and begin one."""


for _command in (check, init_cross_file, list_platforms):
    cross.add_command(_command)
for _command in (
    init,
    configure,
    build,
    install,
    sdist,
    tags,
    wheels,
    inspect,
    reproduce,
    rebuild,
    config,
    cross,
    clean,
    doctor,
):
    program.add_command(_command)
