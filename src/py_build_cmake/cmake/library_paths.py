"""Where the libraries lie that a configuration is linked with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .build_dir import found_paths, read_cache
from .file_api import linked_directories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Below a prefix or a sysroot; DLLs are in the last.
_FOLDERS = ("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "bin")
_SYSTEM = ("/", "/usr", "/usr/local")
_SHARED_MARKS = (".so", ".dylib", ".dll")
_LIBRARY_MARKS = (*_SHARED_MARKS, ".tbd", ".a", ".lib")


def library_directories(
    build_dirs: Iterable[Path], roots: Iterable[Path], multiarch: str = ""
) -> tuple[Path, ...]:
    """Return the directories that exist and may hold the shared libraries that was linked with.

    First are those of the link commands, then those of libraries that CMake found, then those
    below prefix paths, and below ``roots``, such as a sysroot. ``multiarch`` is the folder that
    Debian has below ``lib`` for each kind of machine, such as ``aarch64-linux-gnu``.
    """
    build_dirs = tuple(build_dirs)
    found: dict[Path, None] = {}
    for build_dir in build_dirs:
        found.update(dict.fromkeys(linked_directories(build_dir)))
    for build_dir in build_dirs:
        found.update(dict.fromkeys(_found_by_cmake(build_dir)))
    for root in (*(prefix for build_dir in build_dirs for prefix in _prefixes(build_dir)), *roots):
        for folder in _FOLDERS:
            if multiarch:
                found[root / folder / multiarch] = None
            found[root / folder] = None
    directories = dict.fromkeys(path.resolve() for path in found if path.is_dir())
    # Compilers may name the root of the file system, which would be searched in vain.
    return tuple(path for path in directories if path != path.parent)


def libraries_in(directories: Iterable[Path]) -> list[Path]:
    """Return the shared libraries that lie in directories, by their names."""
    return [
        path
        for directory in directories
        for path in sorted(directory.iterdir())
        if any(mark in path.name.lower() for mark in _SHARED_MARKS)
    ]


def _found_by_cmake(build_dir: Path) -> Iterator[Path]:
    """Yield the directories of libraries, and those above CMake packages, in the cache."""
    for name, value in found_paths(build_dir).items():
        path = Path(value)
        if any(mark in path.name for mark in _LIBRARY_MARKS) and path.is_file():
            yield path.parent
        elif name.endswith("_DIR") and "cmake" in path.parts:
            # As in lib/cmake/Name and lib/x86_64-linux-gnu/cmake/Name.
            yield Path(*path.parts[: path.parts.index("cmake")])


def _prefixes(build_dir: Path) -> Iterator[Path]:
    """Yield the directories with libraries in folders that CMake was told to search, without those
    of this system. Prefixes also stand for directories below each root, as `find_library` has it.
    """
    cache = read_cache(build_dir)
    roots, prefixes = (
        [Path(text) for name in names for text in cache.get(name, "").split(";") if text]
        for names in (("CMAKE_FIND_ROOT_PATH", "CMAKE_SYSROOT"), ("CMAKE_PREFIX_PATH",))
    )
    below = [root / prefix.relative_to(prefix.anchor) for root in roots for prefix in prefixes]
    yield from (path for path in (*prefixes, *below, *roots) if path.as_posix() not in _SYSTEM)
