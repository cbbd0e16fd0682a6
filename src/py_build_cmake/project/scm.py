"""The version that the tags of a checkout say, by setuptools-scm.

Source: setuptools-scm's documentation, "Programmatic usage" and "Configuration parameters".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import MetadataError
from ..base.places import Place

if TYPE_CHECKING:
    from pathlib import Path

# Version 8 is the first with the option `version_file`.
REQUIREMENT = "setuptools-scm>=8"
_TABLE = "setuptools_scm"


def may_need_more() -> bool:
    """Whether the project in the current directory may need packages to find out its metadata.

    Nearly all do not, and need not wait until their configuration is loaded.
    """
    from pathlib import Path

    pyproject = Path("pyproject.toml")
    if not pyproject.is_file():
        return False
    text = pyproject.read_bytes()
    return b"git" in text or b"dynamic-metadata" in text


def version_of_checkout(project_dir: Path) -> str:
    """Return the version of a project in a checkout of git, or what it was when the source
    distribution was made that is unpacked there.

    :raises MetadataError: setuptools-scm is not installed, or finds no version.
    """
    import logging

    from ..config.sources import is_unpacked_sdist, recorded_version

    if is_unpacked_sdist(project_dir):
        return recorded_version(project_dir)
    where = Place("pyproject.toml", "tool.py-build-cmake.dynamic.version")
    try:
        from setuptools_scm import get_version
    except ImportError as e:
        raise MetadataError(
            f"is 'git', and setuptools-scm cannot be imported: {e}",
            where=where,
            hint=f"install {REQUIREMENT!r}; builds with isolation do",
        ) from e
    from ..config.sources import tool_table

    options = {"root": ".", **tool_table(project_dir, _TABLE)}
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        return str(get_version(relative_to=str(project_dir / "pyproject.toml"), **options))
    except Exception as e:
        # It raises errors of many kinds for wrong options and checkouts.
        text = str(e).strip().partition("\n")[0]
        raise MetadataError(
            f"setuptools-scm says: {text or type(e).__name__}",
            where=where,
            hint="build in a checkout of git with its tags (`git fetch --tags --unshallow`), or set"
            f" the options in [tool.{_TABLE}]",
        ) from e
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
