"""Core metadata of the distribution, from the ``[project]`` table.

``pyproject-metadata`` reads the table and writes METADATA. Before that, this module resolves
``dynamic`` fields. Afterwards it collects the files beside METADATA (licences and entry points),
and validates METADATA as strictly as an index does.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import MetadataError, Problem, shown_value
from ..base.places import Place
from ..base.records import dataclass
from ..config.sources import has_plugins
from .completion import CompletedTable, check_dynamic, complete
from .dynamic import SUPPORTED, DynamicSources
from .module import Module
from .project_table import FILE, bad_keys, check_table, default_license_files, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyproject_metadata import StandardMetadata

# Fields of METADATA, as packaging calls them, whose keys in [project] have other names.
_KEYS = {
    "summary": "description",
    "author": "authors",
    "author_email": "authors",
    "maintainer": "maintainers",
    "maintainer_email": "maintainers",
    "project_urls": "urls",
    "requires_dist": "dependencies",
    "provides_extra": "optional-dependencies",
    "description": "readme",
    "description_content_type": "readme.content-type",
    "license_expression": "license",
}
# These fields keep their line breaks. The library and the reader indent the lines differently.
_WITH_LINES = ("description", "license")
# The value of a field whose mistakes have already been reported.
_PLACEHOLDERS = {"name": "placeholder", "version": "0"}


@dataclass(frozen=True)
class CoreMetadata:
    """The metadata of a distribution.

    ``name`` and ``version`` are normalised. ``text`` is METADATA (and PKG-INFO). ``licenses``
    maps places in the dist-info directory to files or, for a licence that the table spells
    out, to text. ``files`` are the files that the metadata names or that are licence texts by their
    names. ``warnings`` are for the user. ``license_expression`` is what SPDX and PEP 639 call so.
    """

    name: str
    version: str
    text: str
    entry_points: Mapping[str, Mapping[str, str]]
    licenses: Mapping[str, Path | str]
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()
    license_expression: str | None = None

    @property
    def file_name(self) -> str:
        """The name as it stands in file names: with underscores (wheel and sdist specs)."""
        return self.name.replace("-", "_")

    @property
    def base_name(self) -> str:
        """The first two parts of a wheel's file name, and the name of an sdist."""
        return f"{self.file_name}-{self.version}"

    @property
    def numeric_version(self) -> str:
        """What of the version CMake's ``project(VERSION …)`` can take: up to four numbers, so that
        ``1!2.3rc1`` becomes ``2.3``. Source: cmake-commands(7), ``project``.
        """
        match = re.match(r"(?:\d+!)?(\d+(?:\.\d+){0,3})", self.version)
        assert match is not None  # it is normalised (PEP 440)
        return match[1]


def read_metadata(
    project: Mapping[str, object],
    project_dir: Path,
    module: Module,
    sources: DynamicSources | None = None,
    *,
    within: Sequence[Path] = (),
) -> CoreMetadata:
    """Complete and validate the ``[project]`` table.

    Dynamic fields come from the ``sources``, or from the module. The files that the table names lie
    in the project directory, or in those ``within`` which they may lie besides.

    :raises MetadataError: it is not valid, or a dynamic field cannot be provided; all the
        mistakes of the table are reported at once.
    """
    table = stripped(project)
    has_list = bool(table.get("dynamic"))
    problems = check_dynamic(table, with_plugins=has_list and has_plugins(project_dir))
    completed = CompletedTable(table)
    if has_list and not problems:
        try:
            completed = complete(table, sources or DynamicSources(module, project_dir))
            table = stripped(completed.table)
        except MetadataError as e:
            problems += e.problems
    table.pop("dynamic", None)
    problems += _normalise_license(table)
    problems += check_table(table, project_dir, (project_dir, *within))
    for key, text in _PLACEHOLDERS.items():
        if problems:
            table.setdefault(key, text)
    metadata, said = _parse(table, project_dir, problems)
    metadata.dynamic_metadata = list(completed.headers)
    text = _written(metadata)
    licenses = _licenses(metadata, project_dir)
    readme = metadata.readme.file if metadata.readme else None
    named = [path for path in licenses.values() if isinstance(path, Path)]
    named += [sources.version_file] if sources and sources.version_file else []
    return CoreMetadata(
        name=metadata.canonical_name,
        version=str(metadata.version),
        text=text,
        entry_points=_entry_points(metadata),
        licenses=licenses,
        files=tuple(
            Path(os.path.normpath(project_dir / path))
            for path in (*([readme] if readme else []), *named, *completed.files)
        ),
        warnings=(*said, *completed.warnings),
        license_expression=metadata.license if isinstance(metadata.license, str) else None,
    )


def mistakes_of_pyproject(project_dir: Path) -> tuple[Problem, ...]:
    """Return the mistakes of the ``[project]`` table, for a file whose other tables have some."""
    from ..config.sources import PYPROJECT, parse_toml

    project = (parse_toml(project_dir / PYPROJECT, PYPROJECT, []) or {}).get("project")
    return project_mistakes(project, project_dir) if isinstance(project, dict) else ()


def project_mistakes(project: Mapping[str, object], project_dir: Path) -> tuple[Problem, ...]:
    """Return the mistakes of the ``[project]`` table that can be found without the module."""
    table = {key: value for key, value in project.items() if key != "dynamic"}
    dynamic = project.get("dynamic")
    for key in dynamic if isinstance(dynamic, list) else ():
        if key in SUPPORTED:
            table.setdefault(key, _PLACEHOLDERS.get(key, ""))
    found = check_dynamic(project, with_plugins=has_plugins(project_dir))
    try:
        read_metadata(table, project_dir, Module("", None, None))
    except MetadataError as e:
        found += e.problems
    return tuple(dict.fromkeys(found))


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
                Place(FILE, "project.license"),
                "write SPDX identifiers, for example 'MIT' or 'Apache-2.0 OR BSD-3-Clause', or"
                " 'LicenseRef-' and a name for a licence that has none",
            )
        ]
    return []


def _parse(
    table: dict[str, object], project_dir: Path, problems: list[Problem]
) -> tuple[StandardMetadata, tuple[str, ...]]:
    """Read the table. Fields whose mistakes have already been reported are not given to the
    library.
    """
    from packaging.utils import canonicalize_name
    from pyproject_metadata import StandardMetadata
    from pyproject_metadata.errors import ExceptionGroup

    bad = bad_keys(problems)
    table = {
        **{key: value for key, value in table.items() if key not in bad},
        **{key: text for key, text in _PLACEHOLDERS.items() if key in bad},
    }
    if isinstance(table.get("name"), str):
        # What the index and the original write; the name is shown in this form.
        table["name"] = canonicalize_name(str(table["name"]))
    for key in ("authors", "maintainers"):
        table.update(_named_people(key, table.get(key)))
    extras = table.get("optional-dependencies")
    if isinstance(extras, dict):
        table["optional-dependencies"] = {canonicalize_name(e): r for e, r in extras.items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            metadata = StandardMetadata.from_pyproject(
                {"project": table}, project_dir, all_errors=True
            )
        except ExceptionGroup as e:
            raise MetadataError.from_problems([*problems, *map(_problem, e.exceptions)]) from e
        except (OSError, UnicodeError) as e:
            message = f"the readme or the licence file cannot be read: {e}"
            raise MetadataError.from_problems(
                [*problems, Problem(message, Place(FILE, "project"))]
            ) from e
    if problems:
        raise MetadataError.from_problems(problems)
    legacy = metadata.license
    if legacy is not None and not isinstance(legacy, str):
        # Every character that a reader may treat as a line end must become a line end of the
        # header.
        metadata.license = replace(legacy, text="\n".join(legacy.text.splitlines()))
    elif metadata.license_files is None:
        names = default_license_files(project_dir)
        metadata.license_files = [Path(name) for name in names] if names else None
    said = dict.fromkeys(f"{FILE}: {' '.join(str(w.message).split())}" for w in caught)
    return metadata, tuple(said)


def _named_people(key: str, people: object) -> dict[str, object]:
    """Give an empty name to people with only an address; the library would write "Unknown"."""
    if not isinstance(people, list):
        return {}
    return {key: [{"name": "", **p} if isinstance(p, dict) and "email" in p else p for p in people]}


def _problem(error: Exception) -> Problem:
    key = getattr(error, "key", None)
    where = Place(FILE, key or "project")
    return Problem(" ".join(str(error).split()), where)


def _written(metadata: StandardMetadata) -> str:
    """Return METADATA, after reading it as installers and indices do.

    :raises MetadataError: they would refuse it, or read something else than the table says.
    """
    from email.errors import MessageError

    from packaging.metadata import ExceptionGroup, Metadata, parse_email

    try:
        text = str(metadata.as_rfc822())
    except MessageError as e:
        # Python 3.13 and newer do not write a field that has several.
        raise MetadataError(
            f"cannot be written to METADATA: {' '.join(str(e).split())}",
            where=Place(FILE, "project"),
        ) from e
    raw, unread = parse_email(text)
    problems = [
        _of_field(field, f"would have the unknown field {field!r} in METADATA") for field in unread
    ]
    try:
        Metadata.from_raw(raw)
    except ExceptionGroup as e:
        problems += [
            _of_field(getattr(error, "field", ""), " ".join(str(error).split()))
            for error in e.exceptions
        ]
    read, meant = dict(raw), dict(_meant(metadata))
    for field in dict.fromkeys([*read, *meant]):
        if field not in _WITH_LINES and read.get(field) != meant.get(field):
            said = shown_value(read.get(field))
            problems.append(_of_field(field, f"would be read back from METADATA as {said}"))
    if problems:
        raise MetadataError.from_problems(dict.fromkeys(problems))
    return text


def _of_field(field: str, message: str) -> Problem:
    name = field.replace("-", "_")
    return Problem(message, Place(FILE, f"project.{_KEYS.get(name, name.replace('_', '-'))}"))


def _meant(metadata: StandardMetadata) -> Iterator[tuple[str, Any]]:
    """Yield the fields that METADATA is to have, by the names that packaging gives them."""
    plural = {
        "classifier": "classifiers",
        "import_name": "import_names",
        "import_namespace": "import_namespaces",
        "license_file": "license_files",
        "project_url": "project_urls",
    }
    for name, value in metadata.as_json().items():
        if name == "project_url":
            yield plural[name], dict(metadata.urls)
        else:
            yield plural.get(name, name), value.strip() if isinstance(value, str) else value


def _licenses(metadata: StandardMetadata, project_dir: Path) -> dict[str, Path | str]:
    """Return what lies in dist-info: PEP 639 files in ``licenses``, older forms at its top."""
    files = [path.as_posix() for path in metadata.license_files or ()]
    legacy = metadata.license
    licenses: dict[str, Path | str] = {}
    if legacy is not None and not isinstance(legacy, str):
        # With this form, METADATA cannot name the files, but their texts must be packed.
        of_file = legacy.file.name if legacy.file else "LICENSE"
        licenses[of_file] = project_dir / legacy.file if legacy.file else legacy.text
        known = legacy.file.resolve() if legacy.file else None
        names = default_license_files(project_dir)
        files = [name for name in names if (project_dir / name).resolve() != known]
    return {**{f"licenses/{place}": project_dir / place for place in files}, **licenses}


def _entry_points(metadata: StandardMetadata) -> dict[str, dict[str, str]]:
    groups = {
        "console_scripts": metadata.scripts,
        "gui_scripts": metadata.gui_scripts,
        **metadata.entrypoints,
    }
    return {name: dict(group) for name, group in groups.items() if group}


def entry_points_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Write ``entry_points.txt``, with groups and names sorted (entry points specification)."""
    return "".join(_group_text(name, groups[name].items()) for name in sorted(groups))


def _group_text(name: str, entries: Iterable[tuple[str, str]]) -> str:
    lines = [f"{key}={value}\n" for key, value in sorted(entries)]
    return f"[{name}]\n{''.join(lines)}\n"
