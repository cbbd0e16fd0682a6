"""Hints that let CMake's FindPython and FindPython3 find the right Python.

Source: cmake-modules, FindPython. The module's artifacts specification variables and hints are
given as cache entries. The ``_FIND_VERSION`` entries are what a ``find_package`` call with an
exact version sets, so that calls without a version find the Python that runs the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..platforms.host import native_host
from ..platforms.host_numpy import find_numpy
from .preload import CacheEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..config.schema import CMakeConfig, CrossConfig
    from ..platforms.build import BuildPlatform
    from ..platforms.host import HostPlatform

INTERPRETER_IDS = {
    "cp": "Python",
    "py": "Python",
    "python": "Python",
    "pp": "PyPy",
    "pypy": "PyPy",
    "ip": "IronPython",
    "jy": "Jython",
}
_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}


def find_python_entries(
    config: CMakeConfig,
    build: BuildPlatform,
    host: HostPlatform,
    cross: CrossConfig | None,
) -> Iterator[CacheEntry]:
    """Yield the hints for the modules that the configuration wants them for.

    ``cross`` is None in native builds and in the native pre-build.
    """
    for module, wanted, artifacts_prefix in (
        ("Python", config.find_python, config.find_python_build_artifacts_prefix),
        ("Python3", config.find_python3, config.find_python3_build_artifacts_prefix),
    ):
        if not wanted:
            continue
        yield from _search_entries(module)
        if artifacts_prefix is None:
            yield _file(f"{module}_EXECUTABLE", build.executable)
        else:
            # The project looks for the Python of the build system under this prefix.
            yield from _search_entries(module + artifacts_prefix)
            yield _file(f"{module}{artifacts_prefix}_EXECUTABLE", build.executable)
            yield from _native_entries(module + artifacts_prefix, build)
        if cross is None or cross.force_native_python:
            yield from _native_entries(module, build)
        else:
            yield from _cross_entries(module, host, cross)
            # Elsewhere, our own find modules know where NumPy is, and do not remember it.
            if cross.site_packages and not (host.soabi and build.sysconfigdata):
                yield from _numpy_entries(module, host, cross)


def _search_entries(prefix: str) -> Iterator[CacheEntry]:
    yield CacheEntry(f"{prefix}_FIND_REGISTRY", "NEVER")
    yield CacheEntry(f"{prefix}_FIND_FRAMEWORK", "NEVER")
    yield CacheEntry(f"{prefix}_FIND_STRATEGY", "LOCATION")
    yield CacheEntry(f"{prefix}_FIND_VIRTUALENV", "FIRST")


def _native_entries(prefix: str, build: BuildPlatform) -> Iterator[CacheEntry]:
    roots = ";".join(path.as_posix() for path in build.prefixes)
    yield CacheEntry(f"{prefix}_ROOT", roots)
    yield CacheEntry(f"{prefix}_ROOT_DIR", roots)
    major, minor, _ = build.version_info
    yield CacheEntry(f"{prefix}_FIND_VERSION_COUNT", "2")
    yield CacheEntry(f"{prefix}_FIND_VERSION_EXACT", "TRUE")
    yield CacheEntry(f"{prefix}_FIND_VERSION", f"{major}.{minor}")
    yield CacheEntry(f"{prefix}_FIND_VERSION_MAJOR", str(major))
    yield CacheEntry(f"{prefix}_FIND_VERSION_MINOR", str(minor))
    implementation = _IMPLEMENTATIONS.get(build.implementation_name)
    if implementation:
        yield CacheEntry(f"{prefix}_FIND_IMPLEMENTATIONS", implementation)
        if build.include_dir:
            yield CacheEntry(f"{prefix}_INCLUDE_DIR", build.include_dir.as_posix())
    host = native_host(build)
    yield CacheEntry(f"{prefix}_SOABI", host.soabi)
    yield CacheEntry(f"{prefix}_SOSABI", host.sosabi)


def _cross_entries(prefix: str, host: HostPlatform, cross: CrossConfig) -> Iterator[CacheEntry]:
    if cross.prefix:
        yield CacheEntry(f"{prefix}_ROOT", cross.prefix.as_posix(), "PATH")
        yield CacheEntry(f"{prefix}_ROOT_DIR", cross.prefix.as_posix(), "PATH")
    if cross.library:
        yield _file(f"{prefix}_LIBRARY", cross.library)
    if cross.sabi_library:
        yield _file(f"{prefix}_SABI_LIBRARY", cross.sabi_library)
    if cross.include_dir:
        yield CacheEntry(f"{prefix}_INCLUDE_DIR", cross.include_dir.as_posix(), "PATH")
    if host.implementation in INTERPRETER_IDS:
        yield CacheEntry(f"{prefix}_INTERPRETER_ID", INTERPRETER_IDS[host.implementation])
    if host.soabi:
        yield CacheEntry(f"{prefix}_SOABI", host.soabi)
    if cross.sosabi is not None:
        yield CacheEntry(f"{prefix}_SOSABI", cross.sosabi)


def _numpy_entries(prefix: str, host: HostPlatform, cross: CrossConfig) -> Iterator[CacheEntry]:
    numpy = find_numpy(cross.site_packages, host.soabi).include_dir
    if numpy:
        yield CacheEntry(f"{prefix}_NumPy_INCLUDE_DIR", numpy.as_posix(), "PATH")


def _file(name: str, path: Path) -> CacheEntry:
    return CacheEntry(name, path.as_posix(), "FILEPATH")
