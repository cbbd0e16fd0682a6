"""Config settings, and the environment variables that stand in for them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from support.configuration import Sources

from py_build_cmake.base.errors import ConfigError, Problem
from py_build_cmake.config.settings import ConfigSettings, parse_config_settings

CONFIG_SETTINGS = "PY_BUILD_CMAKE_CONFIG_SETTINGS"


def parse(settings: dict[str, Any] | None = None, **environ: str) -> ConfigSettings:
    return parse_config_settings(settings, environ)


def problems(settings: dict[str, Any] | None = None, **environ: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(settings, **environ)
    return caught.value.problems


@pytest.mark.parametrize("settings", [None, {}])
def test_nothing(settings: dict[str, Any] | None) -> None:
    assert parse(settings) == ConfigSettings()


@pytest.mark.parametrize("name", ["local", "cross", "component"])
def test_files(name: str) -> None:
    assert getattr(parse({name: "a"}), name) == ("a",)
    settings = {name: ["c", "d"], f"--{name}": ["a", "b"]}
    assert getattr(parse(settings), name) == ("a", "b", "c", "d")


def test_overrides_are_ordered_by_spelling() -> None:
    settings = {"--override": "d=1", "override": "c=1", "o": ["b=1", "b=2"], "-o": "a=1"}
    assert parse(settings).overrides == (
        ("<cli:1>", "a=1"),
        ("<cli:2>", "b=1"),
        ("<cli:3>", "b=2"),
        ("<cli:4>", "c=1"),
        ("<cli:5>", "d=1"),
    )


@pytest.mark.parametrize(
    ("key", "value", "overrides"),
    [
        ("cmake.build_type", "Debug", ["cmake.build_type=Debug"]),
        ("cmake.args", ["[a]", "+[b]"], ["cmake.args=[a]", "cmake.args=+[b]"]),
        ("cmake.args+", "[a]", ["cmake.args+=[a]"]),
        ("cmake.args-", "[a]", ["cmake.args-=[a]"]),
        ("cmake", "!", ["cmake=!"]),
        ("cmake.env.PATH+", "(path)/x", ["cmake.env.PATH+=(path)/x"]),
        ("cross.arch", "linux_aarch64", ["cross.arch=linux_aarch64"]),
        ("linux.cmake.0.preset", "x", ["linux.cmake.0.preset=x"]),
        ('cmake.options."a.b"', "x", ['cmake.options."a.b"=x']),
        ("cmake.find_python", True, ["cmake.find_python=true"]),
    ],
)
def test_every_option_is_a_key(key: str, value: Any, overrides: list[str]) -> None:
    assert [text for _, text in parse({key: value}).overrides] == overrides


@pytest.mark.parametrize("key", ["verbose", "--verbose", "V", "-V"])
@pytest.mark.parametrize(
    ("value", "verbose"),
    [
        *[(text, True) for text in ("", "1", "true", "YES", "y", "On")],
        *[(text, False) for text in ("0", "false", "No", "n", "OFF")],
        (["0", "1"], True),
        (True, True),
    ],
)
def test_verbose(key: str, value: Any, verbose: bool) -> None:
    assert parse({key: value}).verbose is verbose


@pytest.mark.parametrize(
    ("settings", "environ", "verbose"),
    [
        ({}, {"PY_BUILD_CMAKE_VERBOSE": "1"}, True),
        ({}, {"PY_BUILD_CMAKE_VERBOSE": "off"}, False),
        ({"verbose": "0"}, {"PY_BUILD_CMAKE_VERBOSE": "1"}, False),
        ({}, {"GITHUB_RUN_ATTEMPT": "2"}, True),
        ({}, {"GITHUB_RUN_ATTEMPT": "1"}, False),
        ({}, {"GITHUB_RUN_ATTEMPT": "x"}, False),
        ({}, {"GITHUB_RUN_ATTEMPT": "2", "PY_BUILD_CMAKE_VERBOSE": "0"}, False),
        ({"verbose": "no"}, {"GITHUB_RUN_ATTEMPT": "2"}, False),
        ({}, {CONFIG_SETTINGS: "verbose"}, True),
    ],
)
def test_verbose_in_the_environment(
    settings: dict[str, Any], environ: dict[str, str], verbose: bool
) -> None:
    assert parse(settings, **environ).verbose is verbose


def test_verbose_env() -> None:
    assert parse({"--verbose-env": ""}).verbose_env
    assert parse(None, PY_BUILD_CMAKE_VERBOSE_ENV="1").verbose_env
    assert not parse(None, GITHUB_RUN_ATTEMPT="2").verbose_env


def test_log_level() -> None:
    assert parse().loglevel == "INFO"
    assert parse({"loglevel": "debug"}).loglevel == "DEBUG"
    assert parse(None, PY_BUILD_CMAKE_LOGLEVEL="WARNING").loglevel == "WARNING"
    both = parse({"--loglevel": ["INFO", "ERROR"]}, PY_BUILD_CMAKE_LOGLEVEL="WARNING")
    assert both.loglevel == "ERROR"


def test_the_environment_comes_first() -> None:
    settings = parse(
        {"o": "d=1", "local": "l3", "cross": "c3"},
        PY_BUILD_CMAKE_CONFIG_SETTINGS=(
            "cmake.args+=[a]\n\n  o=b.c=1  \nlocal=l2\no=c=1\r\ncross=c2\ncmake.env.A=\n"
        ),
        PY_BUILD_CMAKE_LOCAL=os.pathsep.join(["l0", "l1", ""]),
        PY_BUILD_CMAKE_CROSS=os.pathsep.join(["c0", "c1"]),
    )
    assert settings.local == ("l0", "l1", "l2", "l3")
    assert settings.cross == ("c0", "c1", "c2", "c3")
    assert settings.overrides == (
        ("<env:1>", "b.c=1"),
        ("<env:2>", "c=1"),
        ("PY_BUILD_CMAKE_CONFIG_SETTINGS cmake.args", "cmake.args+=[a]"),
        ("PY_BUILD_CMAKE_CONFIG_SETTINGS cmake.env.A", "cmake.env.A="),
        ("<cli:1>", "d=1"),
    )


@pytest.mark.parametrize("name", ["PY_BUILD_CMAKE_LOCAL", "PY_BUILD_CMAKE_CROSS", CONFIG_SETTINGS])
def test_an_empty_variable_says_nothing(name: str) -> None:
    assert parse(None, **{name: ""}) == ConfigSettings()


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("--local-file", "`--local`"),
        ("verbos", "`verbose`"),
        ("overide", "`override`"),
        ("cmak.build_type", "`cmake.build_type`"),
        ("cmake_options.X", "`cmake.options`"),
        ("build_type", "`cmake.build_type`"),
        ("toolchain_file", "`cross.toolchain_file`"),
        ("log-level", "`loglevel`"),
        ("zzz", "cmake.build_type"),
        ("", "cmake.build_type"),
    ],
)
def test_keys_that_do_not_exist(key: str, hint: str) -> None:
    (problem,) = problems({key: "x"})
    assert problem.where == f"config setting `{key}`"
    assert problem.message
    assert hint in problem.hint


def test_every_wrong_key_is_reported() -> None:
    found = problems(
        {"a": "x", "verbose": "maybe", "loglevel": "LOUD", "local": 1, "b": ["x", "y"]},
        PY_BUILD_CMAKE_CONFIG_SETTINGS="c=x",
    )
    assert sorted(problem.where for problem in found) == [
        "PY_BUILD_CMAKE_CONFIG_SETTINGS `c`",
        "config setting `a`",
        "config setting `b`",
        "config setting `local`",
        "config setting `loglevel`",
        "config setting `verbose`",
    ]


@pytest.mark.parametrize(
    ("settings", "environ", "where", "hint"),
    [
        ({"verbose": "maybe"}, {}, "config setting `verbose`", "true"),
        ({}, {"PY_BUILD_CMAKE_VERBOSE": "x"}, "environment variable PY_BUILD_CMAKE_VERBOSE", ""),
        ({"loglevel": "DEBG"}, {}, "config setting `loglevel`", "`DEBUG`"),
        ({}, {"PY_BUILD_CMAKE_LOGLEVEL": "x"}, "environment variable PY_BUILD_CMAKE_LOGLEVEL", ""),
        ({"local": 1}, {}, "config setting `local`", ""),
        ({"o": [None]}, {}, "config setting `o`", ""),
        ({"o": {"a": "b"}}, {}, "config setting `o`", ""),
    ],
)
def test_values_that_do_not_fit(
    settings: dict[str, Any], environ: dict[str, str], where: str, hint: str
) -> None:
    (problem,) = problems(settings, **environ)
    assert problem.where == where
    assert hint in problem.hint


def test_a_direct_option_is_the_same_as_an_override(sources: Sources) -> None:
    settings = parse({"cmake.build_type": "Debug", "cmake.args": ['["a"]', '+["b"]']})
    cmake = dict(sources.load_parsed(settings).host_tables.cmake)[0]
    assert (cmake.build_type, cmake.args) == ("Debug", ("b", "a"))
