"""Which files a source distribution holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigError, Problem, ProjectError
from .files import anchored, compile_patterns, matching_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..config.schema import SdistConfig
    from .metadata import CoreMetadata
    from .module import Module


def sdist_files(
    root: Path, config: SdistConfig, module: Module, metadata: CoreMetadata
) -> dict[str, Path]:
    """Select the files of the source distribution, by their places below ``root``.

    They are the module, what the metadata names, and what the configuration includes, without
    what it excludes.

    :raises Error: a file that every source distribution needs is excluded, or lies elsewhere.
    """
    excluded = compile_patterns(map(anchored, config.exclude))
    crucial = _crucial_files(root, module, metadata)
    problems = [
        Problem(f"a source distribution needs {place}, but it is excluded", "`sdist.exclude`")
        for place in crucial
        if excluded.match_file(place)
    ]
    if problems:
        raise ConfigError.from_problems(problems)
    files = {_place(path, root): path for _, path in module.files()}
    files.update(matching_files(root, [anchored(pattern) for pattern in config.include]))
    kept = {place: path for place, path in files.items() if not excluded.match_file(place)}
    return {**kept, **crucial}


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
