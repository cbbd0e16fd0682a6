"""The command lines of one CMake configuration.

Sources: cmake(1), and section 9 of the interface that existing projects rely on: the order of
the arguments decides which of two settings wins.
"""

from __future__ import annotations

import re
from dataclasses import field
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
    # The preset's own directory would be shared by all tags, and by the native pre-build.
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


def defined_names(config: CMakeConfig) -> set[str]:
    """Return the names of the cache entries that a configuration defines: options, arguments."""
    definitions = [name for name, _ in _configured_definitions(config)]
    words = iter(_split_arguments(config.args, lambda _: True)[0])
    definitions += [word[2:] or next(words, "") for word in words]
    return {re.split("[:=]", definition)[0] for definition in definitions}


def _sets_include(definition: str) -> bool:
    """Whether a definition, as it stands behind ``-D``, sets one of the include variables."""
    return re.split("[:=]", definition)[0] in INCLUDE_VARIABLES


def _split_arguments(
    arguments: Iterable[str], is_wanted: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Divide arguments into the wanted definitions (in one or two words) and all others."""
    wanted: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for word in rest:
        words = [word, *([following] if word == "-D" and (following := next(rest, "")) else [])]
        is_definition = word.startswith("-D") and is_wanted("".join(words)[2:])
        (wanted if is_definition else others).extend(words)
    return wanted, others


def described(command: Sequence[str]) -> dict[str, str]:
    """Return the options of a configure command by their labels, and all other words.

    The programs and the directories of this build are left out, and so is the first initial cache:
    the preload cache. Others are the project's.
    """
    found: dict[str, list[str]] = {}
    rest = iter(command[1:])
    has_preload = False
    for word in rest:
        if word in ("-S", "-B") or (word == "-C" and not has_preload):
            next(rest, "")
            has_preload = has_preload or word == "-C"
        elif word in ("-G", "-A", "--preset"):
            found.setdefault(f"`cmake {word}`", []).append(next(rest, ""))
        elif word.startswith("-D"):
            name, _, value = (word[2:] or next(rest, "")).partition("=")
            name, _, kind = name.partition(":")
            found.setdefault(f"option {name}", []).append(f"{kind}={value}")
        else:
            found.setdefault("`cmake.args`", []).append(word)
    # CMake uses the last of several values. If they have types, the types matter as well.
    return {label: "\n".join(values) for label, values in found.items()}


@dataclass(frozen=True)
class BuildPreset:
    """The settings of a build preset. A variable of the environment that is None is not set."""

    name: str
    configuration: str | None = None
    jobs: int | None = None
    targets: tuple[str, ...] = ()
    more_arguments: tuple[str, ...] = ()
    tool_arguments: tuple[str, ...] = ()
    environ: Mapping[str, str | None] = field(default_factory=dict)

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with the variables of the preset."""
        changed = {**environ, **self.environ}
        return {name: value for name, value in changed.items() if value is not None}


# Variables that only affect what is printed, and files for editors. Source: cmake-variables(7).
_FOR_PEOPLE = re.compile(
    r"option (CMAKE_EXPORT_(COMPILE_COMMANDS|BUILD_DATABASE)|CMAKE_VERBOSE_MAKEFILE"
    r"|CMAKE_COLOR_\w+|CMAKE_RULE_MESSAGES|CMAKE_TARGET_MESSAGES|CMAKE_INSTALL_MESSAGE"
    r"|CMAKE_MESSAGE_\w+|CMAKE_INSTALL_PREFIX)"
)


def is_for_people(label: str) -> bool:
    """Whether the option with a label of :func:`described` does not affect what is compiled."""
    return _FOR_PEOPLE.fullmatch(label) is not None


# Words that only say how many compilers run, when to stop, and what is printed. Sources: cmake(1),
# "Build a Project"; the manuals of make and ninja.
_WITHOUT_EFFECT = re.compile(
    r"-[jkl][\d.]*|\d[\d.]*|-[vs]|--verbose|--quiet|--silent|--clean-first|--keep-going"
    r"|--(parallel|jobs|output-sync)(=.*)?"
)


def build_words(config: CMakeConfig) -> str:
    """Return the words of build commands that can change what is built.

    Such as ``NAME=value`` of Make: no build tool compares them with those of the last time.
    """
    words = (*config.build_args, "--", *config.build_tool_args)
    return "\n".join(word for word in words if not _WITHOUT_EFFECT.fullmatch(word))


@dataclass(frozen=True)
class BuildOptions:
    """What a build command needs besides the configuration.

    ``jobs`` is how many compilers run at the same time; None leaves it to the preset, or to CMake.
    ``default_config`` is what to build where neither the configuration nor a preset says it.
    """

    cmake: Path
    build_dir: Path
    jobs: int | None = None
    default_config: str | None = None


def build_commands(
    config: CMakeConfig, presets: Sequence[BuildPreset], options: BuildOptions
) -> Iterator[tuple[list[str], BuildPreset]]:
    """Yield the commands that build, one for each build preset and configuration.

    Values of the configuration replace those of the preset.
    """
    for preset in presets or (BuildPreset(""),):
        wanted = (preset.configuration or options.default_config,)
        for configuration in config.config or wanted:
            command = [str(options.cmake), "--build", str(options.build_dir)]
            if configuration:
                command += ["--config", configuration]
            if jobs := options.jobs or preset.jobs:
                command += ["--parallel", str(jobs)]
            if targets := config.targets or preset.targets:
                command += ["--target", *targets]
            command += (*preset.more_arguments, *config.build_args)
            if tool_arguments := (*preset.tool_arguments, *config.build_tool_args):
                command += ["--", *tool_arguments]
            yield command, preset


# The configurations whose binaries are for users, not for debuggers.
_STRIPPED = ("Release", "MinSizeRel")
_CONFIGURATIONS = "Debug;Release;MinSizeRel;RelWithDebInfo"


def default_config(cache: Mapping[str, str]) -> str | None:
    """Return the default configuration for a multi-configuration generator. None leaves it to
    CMake, which would build the first one, Debug. Source: CMAKE_GENERATOR,
    CMAKE_CONFIGURATION_TYPES and CMAKE_DEFAULT_BUILD_TYPE in cmake-variables(7).
    """
    generator = cache.get("CMAKE_GENERATOR", "")
    is_multi = generator in ("Ninja Multi-Config", "Xcode") or generator.startswith("Visual Studio")
    if not is_multi or cache.get("CMAKE_DEFAULT_BUILD_TYPE"):
        return None
    known = [c for c in (cache.get("CMAKE_CONFIGURATION_TYPES") or _CONFIGURATIONS).split(";") if c]
    return "Release" if "Release" in known else known[0]


def parallel_level(config: CMakeConfig, environ: Mapping[str, str], cpus: int) -> int | None:
    """Return how many compilers to run at the same time; None leaves it to CMake.

    ``auto`` is the value of the environment, else the number of processors that may be used: some
    generators would start one compiler for each file.
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


@dataclass(frozen=True)
class InstallOptions:
    """What an install command needs besides the configuration.

    Without a ``prefix``, files go where the cache says. ``default_configs`` are installed if the
    configuration names none. ``build_type`` is what was built if that is not configured here, but
    by a preset or an argument. Without ``can_strip``, binaries are stripped only if the
    configuration says so.
    """

    cmake: Path
    build_dir: Path
    prefix: Path | None = None
    default_configs: Sequence[str] = ()
    build_type: str | None = None
    can_strip: bool = True


def installations(config: CMakeConfig, options: InstallOptions) -> Iterator[Installation]:
    """Yield every installation: one for each configuration and component."""
    for configuration in config.install_config or options.default_configs or (None,):
        built = configuration or config.build_type or options.build_type
        is_optimised = built in _STRIPPED
        strips = options.can_strip and is_optimised if config.strip is None else config.strip
        for component in config.install_components:
            command = [str(options.cmake), "--install", str(options.build_dir)]
            if options.prefix:
                command += ["--prefix", str(options.prefix)]
            if configuration:
                command += ["--config", configuration]
            if component:
                command += ["--component", component]
            if strips and "--strip" not in config.install_args:
                command.append("--strip")
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
    """Enclose a value in single quotes if CMake would strip its end, or remove quotes in it."""
    is_quoted = len(value) > 1 and value.startswith("'") and value.endswith("'")
    return f"'{value}'" if is_quoted or value.endswith((" ", "\t", "\r")) else value
