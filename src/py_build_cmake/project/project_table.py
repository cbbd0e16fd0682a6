"""What is valid in the ``[project]`` table, beyond what ``pyproject-metadata`` checks.

Everything in the table becomes a header of METADATA, a line of entry_points.txt, or the name of a
file; so nothing in it may end a line, leave the project, or be read as something else.

Sources: pyproject.toml, core metadata and entry points specifications; PEP 639 for licence files.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from ..base.errors import Problem, shown_value
from ..base.places import Place
from ..config.layers import close_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FILE = "pyproject.toml"
# What readers of METADATA and of entry_points.txt may take for the end of a line (str.splitlines),
# other control characters but the tab, and halves of characters, which no encoding has.
_FORBIDDEN = "\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_BAD_CHARACTER = re.compile(f"[{_FORBIDDEN}]")
_BAD_IN_LINES = re.compile("[\x00\ud800-\udfff]")
_WITH_LINES = ("readme.text", "license.text")
# Python converts at most 4,300 digits to an integer. Real version numbers are much shorter.
_LONG_NUMBER = re.compile(r"[0-9]{1000,}")
# Entry points specification: data model. What runs as a script must name an object, and its own
# name becomes that of a file on every system.
_ENTRY_POINT_NAME = re.compile(rf"[^\s=\[#;](?:[^={_FORBIDDEN}]*[^\s={_FORBIDDEN}])?")
_SCRIPT_NAME = re.compile(
    rf'(?!\.*$)[^\s=\[#;/\\:*?"<>|](?:[^=/\\:*?"<>|{_FORBIDDEN}]*[^\s=/\\:*?"<>|{_FORBIDDEN}])?'
)
_GROUP_NAME = re.compile(r"\w+(?:\.\w+)*")
_EXTRAS = rf"(?:\[[^{_FORBIDDEN}]*\][ \t]*)?"
_OBJECT_REFERENCE = re.compile(rf"[\w.]+[ \t]*(?::[ \t]*[\w.]+[ \t]*)?{_EXTRAS}")
_SCRIPT_REFERENCE = re.compile(rf"[\w.]+[ \t]*:[ \t]*[\w.]+[ \t]*{_EXTRAS}")
_EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NOT_IN_ADDRESSES = re.compile(r'[<>,;"()\\]|[^\x00-\x7f]')
_ENTRY_POINTS = ("scripts", "gui-scripts", "entry-points")
# PEP 639, of `license-files`: the patterns that tools may use if the key is not given.
_LICENSE_NAMES = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")


def check_table(
    table: Mapping[str, object], project_dir: Path, within: Sequence[Path]
) -> list[Problem]:
    """Return the mistakes of the table, which may also have mistakes that the library finds.

    ``within`` are the directories that files may lie in, which the table names by paths that are
    relative to ``project_dir``.
    """
    return [
        *_check_keys(table),
        *_check_texts(table),
        *_check_version(table),
        *_check_people(table),
        *_check_lists(table),
        *_check_extras(table),
        *_check_files(table, project_dir, within),
        *_check_license_patterns(table, project_dir),
        *_check_entry_points(table),
    ]


def bad_keys(problems: Iterable[Problem]) -> set[str]:
    """Return the keys of the table that problems are about."""
    keys = (p.place.key.split(".") for p in problems if isinstance(p.place, Place))
    return {key[1] for key in keys if len(key) > 1 and key[0] == "project"}


def default_license_files(project_dir: Path) -> list[str]:
    """Return the names of the files that PEP 639 takes for licence texts if none are named."""
    with os.scandir(project_dir) as entries:
        return sorted(
            entry.name
            for entry in entries
            if any(fnmatchcase(entry.name, name) for name in _LICENSE_NAMES) and entry.is_file()
        )


def _problem(key: str, message: str, hint: str = "") -> Problem:
    return Problem(message, Place(FILE, f"project.{key}"), hint)


def _check_keys(table: Mapping[str, object]) -> Iterator[Problem]:
    from pyproject_metadata import constants

    known = constants.KNOWN_PROJECT_FIELDS
    for key in table:
        if key not in known:
            close = close_names(key.lower().replace("_", "-"), known)
            hint = f"did you mean {close}?" if close else f"the keys are {', '.join(sorted(known))}"
            yield _problem(shown_value(key)[1:-1], "is not a key of the [project] table", hint)


def _check_texts(table: Mapping[str, object]) -> Iterator[Problem]:
    """Check all texts that become headers."""
    for key, value in table.items():
        if key in _ENTRY_POINTS:
            continue
        for path, text in _texts(key, value):
            has_lines = path in _WITH_LINES
            bad = (_BAD_IN_LINES if has_lines else _BAD_CHARACTER).search(text)
            if bad:
                hint = "write one line"
                hint += "; `readme` has the long description" if path == "description" else ""
                message = f"has the character {bad[0]!r}: {shown_value(text)}"
                yield _problem(path, message, "" if has_lines else hint)
            elif not has_lines and _LONG_NUMBER.search(text):
                yield _problem(path, f"has a number with too many digits: {shown_value(text)}")


def _texts(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield all keys and texts of a value with their places."""
    nodes = [(path, value)]
    while nodes:
        path, value = nodes.pop(0)
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            nodes += [(path, element) for element in value]
        elif isinstance(value, dict):
            yield from ((path, str(key)) for key in value)
            nodes += [(f"{path}.{shown_value(key)[1:-1]}", inner) for key, inner in value.items()]


def _check_version(table: Mapping[str, object]) -> Iterator[Problem]:
    from packaging.version import Version

    version = table.get("version")
    if not isinstance(version, str) or _LONG_NUMBER.search(version):
        return
    try:
        Version(version)
    except ValueError:
        yield _problem("version", f"{shown_value(version)} is not a version (PEP 440)")


def _check_people(table: Mapping[str, object]) -> Iterator[Problem]:
    for key in ("authors", "maintainers"):
        people = table.get(key)
        for person in people if isinstance(people, list) else ():
            if not isinstance(person, dict):
                continue
            name, email = person.get("name", ""), person.get("email", "")
            if name == email == "":
                yield _problem(key, "has neither a name nor an e-mail address")
            if isinstance(email, str) and _NOT_IN_ADDRESSES.search(email):
                yield _problem(key, f"{shown_value(email)} is not an e-mail address")


def _check_lists(table: Mapping[str, object]) -> Iterator[Problem]:
    """Check what METADATA separates by commas, and what may not be empty."""
    keywords, urls = table.get("keywords"), table.get("urls")
    for keyword in keywords if isinstance(keywords, list) else ():
        if isinstance(keyword, str) and ("," in keyword or not keyword.strip()):
            hint = "write each keyword as a text of its own"
            yield _problem("keywords", f"{shown_value(keyword)} is not one keyword", hint)
    classifiers = table.get("classifiers")
    if isinstance(classifiers, list) and "" in classifiers:
        yield _problem("classifiers", "a classifier is empty")
    for label, url in urls.items() if isinstance(urls, dict) else ():
        if "," in label or not label.strip():
            yield _problem("urls", f"{shown_value(label)} cannot be a label", "leave out the comma")
        elif label != label.strip():
            yield _problem("urls", f"{shown_value(label)} and {label.strip()!r} are the same label")
        if isinstance(url, str) and not url.strip():
            yield _problem("urls", f"{shown_value(label)} has no address")


def _check_extras(table: Mapping[str, object]) -> Iterator[Problem]:
    from packaging.utils import canonicalize_name

    extras = table.get("optional-dependencies")
    seen: dict[str, str] = {}
    for extra in extras if isinstance(extras, dict) else ():
        if not _EXTRA.fullmatch(extra):
            hint = "write letters and digits, with `-`, `_` or `.` between them"
            yield _problem("optional-dependencies", f"{shown_value(extra)} is not a name", hint)
        other = seen.setdefault(canonicalize_name(extra), extra)
        if other != extra:
            message = f"{extra!r} and {other!r} are the same extra for installers"
            yield _problem("optional-dependencies", message, "join them")


def _check_files(
    table: Mapping[str, object], project_dir: Path, within: Sequence[Path]
) -> Iterator[Problem]:
    """Refuse a readme and a licence that no source distribution could hold."""
    for key in ("readme", "license"):
        value = table.get(key)
        file = value.get("file") if isinstance(value, dict) else value if key == "readme" else None
        if not isinstance(file, str) or _BAD_CHARACTER.search(file):
            continue
        path = Path(os.path.normpath(project_dir / file))
        absolute = PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive
        if absolute or not any(path.is_relative_to(directory) for directory in within):
            yield _problem(
                key,
                f"{shown_value(file)} is outside of the project directory {project_dir}",
                "name a file of the project by a relative path; it may be a link",
            )


def _check_license_patterns(table: Mapping[str, object], project_dir: Path) -> Iterator[Problem]:
    patterns = table.get("license-files")
    for pattern in patterns if isinstance(patterns, list) else ():
        if not isinstance(pattern, str) or _BAD_CHARACTER.search(pattern):
            continue
        parts = re.split(r"[/\\]", pattern)
        if (
            ".." in parts
            or not parts[0]
            or set(parts) <= {"", "."}
            or PureWindowsPath(pattern).drive
            or "\\" in pattern
        ):
            hint = "write a relative path with slashes, without `..`"
            yield _problem(
                "license-files",
                f"{shown_value(pattern)}: the pattern must match files within the project"
                " directory",
                hint,
            )
            continue
        if any("**" in part and part != "**" for part in parts):
            # Python 3.13 and newer read it as `*`, others refuse it.
            yield _problem(
                "license-files", f"{shown_value(pattern)}: `**` must stand for whole directories"
            )
            continue
        try:
            list(project_dir.glob(pattern))
        except (ValueError, NotImplementedError, OSError, re.error) as e:
            yield _problem("license-files", f"{shown_value(pattern)} is not a pattern: {e}")


def _check_entry_points(table: Mapping[str, object]) -> Iterator[Problem]:
    groups = table.get("entry-points")
    groups = groups if isinstance(groups, dict) else {}
    for group in groups:
        own = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}.get(group)
        if own:
            hint = f"write its entries into [project.{own}]"
            yield _problem("entry-points", f"the group {group!r} is not for this table", hint)
        elif not _GROUP_NAME.fullmatch(group):
            hint = "write letters, digits and underscores, with dots between them"
            yield _problem("entry-points", f"{shown_value(group)} is not a group", hint)
    for key, entries, name_pattern, pattern in (
        ("scripts", table.get("scripts"), _SCRIPT_NAME, _SCRIPT_REFERENCE),
        ("gui-scripts", table.get("gui-scripts"), _SCRIPT_NAME, _SCRIPT_REFERENCE),
        *(
            (f"entry-points.{shown_value(g)[1:-1]}", e, _ENTRY_POINT_NAME, _OBJECT_REFERENCE)
            for g, e in groups.items()
        ),
    ):
        for name, reference in entries.items() if isinstance(entries, dict) else ():
            is_entry = isinstance(reference, str) and pattern.fullmatch(reference)
            if isinstance(reference, str) and not (is_entry and name_pattern.fullmatch(name)):
                hint = 'write `name = "package.module:function"`'
                message = f"{shown_value(name)} = {shown_value(reference)} is not an entry point"
                yield _problem(key, message, hint)


def stripped(table: Mapping[str, object]) -> dict[str, object]:
    """Return the table without blanks around texts, because readers of headers strip them."""
    return {key: _stripped(value, key) for key, value in table.items()}


def _stripped(value: object, key: str) -> object:
    if key in (*_ENTRY_POINTS, "readme", "license", "license-files"):
        return value
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_stripped(element, "") for element in value]
    if isinstance(value, dict):
        names = [str(name).strip() for name in value]
        # Of two names that differ in blanks only, none may replace the other.
        return {
            name if names.count(name) == 1 else str(given): _stripped(inner, "")
            for name, (given, inner) in zip(names, value.items())
        }
    return value
