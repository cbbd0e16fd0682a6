"""Which files a source distribution holds, and warnings about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem, ProjectError
from ..base.records import dataclass
from ..config.conan_tables import CONAN_FILES
from ..config.sources import PKG_INFO, is_unpacked_sdist
from .files import (
    anchored,
    compile_patterns,
    folders_of,
    is_never_packed,
    is_output,
    linked_files,
    linked_place,
    matching_files,
    skipped_places,
    useless_patterns,
    walk_files,
)
from .module import is_compiled_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..config.schema import SdistConfig
    from .metadata import CoreMetadata
    from .module import Module
    from .plan import BuildPlan

_CRUCIAL = "every source distribution has it"
_NEVER = "never part of a source distribution"
_COMPILED = "a compiled module, which CMake makes again"
_OUTPUT = "an output of builds"

# What vcpkg reads in the directory of the CMake project. Source: its "Manifest mode".
_OF_VCPKG = ("vcpkg.json", "vcpkg-configuration.json")


@dataclass(frozen=True)
class Selected:
    """A file of the project, whether a source distribution holds it, and the rule that says so.

    A directory that is never looked into ends with a slash.
    """

    place: str
    path: Path
    is_included: bool
    rule: str


@dataclass(frozen=True)
class Built:
    """What builds of the project leave, which is not for its source distribution.

    ``output`` is where archives are written. If the project ``is_compiled`` by CMake, compiled
    modules among its sources are left over. ``includes`` are the patterns of the project's files
    that its wheels need, ``templates`` those that files are made from, and ``generated`` the places
    of files that are made in the project.
    """

    output: Path | None = None
    is_compiled: bool = False
    includes: tuple[str, ...] = ()
    templates: tuple[Path, ...] = ()
    generated: tuple[str, ...] = ()


def sdist_files(
    root: Path,
    config: SdistConfig,
    module: Module,
    metadata: CoreMetadata,
    built: Built = Built(),  # noqa: B008 - it is immutable
) -> dict[str, Path]:
    """Select the files of the source distribution, by their places below ``root``.

    They are the module, what the metadata names, and what the configuration includes, without
    what it excludes and what is ``built``.

    :raises Error: a file that every source distribution needs is excluded, or lies elsewhere.
    :raises OSError: a directory cannot be read that may hold something.
    """
    return included_files(_select(root, config, module, metadata, built))


def select_sdist(plan: BuildPlan, output: Path | None = None) -> list[Selected]:
    """Return the files that a rule of the project includes, with what then leaves some out.

    ``output`` is where the archive will be written.

    :raises Error: as :func:`sdist_files`.
    """
    config = plan.config
    patterns = tuple(p for listed in plan.wheel.include.values() for p in listed)
    patterns += plan.wheel.sbom_files
    built = Built(
        output,
        is_compiled=plan.main_pass is not None,
        includes=patterns,
        templates=plan.generated.templates if plan.generated else (),
        generated=tuple(plan.generated_texts("source")),
    )
    return _select(config.project_dir, config.host_tables.sdist, plan.module, plan.metadata, built)


def included_files(selected: Iterable[Selected]) -> dict[str, Path]:
    """Return the files that are packed, by their places."""
    return {file.place: file.path for file in selected if file.is_included}


def explain_sdist(plan: BuildPlan, output: Path | None = None) -> list[Selected]:
    """Say of every file of the project whether and why the source distribution holds it.

    :raises Error: as :func:`sdist_files`.
    """
    root = plan.config.project_dir
    files = {file.place: file for file in select_sdist(plan, output)}
    for place, path in walk_files(root):
        files.setdefault(place, Selected(place, path, False, "no rule includes it"))
    for place, path in skipped_places(root):
        files[place] = Selected(place, path, False, _NEVER)
    return sorted(files.values(), key=lambda file: file.place)


def _select(
    root: Path, config: SdistConfig, module: Module, metadata: CoreMetadata, built: Built
) -> list[Selected]:
    excluded = compile_patterns(map(anchored, config.exclude))
    crucial = _crucial_files(root, module, metadata, built.templates)
    problems = [
        Problem(
            f"a source distribution needs {place}, but it is excluded",
            "`sdist.exclude`",
            "if it is not a licence text, name only the licence texts in `project.license-files`"
            if path in metadata.licenses.values()
            else "",
        )
        for place, path in crucial.items()
        if excluded.match_file(place)
    ]
    if problems:
        raise ConfigError.from_problems(problems)

    def why_not(place: str, path: Path) -> str:
        if place in crucial:
            return ""
        by = excluded.index_of(place)
        if by is not None:
            return f"`sdist.exclude`: {config.exclude[by]!r}"
        if is_output(place, path, metadata.file_name) or (
            built.output and built.output != root and path.is_relative_to(built.output)
        ):
            return _OUTPUT
        return _COMPILED if built.is_compiled and is_compiled_module(path) else ""

    rules = {
        place: (path, "the wheel has it")
        for place, path in matching_files(root, [anchored(p) for p in built.includes]).items()
    }
    rules.update(_rules(root, config, module))
    rules.update({place: (root / place, "`generate`") for place in built.generated})
    rules.update({place: (path, _CRUCIAL) for place, path in crucial.items()})
    packed = {place: path for place, (path, _) in rules.items() if not why_not(place, path)}
    for link in _links_to_others(packed):
        path, rule = rules.pop(link)
        rules.update({p: (found, rule) for p, found in linked_files(root, link, path)})
    selected = []
    for place, (path, rule) in rules.items():
        reason = why_not(place, path)
        selected.append(Selected(place, path, not reason, reason or rule))
    return selected


def _rules(root: Path, config: SdistConfig, module: Module) -> dict[str, tuple[Path, str]]:
    """Return the module's files and what the patterns include, each with the rule for it."""
    included = compile_patterns(map(anchored, config.include))
    rules = dict(_rules_of_mode(root, config))
    if config.mode != "git":
        rules.update(
            (_place(path, root), (path, f"module {module.name!r}"))
            for path in _module_files(module)
        )
    for place, path in matching_files(root, [anchored(p) for p in config.include]).items():
        index = included.index_of(place) or 0
        rules[place] = (path, f"`sdist.include`: {config.include[index]!r}")
    return rules


def _rules_of_mode(root: Path, config: SdistConfig) -> Iterator[tuple[str, tuple[Path, str]]]:
    """Yield what git tracks, if the configuration wants that."""
    if config.mode != "git":
        return
    if is_unpacked_sdist(root):
        # Everything there was tracked.
        rule = "part of the source distribution"
        yield from ((place, (path, rule)) for place, path in walk_files(root) if place != PKG_INFO)
        return
    from .tracked import tracked_files

    tracked = tracked_files(root)
    skipped = {
        folder
        for folder in {folder for place in tracked for folder in folders_of(place)}
        if is_never_packed(root / folder, True)
    }
    for place in tracked:
        path = root / place
        if not skipped.isdisjoint(folders_of(place)) or is_never_packed(path, False):
            continue
        if path.is_symlink() or path.exists():
            yield place, (path, "tracked by git")


def _module_files(module: Module) -> Iterator[Path]:
    """Yield the files of the module. Links are not followed: some can be packed as they are."""
    if module.path is None:
        return
    if module.path.is_file():
        yield module.path
        return

    def refuse(error: OSError) -> None:
        raise error

    yield from (path for _, path in walk_files(module.path, refuse))


def _links_to_others(files: Mapping[str, Path]) -> list[str]:
    """Return the linked directories whose targets are not packed: the links would be broken."""
    folders = {folder for place in files for folder in folders_of(place)}
    return [
        place
        for place, path in files.items()
        if path.is_symlink() and path.is_dir() and linked_place(place, path) not in folders
    ]


def sdist_warnings(plan: BuildPlan, selected: Sequence[Selected]) -> list[str]:
    """Return warnings about a source distribution: missing files, and patterns without effect."""
    root, config = plan.config.project_dir, plan.config.host_tables.sdist
    files = included_files(selected)
    compiled = [file.place for file in selected if file.rule == _COMPILED]
    warnings = [
        f"{place} is left out of the source distribution, because it is a compiled module among"
        " the sources; remove it"
        for place in compiled
    ]
    lacking = [
        *missing_cmake_lists(root, plan.source_paths, files),
        *_missing_cmake_files(plan, files),
    ]
    warnings += [
        f"the source distribution lacks {place}, without which no wheel can be built from it;"
        " add it to `sdist.include`"
        for place in dict.fromkeys(lacking)
    ]
    if config.mode == "git":
        untracked = [
            p for p in (_place(f, root) for f in _module_files(plan.module)) if p not in files
        ]
        warnings += [
            f"{place} of the module is not tracked by git, and is not in the source distribution"
            for place in untracked
            if place not in compiled
        ]
    unknown = useless_patterns(config.include, (file.place for file in selected), anchored)
    warnings += [
        f"`sdist.include`: {pattern!r} matches nothing that could be packed" for pattern in unknown
    ]
    warnings += [
        f"`sdist.include`: everything that {pattern!r} matches is left out, by `sdist.exclude` or"
        " because builds made it"
        for pattern in useless_patterns(config.include, files, anchored)
        if pattern not in unknown
    ]
    return warnings


def sdist_notes(plan: BuildPlan, selected: Sequence[Selected]) -> list[str]:
    """Return the patterns that exclude nothing: they may be misspelt."""
    root, patterns = plan.config.project_dir, plan.config.host_tables.sdist.exclude
    if not patterns or is_unpacked_sdist(root):
        # An unpacked source distribution has lost what they exclude.
        return []
    places = [*(file.place for file in selected), *(place for place, _ in skipped_places(root))]
    return [
        f"`sdist.exclude`: {p!r} matches nothing"
        for p in useless_patterns(patterns, places, anchored)
    ]


def _missing_cmake_files(plan: BuildPlan, files: Mapping[str, Path]) -> Iterator[str]:
    """Yield the places of files for CMake and Conan of the project that are not in ``files``."""
    root, configurations = plan.config.project_dir, plan.config.host_tables.cmake
    if not configurations:
        return
    from .cmake_lists import cmake_files, files_of_presets

    for _, config in configurations:
        source = config.source_path
        needed = cmake_files(source)
        if config.vcpkg:
            needed += [source / name for name in _OF_VCPKG if (source / name).is_file()]
        if config.conan:
            needed += [root / name for name in CONAN_FILES if (root / name).is_file()]
        if config.preset:
            needed += files_of_presets(source, config.preset)
        for path in needed:
            if path.is_relative_to(root) and path.relative_to(root).as_posix() not in files:
                yield path.relative_to(root).as_posix()


def missing_cmake_lists(
    root: Path, source_paths: Iterable[Path], files: Mapping[str, Path]
) -> list[str]:
    """Return the places of the CMakeLists.txt that are not in ``files``."""
    places = (_place(source / "CMakeLists.txt", root) for source in source_paths)
    return [place for place in dict.fromkeys(places) if place not in files]


def _crucial_files(
    root: Path, module: Module, metadata: CoreMetadata, templates: Iterable[Path]
) -> dict[str, Path]:
    paths = [root / "pyproject.toml", *(root / path for path in metadata.files), *templates]
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
