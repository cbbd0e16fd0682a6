"""The exact command lines of a CMake configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.configs import cmake_config

from py_build_cmake.cmake.commands import (
    BuildOptions,
    BuildPreset,
    ConfigureOptions,
    InstallOptions,
    build_commands,
    build_words,
    configure_command,
    default_config,
    described,
    installations,
    is_for_people,
    parallel_level,
    visual_studio_platform,
)
from py_build_cmake.config.kinds import CMakeValue

CMAKE = Path("/opt/cmake")
BUILD_DIR = Path("/project/build")
PRELOAD = BUILD_DIR / "preload.cmake"
STAGING = Path("/staging")


def configure(surroundings: dict[str, Any] | None = None, /, **config: Any) -> list[str]:
    options = ConfigureOptions(
        cmake=CMAKE, build_dir=BUILD_DIR, preload_file=PRELOAD, **(surroundings or {})
    )
    return configure_command(cmake_config(**config), options)


def build(**config: Any) -> list[list[str]]:
    commands = build_commands(cmake_config(**config), (), BuildOptions(CMAKE, BUILD_DIR))
    return [command for command, _ in commands]


def install(**config: Any) -> list[tuple[str, list[str]]]:
    found = list(installations(cmake_config(**config), InstallOptions(CMAKE, BUILD_DIR, STAGING)))
    for installation in found:
        configuration = installation.configuration
        assert ("--config" in installation.command) == (configuration is not None)
        assert configuration is None or configuration in installation.command
    return [(i.component, list(i.command)) for i in found]


SOURCE = ["-S", "/project"]
BUILD = ["-B", "/project/build"]
CACHE = ["-C", "/project/build/preload.cmake"]


def test_configure_without_anything() -> None:
    assert configure() == ["/opt/cmake", *SOURCE, *BUILD, *CACHE]


def test_configure_with_everything() -> None:
    command = configure(
        {
            "generator": "Visual Studio 17 2022",
            "platform": "x64",
            "native_install_dir": Path("/native dir"),
            "toolchain_file": Path("/tool chain.cmake"),
        },
        source_path=Path("/project/src dir"),
        preset="my preset",
        build_type="Release",
        options={
            "LIST": CMakeValue(("a;b", True, "c")),
            "TYPED": CMakeValue(("/x",), "FILEPATH"),
            "NAMED:BOOL": CMakeValue(("On",)),
            "EMPTY": CMakeValue(()),
        },
        args=("--fresh", "-D", "LAST=1"),
    )
    assert command == [
        "/opt/cmake",
        *("-S", "/project/src dir"),
        *("--preset", "my preset"),
        *BUILD,
        *("-G", "Visual Studio 17 2022"),
        *("-A", "x64"),
        # The preload cache reads it.
        *("-D", "PY_BUILD_CMAKE_NATIVE_INSTALL_DIR:PATH=/native dir"),
        *CACHE,
        *("-D", "CMAKE_TOOLCHAIN_FILE:FILEPATH=/tool chain.cmake"),
        *("-D", "LIST=a\\;b;On;c"),
        *("-D", "TYPED:FILEPATH=/x"),
        *("-D", "NAMED:BOOL=On"),
        *("-D", "EMPTY="),
        *("-D", "CMAKE_BUILD_TYPE:STRING=Release"),
        *("--fresh", "-D", "LAST=1"),
    ]


@pytest.mark.parametrize(
    ("value", "protected"),
    [
        ("plain", "plain"),
        ("", ""),
        (" leading and inner spaces", " leading and inner spaces"),
        ('"double"', '"double"'),
        # CMake would cut these ends off.
        ("trailing ", "'trailing '"),
        ("trailing\t", "'trailing\t'"),
        ("trailing\r", "'trailing\r'"),
        (" ", "' '"),
        # CMake would take these quotes for the ones above.
        ("'single'", "''single''"),
        ("''", "'" * 4),
        ("'", "'"),
        ("don't", "don't"),
        ("'begins", "'begins"),
        ("ends'", "ends'"),
    ],
)
def test_values_arrive_as_they_are(value: str, protected: str) -> None:
    command = configure(options={"A": CMakeValue((value,))})
    assert command[-2:] == ["-D", f"A={protected}"]


@pytest.mark.parametrize(("preset", "build_presets"), [("p", ()), (None, ("b",)), ("p", ("b",))])
def test_no_preset_decides_the_directory(
    preset: str | None, build_presets: tuple[str, ...]
) -> None:
    command = configure(preset=preset, build_presets=build_presets)
    assert command[command.index("-B") + 1] == "/project/build"


def test_what_a_configure_command_says() -> None:
    command = ["/opt/cmake", "-S", "/s", "--preset", "p", "-B", "/b", "-G", "Ninja", "-C", "/c"]
    command += ["-D", "A:BOOL=ON", "-D", "B=1;2", "-DA=OFF", "-Wdev", "-U", "X"]
    assert described(command) == {
        "`cmake --preset`": "p",
        "`cmake -G`": "Ninja",
        "option A": "BOOL=ON\n=OFF",
        "option B": "=1;2",
        "`cmake.args`": "-Wdev\n-U\nX",
    }


def test_initial_caches_of_a_project_count() -> None:
    command = ["/opt/cmake", "-S", "/s", "-C", "/preload", "-C", "one.cmake", "-Ctwo.cmake"]
    assert described(command) == {"`cmake.args`": "-C\none.cmake\n-Ctwo.cmake"}


@pytest.mark.parametrize(
    ("build_args", "build_tool_args", "words"),
    [
        ((), (), "--"),
        (("--parallel", "3", "--verbose", "-j2"), ("-j", "4", "-k0", "-v", "-l", "1.5"), "--"),
        (("--target", "more"), ("WORD=1", "-e"), "--target\nmore\n--\nWORD=1\n-e"),
        ((), ("/p:Word=1",), "--\n/p:Word=1"),
    ],
)
def test_words_that_change_what_is_built(
    build_args: tuple[str, ...], build_tool_args: tuple[str, ...], words: str
) -> None:
    config = cmake_config(build_args=build_args, build_tool_args=build_tool_args)
    assert build_words(config) == words


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("option CMAKE_EXPORT_COMPILE_COMMANDS", True),
        ("option CMAKE_INSTALL_PREFIX", True),
        ("option CMAKE_C_FLAGS", False),
        ("`cmake -G`", False),
    ],
)
def test_options_without_effect_on_what_is_compiled(label: str, expected: bool) -> None:
    assert is_for_people(label) is expected


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ({}, None),
        ({"CMAKE_GENERATOR": "Ninja"}, None),
        ({"CMAKE_GENERATOR": "Ninja Multi-Config"}, "Release"),
        ({"CMAKE_GENERATOR": "Visual Studio 17 2022"}, "Release"),
        ({"CMAKE_GENERATOR": "Xcode", "CMAKE_CONFIGURATION_TYPES": "Debug;Fast"}, "Debug"),
        ({"CMAKE_GENERATOR": "Xcode", "CMAKE_DEFAULT_BUILD_TYPE": "Debug"}, None),
    ],
)
def test_the_default_of_several_configurations(cache: dict[str, str], expected: str | None) -> None:
    assert default_config(cache) == expected


@pytest.mark.parametrize(
    ("config", "commands"),
    [
        ({}, [["/project/build"]]),
        ({"config": ("Release",)}, [["/project/build", "--config", "Release"]]),
        (
            {"config": ("Debug", "Release"), "build_args": ("-v",), "build_tool_args": ("-k", "0")},
            [
                ["/project/build", "--config", "Debug", "-v", "--", "-k", "0"],
                ["/project/build", "--config", "Release", "-v", "--", "-k", "0"],
            ],
        ),
        (
            {"config": ("Debug",), "targets": ("one", "two"), "build_args": ("-v",)},
            [["/project/build", "--config", "Debug", "--target", "one", "two", "-v"]],
        ),
    ],
)
def test_build(config: dict[str, Any], commands: list[list[str]]) -> None:
    assert build(**config) == [["/opt/cmake", "--build", *command] for command in commands]


ONE = BuildPreset(
    "one",
    configuration="Debug",
    jobs=7,
    targets=("t",),
    more_arguments=("--verbose",),
    tool_arguments=("-k",),
)


@pytest.mark.parametrize(
    ("config", "jobs", "words"),
    [
        ({}, None, "--config Debug --parallel 7 --target t --verbose -- -k"),
        (
            {
                "config": ("Release",),
                "targets": ("all",),
                "build_args": ("-x",),
                "build_tool_args": ("-y",),
            },
            3,
            "--config Release --parallel 3 --target all --verbose -x -- -k -y",
        ),
    ],
)
def test_build_presets(config: dict[str, Any], jobs: int | None, words: str) -> None:
    two = BuildPreset("two")
    options = BuildOptions(CMAKE, BUILD_DIR, jobs, "RelWithDebInfo")
    first, second = build_commands(cmake_config(**config), (ONE, two), options)
    assert first == (["/opt/cmake", "--build", "/project/build", *words.split()], ONE)
    assert second[1] is two
    wanted = config.get("config", ("RelWithDebInfo",))[0]
    assert second[0][3:5] == ["--config", wanted]


@pytest.mark.parametrize(
    ("jobs", "environ", "level"),
    [
        (None, {}, None),
        (None, {"CMAKE_BUILD_PARALLEL_LEVEL": "3"}, None),
        (7, {}, 7),
        (7, {"CMAKE_BUILD_PARALLEL_LEVEL": "3"}, 7),
        ("auto", {}, 5),
        ("auto", {"CMAKE_BUILD_PARALLEL_LEVEL": "3"}, 3),
        # An empty one would mean no limit to Make.
        ("auto", {"CMAKE_BUILD_PARALLEL_LEVEL": ""}, 5),
        ("auto", {"CMAKE_BUILD_PARALLEL_LEVEL": "0"}, 5),
        ("auto", {"CMAKE_BUILD_PARALLEL_LEVEL": "many"}, 5),
    ],
)
def test_parallel_level(jobs: Any, environ: dict[str, str], level: int | None) -> None:
    assert parallel_level(cmake_config(jobs=jobs), environ, 5) == level


@pytest.mark.parametrize(
    ("config", "commands"),
    [
        ({}, [("", [])]),
        ({"install_components": ()}, []),
        ({"install_config": ("Release",)}, [("", ["--config", "Release", "--strip"])]),
        ({"install_config": ("Debug",)}, [("", ["--config", "Debug"])]),
        ({"install_config": ("Debug",), "strip": True}, [("", ["--config", "Debug", "--strip"])]),
        ({"install_config": ("Release",), "strip": False}, [("", ["--config", "Release"])]),
        ({"build_type": "MinSizeRel"}, [("", ["--strip"])]),
        ({"build_type": "RelWithDebInfo"}, [("", [])]),
        (
            {
                "install_config": ("Debug", "Release"),
                "install_components": ("", "python"),
                "install_args": ("--strip",),
            },
            [
                ("", ["--config", "Debug", "--strip"]),
                ("python", ["--config", "Debug", "--component", "python", "--strip"]),
                ("", ["--config", "Release", "--strip"]),
                ("python", ["--config", "Release", "--component", "python", "--strip"]),
            ],
        ),
    ],
)
def test_install(config: dict[str, Any], commands: list[tuple[str, list[str]]]) -> None:
    start = ["/opt/cmake", "--install", "/project/build", "--prefix", "/staging"]
    assert install(**config) == [(component, [*start, *rest]) for component, rest in commands]


@pytest.mark.parametrize(
    ("build_os", "generator", "platform", "expected"),
    [
        ("windows", None, "win_amd64", "x64"),
        ("windows", None, "win32", "Win32"),
        ("windows", None, "win_arm64", "ARM64"),
        ("windows", None, "win_arm32", "ARM"),
        ("windows", None, "win_mystery", None),
        ("windows", "Visual Studio 17 2022", "win_amd64", "x64"),
        ("windows", "visual studio 16 2019", "win_amd64", "x64"),
        ("windows", "Ninja", "win_amd64", None),
        ("windows", "NMake Makefiles", "ARM64", None),
        # The configured platform of a cross build is taken as it is.
        ("windows", None, "ARM64EC", "ARM64EC"),
        ("windows", None, None, None),
        ("linux", None, "linux_x86_64", None),
        ("linux", "Visual Studio 17 2022", "x64", None),
        ("mac", None, "macosx_11_0_arm64", None),
    ],
)
def test_only_visual_studio_is_told_a_platform(
    build_os: str, generator: str | None, platform: str | None, expected: str | None
) -> None:
    assert visual_studio_platform(build_os, generator, platform) == expected


def test_a_build_type_that_a_preset_says_decides_about_stripping() -> None:
    def strips(build_type: str | None) -> bool:
        options = InstallOptions(CMAKE, BUILD_DIR, STAGING, build_type=build_type)
        (found,) = installations(cmake_config(), options)
        return "--strip" in found.command

    assert strips("Release")
    assert not strips("Debug")
    assert not strips(None)
