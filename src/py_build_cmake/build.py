"""The hooks of the build backend (PEP 517, PEP 660), and the one error boundary.

Set ``build-backend = "py_build_cmake.build"`` in the ``[build-system]`` table of pyproject.toml.
The current directory is the project directory, as PEP 517 says.
"""

from __future__ import annotations

# Importing `typing` or `contextlib` would take longer than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Optional

    from .backend import Session

    # A value is a string, or a list of strings where a front end was given a key repeatedly.
    Settings = Optional[Mapping[str, Any]]

__all__ = [
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
        from .backend import requirements_for_wheel

        return requirements_for_wheel(session)


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return the programs that an editable install needs: it compiles, too."""
    with _session(config_settings, editable=True) as session:
        from .backend import requirements_for_wheel

        return requirements_for_wheel(session)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return nothing: a source distribution is packed without other programs."""
    return []


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory of the wheel; return its name.

    Nothing is built, unless `platform_tag = "auto"` makes the tag depend on what is built.
    """
    with _session(config_settings) as session:
        from pathlib import Path

        from .backend import announce_metadata

        return announce_metadata(session, Path(metadata_directory))


def prepare_metadata_for_build_editable(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory, as for the wheel; return its name."""
    with _session(config_settings, editable=True) as session:
        from pathlib import Path

        from .backend import announce_metadata

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

        from .backend import build_wheel

        announced = Path(metadata_directory) if metadata_directory else None
        return build_wheel(session, Path(wheel_directory).absolute(), announced)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Pack the sources into ``sdist_directory`` and return the archive's file name."""
    with _session(config_settings) as session:
        from pathlib import Path

        from .backend import build_sdist

        return build_sdist(session, Path(sdist_directory).absolute())


class _session:  # noqa: N801 - used like a function
    """Provides what a hook works with, and ends the process when the user made a mistake.

    A mistake is printed without a traceback; the exit status tells the front end. Whatever else
    is raised is a defect of this program and keeps its traceback.
    """

    def __init__(self, config_settings: Settings, *, editable: bool = False) -> None:
        from .console import Console

        self._config_settings = config_settings
        self._editable = editable
        self._console = Console()

    def __enter__(self) -> Session:
        try:
            return self._open()
        except Exception as e:
            self._report(e)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self._report(error)

    def _open(self) -> Session:
        from pathlib import Path

        from .backend import Session
        from .cmake.runner import SubprocessRunner
        from .config.settings import parse_config_settings
        from .console import Console
        from .platforms.build import detect_build_platform

        build = detect_build_platform()
        self._console = Console.of_environment(build.environ)
        settings = parse_config_settings(self._config_settings, build.environ)
        self._console = Console.of_environment(
            build.environ, verbose=settings.verbose, show_environment=settings.verbose_env
        )
        self._console.mask.hide(settings.secrets)
        runner = SubprocessRunner(self._console)
        return Session(Path.cwd(), settings, build, self._console, runner, self._editable)

    def _report(self, error: Exception) -> None:
        from .errors import Error, refusal_of_system

        known = error if isinstance(error, Error) else refusal_of_system(error)
        if known:
            self._console.error(known)
            raise SystemExit(1) from None
        self._console.defect()
