"""What a ``CMakeLists.txt`` says that can be seen without running it: its commands, and the files
that they name.

Source: cmake-language(7). Only literal paths and the usual directory variables are followed; what
a project computes, only CMake knows.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..platforms.toolchain_files import without_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LISTS = "CMakeLists.txt"
PRESETS = "CMakePresets.json"
USER_PRESETS = "CMakeUserPresets.json"
_COMMAND = re.compile(r"^[ \t]*([A-Za-z_]\w*)[ \t]*\(", re.MULTILINE)
_REQUIRED = re.compile(
    r"""^[ \t]*cmake_minimum_required[ \t]*\(\s*VERSION\s+["']?(\d+(?:\.\d+)+)""",
    re.MULTILINE | re.IGNORECASE,
)
_PROJECT = re.compile(r"^[ \t]*project[ \t]*\(([^()]*)\)", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(r"""\sVERSION\s+["']?(\d+(?:\.\d+)*)["']?(?=\s|$)""")
_FIRST_ARGUMENT = re.compile(r'\s*(?:"([^"]*)"|([^\s()"]+))')
_OF_FILE = re.compile(r"\$\{CMAKE_CURRENT_(?:SOURCE|LIST)_DIR\}/?")
_OF_PROJECT = re.compile(r"\$\{(?:CMAKE|PROJECT)_SOURCE_DIR\}")


def cmake_files(source: Path) -> list[Path]:
    """Return the ``CMakeLists.txt`` of a directory, and the CMake files that it includes.

    A file that does not exist is left out.
    """
    found: dict[Path, None] = {}
    wanted = [source / LISTS]
    while wanted:
        path = Path(os.path.normpath(wanted.pop(0)))
        if path not in found and path.is_file():
            found[path] = None
            wanted += _included(path, source)
    return list(found)


def installs(source: Path) -> bool:
    """Whether the CMake project in a directory has install rules."""
    return any(
        name == "install" for path in cmake_files(source) for name, _ in _commands(_read(path))
    )


def required_cmake(source: Path) -> str | None:
    """Return the oldest CMake that the ``CMakeLists.txt`` of a directory says it can be built with.

    None if it does not say that with a literal version. Source: cmake-commands(7),
    ``cmake_minimum_required``.
    """
    found = _REQUIRED.search(without_comments(_read(source / LISTS)))
    return found[1] if found else None


def project_version(source: Path) -> str | None:
    """Return the version in the first ``project`` command of a directory's ``CMakeLists.txt``.

    None if there is none, or it is not literal.
    """
    text = without_comments(_read(source / LISTS))
    found = _PROJECT.search(text)
    version = _VERSION.search(found[1]) if found else None
    return version[1] if version else None


def files_of_presets(source: Path, preset: str) -> list[Path]:
    """Return the files of a CMake project that define its presets, with those they include.

    A user's own file, which is not for others, is among them if it defines ``preset``.
    Source: cmake-presets(7).
    """
    found: dict[Path, None] = {}
    wanted = [source / PRESETS]
    user = _json(source / USER_PRESETS)
    if any(
        isinstance(p, dict) and p.get("name") == preset for p in _listed(user, "configurePresets")
    ):
        wanted.append(source / USER_PRESETS)
    while wanted:
        path = Path(os.path.normpath(wanted.pop(0)))
        if path not in found and path.is_file():
            found[path] = None
            included = _listed(_json(path), "include")
            wanted += [path.parent / name for name in included if isinstance(name, str)]
    return list(found)


# The first CMake that reads each version of the format. Source: cmake-presets(7), "Versions".
_OF_FORMATS = {
    **{1: "3.19", 2: "3.20", 3: "3.21", 4: "3.23", 5: "3.24", 6: "3.25", 7: "3.27", 8: "3.28"},
    **{9: "3.30", 10: "3.31"},
}


def cmake_of_presets(source: Path, preset: str) -> list[str]:
    """Return the versions of CMake that the files with the presets of a project ask for: by the
    version of their format, and by ``cmakeMinimumRequired``.
    """
    found = []
    for path in files_of_presets(source, preset):
        document = _json(path)
        contents = document if isinstance(document, dict) else {}
        version = contents.get("version")
        found.append(_OF_FORMATS.get(version, "") if isinstance(version, int) else "")
        required = contents.get("cmakeMinimumRequired")
        if isinstance(required, dict):
            numbers = (required.get(part, 0) for part in ("major", "minor", "patch"))
            found.append(".".join(str(number) for number in numbers))
    return [version for version in found if re.fullmatch(r"\d+(\.\d+)+", version)]


def _included(path: Path, source: Path) -> Iterator[Path]:
    for name, argument in _commands(_read(path)):
        place = _OF_PROJECT.sub(source.as_posix(), _OF_FILE.sub("", argument))
        if not place or "$" in place:
            continue
        if name == "add_subdirectory":
            yield path.parent / place / LISTS
        elif name == "include":
            # A module of CMake has no suffix, and is no file here.
            yield path.parent / place
            yield source / place


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a CMake file in lower case, with their first arguments."""
    text = without_comments(text)
    for command in _COMMAND.finditer(text):
        argument = _FIRST_ARGUMENT.match(text, command.end())
        yield command[1].lower(), (argument[1] or argument[2] or "") if argument else ""


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _json(path: Path) -> object:
    import json

    try:
        return json.loads(_read(path)) if path.is_file() else None
    except (ValueError, RecursionError):
        return None


def _listed(document: object, key: str) -> Iterable[object]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else ()
