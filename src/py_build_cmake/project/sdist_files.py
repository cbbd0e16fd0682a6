"""Which files a source distribution holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem, ProjectError
from ..base.records import dataclass
from .files import anchored, compile_patterns, matching_files, skipped_folders, walk_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..config.schema import SdistConfig
    from .metadata import CoreMetadata
    from .module import Module


@dataclass(frozen=True)
class Selected:
    """A file of the project, whether a source distribution holds it, and the rule that says so.

    A directory that is never looked into ends with a slash.
    """

    place: str
    path: Path
    is_included: bool
    rule: str


def sdist_files(
    root: Path, config: SdistConfig, module: Module, metadata: CoreMetadata
) -> dict[str, Path]:
    """Select the files of the source distribution, by their places below ``root``.

    They are the module, what the metadata names, and what the configuration includes, without
    what it excludes.

    :raises Error: a file that every source distribution needs is excluded, or lies elsewhere.
    """
    files = _select(root, config, module, metadata)
    return {file.place: file.path for file in files if file.is_included}


def explain_sdist(
    root: Path, config: SdistConfig, module: Module, metadata: CoreMetadata
) -> list[Selected]:
    """Say of every file below ``root`` whether and why the source distribution holds it.

    :raises Error: as :func:`sdist_files`.
    """
    files = {file.place: file for file in _select(root, config, module, metadata)}
    for place, path in walk_files(root):
        files.setdefault(place, Selected(place, path, False, "no rule includes it"))
    for place, path in skipped_folders(root):
        files[place] = Selected(place, path, False, "never part of a source distribution")
    return sorted(files.values(), key=lambda file: file.place)


def _select(
    root: Path, config: SdistConfig, module: Module, metadata: CoreMetadata
) -> list[Selected]:
    """Return the files that a rule includes, with what then excludes some of them."""
    excluded = compile_patterns(map(anchored, config.exclude))
    included = compile_patterns(map(anchored, config.include))
    crucial = _crucial_files(root, module, metadata)
    problems = [
        Problem(f"a source distribution needs {place}, but it is excluded", "`sdist.exclude`")
        for place in crucial
        if excluded.match_file(place)
    ]
    if problems:
        raise ConfigError.from_problems(problems)
    rules = {_place(path, root): (path, f"module {module.name!r}") for _, path in module.files()}
    for place, path in matching_files(root, [anchored(p) for p in config.include]).items():
        index = included.index_of(place) or 0
        rules[place] = (path, f"`sdist.include`: {config.include[index]!r}")
    for place, path in crucial.items():
        rules[place] = (path, "every source distribution has it")
    selected = []
    for place, (path, rule) in rules.items():
        by = excluded.index_of(place)
        if by is None:
            selected.append(Selected(place, path, True, rule))
        else:
            by_rule = f"`sdist.exclude`: {config.exclude[by]!r}"
            selected.append(Selected(place, path, False, by_rule))
    return selected


def missing_cmake_lists(
    root: Path, source_paths: Iterable[Path], files: Mapping[str, Path]
) -> list[str]:
    """Return the places of the CMakeLists.txt that are not in ``files``."""
    places = (_place(source / "CMakeLists.txt", root) for source in source_paths)
    return [place for place in dict.fromkeys(places) if place not in files]


def _crucial_files(root: Path, module: Module, metadata: CoreMetadata) -> dict[str, Path]:
    paths = [root / "pyproject.toml", *(root / path for path in metadata.files)]
    if module.main_file:
        paths.append(module.main_file)
    return {_place(path, root): path for path in paths}


def _place(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        raise ProjectError(
            f"{path} is not below the project directory {root}",
            hint="a source distribution holds only files of the project directory",
        ) from None
