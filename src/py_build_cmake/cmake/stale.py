"""Whether a build directory can be configured again as it is.

CMake keeps the source directory, the generator, the compilers and the flags of the first time, and
refuses or silently ignores others. A build directory that was made for others starts afresh.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from ..lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CACHE_FILE = "CMakeCache.txt"
PRIVATE_FOLDER = "py-build-cmake"
_ENTRY = lazy_pattern(r"^([A-Za-z_]\w*):\w+=(.*)$", re.MULTILINE)
_COMPILER = lazy_pattern(r'^set\(CMAKE_(\w+?)_COMPILER "([^"]+)"\)$', re.MULTILINE)
# Read when a language is enabled for the first time. Source: cmake-env-variables(7).
_VARIABLES = (
    *("ASM", "CC", "CUDACXX", "CUDAHOSTCXX", "CXX", "FC", "HIPCXX", "OBJC", "OBJCXX", "RC"),
    *("ASMFLAGS", "CFLAGS", "CUDAFLAGS", "CXXFLAGS", "FFLAGS", "HIPFLAGS", "LDFLAGS", "OBJCFLAGS"),
    *("OBJCXXFLAGS", "RCFLAGS", "SDKROOT"),
)


def read_cache(build_dir: Path) -> dict[str, str]:
    """Return the entries of a build directory's cache; none if it was not configured."""
    path = build_dir / CACHE_FILE
    if not path.exists():
        return {}
    return dict(_ENTRY.findall(os.fsdecode(path.read_bytes())))


def why_stale(cache: Mapping[str, str], wanted: Mapping[str, str | None]) -> str | None:
    """Return in which entry a cache differs from what is wanted; None means that it can stay.

    An entry that is not wanted to have a certain value (None) may have any.
    """
    for name, value in wanted.items():
        if value is not None and name in cache and cache[name] != value:
            return f"{name} was {cache[name]}"
    return None


def start_afresh(build_dir: Path) -> None:
    """Remove what CMake remembers, as ``cmake --fresh`` does (which old versions do not have).

    The object files go with it, in all directories: another compiler may have made them.
    """
    (build_dir / CACHE_FILE).unlink(missing_ok=True)
    for folder, folders, _ in os.walk(build_dir):
        if "CMakeFiles" in folders:
            shutil.rmtree(os.path.join(folder, "CMakeFiles"), ignore_errors=True)  # noqa: PTH118
        # What is ours has build directories of its own.
        folders[:] = [name for name in folders if name not in ("CMakeFiles", PRIVATE_FOLDER)]


class Surroundings:
    """What CMake took from outside when a build directory was configured, kept in a file there.

    While CMake configures there is no such file, so that an interruption is noticed.
    """

    def __init__(
        self,
        build_dir: Path,
        environ: Mapping[str, str],
        toolchain_file: Path | None,
        options: Mapping[str, str | None],
    ) -> None:
        self._build_dir = build_dir
        self._file = build_dir / PRIVATE_FOLDER / "configured.json"
        self._now = {
            **{f"environment variable {name}": environ.get(name) for name in _VARIABLES},
            **{f"`{key}`": value for key, value in options.items()},
        }
        if toolchain_file and toolchain_file.is_file():
            digest = hashlib.sha256(toolchain_file.read_bytes()).hexdigest()
            self._now["contents of the toolchain file"] = digest

    def why_stale(self) -> str | None:
        """Return what has changed since the last time; None means nothing.

        None as well if the directory was never configured.
        """
        if not (self._build_dir / CACHE_FILE).exists():
            return None
        before = self._read()
        if before is None:
            return "the last configuration was interrupted"
        for name, value in self._now.items():
            if before.get(name) != value:
                # Contents are known by their digest, which says nothing.
                is_text = not name.startswith("contents")
                return f"{name} was {before.get(name)!r}" if is_text else f"{name} changed"
        for name, value in before.items():
            path = name.partition(" compiler ")[2]
            if path and _identity(path) != value:
                return f"the {name} is another one now"
        return None

    def forget(self) -> dict[str, Any] | None:
        """Remove the file, and return what was in it."""
        before = self._read()
        self._file.unlink(missing_ok=True)
        return before

    def remember(self, before: Mapping[str, Any] | None = None) -> None:
        """Write the file: what there is now, or what was there before a failure."""
        if before is None:
            compilers = {
                f"{language} compiler {path}": _identity(path)
                for language, path in _compilers(self._build_dir)
            }
            before = {**self._now, **compilers}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(before, indent=1), "utf-8")

    def _read(self) -> dict[str, Any] | None:
        try:
            read = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return read if isinstance(read, dict) else None


def _compilers(build_dir: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(build_dir.glob("CMakeFiles/*/CMake*Compiler.cmake")):
        yield from _COMPILER.findall(os.fsdecode(file.read_bytes()))


def _identity(program: str) -> str | None:
    """Return what tells a program from the one that takes its place when it is upgraded."""
    try:
        status = os.stat(program)  # noqa: PTH116 - follows links
    except OSError:
        return None
    return f"{status.st_size} bytes of {status.st_mtime_ns}"
