"""The hooks of the backend that packs components of another project (PEP 517).

Set ``build-backend = "py_build_cmake.build_component"`` in the ``[build-system]`` table of
pyproject.toml, and ``main_project`` in ``[tool.py-build-cmake]``.
"""

from __future__ import annotations

# See build.py about these imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .boundary import HookSession
    from .build import Settings

__all__ = [
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
]

_TABLES = ("main", "main_project", "component")


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return what the build of the main project requires, and the programs that are missing."""
    with _session(config_settings) as session:
        from .companions.component import requirements_for_wheel

        return requirements_for_wheel(session)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return nothing: a source distribution is packed without other programs."""
    return []


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory of the wheel; return its name."""
    with _session(config_settings) as session:
        from pathlib import Path

        from .companions.component import announce_metadata

        return announce_metadata(session, Path(metadata_directory))


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel of components into ``wheel_directory`` and return its file name.

    ``metadata_directory`` is the dist-info directory that the metadata hook wrote.
    """
    with _session(config_settings) as session:
        from pathlib import Path

        from .companions.component import build_wheel

        announced = Path(metadata_directory) if metadata_directory else None
        return build_wheel(session, Path(wheel_directory).absolute(), announced)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Pack the sources, and those of the main project; return the archive's file name."""
    with _session(config_settings) as session:
        from pathlib import Path

        from .companions.component import build_sdist

        return build_sdist(session, Path(sdist_directory).absolute())


def _session(config_settings: Settings) -> HookSession:
    from .boundary import HookSession

    return HookSession(config_settings, tables=_TABLES)
