"""The hooks of the build backend (PEP 517, PEP 660), and the one error boundary.

Set ``build-backend = "py_build_cmake.build"`` in the ``[build-system]`` table of pyproject.toml.
The current directory is the project directory, as PEP 517 says.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    """Return the same as for a wheel: an editable install compiles, too."""
    return get_requires_for_build_wheel(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return nothing: a source distribution is packed without other programs."""
    return []


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory of the wheel, without building anything; return its name."""
    with _session(config_settings) as session:
        from pathlib import Path

        from .backend import announce_metadata

        return announce_metadata(session, Path(metadata_directory))


def prepare_metadata_for_build_editable(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the dist-info directory, which is that of the wheel; return its name."""
    return prepare_metadata_for_build_wheel(metadata_directory, config_settings)


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


@contextmanager
def _session(config_settings: Settings) -> Iterator[Session]:
    """Provide what a hook works with, and end the process when the user made a mistake.

    A mistake is printed without a traceback; the exit status tells the front end. Whatever else
    is raised is a defect of this program and keeps its traceback.
    """
    from pathlib import Path

    from .console import Console
    from .errors import Error

    console = Console()
    try:
        from .backend import Session
        from .cmake.runner import SubprocessRunner
        from .config.settings import parse_config_settings
        from .platforms.build import detect_build_platform

        build = detect_build_platform()
        console = Console(annotations="GITHUB_ACTIONS" in build.environ)
        settings = parse_config_settings(config_settings, build.environ)
        console = Console(settings.verbose, console.annotations)
        yield Session(Path.cwd(), settings, build, console, SubprocessRunner(console))
    except Error as e:
        console.error(e)
        raise SystemExit(1) from None
    except Exception:
        console.defect()
        raise
