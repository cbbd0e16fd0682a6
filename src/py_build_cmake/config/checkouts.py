"""Settings of a checkout that a source distribution of it does not have.

Front ends such as ``python -m build`` and ``uv build`` make a wheel from the source distribution
that they made before. They unpack it elsewhere, and leave where they were started in ``PWD``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from .sources import PYPROJECT, ConfigFiles, parse_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .schema import ProjectConfig
    from .settings import ConfigSettings

_WAYS_OUT = "build the wheel from the checkout (`python -m build --wheel`, `pip wheel .`)"


def settings_not_packed(
    project_dir: Path, environ: Mapping[str, str], packed: Collection[str]
) -> list[str]:
    """Return a warning for each file that changes the builds of a checkout only.

    ``packed`` are the places of the files in its source distribution.
    """
    files = ConfigFiles(project_dir, environ, [])
    effects = {
        "cross": "is not cross-compiled, but for the build machine",
        "local": "has none of its settings",
    }
    return [
        f"{path.name} is not in the source distribution: a wheel that is built from that, as by"
        f" `python -m build` and `uv build`, {effect}. For a wheel with it, {_WAYS_OUT}, or give"
        f" `-C {kind}={path}`"
        for kind, effect in effects.items()
        for path in files.standard(kind)
        if path.name not in packed
    ]


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
    files = ConfigFiles(checkout, environ, [])
    lost = {
        kind: [path for path in files.standard(kind) if not (root / path.name).exists()]
        for kind in ("cross", "local")
    }
    if lost["cross"] and config.cross is None:
        path = lost["cross"][0]
        raise ConfigError(
            f"turns on cross-compilation in {checkout}, but the source distribution that this wheel"
            " is built from does not have it: the wheel would be for the build machine",
            where=str(path),
            hint=f"{_WAYS_OUT}, or give `-C cross={path}`; for a wheel for the build machine, start"
            " the front end in another directory",
        )
    return [
        f"{path} has no effect on this wheel, which is built from a source distribution; for a"
        f" wheel with its settings, {_WAYS_OUT}, or give `-C local={path}`"
        for path in lost["local"]
        if not settings.local
    ]


def _checkout(config: ProjectConfig, environ: Mapping[str, str]) -> Path | None:
    """Return the directory around that where the front end was started with the same project."""
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
