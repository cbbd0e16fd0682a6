"""``py-build-cmake rebuild``: build again what editable installs consist of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..base.errors import Error
from ..editable.runtime.rebuild import rebuild_install
from ..editable.runtime.state import BuildFailed
from ..project.plan import CACHE_FOLDER
from .options import example, fresh_option

if TYPE_CHECKING:
    from .options import ProgramOptions


@click.command(
    short_help="Build the editable installs of a project again.",
    epilog=example("py-build-cmake rebuild", "py-build-cmake rebuild --fresh hello"),
)
@click.argument(
    "path",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@fresh_option
@click.pass_obj
def rebuild(common: ProgramOptions, path: Path | None, *, fresh: bool) -> None:
    """Build and install again what the editable installs of a project consist of.

    PATH is the directory of the project, by default that of the option --directory. The
    configuration is that of the installation; after a change of pyproject.toml, install again.
    """
    if common.local or common.cross or common.settings or common.override:
        raise click.UsageError("the configuration of a rebuild is that of the installation")
    for state_file in _installs((path or common.directory).resolve()):
        _rebuild(state_file, fresh=fresh)


def _installs(project_dir: Path) -> list[Path]:
    cache = project_dir / CACHE_FOLDER
    found = sorted(path for path in cache.glob("*/editable*.json") if path.is_file())
    if not found:
        raise Error(
            "there is no editable install that could be rebuilt",
            where=str(project_dir),
            hint="run `pip install --editable .` there; without CMake, there is nothing to rebuild",
        )
    return found


def _rebuild(state_file: Path, *, fresh: bool) -> None:
    try:
        rebuild_install(state_file, verbose=True, force=True, fresh=fresh)
    except BuildFailed as e:
        raise Error(str(e)) from None
    except OSError as e:
        raise Error(f"cannot be rebuilt: {e}", where=str(state_file)) from None
