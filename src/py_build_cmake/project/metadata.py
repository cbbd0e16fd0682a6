"""Core metadata of the distribution, from the ``[project]`` table.

``pyproject-metadata`` reads the table and writes METADATA. This module resolves ``dynamic``
fields before, and collects what stands beside METADATA: licences and entry points.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import MetadataError, Problem
from ..base.places import Place
from ..base.records import dataclass
from .dynamic import SUPPORTED, dynamic_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyproject_metadata import StandardMetadata

    from .module import Module

_FILE = "pyproject.toml"
# Entry points specification: data model. What runs as a script must name an object.
_ENTRY_POINT_NAME = re.compile(r"[^\s=\[#;](?:[^=\r\n]*[^\s=])?")
_OBJECT_REFERENCE = re.compile(r"[\w.]+[ \t]*(?::[ \t]*[\w.]+[ \t]*)?(?:\[[^\r\n]*\][ \t]*)?")
_SCRIPT_REFERENCE = re.compile(r"[\w.]+[ \t]*:[ \t]*[\w.]+[ \t]*(?:\[[^\r\n]*\][ \t]*)?")


@dataclass(frozen=True)
class CoreMetadata:
    """The metadata of a distribution.

    ``name`` and ``version`` are normalised. ``text`` is METADATA (and PKG-INFO). ``licenses``
    maps places in the dist-info directory to files or, for a licence that the table spells
    out, to text. ``files`` are the files that the metadata names; they need not be below the
    project directory. ``warnings`` are for the user.
    """

    name: str
    version: str
    text: str
    entry_points: Mapping[str, Mapping[str, str]]
    licenses: Mapping[str, Path | str]
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """The name as it stands in file names: with underscores (wheel and sdist specs)."""
        return self.name.replace("-", "_")

    @property
    def base_name(self) -> str:
        """The first two parts of a wheel's file name, and the name of an sdist."""
        return f"{self.file_name}-{self.version}"


def read_metadata(
    project: Mapping[str, object],
    project_dir: Path,
    module: Module,
    version_file: Path | None = None,
) -> CoreMetadata:
    """Complete and validate the ``[project]`` table.

    A dynamic version comes from ``version_file`` if there is one, else from the module.

    :raises MetadataError: it is not valid, or a dynamic field cannot be provided; all the
        mistakes of the table are reported at once.
    """
    table = dict(project)
    problems = [*_check_dynamic(table), *_normalise_license(table)]
    if problems:
        raise MetadataError.from_problems(problems)
    dynamic = table.pop("dynamic", None)
    if dynamic:
        assert isinstance(dynamic, list)  # _check_dynamic refused anything else
        table.update(dynamic_fields(dynamic, module, version_file))
    metadata, said = _parse(table, project_dir)
    assert metadata.version is not None  # a static or a resolved one, or _parse failed
    licenses = _licenses(metadata, project_dir)
    readme = metadata.readme.file if metadata.readme else None
    named = [path for path in licenses.values() if isinstance(path, Path)]
    named += [version_file] if version_file else []
    return CoreMetadata(
        name=metadata.canonical_name,
        version=str(metadata.version),
        text=str(metadata.as_rfc822()),
        entry_points=_entry_points(metadata),
        licenses=licenses,
        files=tuple(
            Path(os.path.normpath(project_dir / path))
            for path in (*([readme] if readme else []), *named)
        ),
        warnings=said,
    )


def _check_dynamic(table: Mapping[str, object]) -> list[Problem]:
    where = Place(_FILE, "project.dynamic")
    dynamic = table.get("dynamic", [])
    if not isinstance(dynamic, list) or not all(isinstance(field, str) for field in dynamic):
        return [Problem("must be a list of strings", where)]
    problems = [
        Problem(
            f"{field!r} cannot be dynamic",
            where,
            f"write it in the [project] table; {' and '.join(SUPPORTED)} can be dynamic",
        )
        for field in dynamic
        if field not in SUPPORTED
    ]
    problems += [
        Problem(f"{field!r} is both dynamic and in the [project] table", where, "remove one")
        for field in dynamic
        if field in SUPPORTED and field in table
    ]
    if "version" not in dynamic and "version" not in table:
        problems.append(
            Problem(
                "`version` is missing",
                Place(_FILE, "project"),
                'add `version = "1.2.3"`, or `dynamic = ["version"]` to take it from the module',
            )
        )
    return problems


def _normalise_license(table: dict[str, object]) -> list[Problem]:
    """Check and normalise an SPDX expression (PEP 639); pyproject-metadata takes any text."""
    expression = table.get("license")
    if not isinstance(expression, str):
        return []
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        table["license"] = canonicalize_license_expression(expression)
    except InvalidLicenseExpression as e:
        return [
            Problem(
                f"{expression!r} is not an SPDX licence expression: {e}",
                Place(_FILE, "project.license"),
                "write SPDX identifiers, for example 'MIT' or 'Apache-2.0 OR BSD-3-Clause', or"
                " 'LicenseRef-' and a name for a licence that has none",
            )
        ]
    return []


def _parse(table: dict[str, object], project_dir: Path) -> tuple[StandardMetadata, tuple[str, ...]]:
    from packaging.utils import canonicalize_name
    from pyproject_metadata import StandardMetadata
    from pyproject_metadata.errors import ExceptionGroup

    if isinstance(table.get("name"), str):
        # What the index and the original write; the name is shown in this form.
        table["name"] = canonicalize_name(str(table["name"]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            metadata = StandardMetadata.from_pyproject(
                {"project": table}, project_dir, all_errors=True
            )
        except ExceptionGroup as e:
            raise MetadataError.from_problems(map(_problem, e.exceptions)) from e
        except (OSError, UnicodeError) as e:
            raise MetadataError(
                f"the readme or the licence file cannot be read: {e}", where=Place(_FILE, "project")
            ) from e
    said = dict.fromkeys(f"{_FILE}: {' '.join(str(w.message).split())}" for w in caught)
    return metadata, tuple(said)


def _problem(error: Exception) -> Problem:
    key = getattr(error, "key", None)
    where = Place(_FILE, f"{key}") if key else Place(_FILE, "project")
    return Problem(" ".join(str(error).split()), where)


def _licenses(metadata: StandardMetadata, project_dir: Path) -> dict[str, Path | str]:
    """Return what lies in dist-info: PEP 639 files in ``licenses``, older forms at its top."""
    licenses: dict[str, Path | str] = {
        f"licenses/{path.as_posix()}": project_dir / path for path in metadata.license_files or ()
    }
    legacy = metadata.license
    if legacy is None or isinstance(legacy, str):
        return licenses
    if legacy.file is not None:
        licenses[legacy.file.name] = project_dir / legacy.file
    else:
        licenses["LICENSE"] = legacy.text
    return licenses


def _entry_points(metadata: StandardMetadata) -> dict[str, dict[str, str]]:
    problems = _check_entry_points(metadata)
    if problems:
        raise MetadataError.from_problems(problems)
    groups = {
        "console_scripts": metadata.scripts,
        "gui_scripts": metadata.gui_scripts,
        **metadata.entrypoints,
    }
    return {name: dict(group) for name, group in groups.items() if group}


def _check_entry_points(metadata: StandardMetadata) -> list[Problem]:
    problems = [
        Problem(
            f"the group {group!r} is not for this table",
            Place(_FILE, "project.entry-points"),
            f"write its entries into [project.{table}]",
        )
        for group, table in (("console_scripts", "scripts"), ("gui_scripts", "gui-scripts"))
        if group in metadata.entrypoints
    ]
    for key, entries, pattern in (
        ("scripts", metadata.scripts, _SCRIPT_REFERENCE),
        ("gui-scripts", metadata.gui_scripts, _SCRIPT_REFERENCE),
        *((f"entry-points.{g}", e, _OBJECT_REFERENCE) for g, e in metadata.entrypoints.items()),
    ):
        problems += [
            Problem(
                f"{name!r} = {reference!r} is not an entry point",
                Place(_FILE, f"project.{key}"),
                'write `name = "package.module:function"`',
            )
            for name, reference in entries.items()
            if not (_ENTRY_POINT_NAME.fullmatch(name) and pattern.fullmatch(reference))
        ]
    return problems


def entry_points_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Write ``entry_points.txt``, with groups and names sorted (entry points specification)."""
    return "".join(_group_text(name, groups[name].items()) for name in sorted(groups))


def _group_text(name: str, entries: Iterable[tuple[str, str]]) -> str:
    lines = [f"{key}={value}\n" for key, value in sorted(entries)]
    return f"[{name}]\n{''.join(lines)}\n"
