"""Compiler launchers: programs that start the compiler, or know already what it would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigError
from .preload import CacheEntry
from .programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..platforms.build import BuildPlatform

LAUNCHERS = ("ccache", "sccache", "distcc")
NO_LAUNCHER = "none"
_CACHES = ("ccache", "sccache")
# The languages that CMake has launchers for, and these programs understand.
_LANGUAGES = ("C", "CXX", "CUDA", "OBJC", "OBJCXX")


def launcher_program(wanted: str | None, build: BuildPlatform) -> Path | None:
    """Return the program to start compilers with; None leaves them alone.

    ``auto`` is the first cache on ``PATH``, if there is any.

    :raises ConfigError: the one that is wanted is not there.
    """
    if wanted in (None, NO_LAUNCHER):
        return None
    if wanted == "auto":
        return next(filter(None, (find_program(name, build) for name in _CACHES)), None)
    program = find_program(str(wanted), build)
    if program is None:
        raise ConfigError(
            f"the compiler launcher {wanted!r} was not found on PATH",
            where="`cmake.compiler_launcher`",
            hint="install it, or write 'auto' to use one only where there is one",
        )
    return program


def launcher_entries(wanted: str | None, build: BuildPlatform) -> Iterator[CacheEntry]:
    """Yield the cache entries of the languages' launchers.

    :raises ConfigError: the program is not there.
    """
    program = launcher_program(wanted, build)
    if program is not None or wanted == NO_LAUNCHER:
        for language in _LANGUAGES:
            value = program.as_posix() if program else ""
            yield CacheEntry(f"CMAKE_{language}_COMPILER_LAUNCHER", value)


def launcher_environment(
    wanted: str | None, build: BuildPlatform, project_dir: Path
) -> Mapping[str, str]:
    """Return the settings that let a cache know what other checkouts and Pythons compiled.

    Paths below the base directory are made relative before they are compared, and the current
    directory does not count (ccache(1), "compiling in different directories"). sccache's server
    reads its base directories when it starts (sccache, docs/Configuration.md). What the
    environment says already stays.
    """
    program = launcher_program(wanted, build)
    ours = {}
    if program and program.stem == "ccache":
        ours = {"CCACHE_BASEDIR": str(project_dir), "CCACHE_NOHASHDIR": "true"}
    elif program and program.stem == "sccache":
        ours = {"SCCACHE_BASEDIRS": str(project_dir)}
    return {name: value for name, value in ours.items() if name not in build.environ}
