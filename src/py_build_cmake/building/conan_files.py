"""What is written for Conan and its toolchain file: profiles, and toolchain files for CMake.

Conan's toolchain file includes the one for the host, and is included by the one that CMake is
given; so neither replaces the other. What Conan builds itself is compiled with the same toolchain.

Sources: docs.conan.io for Conan 2, "Profiles" (with ``detect_api``), "settings.yml", "Configuration
files" (``tools.*``) and "CMakeToolchain"; cmake-toolchains(7).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..cmake.cache import argument
from ..platforms.machines import CONAN_SYSTEMS
from ..platforms.tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..config.kinds import CMakeValue
    from ..toolchains.toolchain_file import Compilers

_WRITTEN = "# Written by py-build-cmake"
# Conan builds several packages for one host in one cache. It tells them apart by their settings,
# which have no C library: this value is one more of what a package's identity is made of.
_IDENTITY = "user.py-build-cmake:toolchain"

DEFAULT_PROFILE = f"""{_WRITTEN}, because there is no profile `default`.
{{% set compiler, version, program = detect_api.detect_default_compiler() %}}
[settings]
os={{{{ detect_api.detect_os() }}}}
arch={{{{ detect_api.detect_arch() }}}}
build_type=Release
{{% if compiler %}}
compiler={{{{ compiler }}}}
compiler.version={{{{ detect_api.default_compiler_version(compiler, version) }}}}
compiler.cppstd={{{{ detect_api.default_cppstd(compiler, version) }}}}
{{% set library = detect_api.detect_libcxx(compiler, version, program) %}}
{{% if library %}}
compiler.libcxx={{{{ library }}}}
{{% endif %}}
{{% if compiler == "msvc" %}}
compiler.runtime=dynamic
{{% endif %}}
{{% endif %}}
"""


@dataclass(frozen=True)
class Known:
    """What is known of the system that something is built for.

    ``compilers`` are those of a named toolchain, ``toolchain_file`` is what else CMake is to be
    given. ``cxx_standard`` is the setting ``compiler.cppstd``, ``jobs`` how many compilers run at
    the same time.
    """

    platform_tags: Sequence[str]
    compilers: Compilers | None = None
    toolchain_file: Path | None = None
    generator: str | None = None
    cxx_standard: str = ""
    jobs: int | None = None


def profile(known: Known) -> str:
    """Return the profile for what is known: a template, as some of it Conan has to find out."""
    return "\n".join([f"{_WRITTEN}.", *_settings(known), *_configuration(known)]) + "\n"


def build_profile(known: Known) -> str:
    """Return the profile for tools that run during a native build."""
    lines = _compiler_lines(known.compilers, "") if known.compilers else ["[settings]"]
    return "\n".join([f"{_WRITTEN}.", *lines, *_compiler_configuration(known.compilers)]) + "\n"


def _settings(known: Known) -> Iterator[str]:
    if known.compilers:
        yield from _compiler_lines(known.compilers, known.cxx_standard)
    else:
        yield "[settings]"
        if known.cxx_standard:
            yield f"compiler.cppstd={known.cxx_standard}"
    tag = PlatformTag.parse(known.platform_tags[0])
    if system := CONAN_SYSTEMS.get(tag.system):
        yield f"os={system}"
    if architecture := conan_architecture(known.platform_tags):
        yield f"arch={architecture}"
    if tag.version and tag.system in ("mac", "ios"):
        yield "os.version={}.{}".format(*tag.version)
    if tag.version and tag.system == "android":
        yield f"os.api_level={tag.version[0]}"
    if tag.sdk:
        yield f"os.sdk={tag.sdk}"


def conan_architecture(platform_tags: Sequence[str]) -> str:
    """Return Conan's name of the machine, or of both machines of a universal binary of macOS; empty
    if there is none.
    """
    tags = [PlatformTag.parse(text) for text in platform_tags]
    rows = {row for tag in tags for row in tag.machines}
    names = {
        row.conan if tags[0].system == "linux" else row.conan.removesuffix("hf") for row in rows
    }
    if not names or "" in names or (len(names) > 1 and tags[0].system != "mac"):
        return ""
    return "|".join(sorted(names))


def _compiler_lines(compilers: Compilers, cxx_standard: str) -> Iterator[str]:
    paths = compilers.paths
    program, family = json.dumps(paths.get("CXX") or paths["C"]), compilers.family
    yield f"{{% set compiler, version, program = detect_api.detect_{family}_compiler({program}) %}}"
    yield "[settings]"
    yield f"compiler={family}"
    yield "compiler.version={{ detect_api.default_compiler_version(compiler, version) }}"
    default = "{{ detect_api.default_cppstd(compiler, version) }}"
    yield f"compiler.cppstd={cxx_standard or default}"
    library = compilers.cxx_library or (
        "{{ detect_api.detect_libcxx(compiler, version, program) }}"
    )
    yield f"compiler.libcxx={library}"


def _configuration(known: Known) -> Iterator[str]:
    yield from _compiler_configuration(known.compilers)
    # Otherwise Conan writes a file into the project.
    yield "tools.cmake.cmaketoolchain:user_presets="
    if known.toolchain_file:
        files = json.dumps([known.toolchain_file.as_posix()])
        yield f"tools.cmake.cmaketoolchain:user_toolchain=+{files}"
    if known.generator:
        yield f"tools.cmake.cmaketoolchain:generator={known.generator}"
    if known.jobs:
        yield f"tools.build:jobs={known.jobs}"


def _compiler_configuration(compilers: Compilers | None) -> Iterator[str]:
    yield "[conf]"
    if compilers:
        names = {"C": "c", "CXX": "cpp", "Fortran": "fortran"}
        programs = {
            name: compilers.paths[key] for key, name in names.items() if key in compilers.paths
        }
        yield f"tools.build:compiler_executables={json.dumps(programs)}"
        yield f"{_IDENTITY}={compilers.identity}"
        yield f'tools.info.package_id:confs=+["{_IDENTITY}"]'


def cxx_standard(options: Mapping[str, CMakeValue], *, has_extensions: bool) -> str:
    """Return the setting ``compiler.cppstd`` for the options of a configuration; empty if they do
    not say it.

    ``has_extensions`` is whether compilers of the system have standards with extensions.
    """
    values = {name.partition(":")[0]: value.text for name, value in options.items()}
    standard = values.get("CMAKE_CXX_STANDARD", "")
    extensions = values.get("CMAKE_CXX_EXTENSIONS", "ON").upper() not in ("OFF", "NO", "FALSE", "0")
    return f"gnu{standard}" if standard and has_extensions and extensions else standard


_KINDS = "PROGRAM LIBRARY INCLUDE PACKAGE"


def inner_toolchain(toolchain_file: Path) -> str:
    """Return the toolchain file that Conan's includes: it includes that for the host, and keeps how
    this one wants files to be searched, which Conan's changes.
    """
    return f"""{_WRITTEN}.
include({argument(toolchain_file.as_posix())})
foreach(_kind IN ITEMS {_KINDS})
    set(_PY_BUILD_CMAKE_MODE_${{_kind}} "${{CMAKE_FIND_ROOT_PATH_MODE_${{_kind}}}}")
endforeach()
"""


def outer_toolchain(inner: Path | None, generators: Path, roots: Sequence[Path]) -> str:
    """Return the toolchain file that CMake is given.

    ``inner`` is what Conan's includes, ``generators`` the directory of Conan's files, and ``roots``
    are the directories of packages for the host.
    """
    conan = generators / "conan_toolchain.cmake"
    directories = " ".join(argument(path.as_posix()) for path in (generators, *roots))
    including = [conan] if conan.is_file() else [inner] if inner else []
    return "\n".join(
        (
            f"{_WRITTEN}.",
            "include_guard()",
            *(f"include({argument(path.as_posix())})" for path in including),
            f"list(PREPEND CMAKE_PREFIX_PATH {argument(generators.as_posix())})",
            f"list(PREPEND CMAKE_MODULE_PATH {argument(generators.as_posix())})",
            "# Extension modules are linked with these options, too.",
            "if(CONAN_SHARED_LINKER_FLAGS)",
            '    string(APPEND CMAKE_MODULE_LINKER_FLAGS_INIT " ${CONAN_SHARED_LINKER_FLAGS}")',
            "endif()",
            "# Conan's file lets CMake find files of the build machine. Its packages are searched",
            "# like a sysroot.",
            "if(CMAKE_SYSROOT OR CMAKE_FIND_ROOT_PATH)",
            f"    list(APPEND CMAKE_FIND_ROOT_PATH {directories})",
            "endif()",
            f"foreach(_kind IN ITEMS {_KINDS})",
            "    if(_PY_BUILD_CMAKE_MODE_${_kind})",
            "        set(CMAKE_FIND_ROOT_PATH_MODE_${_kind} ${_PY_BUILD_CMAKE_MODE_${_kind}})",
            "    endif()",
            "endforeach()",
            "",
        )
    )
