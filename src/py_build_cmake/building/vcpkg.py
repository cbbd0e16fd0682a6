"""vcpkg's toolchain file around that of the host, and a triplet for the host.

Source: learn.microsoft.com/vcpkg, "vcpkg in CMake projects" (``VCPKG_CHAINLOAD_TOOLCHAIN_FILE``,
``VCPKG_TARGET_TRIPLET``, ``VCPKG_OVERLAY_TRIPLETS``), "Triplet variables", and "Overlay triplets".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError
from ..base.records import dataclass
from ..cmake.build_dir import PRIVATE_FOLDER
from ..cmake.cache import CacheEntry, argument
from ..platforms.tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..config.schema import CMakeConfig
    from ..project.plan import BuildPlan, CMakePass, Configuration

TOOLCHAIN_FILE = "scripts/buildsystems/vcpkg.cmake"
_WRITTEN = "# Written by py-build-cmake"
# vcpkg's names of the systems that triplets are made for.
_SYSTEMS = {"linux": "Linux", "windows": "MinGW"}
_WITH_DEBUG = ("Debug", "RelWithDebInfo")


@dataclass(frozen=True)
class VcpkgFiles:
    """The toolchain file for CMake, the entries of its cache, and the files to write for it."""

    toolchain_file: Path
    entries: tuple[CacheEntry, ...]
    files: Mapping[Path, str]


def vcpkg_files(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    configuration: Configuration,
    toolchain_file: Path | None,
) -> VcpkgFiles | None:
    """Return what CMake is given for vcpkg; None without it.

    ``toolchain_file`` is that of the host. Without one, vcpkg chooses compilers and triplet.

    :raises ConfigError: no triplet can be made for the host, and none is configured.
    """
    config = configuration.config
    if config.vcpkg is None:
        return None
    directory = configuration.build_dir / PRIVATE_FOLDER / "vcpkg"
    chainload = directory / "chainload.cmake"
    triplet, files, entries = config.vcpkg_triplet, {}, []
    if toolchain_file:
        files[chainload] = "\n".join(_chainload(toolchain_file, cmake_pass)) + "\n"
        entries.append(
            CacheEntry("VCPKG_CHAINLOAD_TOOLCHAIN_FILE", chainload.as_posix(), "FILEPATH")
        )
        if triplet is None:
            triplet = "py-build-cmake"
            lines = _triplet(plan, cmake_pass, config, chainload)
            files[directory / "triplets" / f"{triplet}.cmake"] = "\n".join(lines) + "\n"
            entries.append(
                CacheEntry("VCPKG_OVERLAY_TRIPLETS", (directory / "triplets").as_posix(), "PATH")
            )
    if triplet is not None:
        entries.append(CacheEntry("VCPKG_TARGET_TRIPLET", triplet))
    return VcpkgFiles(config.vcpkg / TOOLCHAIN_FILE, tuple(entries), files)


def _chainload(toolchain_file: Path, cmake_pass: CMakePass) -> Iterator[str]:
    """Yield the lines of the toolchain file that vcpkg loads: static libraries of ports are linked
    into extension modules. Only vcpkg's own toolchain files, which this one replaces, say that.
    """
    yield f"{_WRITTEN}."
    yield f"include({argument(toolchain_file.as_posix())})"
    if PlatformTag.parse(cmake_pass.host.platform_tags[0]).system != "windows":
        yield "set(CMAKE_POSITION_INDEPENDENT_CODE ON)"
        yield "foreach(_language IN ITEMS C CXX)"
        yield '    string(APPEND CMAKE_${_language}_FLAGS_INIT " -fPIC")'
        yield "endforeach()"


def _triplet(
    plan: BuildPlan, cmake_pass: CMakePass, config: CMakeConfig, chainload: Path
) -> Iterator[str]:
    tags = [PlatformTag.parse(text) for text in cmake_pass.host.platform_tags]
    system = _SYSTEMS.get(tags[0].system)
    names = {row.vcpkg for tag in tags for row in tag.machines}
    if system is None or len(names) != 1 or "" in names:
        where = plan.config.cross_where
        raise ConfigError(
            f"no triplet of vcpkg can be made for {' and '.join(tag.text for tag in tags)}",
            where=where if cmake_pass.cross else "`cmake.vcpkg`",
            hint="name one in `cmake.vcpkg_triplet`",
        )
    yield f"{_WRITTEN} for {' and '.join(tag.text for tag in tags)}."
    yield f"set(VCPKG_TARGET_ARCHITECTURE {names.pop()})"
    yield "set(VCPKG_CRT_LINKAGE dynamic)"
    yield "set(VCPKG_LIBRARY_LINKAGE static)"
    yield f"set(VCPKG_CMAKE_SYSTEM_NAME {system})"
    yield f"set(VCPKG_CHAINLOAD_TOOLCHAIN_FILE {argument(chainload.as_posix())})"
    if config.build_type not in (None, *_WITH_DEBUG):
        yield "set(VCPKG_BUILD_TYPE release)"
