"""Settings of a checkout that a source distribution of it does not have.

Front ends such as ``python -m build`` and ``uv build`` make a wheel from the source distribution
that they made before. They unpack it in another directory. ``PWD`` still names the directory they
were started in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass
from .layers import ABSENT
from .schema import ROOT
from .sources import PYPROJECT, ConfigFiles, parse_toml, read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .schema import ProjectConfig
    from .settings import ConfigSettings

_WAYS_OUT = "build the wheel from the checkout (`python -m build --wheel`, `pip wheel .`)"


@dataclass(frozen=True)
class _SettingsFile:
    """A file that changes the wheels of a checkout, and the config setting that can name it."""

    path: Path
    kind: str
    is_cross: bool


def settings_not_packed(
    project_dir: Path, environ: Mapping[str, str], packed: Collection[str]
) -> list[str]:
    """Return a warning for each file that changes the wheels of a checkout only.

    ``packed`` are the places of the files in its source distribution.
    """
    return [
        f"{file.path.name} is not in the source distribution: a wheel that is built from that, as"
        " by `python -m build` and `uv build`,"
        f" {'is not cross-compiled' if file.is_cross else 'has none of its settings'}. For a wheel"
        f" with it, {_WAYS_OUT}, or give `-C {file.kind}={file.path}`"
        for file in _settings_files(project_dir, environ)
        if file.path.name not in packed
    ]


def _settings_files(project_dir: Path, environ: Mapping[str, str]) -> Iterator[_SettingsFile]:
    """Yield the files of a directory that change wheels and are read although no setting names
    them.
    """
    files = ConfigFiles(project_dir, environ, [])
    for path in files.standard("cross"):
        if read_file(path, path.name, [], ROOT.sections["cross"]) != ABSENT:
            yield _SettingsFile(path, "cross", is_cross=True)
    for path in files.standard("local"):
        tables = read_file(path, path.name, []).children
        if tables.keys() - {"sdist"}:
            yield _SettingsFile(path, "local", is_cross="cross" in tables)


def check_checkout(
    config: ProjectConfig, settings: ConfigSettings, environ: Mapping[str, str]
) -> list[str]:
    """Return warnings for an unpacked source distribution that lost settings of its checkout.

    The front end was started in that checkout.

    :raises ConfigError: builds of the checkout are cross-compiled, and this one would not be.
    """
    root = config.project_dir
    checkout = _checkout(config, environ)
    if checkout is None:
        return []
    lost = [
        file for file in _settings_files(checkout, environ) if not (root / file.path.name).exists()
    ]
    for file in lost:
        if file.is_cross and config.cross is None:
            raise ConfigError(
                f"turns on cross-compilation in {checkout}, but the source distribution that this"
                " wheel is built from does not have it: the wheel would be for the build machine",
                where=str(file.path),
                hint=f"{_WAYS_OUT}, or give `-C {file.kind}={file.path}`; for a wheel for the build"
                " machine, start the front end in another directory",
            )
    return [
        f"{file.path} has no effect on this wheel, which is built from a source distribution; for a"
        f" wheel with its settings, {_WAYS_OUT}, or give `-C local={file.path}`"
        for file in lost
        if file.kind == "local" and not settings.local
    ]


def _checkout(config: ProjectConfig, environ: Mapping[str, str]) -> Path | None:
    """Return the checkout of the same project in which the front end was started."""
    from packaging.utils import canonicalize_name

    start = Path(environ.get("PWD", ""))
    if not start.is_absolute():
        return None
    for folder in (start, *start.parents):
        if (folder / PYPROJECT).is_file():
            project = (parse_toml(folder / PYPROJECT, PYPROJECT, []) or {}).get("project")
            name = project.get("name") if isinstance(project, dict) else None
            is_same = isinstance(name, str) and canonicalize_name(name) == canonicalize_name(
                str(config.project.get("name"))
            )
            return folder if is_same and folder.resolve() != config.project_dir else None
    return None
