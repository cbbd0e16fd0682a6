"""The hooks of the build backend (PEP 517, PEP 660).

Set ``build-backend = "py_build_cmake.build"`` in the ``[build-system]`` table of pyproject.toml.
The current directory is the project directory, as PEP 517 says.
"""

from __future__ import annotations

# Importing `typing` would take longer than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .building.session import Session, Settings

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return the programs that a wheel build needs and that are missing or too old."""
    with _session(config_settings) as session:
        from .building.wheel import requirements_for_wheel

        return requirements_for_wheel(session)


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return the programs that an editable install needs: it compiles, too."""
    with _session(config_settings, editable=True) as session:
        from .building.wheel import requirements_for_wheel

        return requirements_for_wheel(session)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return what dynamic metadata are found out with; no other programs are needed."""
    from .project.scm import may_need_more

    if not may_need_more():
        return []
    with _session(config_settings) as session:
        from .building.wheel import requirements_for_sdist

        return requirements_for_sdist(session)


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory of the wheel; return its name.

    Nothing is built, unless `platform_tag = "auto"` makes the tag depend on what is built.
    """
    with _session(config_settings) as session:
        from pathlib import Path

        from .building.wheel import announce_metadata

        return announce_metadata(session, Path(metadata_directory))


def prepare_metadata_for_build_editable(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory, as for the wheel; return its name."""
    with _session(config_settings, editable=True) as session:
        from pathlib import Path

        from .building.wheel import announce_metadata

        return announce_metadata(session, Path(metadata_directory))


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel into ``wheel_directory`` and return its file name.

    ``metadata_directory`` is the dist-info directory that the metadata hook wrote. The build
    fails if the wheel's metadata would be different.
    """
    with _session(config_settings) as session:
        from pathlib import Path

        from .building.wheel import build_wheel

        announced = Path(metadata_directory) if metadata_directory else None
        return build_wheel(session, Path(wheel_directory).absolute(), announced)


def build_editable(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build an editable wheel (PEP 660) into ``wheel_directory`` and return its file name.

    Everything is compiled as for a wheel; installed are paths to it, and to the sources.
    """
    with _session(config_settings, editable=True) as session:
        from pathlib import Path

        from .building.wheel import build_editable

        announced = Path(metadata_directory) if metadata_directory else None
        return build_editable(session, Path(wheel_directory).absolute(), announced)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Pack the sources into ``sdist_directory`` and return the archive's file name."""
    with _session(config_settings) as session:
        from pathlib import Path

        from .building.wheel import build_sdist

        return build_sdist(session, Path(sdist_directory).absolute())


def _session(
    config_settings: Settings, *, editable: bool = False
) -> AbstractContextManager[Session]:
    from .building.session import hook_session

    return hook_session(config_settings, editable=editable)
