"""The hooks of the backends that pack parts of another project (PEP 517)."""

from __future__ import annotations

# See build.py about these imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

    from ..building.session import Session, Settings


class CompanionHooks:
    """The hooks of one such backend. ``kind`` is its module in ``companions``, and its table."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def get_requires_for_build_wheel(self, config_settings: Settings = None) -> list[str]:
        """Return what the build of the main project requires, and the programs it lacks."""
        with self._session(config_settings) as session:
            requirements: list[str] = self._companion().requirements_for_wheel(session)
            return requirements

    def get_requires_for_build_sdist(self, config_settings: Settings = None) -> list[str]:
        """Return nothing: a source distribution is packed without other programs."""
        return []

    def prepare_metadata_for_build_wheel(
        self, metadata_directory: str, config_settings: Settings = None
    ) -> str:
        """Write the dist-info directory of the wheel; return its name."""
        with self._session(config_settings) as session:
            from pathlib import Path

            name: str = self._companion().announce_metadata(session, Path(metadata_directory))
            return name

    def build_wheel(
        self,
        wheel_directory: str,
        config_settings: Settings = None,
        metadata_directory: str | None = None,
    ) -> str:
        """Build the wheel into ``wheel_directory`` and return its file name.

        ``metadata_directory`` is the dist-info directory that the metadata hook wrote.
        """
        with self._session(config_settings) as session:
            from pathlib import Path

            announced = Path(metadata_directory) if metadata_directory else None
            directory = Path(wheel_directory).absolute()
            name: str = self._companion().build_wheel(session, directory, announced)
            return name

    def build_sdist(self, sdist_directory: str, config_settings: Settings = None) -> str:
        """Pack the sources, and those of the main project; return the archive's file name."""
        with self._session(config_settings) as session:
            from pathlib import Path

            directory = Path(sdist_directory).absolute()
            name: str = self._companion().build_sdist(session, directory)
            return name

    def _session(self, config_settings: Settings) -> AbstractContextManager[Session]:
        from ..building.session import hook_session

        return hook_session(config_settings, tables=("main", "main_project", self._kind))

    def _companion(self) -> Any:
        from importlib import import_module

        return import_module(f"{__package__}.{self._kind}")
