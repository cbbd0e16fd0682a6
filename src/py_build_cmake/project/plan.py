"""The plan of a build: everything that can be decided before anything is compiled.

``make_plan`` reads files and writes none. The metadata and the wheel's tag are decided here, so
that hooks which only announce them and hooks which build give the same answer.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, ProjectError
from ..base.records import dataclass
from ..platforms.build_headers import find_second_half
from ..platforms.host import native_host
from ..platforms.python_files import is_dispatcher, second_half
from ..platforms.pythons import WINDOWS_LIBRARIES
from ..platforms.tags import AUTO, PURE_TAG, WheelTag, by_machine
from ..platforms.wheel_tags import TagOptions, wheel_tag
from .dynamic import DynamicSources
from .metadata import project_mistakes, read_metadata
from .module import find_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..base.places import Place
    from ..config.schema import CMakeConfig, CrossConfig, ProjectConfig, SystemTables, WheelConfig
    from ..platforms.build_machine import BuildMachine
    from ..platforms.host import HostPlatform
    from .metadata import CoreMetadata
    from .module import Module
    from .templates import GeneratedFiles

CACHE_FOLDER = ".py-build-cmake_cache"
BUILD_CONFIG = "{build_config}"


@dataclass(frozen=True)
class Configuration:
    """One CMake configuration with its build directory."""

    index: int
    config: CMakeConfig
    build_dir: Path


@dataclass(frozen=True)
class CMakePass:
    """The CMake configurations of one system, which install into one prefix, in order.

    ``cross`` is None when the pass is for the build machine: in native builds, and in the native
    pre-build. Its ``include_dir`` is in the build directory if headers are made for the host.
    Without ``sets_prefix``, CMake is not told the prefix: a developer who runs the commands one by
    one installs where the cache says. CMake's own prefix is ``install_dir`` below
    ``install_prefix``, which is the wheel's root.
    """

    host: HostPlatform
    tag: WheelTag
    cross: CrossConfig | None
    configurations: tuple[Configuration, ...]
    install_prefix: Path
    sets_prefix: bool = True
    install_dir: str = "."

    @property
    def cmake_prefix(self) -> Path:
        """The directory that CMake is told to install into."""
        return self.install_prefix / self.install_dir


@dataclass(frozen=True)
class BuildPlan:
    """What will be built, for which system, and under which name.

    ``main_pass`` is None for a project without CMake; ``native_pass`` is the native pre-build. If
    the wheel is for several machines whose files are built one by one and then joined,
    ``main_pass`` is for the first and ``more_passes`` are for the others. ``notes`` name what was
    filled in, ``warnings`` what is probably wrong. ``generated`` are the files that are made from
    templates.
    """

    config: ProjectConfig
    machine: BuildMachine
    module: Module
    metadata: CoreMetadata
    tag: WheelTag
    main_pass: CMakePass | None
    native_pass: CMakePass | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    generated: GeneratedFiles | None = None
    more_passes: tuple[CMakePass, ...] = ()

    @property
    def main_passes(self) -> tuple[CMakePass, ...]:
        """The passes whose files the wheel has: one for each machine."""
        return (self.main_pass, *self.more_passes) if self.main_pass else ()

    @property
    def passes(self) -> tuple[CMakePass, ...]:
        """All passes of the build."""
        return (*self.main_passes, *((self.native_pass,) if self.native_pass else ()))

    def generated_texts(self, location: str) -> dict[str, str]:
        """Return the texts of the files that are made in one location, by their places there."""
        return self.generated.texts(location) if self.generated else {}

    @property
    def sdist_records(self) -> dict[str, str]:
        """The texts by which a source distribution records what it is made from, by places."""
        return self.generated.records() if self.generated else {}

    @property
    def wheel(self) -> WheelConfig:
        """The table that describes the wheel."""
        return self.config.host_tables.wheel

    @property
    def build_dirs(self) -> tuple[Path, ...]:
        """The build directories: of the host, and of the native pre-build, if there is one."""
        return tuple(each.build_dir for p in self.passes for each in p.configurations)

    @property
    def platform_follows_build(self) -> bool:
        """Whether the platform tag is provisional, to be found out from what is built."""
        return AUTO in self._configured_platforms and not self.tag.is_pure

    @property
    def repairs(self) -> bool:
        """Whether libraries that the wheel needs are put into it."""
        return self.wheel.repair == AUTO and not self.tag.is_pure

    @property
    def absent_libraries(self) -> tuple[str, ...]:
        """Patterns of libraries that the wheel may need without having them."""
        wheel = self.wheel
        return (*wheel.external_libraries, *(wheel.repair_exclude if self.repairs else ()))

    @property
    def _configured_platforms(self) -> tuple[str, ...]:
        """The configured platform tags; of wheels that are repaired, the lowest in place of a tag
        that promises nothing.
        """
        configured = self.wheel.platform_tag
        if configured is None and self.repairs:
            tags = self.config.host_platform.platform_tags
            if all(tag.startswith("linux_") for tag in tags):
                return (AUTO,)
        return configured or ()

    @property
    def stable_abi_follows_build(self) -> bool:
        """Whether the oldest CPython is provisional, to be found out from what is built."""
        wheel = self.wheel
        is_open = wheel.abi3_minimum_cpython_version is None and AUTO in wheel.python_tag
        return is_open and wheel.python_abi == "abi3" and self.tag.stable_abi_version is not None

    @property
    def tag_follows_build(self) -> bool:
        """Whether a part of the tag is provisional, to be found out from what is built."""
        return self.platform_follows_build or self.stable_abi_follows_build

    def with_lowest_tags(self, platforms: tuple[str, ...]) -> BuildPlan:
        """Return the plan with these platform tags for those that were to be found out."""
        configured = self._configured_platforms
        tags = tuple(t for c in configured for t in (platforms if c == AUTO else (c,)))
        return self._with_wheel(replace(self.wheel, platform_tag=tuple(dict.fromkeys(tags))))

    def with_stable_abi(self, oldest: tuple[int, int]) -> BuildPlan:
        """Return the plan with a tag for the stable ABI of this CPython, and newer ones."""
        minimum = int("{}{}".format(*oldest))
        return self._with_wheel(replace(self.wheel, abi3_minimum_cpython_version=minimum))

    def _with_wheel(self, wheel: WheelConfig) -> BuildPlan:
        """Return the plan with another table for the wheel, and the tag that follows from it.

        Nothing else changes: build directories keep the name that the provisional tag gave them.
        """
        tables = replace(self.config.host_tables, wheel=wheel)
        return replace(self, tag=_tag(self.config.host_platform, tables))

    @property
    def build_config(self) -> str:
        """The name of the folder in the cache for this kind of build."""
        if self.main_pass is None:
            return "py3"
        return str(_system_tag(self.config.host_platform, self.config.host_tables))

    @property
    def wheel_name(self) -> str:
        """The wheel's file name."""
        build_tag = f"-{self.wheel.build_tag}" if self.wheel.build_tag else ""
        return f"{self.metadata.base_name}{build_tag}-{self.tag}.whl"

    @property
    def source_paths(self) -> tuple[Path, ...]:
        """The directories with the CMake projects."""
        return tuple(cmake.source_path for _, cmake in self.config.host_tables.cmake)

    @property
    def source_roots(self) -> list[str]:
        """The directories with the sources, without those that are inside of others."""
        project = self.config.project_dir
        module = [self.module.root] if self.module.root else []
        found = [path for path in (*self.source_paths, *module) if not path.is_relative_to(project)]
        return [str(project), *dict.fromkeys(map(str, found))]

    @property
    def log(self) -> Path | None:
        """The file that keeps the output of the commands, if there are any."""
        return (
            self.main_pass.configurations[0].build_dir / "py-build-cmake.log"
            if self.main_pass
            else None
        )


def make_plan(config: ProjectConfig, machine: BuildMachine, state: str = "wheel") -> BuildPlan:
    """Decide what to build. Plugins for metadata are told the ``state`` of the build.

    :raises Error: the project or its configuration is wrong.
    """
    host = config.host_platform
    try:
        module = find_module(config.module)
    except ProjectError as e:
        mistakes = project_mistakes(config.project, config.project_dir)
        raise ProjectError.from_problems([*e.problems, *mistakes]) from e
    configurations = config.host_tables.cmake or config.native_tables.cmake
    cmake_dir = configurations[0][1].source_path if configurations else None
    sources = DynamicSources(module, config.project_dir, config.dynamic, cmake_dir, state)
    metadata = read_metadata(config.project, config.project_dir, module, sources)
    tag = _tag(host, config.host_tables)
    main_pass = native_pass = None
    more_passes: tuple[CMakePass, ...] = ()
    if config.host_tables.cmake:
        # A pure wheel is built for some system all the same, and shares nothing with others.
        main_configurations = _configurations(
            config.host_tables, str(_system_tag(host, config.host_tables))
        )
        private = main_configurations[0].build_dir / "py-build-cmake"
        cross = config.cross
        if cross and cross.uses_build_headers:
            cross = _with_made_files(cross, host, private / "cross")
        elif cross and cross.include_dir and _is_divided(cross, host, config.cross_where):
            above = cross.include_dir.parent
            prefix = cross.prefix or (above.parent if above.name == "include" else None)
            cross = replace(cross, include_dir=private / "cross" / "include", prefix=prefix)
        first, *others = _hosts(host, cross)
        main_pass = CMakePass(
            first,
            tag,
            cross,
            main_configurations,
            private / "staging",
            install_dir=installed_place(config.host_tables.wheel.install_dir, metadata.base_name),
        )
        more_passes = tuple(_more_pass(main_pass, other, private) for other in others)
        if config.cross and config.cross.wants_native_build:
            native_pass = _native_pass(config, machine, private)
    return BuildPlan(
        config=config,
        machine=machine,
        module=module,
        metadata=metadata,
        tag=tag,
        main_pass=main_pass,
        native_pass=native_pass,
        notes=config.notes,
        warnings=(*config.warnings, *metadata.warnings, *forgotten_cmake(config)),
        more_passes=more_passes,
        generated=_generated(config, metadata, module),
    )


def _generated(
    config: ProjectConfig, metadata: CoreMetadata, module: Module
) -> GeneratedFiles | None:
    if not config.generate:
        return None
    from .templates import generated_files

    return generated_files(config, metadata, module)


def _hosts(host: HostPlatform, cross: CrossConfig | None) -> Iterator[HostPlatform]:
    """Yield the hosts that are compiled for: named toolchains compile for one machine each."""
    groups = by_machine(host.platform_tags) if cross and cross.toolchain else (host.platform_tags,)
    for tags in groups:
        yield replace(host, platform_tags=tags)


def _more_pass(main: CMakePass, host: HostPlatform, private: Path) -> CMakePass:
    """Plan the same for another machine, inside the build directory of the first."""
    name = host.platform_tags[0]
    configurations = tuple(
        replace(one, build_dir=private / f"{name}-{one.index}") for one in main.configurations
    )
    prefix = private / f"{name}-install"
    return replace(main, host=host, configurations=configurations, install_prefix=prefix)


def _with_made_files(cross: CrossConfig, host: HostPlatform, directory: Path) -> CrossConfig:
    """Return a cross configuration with the headers, and for Windows the import libraries, that
    are made in the build directory.
    """
    cross = replace(cross, include_dir=directory / "include")
    if host.system != "windows":
        return cross
    library = directory / WINDOWS_LIBRARIES / f"{host.windows_library}.lib"
    stable = library.with_name("python3.lib") if host.has_stable_abi else None
    return replace(
        cross, library=cross.library or library, sabi_library=cross.sabi_library or stable
    )


def _is_divided(cross: CrossConfig, host: HostPlatform, where: Place) -> bool:
    """Whether the headers have Debian's ``pyconfig.h``, which includes a second half, and both are
    there. Compilers find the second half only below their sysroot.

    :raises ConfigError: it is not there, and a named toolchain has none elsewhere.
    """
    directory = cross.include_dir
    if directory is None or not is_dispatcher(directory / "pyconfig.h"):
        return False
    if cross.toolchain:
        find_second_half(directory, host.soabi, where.at("include_dir"))
    return second_half(directory, host.soabi) is not None


def installed_place(directory: str, base_name: str) -> str:
    """Return the place in the wheel of a directory that may be one of the installation schemes,
    such as ``/data/share``. ``base_name`` is the name and version of the wheel.

    Source: binary distribution format, ".data".
    """
    if not directory.startswith("/"):
        return directory
    scheme, _, below = directory[1:].partition("/")
    if scheme == "platlib":
        return below or "."
    return "/".join(filter(None, (f"{base_name}.data", scheme, below)))


def forgotten_cmake(config: ProjectConfig) -> tuple[str, ...]:
    """Return a warning if the project's ``CMakeLists.txt`` has install rules that nobody runs."""
    if config.host_tables.cmake or config.host_tables.wheel.pure_python:
        return ()
    if not (config.project_dir / "CMakeLists.txt").is_file():
        return ()
    from .cmake_lists import installs

    if not installs(config.project_dir):
        return ()
    return (
        "CMakeLists.txt has install rules, but no [tool.py-build-cmake.cmake] table has CMake run"
        " here: the wheel lacks what they install. Add the table, or set `wheel.pure_python = "
        "true` if the wheel does not need them",
    )


def _tag(host: HostPlatform, tables: SystemTables) -> WheelTag:
    pure = tables.wheel.pure_python
    return PURE_TAG if (not tables.cmake if pure is None else pure) else _system_tag(host, tables)


def _system_tag(host: HostPlatform, tables: SystemTables) -> WheelTag:
    wheel = tables.wheel
    return wheel_tag(
        host,
        TagOptions(
            python_tag=wheel.python_tag,
            python_abi=wheel.python_abi,
            abi3_minimum_cpython_version=wheel.abi3_minimum_cpython_version,
            abi_tag=wheel.abi_tag,
            platform_tag=wheel.platform_tag,
        ),
    )


def _configurations(tables: SystemTables, build_config: str) -> tuple[Configuration, ...]:
    return tuple(
        Configuration(
            index,
            config,
            Path(
                str(config.build_path).replace(
                    BUILD_CONFIG, build_config + (f"-{index}" if index else "")
                )
            ),
        )
        for index, config in tables.cmake
    )


def _native_pass(config: ProjectConfig, machine: BuildMachine, private: Path) -> CMakePass:
    """Plan the native pre-build, inside the build directory of the cross build it is for."""
    tables = config.native_tables
    if not tables.cmake:
        raise ConfigError(
            "a native pre-build is wanted, but there is no CMake configuration for the system"
            f" that runs the build ({machine.os})",
            where=config.cross_where,
            hint="add a [tool.py-build-cmake.cmake] table, or remove `native_build` and"
            " `copy_from_native_build`",
        )
    host = native_host(config.pre_build or machine)
    configurations = tuple(
        Configuration(index, cmake, private / f"native-build-{index}")
        for index, cmake in tables.cmake
    )
    return CMakePass(host, _tag(host, tables), None, configurations, private / "native-install")
