"""The metadata of companions: a component has its own; stubs take most of them from the main
project.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..base.errors import MetadataError, Problem
from ..base.places import Place
from ..project.metadata import read_metadata
from ..project.module import Module
from ..project.project_table import default_license_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config.companions import Companion
    from ..project.metadata import CoreMetadata
    from ..project.plan import BuildPlan

_WHERE = Place("pyproject.toml", "project")
# The fields that stubs take from the main project, if their own table lacks them.
_FOLLOWING = ("version", "description", "dependencies", "requires-python")
_NO_MODULE = Module("", None, None)


def component_metadata(companion: Companion) -> CoreMetadata:
    """Read the ``[project]`` table of a component, whose metadata are static.

    :raises MetadataError: it is not valid.
    """
    if companion.project is None:
        raise MetadataError(
            "is missing",
            where=_WHERE,
            hint='add [project] with `name = "…"` and `version = "…"`',
        )
    if companion.project.get("dynamic"):
        raise MetadataError(
            "a component has no module to take dynamic metadata from",
            where=_WHERE.at("dynamic"),
            hint="write the values into the [project] table",
        )
    return _read(dict(companion.project), companion)


def stubs_metadata(companion: Companion, main: BuildPlan) -> CoreMetadata:
    """Complete the ``[project]`` table of a project with stubs, which may be missing.

    The version is the main project's, and exactly that version of it is required.

    :raises MetadataError: it is not valid, or has another version.
    """
    table, of_main = dict(companion.project or {}), main.metadata
    problems = [*_check_following(table), *_check_identity(table, of_main)]
    if problems:
        raise MetadataError.from_problems(problems)
    table.setdefault("name", f"{of_main.name}-stubs")
    table.setdefault("description", f"Type stubs of {of_main.name}")
    table["version"] = of_main.version
    if "requires-python" in main.config.project:
        table.setdefault("requires-python", main.config.project["requires-python"])
    required = f"{of_main.name}=={of_main.version}"
    given = table.get("dependencies", [])
    if isinstance(given, list):
        table["dependencies"] = [required, *(text for text in given if text != required)]
    return _read(table, companion)


def _check_following(table: dict[str, object]) -> list[Problem]:
    """Take ``dynamic`` out of the table. It need not name fields of the main project."""
    dynamic = table.pop("dynamic", [])
    where = _WHERE.at("dynamic")
    if not isinstance(dynamic, list) or not all(isinstance(field, str) for field in dynamic):
        return [Problem("must be a list of strings", where)]
    can = f"{', '.join(_FOLLOWING)} follow from the main project"
    problems = [
        Problem(f"{f!r} cannot be dynamic", where, can) for f in dynamic if f not in _FOLLOWING
    ]
    return problems + [
        Problem(f"{field!r} is both dynamic and in the [project] table", where, "remove one")
        for field in dynamic
        if field in table
    ]


def _check_identity(table: Mapping[str, object], main: CoreMetadata) -> list[Problem]:
    from packaging.utils import canonicalize_name, canonicalize_version

    problems = []
    name, version = table.get("name"), table.get("version")
    if isinstance(name, str) and canonicalize_name(name) == main.name:
        hint = f"write {main.name + '-stubs'!r}, or nothing"
        problems.append(Problem("is the name of the main project", _WHERE.at("name"), hint))
    if isinstance(version, str) and canonicalize_version(version) != canonicalize_version(
        main.version
    ):
        message = f"{version!r} is not the version of the main project, {main.version!r}"
        hint = 'remove it, and write `dynamic = ["version"]`'
        problems.append(Problem(message, _WHERE.at("version"), hint))
    return problems


def _read(table: dict[str, object], companion: Companion) -> CoreMetadata:
    """Read the table. Licences that the companion does not have are those of the main project."""
    root, main = companion.project_dir, companion.main_dir
    if not _lacks_licenses(table, root) or _lacks_licenses(table, main):
        return read_metadata(table, root, _NO_MODULE, within=(main,))
    readme = table.get("readme")
    if isinstance(readme, str):
        table["readme"] = _seen_from(main, root / readme)
    elif isinstance(readme, dict) and isinstance(readme.get("file"), str):
        table["readme"] = {**readme, "file": _seen_from(main, root / readme["file"])}
    return read_metadata(table, main, _NO_MODULE, within=(root,))


def _lacks_licenses(table: Mapping[str, object], root: Path) -> bool:
    """Whether a directory lacks the licence files of the table or, if it names none, has none."""
    patterns, license = table.get("license-files"), table.get("license")
    if isinstance(license, dict) and isinstance(license.get("file"), str):
        return not (root / license["file"]).is_file()
    if not isinstance(patterns, list):
        return not default_license_files(root)
    texts = [text for text in patterns if isinstance(text, str) and text]
    return not all(text[0] == "/" or any(root.glob(text)) for text in texts)


def _seen_from(directory: Path, path: Path) -> str:
    return os.path.relpath(path, directory).replace(os.sep, "/")
