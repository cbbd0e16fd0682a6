"""Which changes make uv build a project again.

uv keeps what it has built of a directory until one of the files changes that ``cache-keys`` lists.
By default there is none among them that CMake reads, so that a module stays as it was when its
sources change. Source: uv's documentation, "Caching" (dynamic metadata) and the setting
``cache-keys``, whose patterns are read as those of .gitignore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.places import Place
from ..config.sources import PYPROJECT, tool_table
from .cmake_lists import LISTS, PRESETS
from .files import anchored, compile_patterns
from .sdist_files import included_files, select_sdist

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from .plan import BuildPlan

_UV = "uv"
_LOCK = "uv.lock"
_KEY = "cache-keys"
# Source: CMAKE_<LANG>_SOURCE_FILE_EXTENSIONS and CMAKE_CXX_HEADER in cmake-variables(7) and their
# defaults in CMake 4.1, with the usual suffixes of headers and of what generators read.
_SUFFIXES = frozenset(
    {
        *("c", "m", "cc", "cpp", "cxx", "c++", "mm", "mpp", "ixx", "cppm", "cxxm", "ccm", "cu"),
        *("h", "hh", "hpp", "hxx", "h++", "cuh", "inc", "inl", "ipp", "tpp", "def", "hip", "swift"),
        *("f", "f77", "f90", "f95", "f03", "f08", "for", "ftn", "s", "asm", "ispc", "rc"),
        *("pyx", "pxd", "pxi", "i", "swg", "cmake", "in"),
    }
)


def uses_uv(project_dir: Path) -> bool:
    """Whether a project says something to uv, or has been locked by it."""
    return (project_dir / _LOCK).is_file() or bool(tool_table(project_dir, _UV))


def cache_key_advice(plan: BuildPlan) -> str:
    """Return what to write so that uv builds again when a file changes that CMake reads.

    Empty if nothing is missing. The files are those of the source distribution, which has all that
    a build needs.

    :raises Error: as :func:`select_sdist`.
    """
    if plan.main_pass is None:
        return ""
    listed = tool_table(plan.config.project_dir, _UV).get(_KEY)
    patterns = list(_files_of(listed))
    known = compile_patterns(map(anchored, patterns))
    names = {LISTS}
    if any(configuration.config.preset for configuration in plan.main_pass.configurations):
        names.add(PRESETS)
    missing = sorted(
        place
        for place in included_files(select_sdist(plan))
        if _is_compiled(place, names) and not known.match_file(place)
    )
    if not missing:
        return ""
    wanted = dict.fromkeys((*(patterns or [PYPROJECT]), *map(_pattern, missing)))
    keys = ", ".join(f'{{ file = "{pattern}" }}' for pattern in wanted)
    others = ", beside the keys that are no files" if _has_others(listed) else ""
    return (
        f"{Place(PYPROJECT, f'tool.{_UV}.{_KEY}')}: uv does not build again when"
        f" {missing[0]} changes{_more(missing)}; write {_KEY} = [{keys}]{others}"
    )


def _more(missing: list[str]) -> str:
    return f" (nor {len(missing) - 1} other files)" if len(missing) > 1 else ""


def _has_others(keys: object) -> bool:
    return isinstance(keys, list) and len(list(_files_of(keys))) < len(keys)


def _files_of(keys: object) -> Iterator[str]:
    """Yield the patterns of files among the keys: texts, and tables with ``file``."""
    for key in keys if isinstance(keys, list) else ():
        file = key.get("file") if isinstance(key, dict) else key
        if isinstance(file, str):
            yield file


def _is_compiled(place: str, names: Collection[str]) -> bool:
    """Whether CMake or a compiler reads a file: one of certain names, or with such a suffix."""
    name = place.rpartition("/")[2]
    return name in names or name.rpartition(".")[2].lower() in _SUFFIXES


def _pattern(place: str) -> str:
    """Return a pattern for a file and those of its kind in the same folder of the project."""
    folder, slash, _ = place.partition("/")
    if not slash:
        return place
    name = place.rpartition("/")[2]
    kind = name if name == LISTS else f"*.{name.rpartition('.')[2]}"
    return f"{folder}/**/{kind}"
