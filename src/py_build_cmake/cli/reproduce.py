"""``py-build-cmake reproduce``: build a wheel again, and say where it becomes another one."""

from __future__ import annotations

import calendar
import tarfile
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..archive.compare import compare_wheels
from ..archive.reproducible import EARLIEST_TIME
from ..base.errors import Error, ProjectError
from ..building.wheel import build_sdist, build_wheel
from .options import example, open_session, source_options

if TYPE_CHECKING:
    from .options import ProgramOptions


@click.command(
    short_help="Build a wheel again and compare it, byte by byte.",
    epilog=example(
        "py-build-cmake reproduce",
        "py-build-cmake reproduce dist/my_package-1.0-cp311-cp311-linux_x86_64.whl",
    ),
)
@click.argument(
    "wheel", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--sdist",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Source distribution to build from, in place of the project.",
)
@source_options
@click.pass_obj
def reproduce(
    common: ProgramOptions, /, *, wheel: Path | None, sdist: Path | None, **more: tuple[str, ...]
) -> None:
    """Build a wheel again and compare it, byte by byte.

    Without WHEEL, it is the newest one in the project's `dist`. It is built from a source
    distribution, or from one that is made of the project first, in a new directory, with the time
    of WHEEL's members as SOURCE_DATE_EPOCH and with what is installed here: there is no isolation.
    The exit status is 1 if the result is another one; the first difference and its likely cause
    are printed.
    """
    wheel = wheel or _newest(common.directory / "dist")
    # The rebuilt wheel is thrown away, so this needs no confirmation.
    session = open_session(replace(common, dry=False), more, environ=_time_of(wheel))
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary).resolve()
        archive = sdist or out / build_sdist(session, out)
        project = unpack_sdist(archive, out / "unpacked")
        unpacked = replace(session, project_dir=project)
        again = out / "wheel" / build_wheel(unpacked, out / "wheel", None)
        difference = compare_wheels(wheel, again)
        if difference:
            raise Error(f"is not reproduced: {difference}", where=str(wheel))
        session.console.info(f"{wheel.name} is the same, byte by byte")


def _newest(directory: Path) -> Path:
    """Return the wheel that was written last.

    :raises ProjectError: there is none.
    """
    wheels = sorted(directory.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)
    if not wheels:
        raise ProjectError(
            "there is no wheel", where=str(directory), hint="name the wheel to build again"
        )
    return wheels[-1]


def _time_of(wheel: Path) -> dict[str, str]:
    """Return the environment that gives a wheel's members the time that they have."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            time = calendar.timegm((*archive.infolist()[0].date_time, 0, 0, 0))
    except (zipfile.BadZipFile, IndexError):
        raise ProjectError("is not a wheel", where=str(wheel)) from None
    return {} if time == EARLIEST_TIME else {"SOURCE_DATE_EPOCH": str(time)}


def unpack_sdist(sdist: Path, directory: Path) -> Path:
    """Unpack a source distribution into a directory; return the project's own one in it.

    :raises ProjectError: it is none.
    """
    try:
        with tarfile.open(sdist) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(directory)
        (project,) = directory.iterdir()
    except (tarfile.TarError, ValueError, OSError) as e:
        raise ProjectError(f"is not a source distribution: {e}", where=str(sdist)) from None
    return project
