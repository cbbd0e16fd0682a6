"""Files that every build makes from templates, such as ``_version.py`` and ``version.h``.

Templates are those of :class:`string.Template`.
"""

from __future__ import annotations

from functools import partial
from string import Template
from typing import TYPE_CHECKING, Callable

from ..base.errors import Problem, ProjectError
from ..base.places import Place
from ..base.records import dataclass
from ..config.layers import close_names
from ..config.load import generate_place
from .revision import RECORD_FILE, find_revision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config.schema import GenerateConfig, ProjectConfig
    from .metadata import CoreMetadata
    from .module import Module
    from .revision import Revision


@dataclass(frozen=True)
class GeneratedFile:
    """A file with its ``text``, at a ``place`` below the directory that ``location`` names:
    ``install`` is the wheel, ``build`` a build directory, and ``source`` the project.
    """

    location: str
    place: str
    text: str


@dataclass(frozen=True)
class GeneratedFiles:
    """The files that a build makes, the ``templates`` that are files, and the commit, if a
    template names it.
    """

    files: tuple[GeneratedFile, ...] = ()
    templates: tuple[Path, ...] = ()
    revision: Revision | None = None

    def texts(self, location: str) -> dict[str, str]:
        """Return the texts of the files of one location by their places."""
        return {file.place: file.text for file in self.files if file.location == location}

    def records(self) -> dict[str, str]:
        """Return the texts of the files by which archives of the project record what it is made
        from, by their places: the commit, if a template names it.
        """
        return {RECORD_FILE: self.revision.record} if self.revision else {}


# Of the module's name, the metadata and the commit; each becomes a text.
_OF_PROJECT: Mapping[str, Callable[[CoreMetadata], str]] = {
    "name": lambda metadata: metadata.name,
    "version": lambda metadata: metadata.version,
    "version_numeric": lambda metadata: metadata.numeric_version,
    "version_major": lambda metadata: _number(metadata, 0),
    "version_minor": lambda metadata: _number(metadata, 1),
    "version_patch": lambda metadata: _number(metadata, 2),
}
_OF_COMMIT: Mapping[str, Callable[[Revision], str]] = {
    "git_sha": lambda revision: revision.sha,
    "git_short_sha": lambda revision: revision.sha[:8],
    "git_date": lambda revision: revision.date,
}
_MODULE = "module"
VARIABLES = (_MODULE, *_OF_PROJECT, *_OF_COMMIT)


def generated_files(
    config: ProjectConfig, metadata: CoreMetadata, module: Module
) -> GeneratedFiles:
    """Fill in all templates of a project.

    :raises ProjectError: a template is not valid, or a value is not known; a file would replace
        what the version is read from.
    """
    problems: list[Problem] = []
    contents = []
    for index, one in config.generate:
        where = generate_place(index)
        problems += _replaces_version(one, where, config, module)
        contents.append((one, *_template(one, where, problems)))
    named: set[str] = set()
    for _, text, where in contents:
        named |= _variables(text, where, problems)
    if not config.host_tables.cmake:
        problems += (
            Problem(
                "there is no build directory, because the project does not use CMake",
                generate_place(index).at("location"),
                "write 'install' or 'source'",
            )
            for index, one in config.generate
            if one.location == "build"
        )
    if problems:
        raise ProjectError.from_problems(problems)
    values = {name: value(metadata) for name, value in _OF_PROJECT.items()}
    values[_MODULE] = module.name
    revision = None
    if not named.isdisjoint(_OF_COMMIT):
        revision = find_revision(config.project_dir)
        values.update((name, value(revision)) for name, value in _OF_COMMIT.items())
    files = (
        GeneratedFile(one.location, str(one.path), Template(text).substitute(values))
        for one, text, _ in contents
    )
    templates = (one.template_path for one, _, _ in contents if one.template_path)
    return GeneratedFiles(tuple(files), tuple(templates), revision)


def _number(metadata: CoreMetadata, index: int) -> str:
    numbers = metadata.numeric_version.split(".")
    return numbers[index] if index < len(numbers) else "0"


def _replaces_version(
    one: GenerateConfig, where: Place, config: ProjectConfig, module: Module
) -> list[Problem]:
    """Refuse a file that would be made from a version that is read from this file."""
    dynamic = config.project.get("dynamic")
    if one.location != "source" or not isinstance(dynamic, list) or "version" not in dynamic:
        return []
    read = config.dynamic.version_file
    if read is None and config.dynamic.version in (None, "module"):
        read = module.main_file
    if read != config.project_dir / str(one.path):
        return []
    hint = "say in `dynamic.version` where the version is, or make another file"
    return [
        Problem(f"the version is read from {one.path}, which cannot be made from it", where, hint)
    ]


def _template(one: GenerateConfig, where: Place, problems: list[Problem]) -> tuple[str, Place]:
    """Return the text of a template, and where that is written."""
    if one.template_path is None:
        return str(one.template), where.at("template")
    where = Place(str(one.template_path))
    try:
        return one.template_path.read_text("utf-8"), where
    except (OSError, UnicodeError) as e:
        problems.append(Problem(f"cannot be read: {e}", where))
        return "", where


def _variables(text: str, where: Place, problems: list[Problem]) -> set[str]:
    """Return the variables that a template names, and report what it cannot name."""
    named = set()
    report = partial(_wrong, text, where)
    for match in Template.pattern.finditer(text):
        name = match["named"] or match["braced"]
        if match["invalid"] is not None:
            problems.append(report(match.start(), "`$` begins no variable", "write `$$` for `$`"))
        elif name and name not in VARIABLES:
            close = close_names(name, VARIABLES)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(VARIABLES)}"
            hint += "; `$$` stands for a dollar sign"
            problems.append(report(match.start(), f"there is no variable {name!r}", hint))
        elif name:
            named.add(name)
    return named


def _wrong(text: str, where: Place, position: int, message: str, hint: str) -> Problem:
    line = text.count("\n", 0, position) + 1
    return Problem(f"line {line} of the template: {message}", where, hint)
