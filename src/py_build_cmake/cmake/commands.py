"""The command lines of one CMake configuration.

Sources: cmake(1), and section 9 of the interface that existing projects rely on: the order of
the arguments decides which of two settings wins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from ..base.records import dataclass
from ..platforms.machines import MACHINES
from .cache import NATIVE_INSTALL_DIR
from .find_python import INCLUDE_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..config.schema import CMakeConfig

_VISUAL_STUDIO_PLATFORMS = {
    row.windows: row.visual_studio for row in MACHINES.values() if row.windows
}


@dataclass(frozen=True)
class ConfigureOptions:
    """What a configure command needs besides the configuration."""

    cmake: Path
    build_dir: Path
    preload_file: Path
    generator: str | None = None
    platform: str | None = None
    native_install_dir: Path | None = None
    toolchain_file: Path | None = None


def configure_command(config: CMakeConfig, options: ConfigureOptions) -> list[str]:
    """Return the command that configures."""
    command = [str(options.cmake), "-S", str(config.source_path)]
    if config.preset:
        command += ["--preset", config.preset]
    if not preset_decides_directory(config):
        command += ["-B", str(options.build_dir)]
    if options.generator:
        command += ["-G", options.generator]
    if options.platform:
        command += ["-A", options.platform]
    if options.native_install_dir:
        # Before the preload cache, which reads it: CMake then does not warn about a variable that
        # the project need not use.
        command += ["-D", f"{NATIVE_INSTALL_DIR}:PATH={options.native_install_dir}"]
    definitions = [f"{name}={_protected(value)}" for name, value in _configured_definitions(config)]
    # The preload cache adds to these variables.
    included, args = _split_arguments(config.args, _sets_include)
    command += _defining(filter(_sets_include, definitions))
    command += [*included, "-C", str(options.preload_file)]
    if options.toolchain_file:
        command += ["-D", f"CMAKE_TOOLCHAIN_FILE:FILEPATH={options.toolchain_file}"]
    command += _defining(d for d in definitions if not _sets_include(d))
    return [*command, *args]


def _defining(definitions: Iterable[str]) -> list[str]:
    return [word for definition in definitions for word in ("-D", definition)]


def _sets_include(definition: str) -> bool:
    """Whether a definition, as it stands behind ``-D``, sets one of the include variables."""
    return re.split("[:=]", definition)[0] in INCLUDE_VARIABLES


def _split_arguments(
    arguments: Iterable[str], is_wanted: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Divide arguments into definitions that are wanted, in one or two words, and all others."""
    wanted: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for word in rest:
        words = [word, *([following] if word == "-D" and (following := next(rest, "")) else [])]
        is_definition = word.startswith("-D") and is_wanted("".join(words)[2:])
        (wanted if is_definition else others).extend(words)
    return wanted, others


def preset_decides_directory(config: CMakeConfig) -> bool:
    """Whether the configure preset's ``binaryDir`` is used: build presets do not work elsewhere."""
    return bool(config.preset and config.build_presets)


def build_commands(
    config: CMakeConfig, cmake: Path, build_dir: Path, jobs: int | None = None
) -> Iterator[list[str]]:
    """Yield the commands that build, one for each build preset and configuration.

    ``jobs`` is how many compilers run at the same time; None leaves it to CMake.
    """
    for preset in config.build_presets or (None,):
        for configuration in config.config or (None,):
            command = [str(cmake), "--build"]
            command += ["--preset", preset] if preset else [str(build_dir)]
            if configuration:
                command += ["--config", configuration]
            if jobs:
                command += ["--parallel", str(jobs)]
            if config.targets:
                command += ["--target", *config.targets]
            command += config.build_args
            if config.build_tool_args:
                command += ["--", *config.build_tool_args]
            yield command


def parallel_level(config: CMakeConfig, environ: Mapping[str, str], cpus: int) -> int | None:
    """Return how many compilers to run at the same time; None leaves it to CMake.

    ``auto`` is what the environment says, else the number of processors that may be used: a
    generator that does not look would start one compiler for each file.
    """
    if config.jobs != "auto":
        return config.jobs if isinstance(config.jobs, int) else None
    level = environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "")
    return int(level) if re.fullmatch(r"0*[1-9][0-9]{0,5}", level) else cpus


@dataclass(frozen=True)
class Installation:
    """One command that installs, and what: a component (empty: all) of a configuration."""

    component: str
    configuration: str | None
    command: Sequence[str]


def installations(
    config: CMakeConfig, cmake: Path, build_dir: Path, prefix: Path | None
) -> Iterator[Installation]:
    """Yield every installation: one for each configuration and component.

    Without a ``prefix``, they go where the cache says.
    """
    for configuration in config.install_config or (None,):
        for component in config.install_components:
            command = [str(cmake), "--install", str(build_dir)]
            if prefix:
                command += ["--prefix", str(prefix)]
            if configuration:
                command += ["--config", configuration]
            if component:
                command += ["--component", component]
            yield Installation(component, configuration, [*command, *config.install_args])


def visual_studio_platform(
    build_os: str, generator: str | None, platform: str | None
) -> str | None:
    """Return the argument of ``-A``, which only Visual Studio generators understand.

    ``platform`` is the configured one, or the platform tag of a native build.
    """
    if build_os != "windows" or platform is None:
        return None
    if generator and not generator.lower().startswith("visual studio"):
        return None
    if platform.startswith("win"):
        return _VISUAL_STUDIO_PLATFORMS.get(platform)
    return platform


def _configured_definitions(config: CMakeConfig) -> Iterator[tuple[str, str]]:
    for name, value in config.options.items():
        yield (f"{name}:{value.type}" if value.type else name), value.text
    if config.build_type:
        yield "CMAKE_BUILD_TYPE:STRING", config.build_type


def _protected(value: str) -> str:
    """Enclose a value in single quotes where CMake would cut its end, or take quotes for these."""
    is_quoted = len(value) > 1 and value.startswith("'") and value.endswith("'")
    return f"'{value}'" if is_quoted or value.endswith((" ", "\t", "\r")) else value
